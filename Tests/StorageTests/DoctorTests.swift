import Glibc
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Damage is found, told once, moved aside and never hides the rest.
@Suite("Storage doctor") struct DoctorTests {
    /// Sessions with messages and a log, in the shape that the doctor knows.
    private func fill(_ store: any StorageBackend, sessions: Int = 6, pad: Int = 200) async throws {
        for number in 0..<sessions {
            let id = "ses_\(number)"
            let session: JSON = ["info": ["title": .string("session \(number)")], "inbox": []]
            let puts = (0..<5).map { index in
                let json: JSON = ["message": ["text": .string("text \(index) " + String(repeating: "x", count: pad))]]
                return RecordPut(key: RecordKey("message/\(id)", "00\(index)-msg"), bytes: json.bytes(), updatedMs: 1)
            }
            _ = try await store.commit(
                StorageBatch(
                    appends: [
                        EventAppend(
                            aggregate: id, expectedLastSeq: 0,
                            events: (0..<5).map { event(number * 100 + $0, size: pad) })
                    ],
                    puts: puts + [RecordPut(key: RecordKey("session", id), bytes: session.bytes(), updatedMs: 1)],
                    durability: .flushed))
        }
    }

    private func examine(
        _ store: any StorageMaintenance, rebuilds: Bool = true
    ) async throws -> (report: StorageDoctor.Report, rebuilt: [String]) {
        let rebuilt = Mutex<[String]>([])
        let report = try await StorageDoctor(store) { id in
            rebuilt.withLock { $0.append(id) }
            return rebuilds
        }.run()
        return (report, rebuilt.withLock { $0 })
    }

