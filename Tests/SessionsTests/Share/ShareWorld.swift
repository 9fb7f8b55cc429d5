import Credentials
import Events
import Logging
import Schema
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Sessions

/// A share service that keeps shares in a hub on a store of its own, and fails when it is told to.
final class HubRemote: ShareRemote {
    struct State {
        /// Failures of the next requests, in order; nil = it works.
        var failures: [ShareError?] = []
        var syncs: [[JSON]] = []
        var removes = 0
        var creates = 0
    }

    let hub: ShareHub
    let state = Mutex(State())

    init(_ hub: ShareHub) { self.hub = hub }

    func fail(_ errors: ShareError?...) { state.withLock { $0.failures += errors } }
    var syncs: [[JSON]] { state.withLock { $0.syncs } }

    func place(_ address: String, id: String) throws(ShareError) -> (service: String, url: String) {
        (address, "\(address)/v1/share/\(id)")
    }

    private func next() throws(ShareError) {
        let failure = state.withLock { $0.failures.isEmpty ? nil : $0.failures.removeFirst() }
        if let failure { throw failure }
    }

    func create(_ address: String, id: String, secretHash: String) async throws(ShareError) {
        state.withLock { $0.creates += 1 }
        try next()
        do { try await hub.create(id: id, secretHash: secretHash) } catch { throw Self.error(error) }
    }

    func sync(_ record: ShareRecord, seq: Int64, items: [JSON]) async throws(ShareError) {
        try next()
        do {
            _ = try await hub.sync(id: record.id, secret: record.secret, seq: seq, items: items)
        } catch {
            throw Self.error(error)
        }
        state.withLock { $0.syncs.append(items) }
    }

    func remove(_ record: ShareRecord) async throws(ShareError) {
        state.withLock { $0.removes += 1 }
        try next()
        do { try await hub.remove(id: record.id, secret: record.secret) } catch { throw Self.error(error) }
    }

    private static func error(_ error: any Error) -> ShareError {
        switch error as? ShareHub.Refusal {
        case .notFound?: ShareError(.gone, "gone")
        case let refusal?: ShareError(.refused, "\(refusal)")
        case nil: ShareError(.failing, "\(error)")
        }
    }
}

/// Sessions, shares of them, and the service.
struct ShareWorld: Sendable {
    let sessions: SessionWorld
    let remote: HubRemote
    let shares: ShareService
    let context: ShareContext

    static func with<T: Sendable>(
        filesystem: Bool = false, limits: ShareHub.Limits = .init(), _ body: (ShareWorld) async throws -> T
    ) async throws -> T {
        try await SessionWorld.with(filesystem: filesystem) { sessions, path in
            let store = try await SQLiteStorage.open(path.appending("hub.db"))
            let remote = HubRemote(ShareHub(storage: store, time: sessions.time, limits: limits))
            let world = ShareWorld(
                sessions: sessions, remote: remote, shares: service(sessions, remote), context: context())
            let result = try await body(world)
            await store.close()
            return result
        }
    }

    /// Another process on the same store.
    var restarted: ShareService { Self.service(sessions, remote) }

    private static func service(_ sessions: SessionWorld, _ remote: HubRemote) -> ShareService {
        ShareService(
            storage: sessions.storage, sessions: sessions.service, remote: remote, time: sessions.time,
            logger: Logger(label: "test"), owner: "test")
    }

    static func context(_ mode: ShareContext.Mode = .manual) -> ShareContext {
        ShareContext(
            mode: mode, address: "https://share.example",
            redaction: ShareRedaction(
                secrets: [Secrets(known: ["configured-key-0123456789"])], hidden: ["/home/ada"]))
    }

    /// A session in which one turn happened.
    func session(_ prompt: String = "Hello", tag: String = "x") async throws -> String {
        let id = try await sessions.create().id
        try await turn(id, prompt, tag: tag)
        return id
    }

    func turn(_ id: String, _ prompt: String, tag: String) async throws {
        for batch in script(id, prompt: prompt, tag: tag) { try await sessions.service.append(id, batch) }
    }

    /// What readers see of a share; nil when there is none.
    func document(_ record: ShareRecord) async throws -> JSON? { try await remote.hub.document(record.id) }

    /// What readers should see of a session.
    func expected(_ id: String) async throws -> JSON {
        try await shares.preview(id, context).document
    }
}

/// The error of a share operation that must fail.
func shareFailure<T>(_ body: () async throws -> T) async -> ShareError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? ShareError
    }
}
