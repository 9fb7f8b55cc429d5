import Storage
import Support
import SystemPackage
import TestSupport
import Testing

/// What every backend must do; the executable form of `StorageBackend`'s comment.
@Suite("Storage conformance", .postgresServer) struct StorageConformance {
    @Test("OPC-016.1 records are written, read, updated, listed and removed", arguments: Backend.allCases)
    func basics(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            let key = RecordKey("things", "a")
            #expect(try await store.read(key) == nil)
            #expect(try await store.write(key, Array("one".utf8), updatedMs: 5, group: "g") == 1)
            #expect(
                try await store.read(key)
                    == Record(key: key, version: 1, updatedMs: 5, group: "g", bytes: Array("one".utf8)))
            let updated = try await store.update(key, updatedMs: 6) { bytes in (bytes ?? []) + Array("+".utf8) }
            #expect(updated?.version == 2)
            #expect(updated?.group == "g")
            #expect(try await store.text("a") == "one+")
            #expect(try await store.list(RecordQuery(collection: "things")).records.map(\.key.id) == ["a"])
            try await store.remove(key)
            try await store.remove(key)
            #expect(try await store.read(key) == nil)
            #expect(try await store.list(RecordQuery(collection: "things")).records.isEmpty)
        }
    }

    @Test("empty, binary and large values come back byte for byte", arguments: Backend.allCases)
    func values(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            let values: [[UInt8]] = [[], [0], Array(0...255), Array(repeating: 10, count: 3_000_000)]
            for (index, value) in values.enumerated() {
                try await store.write(RecordKey("values", "v\(index)"), value, updatedMs: 0)
                #expect(try await store.read(RecordKey("values", "v\(index)"))?.bytes == value)
            }
        }
    }

    @Test("an expected version that does not hold is a conflict and changes nothing", arguments: Backend.allCases)
    func versions(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(StorageBatch(puts: [put("a", "1", expected: 0)]))
            let taken = await failure { try await store.commit(StorageBatch(puts: [put("a", "2", expected: 0)])) }
            #expect(taken?.kind == .conflict)
            #expect(taken?.record == RecordKey("things", "a"))
            let missing = await failure { try await store.commit(StorageBatch(puts: [put("b", "2", expected: 1)])) }
            #expect(missing?.kind == .conflict)
            #expect(try await store.commit(StorageBatch(puts: [put("a", "3", expected: 1)])).versions == [2])
            #expect(try await store.text("a") == "3")
            #expect(try await store.text("b") == nil)
        }
    }

    @Test("events get contiguous numbers from 1 and come back in order", arguments: Backend.allCases)
    func events(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            #expect(try await store.lastSeq(of: "log") == 0)
            for start in stride(from: 0, to: 30, by: 3) {
                let append = EventAppend(
                    aggregate: "log", expectedLastSeq: Int64(start), events: (start..<start + 3).map { event($0) })
                let receipt = try await store.commit(StorageBatch(appends: [append]))
                #expect(receipt.lastSeqs == ["log": Int64(start + 3)])
            }
            let log = try await store.log("log")
            #expect(log.map(\.seq) == Array(1...30))
            #expect(log.map(\.id) == (0..<30).map { "evt_\($0)" })
            #expect(log.first?.bytes == event(0).bytes)
            #expect(log.first?.created == 1_000)
            #expect(try await store.events(of: "log", after: 28, limit: 10).map(\.seq) == [29, 30])
            #expect(try await store.events(of: "log", after: 30, limit: 10).isEmpty)
            #expect(try await store.lastSeq(of: "log") == 30)
            #expect(try await store.aggregates(after: nil, limit: 10) == ["log"])
        }
    }

    @Test("an append to a log that moved on is a conflict and changes nothing", arguments: Backend.allCases)
    func appendConflict(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(
                StorageBatch(appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: [event(1)])]))
            let stale = StorageBatch(
                appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: [event(2)])], puts: [put("a", "x")])
            #expect(await failure { try await store.commit(stale) }?.kind == .conflict)
            #expect(try await store.lastSeq(of: "log") == 1)
            #expect(try await store.text("a") == nil)
        }
    }

    @Test("a batch is applied as a whole or not at all", arguments: Backend.allCases)
    func atomic(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(StorageBatch(puts: [put("old", "1"), put("keep", "1")]))
            let bad = StorageBatch(
                appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: [event(1)])],
                puts: [put("new", "1"), put("keep", "2", expected: 9)], removes: [RecordKey("things", "old")])
            #expect(await failure { try await store.commit(bad) }?.kind == .conflict)
            #expect(try await store.text("old") == "1")
            #expect(try await store.text("new") == nil)
            #expect(try await store.lastSeq(of: "log") == 0)
            var good = bad
            good.puts[1].expectedVersion = 1
            good.durability = .flushed
            #expect(try await store.commit(good).versions == [1, 2])
            #expect(try await store.text("old") == nil)
            #expect(try await store.text("keep") == "2")
            #expect(try await store.lastSeq(of: "log") == 1)
        }
    }

    @Test("whole logs and whole collections go in one batch", arguments: Backend.allCases)
    func removal(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(
                StorageBatch(
                    appends: [
                        EventAppend(aggregate: "log", expectedLastSeq: 0, events: [event(1)]),
                        EventAppend(aggregate: "log2", expectedLastSeq: 0, events: [event(1)]),
                    ],
                    puts: [
                        put("a", "1"), put("b", "2"),
                        RecordPut(key: RecordKey("things/nested", "a"), bytes: [1], updatedMs: 0),
                    ]))
            _ = try await store.commit(StorageBatch(removeAggregates: ["log"], removeCollections: ["things"]))
            #expect(try await store.list(RecordQuery(collection: "things")).records.isEmpty)
            #expect(try await store.read(RecordKey("things/nested", "a"))?.bytes == [1])
            #expect(try await store.aggregates(after: nil, limit: 10) == ["log2"])
            let again = StorageBatch(appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: [event(5)])])
            #expect(try await store.commit(again).lastSeqs == ["log": 1])
        }
    }

    @Test("lists come in both orders, page by page, by prefix and by group", arguments: Backend.allCases)
    func lists(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            var puts: [RecordPut] = []
            for index in 0..<20 {
                puts.append(
                    put(
                        index < 10 ? "x\(index)" : "y\(index)", "\(index)", updated: Int64(index % 5),
                        group: index % 2 == 0 ? "/even dir" : nil))
            }
            _ = try await store.commit(StorageBatch(puts: puts))
            let query = RecordQuery(collection: "things")
            #expect(try await store.all(query).map(\.key.id) == puts.map(\.key.id).sorted())
            var updated = query
            updated.order = .updatedDescending
            let expected = puts.sorted { ($0.updatedMs, $0.key.id) > ($1.updatedMs, $1.key.id) }.map(\.key.id)
            #expect(try await store.all(updated).map(\.key.id) == expected)
            updated.group = "/even dir"
            #expect(
                try await store.all(updated).map(\.key.id)
                    == expected.filter { (Int($0.dropFirst()) ?? 1) % 2 == 0 })
            var prefixed = query
            prefixed.prefix = "y1"
            #expect(try await store.all(prefixed, page: 100).map(\.key.id) == (10..<20).map { "y\($0)" })
            let first = try await store.all(updated)
            updated.after = first.first.map { updated.cursor(after: $0) }
            #expect(try await store.all(updated).map(\.key.id) == first.dropFirst().map(\.key.id))
        }
    }

    @Test("the limit of a page is exact, also when it is all there is", arguments: Backend.allCases)
    func pageEnd(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(StorageBatch(puts: [put("a", "1"), put("b", "1")]))
            let page = try await store.list(RecordQuery(collection: "things", limit: 2))
            #expect(page.records.count == 2)
            #expect(page.next == nil)
        }
    }

    @Test("OPC-016.4 impossible names, sizes and cursors are refused as invalid", arguments: Backend.allCases)
    func invalid(_ backend: Backend) async throws {
        try await backend.with { store, path in
            for name in ["", "..", ".hidden", "a/b", "a b", "a\0b", "é", String(repeating: "x", count: 201)] {
                let error = await failure { try await store.read(RecordKey("things", name)) }
                #expect(error?.kind == .invalid, "id \(name.debugDescription)")
                #expect(await failure { try await store.lastSeq(of: name) }?.kind == .invalid)
            }
            for collection in ["", "/", "a//b", "../up", "a/", "a/b/c/d/e/f/g/h/i"] {
                let error = await failure { try await store.list(RecordQuery(collection: collection)) }
                #expect(error?.kind == .invalid, "collection \(collection.debugDescription)")
            }
            var lineFeed = event(1)
            lineFeed.bytes = Array("a\nb".utf8)
            let broken = StorageBatch(appends: [EventAppend(aggregate: "l", expectedLastSeq: 0, events: [lineFeed])])
            #expect(await failure { try await store.commit(broken) }?.kind == .invalid)
            let twice = StorageBatch(puts: [put("a", "1"), put("a", "2")])
            #expect(await failure { try await store.commit(twice) }?.kind == .invalid)
            #expect(
                await failure { try await store.list(RecordQuery(collection: "things", limit: 0)) }?.kind == .invalid)
            let cursor = RecordQuery(collection: "things", order: .updatedDescending, after: "nonsense")
            #expect(await failure { try await store.list(cursor) }?.kind == .invalid)
            #expect(!FileIO.exists(path.appending("up")))
        }
    }

    @Test("a closed store says so", arguments: Backend.allCases)
    func closed(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            await store.close()
            #expect(await failure { try await store.text("a") }?.kind == .unavailable)
            #expect(await failure { try await store.commit(StorageBatch(puts: [put("a", "1")])) }?.kind == .unavailable)
        }
    }

    @Test("what was committed is there when the store is opened again", arguments: Backend.allCases)
    func reopen(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let first = try await backend.open(workspace.path)
            for durability in [StorageBatch.Durability.buffered, .flushed, .buffered] {
                let last = try await first.lastSeq(of: "log")
                _ = try await first.commit(
                    StorageBatch(
                        appends: [EventAppend(aggregate: "log", expectedLastSeq: last, events: [event(Int(last))])],
                        puts: [put("a", "\(last)")], durability: durability))
            }
            await first.close()
            let second = try await backend.open(workspace.path)
            #expect(try await second.text("a") == "2")
            #expect(try await second.log("log").map(\.seq) == [1, 2, 3])
            await second.close()
        }
    }

    @Test("files of a store can be read by their owner only", arguments: Backend.embedded)
    func modes(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let home = workspace.path.appending("data")
            let store = try await backend.open(home)
            _ = try await store.commit(
                StorageBatch(
                    appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: [event(1)])],
                    puts: [put("a", "secret")]))
            #expect(try FileIO.stat(home).mode == 0o700)
            for file in TestFiles.tree(home) { #expect(try FileIO.stat(file).mode & 0o077 == 0, "\(file)") }
            await store.close()
        }
    }

    @Test("four connections append to one log and update one record, and nothing is lost", arguments: Backend.allCases)
    func concurrent(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path
            let rounds = 25
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        let store = try await backend.open(path)
                        for round in 0..<rounds {
                            // `update` gives up after 32 lost races, which a busy machine can bring about.
                            while true {
                                do {
                                    try await store.update(RecordKey("things", "counter"), updatedMs: 0) { bytes in
                                        let count = Int(String(decoding: bytes ?? Array("0".utf8), as: UTF8.self)) ?? 0
                                        return Array("\(count + 1)".utf8)
                                    }
                                    break
                                } catch let error as StorageError where error.kind == .conflict {
                                    continue
                                }
                            }
                            while true {
                                let last = try await store.lastSeq(of: "log")
                                let append = EventAppend(
                                    aggregate: "log", expectedLastSeq: last, events: [event(writer * 1_000 + round)])
                                do {
                                    _ = try await store.commit(StorageBatch(appends: [append]))
                                    break
                                } catch let error as StorageError where error.kind == .conflict {
                                    continue
                                }
                            }
                        }
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
            let store = try await backend.open(path)
            #expect(try await store.text("counter") == "\(4 * rounds)")
            let log = try await store.log("log")
            #expect(log.map(\.seq) == Array(1...Int64(4 * rounds)))
            #expect(Set(log.map(\.id)).count == 4 * rounds)
            for writer in 0..<4 {
                let own = log.filter { (Int($0.id.dropFirst(4)) ?? -1) / 1_000 == writer }
                #expect(own.map(\.id) == (0..<rounds).map { "evt_\(writer * 1_000 + $0)" })
            }
            await store.close()
        }
    }

    @Test("a reader sees all of a batch or nothing of it", arguments: Backend.allCases)
    func isolation(_ backend: Backend) async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path
            let writer = try await backend.open(path)
            _ = try await writer.commit(StorageBatch(puts: [put("a", "0"), put("b", "0")]))
            let reader = try await backend.open(path)
            async let writing: Void = {
                for round in 1...60 {
                    _ = try await writer.commit(StorageBatch(puts: [put("a", "\(round)"), put("b", "\(round)")]))
                }
            }()
            for _ in 0..<60 {
                let page = try await reader.list(RecordQuery(collection: "things"))
                #expect(page.records.count == 2)
                #expect(page.records.first?.bytes == page.records.last?.bytes)
            }
            try await writing
            await writer.close()
            await reader.close()
        }
    }
}
