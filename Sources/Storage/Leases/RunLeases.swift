import Glibc
package import Support
import Synchronization

/// The right to execute a session, on a store that several machines share: one owner at a time, whoever dies loses it.
///
/// On one machine a file lock does this at once and without a clock; this is for stores with `isShared`. A right that was not
/// renewed in time is gone before its end is known to anybody else: `mayChange` answers false from that moment.
package final class RunLeases: Sendable {
    /// What the names of these leases start with; the session's id follows.
    package static let prefix = "run."
    /// How long a dead owner keeps the others waiting.
    package static let lengthMs: Int64 = 10_000
    private static let retryMs: Int64 = 100

    private struct State {
        var held: [String: LeaseKeeper] = [:]
        var handlers: [String: @Sendable () -> Void] = [:]
        var releasing: [String: Task<Void, Never>] = [:]
    }

    private let storage: any StorageBackend
    private let time: any TimeSource
    private let lengthMs: Int64
    private let state = Mutex(State())
    /// Who takes the leases: this machine and process.
    package let owner: String

    /// - Parameters:
    ///   - id: printable ASCII that no other process uses.
    ///   - lengthMs: for tests.
    package init(
        storage: any StorageBackend, id: String, time: any TimeSource = SystemTime(), lengthMs: Int64 = lengthMs
    ) {
        self.storage = storage
        self.time = time
        self.lengthMs = lengthMs
        var name = [CChar](repeating: 0, count: 256)
        let host = gethostname(&name, 255) == 0 ? name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } : []
        let plain = host.filter { (0x21..<0x7F).contains($0) }
        owner = "process \(getpid()) on \(String(decoding: plain, as: UTF8.self)) (\(id))"
    }

    /// Takes the right to execute a session and keeps it until `release`.
    /// - Parameter timeout: how long to wait for its owner; zero tries once.
    /// - Throws: `busy` naming the owner, and what the store throws.
    package func acquire(_ sessionID: String, timeout: Duration) async throws(StorageError) {
        if let releasing = state.withLock({ $0.releasing[sessionID] }) { await releasing.value }
        let deadline = time.uptimeNs() + UInt64(max(0, timeout / .nanoseconds(1)))
        while true {
            do throws(StorageError) {
                let keeper = try await LeaseKeeper.acquire(
                    Self.prefix + sessionID, owner: owner, lengthMs: lengthMs, storage: storage, time: time
                ) { [weak self] in self?.lost(sessionID) }
                state.withLock { $0.held[sessionID] = keeper }
                return
            } catch {
                guard error.kind == .busy, time.uptimeNs() < deadline,
                    (try? await time.sleep(for: .milliseconds(Self.retryMs))) != nil
                else { throw error }
            }
        }
    }

    /// Calls `handler` once when the right is lost, at once when it is already.
    package func whenLost(_ sessionID: String, _ handler: @escaping @Sendable () -> Void) {
        let isLost = state.withLock { state in
            guard let keeper = state.held[sessionID] else { return false }
            if keeper.isLost { return true }
            state.handlers[sessionID] = handler
            return false
        }
        if isLost { handler() }
    }

    /// False when this process executed the session and has lost the right to.
    package func mayChange(_ sessionID: String) -> Bool {
        state.withLock { $0.held[sessionID] }.map(\.isCurrent) ?? true
    }

    /// Gives the right back; `drain` waits for it.
    package func release(_ sessionID: String) {
        state.withLock { state in
            state.handlers[sessionID] = nil
            guard let keeper = state.held.removeValue(forKey: sessionID) else { return }
            state.releasing[sessionID] = Task {
                await keeper.release()
                self.released(sessionID)
            }
        }
    }

    /// Returns when every right that was given back is free for others. Call it before the store is closed.
    package func drain() async {
        for task in state.withLock({ Array($0.releasing.values) }) { await task.value }
    }

    private func released(_ sessionID: String) { state.withLock { $0.releasing[sessionID] = nil } }

    private func lost(_ sessionID: String) {
        state.withLock { $0.handlers.removeValue(forKey: sessionID) }?()
    }
}