    @Test("a sound store is counted and nothing is found", arguments: Backend.embedded)
    func sound(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let store = try #require(try await backend.open(workspace.path) as? any StorageMaintenance)
            try await fill(store)
            let (report, rebuilt) = try await examine(store)
            #expect([report.records, report.logs, report.events] == [36, 6, 30] && report.damaged.isEmpty)
            #expect(rebuilt.isEmpty)
            let stats = try await store.stats()
            #expect(stats.collections["session"]?.records == 6)
            #expect(stats.collections["message"]?.records == 30)
            #expect(stats.logs == 6 && stats.events == 30 && stats.bytes > 0)
            try await store.compact()
            #expect(try await store.list(RecordQuery(collection: "session")).records.count == 6)
            await store.close()
        }
    }

    @Test("damaged files are named with their session, moved aside, told once; the other sessions are served")
    func files() async throws {
        try await TempWorkspace.with { workspace in
            let store = try #require(try await Backend.filesystem.open(workspace.path) as? FilesystemStorage)
            try await fill(store)
            let root = workspace.path.appending("storage")
            let message = root.pushing(FilePath("records/message.d/ses_1.d/002-msg.r"))
            let session = root.pushing(FilePath("records/session.d/ses_2.r"))
            let log = root.pushing(FilePath("events/ses_3.log"))
            let original = try TestFiles.read(message)
            try TestFiles.write(original.dropLast(7), to: message)
            try TestFiles.write([UInt8](repeating: 0, count: 300), to: session)
            var lines = try TestFiles.read(log)
            lines[lines.count / 2] ^= 0x20
            try TestFiles.write(lines, to: log)
            let (report, rebuilt) = try await examine(store)
            #expect(Set(report.damaged.compactMap(\.sessionID)) == ["ses_1", "ses_2", "ses_3"])
            #expect(Set(rebuilt) == ["ses_1", "ses_2", "ses_3"])
            for damage in report.damaged {
                #expect(TestFiles.exists(FilePath(damage.path)), "\(damage)")
                #expect(damage.isRepaired && !damage.error.isEmpty)
            }
            #expect(report.damaged.contains { (try? TestFiles.read(FilePath($0.path))) == Array(original.dropLast(7)) })
            #expect(try await store.events(of: "ses_3", after: 0, limit: 10).map(\.seq) == [1, 2, 3, 4, 5])
            #expect(try await store.lastSeq(of: "ses_3") == 5)
            #expect(try await store.read(RecordKey("session", "ses_4")) != nil)
            // ses_2's record was not made anew here, so only its log is left of it.
            let (again, _) = try await examine(store)
            #expect(again.damaged.isEmpty, "\(again.damaged)")
            await store.close()
        }
    }

    @Test("what a read moved aside before is told by the next examination, once")
    func movedAside() async throws {
        try await TempWorkspace.with { workspace in
            let store = try #require(try await Backend.filesystem.open(workspace.path) as? FilesystemStorage)
            try await fill(store, sessions: 2)
            let path = workspace.path.pushing(FilePath("storage/records/session.d/ses_1.r"))
            try TestFiles.write(Array("garbage".utf8), to: path)
            #expect(await failure { try await store.read(RecordKey("session", "ses_1")) }?.kind == .corrupt)
            let (report, _) = try await examine(store)
            #expect(report.damaged.map(\.sessionID) == ["ses_1"])
            #expect(try await examine(store).report.damaged.isEmpty)
            await store.close()
        }
    }

    @Test("a damaged database is salvaged: what can be read is there, and all damaged bytes are kept")
    func database() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.appending("codetether.db")
            let first = try await SQLiteStorage.open(path)
            try await fill(first, sessions: 40, pad: 2_000)
            try await first.compact()
            await first.close()
            var bytes = try TestFiles.read(path)
            // One page in the middle, never the first one.
            let page = max(1, bytes.count / 4_096 / 2)
            for index in (page * 4_096)..<((page + 1) * 4_096) where index < bytes.count { bytes[index] = 0xAB }
            try TestFiles.write(bytes, to: path)
            let store = try await SQLiteStorage.open(path)
            let (report, _) = try await examine(store)
            #expect(!report.damaged.isEmpty)
            let place = try #require(report.damaged.first?.path)
            #expect(TestFiles.exists(FilePath(place)) && place.contains(".damaged-"))
            let left = try await store.list(RecordQuery(collection: "session", limit: 100)).records.count
            #expect(left >= 30, "\(left) of 40 sessions are left")
            #expect(try await store.inspect().isEmpty)
            let found = try await store.search(RecordSearch(text: "text 1", limit: 100)).records.count
            #expect(found >= 30, "the search works again and finds \(found)")
            _ = try await store.commit(StorageBatch(puts: [put("new", "1")]))
            #expect(try FileIO.stat(path).mode & 0o077 == 0)
            await store.close()
        }
    }

    @Test("a damaged database that another process uses is left alone")
    func inUse() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.appending("codetether.db")
            let first = try await SQLiteStorage.open(path)
            try await fill(first, sessions: 40, pad: 2_000)
            try await first.compact()
            let size = try FileIO.stat(path).size
            let other = try await SQLiteStorage.open(path)
            #expect(try await other.lastSeq(of: "ses_1") == 5)
            var bytes = try TestFiles.read(path)
            for index in (bytes.count / 8_192 * 4_096)..<(bytes.count / 8_192 * 4_096 + 4_096) { bytes[index] = 0xAB }
            try TestFiles.write(bytes, to: path)
            let third = try await SQLiteStorage.open(path)
            #expect(await failure { try await third.inspect() }?.kind == .busy)
            #expect(try FileIO.stat(path).size == size)
            for store in [first, other, third] { await store.close() }
        }
    }

    @Test(
        "a copy is the same byte for byte, counts what it did, and goes on after an interruption",
        arguments: [
            (Backend.sqlite, Backend.filesystem), (.filesystem, .sqlite),
        ])
    func copies(from: Backend, to: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let source = try await from.open(workspace.path.appending("a"))
            let target = try await to.open(workspace.path.appending("b"))
            try await fill(source)
            // A session that an interrupted copy left half done: no record of its own.
            _ = try await target.commit(
                StorageBatch(
                    appends: [EventAppend(aggregate: "ses_1", expectedLastSeq: 0, events: [event(7)])],
                    puts: [RecordPut(key: RecordKey("message/ses_1", "zzz"), bytes: [1], updatedMs: 1)]))
            let report = try await StorageCopy(from: source, to: target).run()
            #expect(report.sessions == 6 && report.skipped == 0 && report.failures.isEmpty)
            #expect(report.records == 36 && report.events == 30)
            for number in 0..<6 {
                let id = "ses_\(number)"
                #expect(try await target.log(id) == source.log(id))
                let query = RecordQuery(collection: "message/\(id)")
                #expect(try await target.all(query).map(\.bytes) == source.all(query).map(\.bytes))
            }
            let again = try await StorageCopy(from: source, to: target).run()
            #expect(again.sessions == 0 && again.skipped == 6)
            let back = try await Backend.sqlite.open(workspace.path.appending("c"))
            #expect(try await StorageCopy(from: target, to: back).run().hash == report.hash)
            for store in [source, target, back] { await store.close() }
        }
    }
}
