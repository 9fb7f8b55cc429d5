package import Storage
import Support

extension PostgresStorage {
    /// How often a commit that collides with another one starts again, within the time that it may wait for locks.
    private static let maximumTries = 8

    /// See `StorageBackend.commit`.
    package func commit(_ batch: StorageBatch) async throws(StorageError) -> CommitReceipt {
        try BatchValidation.check(batch)
        let node = node
        let notifies = notifies
        let time = time
        return try await pool.run { connection throws(StorageError) in
            let end = time.uptimeNs() + UInt64(PostgresConnection.lockTimeoutMs) * 1_000_000
            var tries = 0
            while true {
                tries += 1
                var commit = PostgresCommit(batch: batch, node: node, notifies: notifies, connection: connection)
                do throws(StorageError) {
                    return try connection.transaction { () throws(StorageError) in try commit.apply() }
                } catch {
                    // A deadlock, a lost race for a new record: the server undid all of it.
                    let isCollision = commit.hasLostRace || error.kind == .busy
                    guard isCollision, !connection.isBroken, tries < Self.maximumTries, time.uptimeNs() < end else {
                        throw error
                    }
                }
            }
        }
    }
}

/// One batch on its way into the database; whole sets of rows go in one statement.
private struct PostgresCommit {
    /// Rows and bytes of one statement.
    private static let maximumRows = 1_000
    private static let maximumBytes = 8 << 20

    let batch: StorageBatch
    let node: String
    let notifies: Bool
    let connection: PostgresConnection
    /// True when somebody created a record at the same moment; the batch can be tried again.
    private(set) var hasLostRace = false

    init(batch: StorageBatch, node: String, notifies: Bool, connection: PostgresConnection) {
        self.batch = batch
        self.node = node
        self.notifies = notifies
        self.connection = connection
    }

    mutating func apply() throws(StorageError) -> CommitReceipt {
        var receipt = CommitReceipt(lastSeqs: [:], versions: [])
        if !batch.appends.isEmpty { receipt.lastSeqs = try append() }
        if !batch.puts.isEmpty { receipt.versions = try put() }
        if !batch.removes.isEmpty {
            try connection.query(
                """
                DELETE FROM record r USING unnest($1::text[], $2::text[]) u(collection, id)
                WHERE r.collection=u.collection AND r.id=u.id
                """, [.texts(batch.removes.map(\.collection)), .texts(batch.removes.map(\.id))])
        }
        if !batch.removeCollections.isEmpty {
            try connection.query("DELETE FROM record WHERE collection=ANY($1)", [.texts(batch.removeCollections)])
        }
        if !batch.removeAggregates.isEmpty {
            let names = PostgresValue.texts(batch.removeAggregates)
            try connection.query("DELETE FROM log WHERE aggregate=ANY($1)", [names])
            try connection.query("DELETE FROM event WHERE aggregate=ANY($1)", [names])
        }
        return receipt
    }

    // MARK: Events

    private func append() throws(StorageError) -> [String: Int64] {
        let names = PostgresValue.texts(batch.appends.map(\.aggregate).sorted())
        let new = batch.appends.filter { $0.expectedLastSeq == 0 && !$0.events.isEmpty }.map(\.aggregate).sorted()
        if !new.isEmpty {
            try connection.query(
                """
                INSERT INTO log(aggregate, last_seq, updated)
                SELECT name, 0, clock_timestamp() FROM unnest($1::text[]) name ORDER BY name ON CONFLICT DO NOTHING
                """, [.texts(new)])
        }
        let rows = try connection.query(
            "SELECT aggregate, last_seq FROM log WHERE aggregate=ANY($1) ORDER BY aggregate FOR UPDATE", [names])
        var last: [String: Int64] = [:]
        for row in 0..<rows.count { last[rows.text(row, 0)] = rows.int(row, 1) }
        var receipt: [String: Int64] = [:]
        var notices: [String] = []
        for append in batch.appends {
            let seq = last[append.aggregate] ?? 0
            guard seq == append.expectedLastSeq else { throw BatchValidation.conflict(append, actual: seq) }
            let end = seq + Int64(append.events.count)
            receipt[append.aggregate] = end
            guard end > seq else { continue }
            try insert(append, after: seq)
            notices.append(EventNotice.stored(node: node, aggregate: append.aggregate, after: seq, last: end).text)
        }
        try connection.query(
            """
            UPDATE log SET last_seq=u.seq, updated=clock_timestamp()
            FROM unnest($1::text[], $2::int8[]) u(name, seq) WHERE aggregate=u.name
            """, [.texts(Array(receipt.keys)), .ints(Array(receipt.values))])
        if notifies, !notices.isEmpty {
            try connection.query(
                "SELECT count(pg_notify('\(EventNotice.channel)', text)) FROM unnest($1::text[]) text",
                [.texts(notices)])
        }
        return receipt
    }

