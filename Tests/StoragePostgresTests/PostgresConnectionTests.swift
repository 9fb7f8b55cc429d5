import Storage
import StoragePostgres
import Support
import TestSupport
import Testing

/// A server that is away, comes back, refuses, or is not what it should be.
@Suite("PostgreSQL connections") struct PostgresConnectionTests {
    private func put(_ id: String, expected: Int64? = nil) -> StorageBatch {
        StorageBatch(puts: [
            RecordPut(key: RecordKey("things", id), bytes: Array(id.utf8), expectedVersion: expected, updatedMs: 1)
        ])
    }

    @Test("OPC-017.1 what was acknowledged is there after the server crashed, and the store reconnects by itself")
    func crash() async throws {
        try await PostgresServer.with { server in
            let url = try PostgresURL(try await server.database("crash"))
            let store = try await PostgresStorage.open(url)
            for index in 0..<20 { _ = try await store.commit(put("a\(index)")) }
            await server.crash()
            let down = await failure { try await store.commit(put("lost")) }
            #expect(down?.kind == .unavailable)
            #expect(await failure { try await store.read(RecordKey("things", "a1")) }?.kind == .unavailable)
            try await server.start()
            var restored = false
            for _ in 0..<200 where !restored {
                restored = await failure { try await store.commit(put("after")) } == nil
                if !restored { _ = await Watchable(0).wait(atMost: .milliseconds(25)) { _ in false } }
            }
            #expect(restored, "the next operations use the server again")
            let ids = try await store.list(RecordQuery(collection: "things", limit: 100)).records.map(\.key.id)
            #expect(Set(ids).isSuperset(of: (0..<20).map { "a\($0)" }))
            await store.close()
        }
    }

    @Test("connections that the server cut while they were idle are replaced without an error")
    func cut() async throws {
        try await PostgresServer.with { server in
            let store = try await PostgresStorage.open(try PostgresURL(try await server.database("cut")))
            _ = try await store.commit(put("a", expected: 0))
            await server.stop()
            try await server.start()
            #expect(try await store.commit(put("a", expected: 1)).versions == [2])
            try await server.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='codetether'")
            #expect(try await store.read(RecordKey("things", "a"))?.version == 2)
            await store.close()
        }
    }

    @Test("a wrong password is told apart from a server that is away, and never shown")
    func refused() async throws {
        try await PostgresServer.with { server in
            let secret = "wrong-p%40ss-71"
            let wrong = try PostgresURL(server.url("postgres", password: secret))
            let denied = await failure { try await PostgresStorage.open(wrong) }
            #expect(denied?.kind == .denied)
            #expect(denied?.message.contains("127.0.0.1:\(server.port)") == true)
            for text in [secret, "wrong-p@ss-71"] {
                #expect(denied?.message.contains(text) == false)
                #expect(!wrong.shown.contains(text))
                #expect(!wrong.redact("a \(text) b").contains(text))
            }
            let missing = await failure { try await PostgresStorage.open(try PostgresURL(server.url("no_such_db"))) }
            #expect(missing?.kind == .unavailable)
            await server.stop()
            let start = SystemTime().uptimeNs()
            let away = await failure { try await PostgresStorage.open(try PostgresURL(server.url("postgres"))) }
            #expect(away?.kind == .unavailable)
            #expect(SystemTime().uptimeNs() - start < 8_000_000_000)
            #expect(away?.message.contains(PostgresServer.password) == false)
        }
    }

    @Test("addresses that are none are refused without showing what they hold")
    func addresses() throws {
        for text in ["", "mysql://u:secretword@h/d", "http://x", "postgres:/x", "postgres://u:secretword@h/d b"] {
            do {
                _ = try PostgresURL(text)
                Issue.record("\(text) was taken")
            } catch {
                #expect(error.kind == .invalid)
                #expect(!error.message.contains("secretword"))
            }
        }
        let url = try PostgresURL("postgresql://me:se%3Acret@[::1]:5433/db?sslmode=disable&password=other")
        #expect(url.shown == "postgresql://me:***@[::1]:5433/db")
        for secret in ["se%3Acret", "se:cret", "other"] { #expect(!url.redact("x \(secret) y").contains(secret)) }
    }

    @Test("OPC-017.3 ten processes that start at once migrate one empty database once; a newer schema is refused")
    func migrations() async throws {
        try await PostgresServer.with { server in
            let text = try await server.database("fresh")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        let store = try await PostgresStorage.open(try PostgresURL(text))
                        try await store.write(RecordKey("things", "n\(index)"), [1], updatedMs: 1)
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await server.sql("SELECT number FROM codetether.migration", in: "fresh") == "1\n")
            #expect(try await server.sql("SELECT count(*) FROM codetether.record", in: "fresh") == "10\n")
            try await server.sql("INSERT INTO codetether.migration(number) VALUES(999)", in: "fresh")
            let newer = await failure { try await PostgresStorage.open(try PostgresURL(text)) }
            #expect(newer?.kind == .unavailable)
            #expect(newer?.message.contains("999") == true)
        }
    }

    @Test("a store uses at most four connections, however many operations run at once")
    func pool() async throws {
        try await PostgresServer.with { server in
            let store = try await PostgresStorage.open(try PostgresURL(try await server.database("pool")))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<60 {
                    group.addTask {
                        _ = try await store.update(RecordKey("things", "k\(index % 3)"), updatedMs: 1) { bytes in
                            (bytes ?? []) + [1]
                        }
                    }
                }
                try await group.waitForAll()
            }
            let lengths = try await store.list(RecordQuery(collection: "things")).records.map(\.bytes.count)
            #expect(lengths == [20, 20, 20])
            let count = try await server.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname='pool' AND application_name='codetether'")
            #expect((1...4).contains(Int(count.prefix { $0 != "\n" }) ?? 0), "\(count)")
            await store.close()
        }
    }

    @Test("large batches and values, with every byte, come back as they were")
    func large() async throws {
        try await PostgresServer.with { server in
            let store = try await PostgresStorage.open(try PostgresURL(try await server.database("large")))
            let events = (0..<3_000).map { index in
                NewEvent(
                    id: "evt_\(index)", type: "t.x", created: Int64(index),
                    bytes: Array("{\"n\":\(index),\"pad\":\"\(String(repeating: "é", count: 2_000))\"}".utf8))
            }
            let puts = (0..<2_500).map { RecordPut(key: RecordKey("many", "k\($0)"), bytes: [0, 255], updatedMs: 0) }
            let big = RecordPut(
                key: RecordKey("many", "big"), bytes: [UInt8](repeating: 0, count: 20_000_000), updatedMs: 0)
            _ = try await store.commit(
                StorageBatch(
                    appends: [EventAppend(aggregate: "log", expectedLastSeq: 0, events: events)], puts: puts + [big]))
            var seq: Int64 = 0
            while true {
                let page = try await store.events(of: "log", after: seq, limit: 10_000)
                guard let last = page.last else { break }
                #expect(page.reduce(0) { $0 + $1.bytes.count } <= 17 << 20)
                for (offset, event) in page.enumerated() { #expect(event.bytes == events[Int(seq) + offset].bytes) }
                seq = last.seq
            }
            #expect(seq == 3_000)
            #expect(try await store.read(big.key)?.bytes == big.bytes)
            let stats = try await store.stats()
            #expect(stats.collections["many"] == .init(records: 2_501, bytes: 20_005_000))
            #expect(stats.events == 3_000)
            #expect(try await store.inspect().isEmpty)
            try await store.compact()
            await store.close()
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
