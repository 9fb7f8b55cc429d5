import Glibc
import Support
package import SystemPackage

extension SQLiteStorage {
    /// Reads what can be read of a damaged database into a new one and puts that in its place. The damaged files keep all their
    /// bytes under `<path>.damaged-<n>`. Nobody else may use the database meanwhile.
    /// - Returns: where the damaged database is now.
    /// - Throws: `busy` when another process uses it, `full`, `unavailable`; the damaged database stays in place then.
    func salvage(reason: String) throws(StorageError) -> FilePath {
        let old = try open()
        try requireAlone(old)
        let new = FilePath("\(path.string).salvage-\(getpid())")
        for suffix in ["", "-wal", "-shm"] { try? FileIO.remove(FilePath(new.string + suffix)) }
        do throws(FileError) {
            try FileIO.open(new, .readWrite, options: .create, mode: 0o600, action: "create").closeQuietly()
        } catch {
            throw StorageError(error)
        }
        try fill(new, from: old)
        disconnect()
        let place = try Self.moveAside(path)
        do throws(FileError) {
            for suffix in ["", "-wal"] where FileIO.exists(FilePath(new.string + suffix)) {
                try FileIO.rename(FilePath(new.string + suffix), to: FilePath(path.string + suffix))
            }
            try? FileIO.remove(FilePath(new.string + "-shm"))
            try FileIO.syncDirectory(path.removingLastComponent())
        } catch {
            throw StorageError(error)
        }
        try connect(SQLiteMigration.all)
        return place
    }

    /// Leaving the WAL needs the database alone, and the damaged file then holds everything.
    private func requireAlone(_ connection: SQLiteConnection) throws(StorageError) {
        let mode: String?
        do throws(StorageError) {
            mode = try connection.query("PRAGMA journal_mode=DELETE") { $0.text(0) }.first
        } catch {
            // Too damaged to be written: nobody else can do that either.
            guard error.kind == .busy else { return }
            mode = "wal"
        }
        guard mode == "wal" else { return }
        throw StorageError(
            .busy,
            "\(path) is damaged and can only be repaired while nobody else uses it. End the other codetether processes and try again."
        )
    }

    private func fill(_ new: FilePath, from old: SQLiteConnection) throws(StorageError) {
        let target = try SQLiteConnection(new)
        try target.migrate(SQLiteMigration.all, hook: nil)
        for table in SalvagedTable.all {
            // From both ends: what lies between two damaged pages is lost, the rest is not.
            try copy(table, from: old, to: target, ascending: true)
            try copy(table, from: old, to: target, ascending: false)
        }
        try target.rebuildSearch()
        try target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private func copy(
        _ table: SalvagedTable, from old: SQLiteConnection, to new: SQLiteConnection, ascending: Bool
    ) throws(StorageError) {
        let order = ascending ? "ASC" : "DESC"
        var last: Int64 = ascending ? .min : .max
        let marks = table.columns.map { _ in "?" }.joined(separator: ",")
        let insert = "INSERT OR IGNORE INTO \(table.name)(\(table.columns.joined(separator: ","))) VALUES(\(marks))"
        var pageRows = 200
        while true {
            let rows: [(Int64, [SQLiteValue])]
            do throws(StorageError) {
                rows = try old.query(
                    """
                    SELECT rowid, \(table.columns.joined(separator: ",")) FROM \(table.name) NOT INDEXED
                    WHERE rowid\(ascending ? ">" : "<")? ORDER BY rowid \(order) LIMIT \(pageRows)
                    """, [.int(last)]
                ) { row in (row.int(0), table.columns.indices.map { row.value(Int32($0) + 1) }) }
            } catch {
                guard error.kind == .corrupt else { throw error }
                // The rows before the damaged one, one at a time; then nothing more comes from this end.
                guard pageRows > 1 else { return }
                pageRows = 1
                continue
            }
            guard let end = rows.last else { return }
            try new.transaction(.flushed) { () throws(StorageError) in
                for (_, values) in rows { try new.run(insert, values) }
            }
            last = end.0
        }
    }

    /// Moves a file that is no database any more aside, with its write-ahead log. Nobody may use it meanwhile.
    /// - Returns: where it is now: `<path>.damaged-<n>`.
    package static func setAside(_ path: FilePath) async throws(StorageError) -> FilePath {
        try await BlockingWork.run(throwing: StorageError.self) { () throws(StorageError) in try moveAside(path) }
    }

    private static func moveAside(_ path: FilePath) throws(StorageError) -> FilePath {
        var number = 1
        while FileIO.exists(FilePath("\(path.string).damaged-\(number)")) { number += 1 }
        let place = FilePath("\(path.string).damaged-\(number)")
        do throws(FileError) {
            for suffix in ["", "-wal", "-shm"] where FileIO.exists(FilePath(path.string + suffix)) {
                try FileIO.rename(FilePath(path.string + suffix), to: FilePath(place.string + suffix))
            }
            try FileIO.syncDirectory(path.removingLastComponent())
        } catch {
            throw StorageError(error)
        }
        return place
    }
}

/// A table and its columns.
private struct SalvagedTable {
    var name: String
    var columns: [String]

    static let all = [
        SalvagedTable(name: "record", columns: ["collection", "id", "version", "updated", "grp", "body"]),
        SalvagedTable(name: "event", columns: ["aggregate", "seq", "id", "type", "created", "body"]),
    ]
}
