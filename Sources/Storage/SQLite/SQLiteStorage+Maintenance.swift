import Support
import SystemPackage

extension SQLiteStorage: StorageMaintenance {
    /// See `StorageMaintenance.stats`.
    package func stats() throws(StorageError) -> StorageStats {
        let connection = try open()
        var bytes: Int64 = 0
        for suffix in ["", "-wal", "-shm"] {
            bytes += (try? FileIO.stat(FilePath(path.string + suffix)).size) ?? 0
        }
        var stats = StorageStats(
            backend: name, location: path.string, bytes: bytes,
            schema: try connection.query("PRAGMA user_version") { $0.int(0) }.first ?? 0)
        let groups = try connection.query(
            """
            SELECT substr(collection, 1, instr(collection || '/', '/') - 1) AS root, count(*), sum(length(body))
            FROM record GROUP BY root
            """
        ) { ($0.text(0), StorageStats.Group(records: $0.int(1), bytes: $0.int(2))) }
        for (root, group) in groups { stats.collections[root] = group }
        let events = try connection.query(
            "SELECT count(DISTINCT aggregate), count(*), coalesce(sum(length(body)), 0) FROM event"
        ) { ($0.int(0), $0.int(1), $0.int(2)) }.first
        if let events { (stats.logs, stats.events, stats.eventBytes) = events }
        return stats
    }

    /// See `StorageMaintenance.inspect`.
    package func inspect() throws(StorageError) -> [StorageDamage] {
        let connection = try open()
        let found: [String]
        do throws(StorageError) {
            found = try connection.query("PRAGMA integrity_check(100)") { $0.text(0) }
        } catch {
            guard error.kind == .corrupt else { throw error }
            found = [error.message]
        }
        guard found != ["ok"] else { return [] }
        let place = try salvage(reason: found.first ?? "")
        return found.map { line in
            StorageDamage(
                sessionID: nil, path: place.string,
                error: "SQLite reports: \(HostileText.escaped(line, multiline: false))", isRepaired: true)
        }
    }

    /// See `StorageMaintenance.compact`.
    package func compact() throws(StorageError) {
        let connection = try open()
        try connection.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
