package import Storage
package import Support
import Synchronization

/// A PostgreSQL database that several machines share.
///
/// Up to four connections, each on a thread of its own; a connection is made when it is needed and again after it broke, so that
/// a server which restarts is used again by the next operation. While the server is away every operation fails with
/// `unavailable`; nothing is ever kept elsewhere instead. All commits are as durable as the server makes them
/// (`synchronous_commit` is left to it). Connecting takes 8 s at most, a statement 8 s, waiting for others' locks 5 s.
/// Everything is in the database's schema `codetether`.
package final class PostgresStorage: StorageBackend {
    /// The backend's name in the configuration.
    package let name = "postgres"
    /// Processes on other machines use it too.
    package let isShared = true
    /// Names this process in the events that it stores and in notices.
    package let node: String
    /// The address without password.
    package var address: String { pool.url.shown }
    let pool: PostgresPool
    let time: any TimeSource
    /// False for bulk copies: nobody is told of the events.
    let notifies: Bool

    private init(url: PostgresURL, node: String, notifies: Bool, time: any TimeSource) {
        pool = PostgresPool(url: url, time: time)
        self.node = node
        self.notifies = notifies
        self.time = time
    }

    /// Connects and brings the schema up to date.
    /// - Parameters:
    ///   - node: a name that no other process uses, with the form of a record id; nil makes one.
    ///   - notifies: whether other processes learn of appended events.
    /// - Throws: `unavailable`, `denied` (wrong user or password), `readOnly`, `invalid`. Never falls back to another backend.
    package static func open(
        _ url: PostgresURL, node: String? = nil, notifies: Bool = true, time: any TimeSource = SystemTime()
    ) async throws(StorageError) -> PostgresStorage {
        try await open(url, node: node, notifies: notifies, time: time, migrations: PostgresMigration.all)
    }

    static func open(
        _ url: PostgresURL, node: String? = nil, notifies: Bool = true, time: any TimeSource = SystemTime(),
        migrations: [PostgresMigration]
    ) async throws(StorageError) -> PostgresStorage {
        let name = node ?? ULIDSource(time: time).next(.run)
        guard RecordKey.isValidName(name) else {
            throw StorageError(.invalid, "A node's name has 1 to 200 letters, digits, '.', '_' and '-'.")
        }
        let storage = PostgresStorage(url: url, node: name, notifies: notifies, time: time)
        do throws(StorageError) {
            try await storage.pool.run { connection throws(StorageError) in
                try PostgresMigration.run(migrations, on: connection)
            }
        } catch {
            await storage.close()
            throw error
        }
        return storage
    }

    /// See `StorageBackend.close`.
    package func close() async { await pool.close() }

    // MARK: Records

    /// See `StorageBackend.read`.
    package func read(_ key: RecordKey) async throws(StorageError) -> Record? {
        try BatchValidation.check(key)
        return try await pool.run { connection throws(StorageError) in
            let rows = try connection.query(
                "SELECT id, version, updated, grp, body FROM record WHERE collection=$1 AND id=$2",
                [.text(key.collection), .text(key.id)])
            return rows.count == 0 ? nil : Record(rows, 0, collection: key.collection)
        }
    }

    /// See `StorageBackend.list`.
    package func list(_ query: RecordQuery) async throws(StorageError) -> RecordPage {
        try BatchValidation.check(query)
        return try await page(try RecordSelect(query), query)
    }

    /// See `StorageBackend.search`.
    package func search(_ search: RecordSearch) async throws(StorageError) -> RecordPage {
        try search.check()
        var select = try RecordSelect(search.query)
        select.add(search)
        return try await page(select, search.query)
    }

    private func page(_ select: RecordSelect, _ query: RecordQuery) async throws(StorageError) -> RecordPage {
        var records = try await pool.run { connection throws(StorageError) in
            let rows = try connection.query(select.sql, select.values)
            return (0..<rows.count).map { Record(rows, $0, collection: query.collection) }
        }
        guard records.count > query.limit else { return RecordPage(records: records) }
        records.removeLast()
        return RecordPage(records: records, next: records.last.map { UpdateCursor.next($0, query.order) })
    }

    // MARK: Events

    /// See `StorageBackend.events`.
    package func events(
        of aggregate: String, after seq: Int64, limit: Int
    ) async throws(StorageError) -> [StoredEvent] {
        try await events(of: aggregate, after: seq, limit: limit, condition: "", [])
    }

    /// Events that match a further condition.
    /// - Parameter condition: SQL that starts with AND and uses parameters from `$5` on.
    func events(
        of aggregate: String, after seq: Int64, limit: Int, condition: String, _ values: [PostgresValue]
    ) async throws(StorageError) -> [StoredEvent] {
        try BatchValidation.check(aggregate: aggregate)
        try BatchValidation.check(limit: limit, maximum: BatchValidation.maximumEvents)
        let all: [PostgresValue] =
            [.text(aggregate), .int(seq), .int(Int64(limit)), .int(Int64(BatchValidation.maximumEventPageBytes))]
            + values
        let sql = """
            SELECT seq, id, type, created, body FROM (
                SELECT seq, id, type, created, body,
                    sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before
                FROM (SELECT seq, id, type, created, body FROM event
                    WHERE aggregate=$1 AND seq>$2 \(condition) ORDER BY seq LIMIT $3) page) sized
            WHERE before<=$4 ORDER BY seq
            """
        return try await pool.run { connection throws(StorageError) in
            let rows = try connection.query(sql, all)
            return (0..<rows.count).map { row in
                StoredEvent(
                    seq: rows.int(row, 0), id: rows.text(row, 1), type: rows.text(row, 2), created: rows.int(row, 3),
                    bytes: rows.bytes(row, 4))
            }
        }
    }

    /// See `StorageBackend.lastSeq`.
    package func lastSeq(of aggregate: String) async throws(StorageError) -> Int64 {
        try BatchValidation.check(aggregate: aggregate)
        return try await pool.run { connection throws(StorageError) in
            let rows = try connection.query("SELECT last_seq FROM log WHERE aggregate=$1", [.text(aggregate)])
            return rows.count == 0 ? 0 : rows.int(0, 0)
        }
    }

    /// See `StorageBackend.aggregates`.
    package func aggregates(after: String?, limit: Int) async throws(StorageError) -> [String] {
        try BatchValidation.check(limit: limit, maximum: BatchValidation.maximumEvents)
        return try await pool.run { connection throws(StorageError) in
            let rows = try connection.query(
                "SELECT aggregate FROM log WHERE aggregate>$1 AND last_seq>0 ORDER BY aggregate LIMIT $2",
                [.text(after ?? ""), .int(Int64(limit))])
            return (0..<rows.count).map { rows.text($0, 0) }
        }
    }
}

extension Record {
    init(_ rows: PostgresRows, _ row: Int, collection: String) {
        self.init(
            key: RecordKey(collection, rows.text(row, 0)), version: rows.int(row, 1), updatedMs: rows.int(row, 2),
            group: rows.optionalText(row, 3), bytes: rows.bytes(row, 4))
    }
}
