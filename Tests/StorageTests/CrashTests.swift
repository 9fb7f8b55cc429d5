import Glibc
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A crash at every step of a scripted history. At each step the store's files are copied as a SIGKILL there would leave them; the
/// copy is opened and must hold every acknowledged batch, all or nothing of the one in flight, and no remains.
@Suite("Storage after a crash") struct CrashTests {
    /// Batch `number` appends to a log, replaces a record, creates one and removes an older one.
    static func batch(_ number: Int) -> StorageBatch {
        StorageBatch(
            appends: [
                EventAppend(
                    aggregate: "log", expectedLastSeq: Int64(number - 1) * 2,
                    events: [event(number * 2 - 1), event(number * 2)])
            ],
            puts: [put("latest", "\(number)"), put("own\(number)", "\(number)")],
            removes: number > 1 ? [RecordKey("things", "own\(number - 1)")] : [],
            durability: number % 2 == 0 ? .flushed : .buffered)
    }

    /// The number of batches that a store holds; throws an expectation when it holds a part of one.
    static func count(_ store: any StorageBackend) async throws -> Int {
        let log = try await store.log("log")
        #expect(log.map(\.seq) == Array(Int64(1)..<Int64(log.count + 1)))
        #expect(log.count % 2 == 0)
        let number = log.count / 2
        #expect(try await store.text("latest") == (number == 0 ? nil : "\(number)"))
        let records = try await store.all(RecordQuery(collection: "things"))
        #expect(records.map(\.key.id) == (number == 0 ? [] : ["latest", "own\(number)"]))
        return number
    }

    static func copy(_ source: FilePath, to target: FilePath) throws {
        for file in TestFiles.tree(source) {
            guard file.lastComponent?.string.hasSuffix("-shm") != true else { continue }
            var relative = file
            _ = relative.removePrefix(source)
            try TestFiles.write(try TestFiles.read(file), to: target.pushing(relative), mode: 0o600)
        }
    }

    @Test("OPC-016.2 every acknowledged batch survives a kill at any step", arguments: Backend.embedded)
    func killAnywhere(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let live = workspace.path.appending("live")
            let copies = workspace.path.appending("copies")
            let acknowledged = Mutex(0)
            let taken = Mutex<[(name: String, acknowledged: Int, step: String)]>([])
            let hook: StorageStep.Hook = { step throws(StorageError) in
                let known = acknowledged.withLock { $0 }
                let name = taken.withLock { taken in
                    taken.append(("c\(taken.count)", known, step.description))
                    return "c\(taken.count - 1)"
                }
                do {
                    try Self.copy(live, to: copies.appending(name))
                } catch {
                    throw StorageError(.unavailable, "\(error)")
                }
            }
            let store = try await backend.open(live, hook: hook)
            for number in 1...5 {
                _ = try await store.commit(Self.batch(number))
                acknowledged.withLock { $0 = number }
            }
            await store.close()
            let points = taken.withLock { $0 }
            #expect(points.count > 40)
            for point in points {
                let copy = copies.appending(point.name)
                let reopened = try await backend.open(copy)
                let found = try await Self.count(reopened)
                #expect(found == point.acknowledged || found == point.acknowledged + 1, "\(point)")
                // It goes on from there.
                _ = try await reopened.commit(Self.batch(found + 1))
                #expect(try await Self.count(reopened) == found + 1)
                await reopened.close()
                if backend == .filesystem {
                    #expect(TestFiles.list(copy.appending("storage/staging")).isEmpty, "\(point)")
                    #expect(!TestFiles.exists(copy.appending("storage/journal")))
                    #expect(!TestFiles.exists(copy.appending("storage/prepare")))
                    #expect(TestFiles.list(copy.appending("storage/quarantine")).isEmpty, "\(point)")
                }
            }
        }
    }

    @Test(
        "a commit that fails at any step is all there or not at all, and the store goes on", arguments: Backend.embedded
    )
    func failAnywhere(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            var failed = 0
            for target in 1...200 {
                let home = workspace.path.appending("f\(target)")
                let counter = StepCounter()
                let armed = Mutex(false)
                let store = try await backend.open(home) { step throws(StorageError) in
                    guard armed.withLock({ $0 }) else { return }
                    if counter.next(step) == target { throw StorageError(.full, "No space left (test).") }
                }
                _ = try await store.commit(Self.batch(1))
                armed.withLock { $0 = true }
                let error = await failure { try await store.commit(Self.batch(2)) }
                armed.withLock { $0 = false }
                let found = try await Self.count(store)
                if let error {
                    failed += 1
                    #expect(error.kind == .full, "\(counter.steps)")
                    // A sync that fails after the commit point leaves all of the batch, as the comment of StorageError says.
                    let isSync = counter.steps.dropFirst(target - 1).first?.operation == "sync"
                    #expect(found == 1 || isSync, "\(counter.steps)")
                } else {
                    #expect(found == 2, "\(counter.steps.last?.description ?? "")")
                }
                // The failure is over: the same store works without being opened again.
                _ = try await store.commit(Self.batch(found + 1))
                #expect(try await Self.count(store) == found + 1)
                await store.close()
                if counter.steps.count < target { break }
            }
            #expect(failed >= 5)
        }
    }

    @Test("a failed sync makes the filesystem store read-only until it is opened again")
    func failedSync() async throws {
        try await TempWorkspace.with { workspace in
            let reason = "Cannot sync (test). The store is read-only until codetether starts again."
            let store = try await Backend.filesystem.open(workspace.path) { step throws(StorageError) in
                if step.operation == "sync" { throw StorageError(.readOnly, reason) }
            }
            _ = try await store.commit(StorageBatch(puts: [put("a", "1")]))
            let flushed = StorageBatch(puts: [put("a", "2")], durability: .flushed)
            #expect(await failure { try await store.commit(flushed) }?.kind == .readOnly)
            #expect(await failure { try await store.commit(StorageBatch(puts: [put("a", "3")])) }?.kind == .readOnly)
            #expect(try await store.text("a") == "1")
            await store.close()
            let again = try await Backend.filesystem.open(workspace.path)
            _ = try await again.commit(flushed)
            #expect(try await again.text("a") == "2")
            await again.close()
        }
    }
}