    private func insert(_ append: EventAppend, after seq: Int64) throws(StorageError) {
        for range in Self.chunks(append.events.map(\.bytes.count)) {
            let events = append.events[range]
            let first = seq + Int64(range.lowerBound) + 1
            try connection.query(
                """
                INSERT INTO event(aggregate, seq, id, type, created, body, node)
                SELECT $1, u.seq, u.id, u.type, u.created, u.body, $2
                FROM unnest($3::int8[], $4::text[], $5::text[], $6::int8[], $7::bytea[]) u(seq, id, type, created, body)
                """,
                [
                    .text(append.aggregate), .text(node),
                    .ints(events.indices.map { first + Int64($0 - range.lowerBound) }),
                    .texts(events.map(\.id)), .texts(events.map(\.type)), .ints(events.map(\.created)),
                    .blobs(events.map(\.bytes)),
                ])
        }
    }

    // MARK: Records

    private mutating func put() throws(StorageError) -> [Int64] {
        // In one order for everybody, so that two batches do not wait for each other.
        let puts = batch.puts.sorted { ($0.key.collection, $0.key.id) < ($1.key.collection, $1.key.id) }
        let rows = try connection.query(
            """
            SELECT r.collection, r.id, r.version FROM record r
            JOIN unnest($1::text[], $2::text[]) u(collection, id) ON r.collection=u.collection AND r.id=u.id
            ORDER BY r.collection, r.id FOR UPDATE OF r
            """, [.texts(puts.map(\.key.collection)), .texts(puts.map(\.key.id))])
        var found: [RecordKey: Int64] = [:]
        for row in 0..<rows.count { found[RecordKey(rows.text(row, 0), rows.text(row, 1))] = rows.int(row, 2) }
        for put in batch.puts {
            let actual = found[put.key] ?? 0
            if let expected = put.expectedVersion, expected != actual {
                throw BatchValidation.conflict(put, actual: actual)
            }
        }
        for range in Self.chunks(puts.map(\.bytes.count)) { try upsert(puts[range], found) }
        return batch.puts.map { (found[$0.key] ?? 0) + 1 }
    }

    private mutating func upsert(_ puts: ArraySlice<RecordPut>, _ found: [RecordKey: Int64]) throws(StorageError) {
        let written = try connection.query(
            """
            INSERT INTO record(collection, id, version, updated, grp, body, words)
            SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::bytea[], $7::text[])
            ON CONFLICT (collection, id) DO UPDATE SET version=excluded.version, updated=excluded.updated,
                grp=excluded.grp, body=excluded.body, words=excluded.words
            WHERE record.version=excluded.version-1 RETURNING 1
            """,
            [
                .texts(puts.map(\.key.collection)), .texts(puts.map(\.key.id)),
                .ints(puts.map { (found[$0.key] ?? 0) + 1 }),
                .ints(puts.map(\.updatedMs)), .texts(puts.map(\.group)), .blobs(puts.map(\.bytes)),
                .texts(puts.map { SearchText.folded($0.key, $0.bytes) }),
            ])
        guard written.count == puts.count else {
            hasLostRace = true
            throw StorageError(.conflict, "Somebody else created one of the records at the same moment. Try again.")
        }
    }

    /// Ranges of at most so many rows and bytes; a larger value stands alone.
    private static func chunks(_ sizes: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for (index, size) in sizes.enumerated() {
            if index > start, index - start >= maximumRows || bytes + size > maximumBytes {
                ranges.append(start..<index)
                start = index
                bytes = 0
            }
            bytes += size
        }
        if start < sizes.count { ranges.append(start..<sizes.count) }
        return ranges
    }
}
