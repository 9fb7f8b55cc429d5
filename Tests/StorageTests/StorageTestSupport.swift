import Storage
import StoragePostgres
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// The backends that every conformance test runs on.
enum Backend: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite, filesystem
    /// Only in suites with the trait `.postgresServer`.
    case postgres

    /// The ones that keep files on this machine.
    static let embedded: [Backend] = [.sqlite, .filesystem]

    var testDescription: String { rawValue }

    func open(_ directory: FilePath, hook: StorageStep.Hook? = nil) async throws -> any StorageBackend {
        switch self {
        case .sqlite: try await SQLiteStorage.open(directory.appending("codetether.db"), hook: hook)
        case .filesystem: try await FilesystemStorage.open(directory.appending("storage"), hook: hook)
        case .postgres: try await PostgresStorage.open(try PostgresURL(Self.database(directory)))
        }
    }

    /// The URL of the database that stands for a directory.
    private static func database(_ directory: FilePath) async throws -> String {
        let name = SHA256Hash.hex(of: Array(directory.string.utf8)).prefix(20)
        return try await PostgresServer.shared().database("store_\(name)")
    }

    /// A fresh store in a directory of its own.
    func with<T: Sendable>(
        hook: StorageStep.Hook? = nil, _ body: (any StorageBackend, FilePath) async throws -> T
    ) async throws -> T {
        try await TempWorkspace.with { workspace in
            let store = try await open(workspace.path, hook: hook)
            let result = try await body(store, workspace.path)
            await store.close()
            return result
        }
    }
}

func event(_ number: Int, size: Int = 20) -> NewEvent {
    NewEvent(
        id: "evt_\(number)", type: "test.happened", created: Int64(1_000 + number),
        bytes: Array("{\"n\":\(number),\"pad\":\"\(String(repeating: "x", count: size))\"}".utf8))
}

func put(_ id: String, _ text: String, expected: Int64? = nil, updated: Int64 = 1, group: String? = nil) -> RecordPut {
    RecordPut(
        key: RecordKey("things", id), bytes: Array(text.utf8), expectedVersion: expected, updatedMs: updated,
        group: group)
}

extension StorageBackend {
    func text(_ id: String, in collection: String = "things") async throws -> String? {
        try await read(RecordKey(collection, id)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// All of a log, read in small pages.
    func log(_ aggregate: String) async throws -> [StoredEvent] {
        var all: [StoredEvent] = []
        while true {
            let page = try await events(of: aggregate, after: all.last?.seq ?? 0, limit: 7)
            if page.isEmpty { return all }
            all += page
        }
    }

    /// All records of a collection, read in small pages.
    func all(_ query: RecordQuery, page: Int = 3) async throws -> [Record] {
        var query = query
        query.limit = page
        var records: [Record] = []
        while true {
            let page = try await list(query)
            records += page.records
            guard let next = page.next else { return records }
            query.after = next
        }
    }
}

/// The error of an operation that must fail.
func failure<T>(_ body: () async throws -> T) async -> StorageError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? StorageError
    }
}

/// Counts steps and decides at which one something happens.
final class StepCounter: Sendable {
    private let state = Mutex((count: 0, steps: [StorageStep]()))

    var steps: [StorageStep] { state.withLock { $0.steps } }

    /// - Returns: the number of this step, from 1.
    func next(_ step: StorageStep) -> Int {
        state.withLock { state in
            state.count += 1
            state.steps.append(step)
            return state.count
        }
    }

    func reset() { state.withLock { $0 = (0, []) } }
}
