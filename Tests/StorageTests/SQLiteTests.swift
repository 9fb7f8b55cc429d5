import Support
import SystemPackage
import TestSupport
import Testing

@testable import Storage

@Suite("SQLite") struct SQLiteTests {
    private let two =
        SQLiteMigration.all + [
            SQLiteMigration(
                number: 3, sql: "CREATE TABLE IF NOT EXISTS extra(x); INSERT INTO meta VALUES('step', '2');")
        ]

    @Test("a migration copies the database first, runs once, and keeps the data")
    func migration() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.appending("codetether.db")
            let old = try await SQLiteStorage.open(path)
            _ = try await old.commit(StorageBatch(puts: [put("a", "1")]))
            await old.close()
            for _ in 0..<2 {
                let new = try await SQLiteStorage.open(path, migrations: two)
                #expect(try await new.text("a") == "1")
                await new.close()
            }
            let copy = try await SQLiteStorage.open(FilePath("\(path.string).before-v3"))
            #expect(try await copy.text("a") == "1")
            await copy.close()
            #expect(workspace.files.filter { $0.contains(".tmp-") }.isEmpty)
        }
    }

    @Test("a migration that fails at any step leaves the old state, and the next start completes it")
    func interruptedMigration() async throws {
        for target in 1...4 {
            try await TempWorkspace.with { workspace in
                let path = workspace.path.appending("codetether.db")
                let old = try await SQLiteStorage.open(path)
                _ = try await old.commit(StorageBatch(puts: [put("a", "1")]))
                await old.close()
                let counter = StepCounter()
                let error = await failure {
                    try await SQLiteStorage.open(path, migrations: two) { step throws(StorageError) in
                        if counter.next(step) == target { throw StorageError(.full, "No space left (test).") }
                    }
                }
                #expect(error?.kind == .full, "\(counter.steps)")
                let unchanged = try await SQLiteStorage.open(path)
                #expect(try await unchanged.text("a") == "1")
                await unchanged.close()
                let new = try await SQLiteStorage.open(path, migrations: two)
                #expect(try await new.text("a") == "1")
                await new.close()
            }
        }
    }

    @Test("a database of a newer codetether is refused with the way out")
    func downgrade() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.appending("codetether.db")
            await (try SQLiteStorage.open(path, migrations: two)).close()
            let error = await failure { try await SQLiteStorage.open(path) }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains("schema 3") == true)
        }
    }

    @Test("eight first starts at once make one database")
    func firstStart() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.pushing(FilePath("new/home/codetether.db"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let store = try await SQLiteStorage.open(path)
                        _ = try await store.commit(StorageBatch(puts: [put("r\(number)", "x")]))
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
            let store = try await SQLiteStorage.open(path)
            #expect(try await store.all(RecordQuery(collection: "things")).count == 8)
            await store.close()
        }
    }

    @Test("a writer that waits too long for another process gets busy, and nothing is changed")
    func busy() async throws {
        try await TempWorkspace.with { workspace in
            let path = workspace.path.appending("codetether.db")
            let store = try await SQLiteStorage.open(path)
            let other = try SQLiteConnection(path)
            try other.execute("BEGIN IMMEDIATE")
            let error = await failure { try await store.commit(StorageBatch(puts: [put("a", "1")])) }
            #expect(error?.kind == .busy)
            // Readers do not wait for writers.
            #expect(try await store.text("a") == nil)
            try other.execute("ROLLBACK")
            _ = try await store.commit(StorageBatch(puts: [put("a", "1")]))
            #expect(try await store.text("a") == "1")
            await store.close()
        }
    }
}
