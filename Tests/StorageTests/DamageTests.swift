import Storage
import Support
import SystemPackage
import TestSupport
import Testing

/// Bytes that changed on disk behind the store's back.
@Suite("Damaged stores") struct DamageTests {
    private func fill(_ store: any StorageBackend) async throws {
        _ = try await store.commit(
            StorageBatch(
                appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: (1...9).map { event($0) })],
                puts: (1...4).map { put("r\($0)", "value \($0)", updated: Int64($0)) }))
    }

    @Test("one damaged record is set aside and named, all others are served")
    func record() async throws {
        let damages: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
            ("emptied", { _ in [] }), ("cut", { Array($0.dropLast()) }), ("longer", { $0 + [0] }),
            ("zeroed", { [UInt8](repeating: 0, count: $0.count) }),
            ("flipped", { bytes in bytes.dropLast() + [(bytes.last ?? 0) ^ 1] }),
            ("header", { bytes in [bytes.first ?? 0] + Array("x".utf8) + bytes.dropFirst(2) }),
        ]
        for (name, damage) in damages {
            try await TempWorkspace.with { workspace in
                let store = try await Backend.filesystem.open(workspace.path)
                try await fill(store)
                let file = workspace.path.pushing(FilePath("storage/records/things.d/r2.r"))
                let bad = damage(try TestFiles.read(file))
                try TestFiles.write(bad, to: file)
                let page = try await store.list(RecordQuery(collection: "things", order: .updatedDescending))
                #expect(page.records.map(\.key.id) == ["r4", "r3", "r1"], "\(name)")
                #expect(page.damaged.map(\.key.id) == ["r2"], "\(name)")
                let kept = TestFiles.list(workspace.path.pushing(FilePath("storage/quarantine")))
                #expect(kept.count == 1)
                let place = workspace.path.pushing(FilePath("storage/quarantine/\(kept.first ?? "")"))
                #expect(try TestFiles.read(place) == bad)
                // Writing it again heals it.
                _ = try await store.commit(StorageBatch(puts: [put("r2", "new")]))
                #expect(try await store.text("r2") == "new")
                await store.close()
            }
        }
    }

    @Test("reading a damaged record throws corrupt with its key and the place of its bytes")
    func read() async throws {
        try await TempWorkspace.with { workspace in
            let store = try await Backend.filesystem.open(workspace.path)
            try await fill(store)
            let folder = workspace.path.pushing(FilePath("storage/records/things.d"))
            // A good file under a wrong name is damage as well.
            try TestFiles.write(try TestFiles.read(folder.appending("r1.r")), to: folder.appending("r3.r"))
            let error = await failure { try await store.text("r3") }
            #expect(error?.kind == .corrupt)
            #expect(error?.record == RecordKey("things", "r3"))
            #expect(error?.message.contains("/quarantine/things+r3.") == true)
            #expect(try await store.text("r3") == nil)
            await store.close()
        }
    }

    @Test("a damaged line of a log is skipped and kept, and numbers are never used twice")
    func line() async throws {
        try await TempWorkspace.with { workspace in
            let log = workspace.path.pushing(FilePath("storage/events/log.log"))
            let store = try await Backend.filesystem.open(workspace.path)
            try await fill(store)
            var lines = try TestFiles.text(log).split(separator: "\n").map(String.init)
            lines[3] = lines[3].replacing("\"n\":4", with: "\"n\":5")
            lines[8] = "garbage"
            try TestFiles.write((lines.joined(separator: "\n") + "\n").utf8, to: log)
            #expect(try await store.log("log").map(\.seq) == [1, 2, 3, 5, 6, 7, 8])
            #expect(try await store.lastSeq(of: "log") == 9)
            let kept = TestFiles.list(workspace.path.pushing(FilePath("storage/quarantine")))
            #expect(kept.count == 2)
            let append = EventAppend(aggregate: "log", expectedLastSeq: 9, events: [event(10)])
            _ = try await store.commit(StorageBatch(appends: [append]))
            #expect(try await store.log("log").map(\.seq) == [1, 2, 3, 5, 6, 7, 8, 10])
            await store.close()
        }
    }

    @Test("the torn end of a log is cut before the next append")
    func tornEnd() async throws {
        try await TempWorkspace.with { workspace in
            let log = workspace.path.pushing(FilePath("storage/events/log.log"))
            let store = try await Backend.filesystem.open(workspace.path)
            try await fill(store)
            try TestFiles.write(try TestFiles.read(log) + Array("0123 half a li".utf8), to: log)
            #expect(try await store.lastSeq(of: "log") == 9)
            #expect(try await store.log("log").count == 9)
            let append = EventAppend(aggregate: "log", expectedLastSeq: 9, events: [event(10)])
            _ = try await store.commit(StorageBatch(appends: [append]))
            #expect(try await store.log("log").map(\.seq) == Array(1...10))
            await store.close()
        }
    }

    @Test("any byte of any file may change: the store opens, serves the rest and never traps")
    func mutations() async throws {
        try await TempWorkspace.with { workspace in
            let original = workspace.path.appending("original")
            let store = try await Backend.filesystem.open(original)
            try await fill(store)
            await store.close()
            var random = SystemRandomNumberGenerator()
            let files = TestFiles.tree(original)
            for round in 0..<150 {
                let copy = workspace.path.appending("m\(round)")
                try CrashTests.copy(original, to: copy)
                for folder in ["staging", "quarantine"] {
                    try TestFiles.makeDirectory(copy.pushing(FilePath("storage/\(folder)")))
                }
                guard let victim = files.randomElement(using: &random) else { return }
                var relative = victim
                _ = relative.removePrefix(original)
                var bytes = try TestFiles.read(victim)
                guard !bytes.isEmpty, relative.lastComponent?.string != "format" else { continue }
                switch round % 3 {
                case 0: bytes[Int.random(in: 0..<bytes.count)] ^= UInt8.random(in: 1...255)
                case 1: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count)))
                default: bytes = [UInt8](repeating: 0, count: bytes.count)
                }
                try TestFiles.write(bytes, to: copy.pushing(relative))
                let opened = try await Backend.filesystem.open(copy)
                let page = try await opened.list(RecordQuery(collection: "things"))
                #expect(page.records.count + page.damaged.count == 4, "\(relative)")
                #expect(page.records.count >= 3)
                for record in page.records {
                    #expect(record.bytes == Array("value \(record.key.id.dropFirst())".utf8))
                }
                for event in try await opened.log("log") { #expect(event.id == "evt_\(event.seq)") }
                await opened.close()
                TestFiles.remove(copy)
            }
        }
    }

    @Test("a file that is no database is corrupt, named and left alone")
    func notADatabase() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.appending("codetether.db")
            let text = String(repeating: "this is no database\n", count: 300)
            try TestFiles.write(text.utf8, to: path)
            let error = await failure { try await SQLiteStorage.open(path) }
            #expect(error?.kind == .corrupt)
            #expect(error?.message.contains("codetether.db") == true)
            #expect(try TestFiles.text(path) == text)
        }
    }

    @Test("a store in a directory that cannot be written is refused with a typed error", arguments: Backend.embedded)
    func notWritable(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            // A file where a directory must be: holds for root as well.
            try workspace.write("x", to: "data")
            let error = await failure { try await backend.open(workspace.path.appending("data")) }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains("data") == true)
        }
    }

    @Test("a format of the future is refused, not touched")
    func futureFormat() async throws {
        try await TempWorkspace.with { workspace in
            let store = try await Backend.filesystem.open(workspace.path)
            await store.close()
            try workspace.write("codetether-storage 99\n", to: "storage/format")
            #expect(await failure { try await Backend.filesystem.open(workspace.path) }?.kind == .unavailable)
        }
    }
}
