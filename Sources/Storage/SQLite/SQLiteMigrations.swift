import CSQLite
import Glibc
import Support
import SystemPackage

/// One step of the database's schema. Steps are never changed once released, only added.
struct SQLiteMigration: Sendable {
    /// What `PRAGMA user_version` is after it.
    var number: Int64
    /// Statements that may run again on their own result.
    var sql: String
    /// What the statements cannot do, in the same transaction.
    var fill: (@Sendable (SQLiteConnection) throws(StorageError) -> Void)?

    static let all = [
        SQLiteMigration(
            number: 1,
            sql: """
                CREATE TABLE IF NOT EXISTS record(
                    collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL,
                    grp TEXT, body BLOB NOT NULL, PRIMARY KEY(collection, id));
                CREATE INDEX IF NOT EXISTS record_updated ON record(collection, updated, id);
                CREATE INDEX IF NOT EXISTS record_group ON record(collection, grp, updated, id) WHERE grp IS NOT NULL;
                CREATE TABLE IF NOT EXISTS event(
                    aggregate TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
                    created INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(aggregate, seq));
                CREATE TABLE IF NOT EXISTS meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
                """),
        SQLiteMigration(
            number: 2, sql: SQLiteConnection.searchSchema,
            fill: { connection throws(StorageError) in try connection.rebuildSearch() }),
    ]
}

extension SQLiteConnection {
    /// Brings the schema up to date. A database that holds data is copied to `<path>.before-v<N>` first, all steps run in one
    /// transaction, and processes that start at the same time wait for each other, so that a crash leaves the old state.
    func migrate(_ migrations: [SQLiteMigration], hook: StorageStep.Hook?) throws(StorageError) {
        let target = migrations.last?.number ?? 0
        let found = try userVersion()
        guard found != target else { return try prepareWAL() }
        guard found < target else {
            throw StorageError(
                .unavailable,
                "The store \(path) has schema \(found), this codetether knows \(target). Use a newer codetether, or the copy that was made before the upgrade (\(path).before-v…)."
            )
        }
        try prepareWAL()
        if found > 0 { try copy(to: FilePath("\(path.string).before-v\(target)"), hook: hook) }
        try transaction(.flushed) { () throws(StorageError) in
            // Another process may have been faster.
            let version = try userVersion()
            for migration in migrations where migration.number > version {
                try hook?(StorageStep(phase: .before, operation: "migrate", target: "\(migration.number)"))
                try execute(migration.sql)
                try migration.fill?(self)
                try execute("PRAGMA user_version=\(migration.number)")
                try hook?(StorageStep(phase: .after, operation: "migrate", target: "\(migration.number)"))
            }
        }
    }

    private func userVersion() throws(StorageError) -> Int64 {
        try query("PRAGMA user_version") { $0.int(0) }.first ?? 0
    }

    /// WAL is a property of the file; setting it needs the file alone for a moment, and SQLite does not wait for that itself.
    private func prepareWAL() throws(StorageError) {
        try execute("PRAGMA wal_autocheckpoint=256; PRAGMA cache_size=-8000; PRAGMA mmap_size=0")
        var waitedMs: Int64 = 0
        while true {
            do throws(StorageError) {
                let mode = try query("PRAGMA journal_mode=WAL") { $0.text(0) }.first
                guard mode == "wal" else {
                    throw StorageError(
                        .unavailable,
                        "The file system of \(path) has no shared memory for SQLite's WAL. Use storage.backend \"filesystem\" there."
                    )
                }
                return
            } catch {
                guard error.kind == .busy, waitedMs < Int64(Self.busyTimeoutMs) else { throw error }
                var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
                nanosleep(&pause, nil)
                waitedMs += 10
            }
        }
    }

    /// Copies the whole database; the copy appears under its name only when it is complete and synced.
    private func copy(to target: FilePath, hook: StorageStep.Hook?) throws(StorageError) {
        if FileIO.exists(target) { return }
        let temporary = FilePath("\(target.string).tmp-\(getpid())")
        try? FileIO.remove(temporary)
        try hook?(StorageStep(phase: .before, operation: "copy", target: target.string))
        try run("VACUUM INTO ?", [.text(temporary.string)])
        do throws(FileError) {
            let descriptor = try FileIO.open(temporary, .readOnly)
            defer { try? descriptor.close() }
            try FileIO.sync(descriptor, path: temporary)
            try FileIO.rename(temporary, to: target)
            try FileIO.syncDirectory(target.removingLastComponent())
        } catch {
            try? FileIO.remove(temporary)
            throw StorageError(error)
        }
        try hook?(StorageStep(phase: .after, operation: "copy", target: target.string))
    }
}
