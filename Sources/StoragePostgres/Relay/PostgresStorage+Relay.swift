import Storage

extension PostgresStorage {
    /// Up to 500 logs that changed since a time, in byte order of their names.
    func logsChanged(
        sinceUs: Int64, after: String
    ) async throws(StorageError) -> [(aggregate: String, lastSeq: Int64)] {
        let found = try await pool.run { connection throws(StorageError) -> [LogEnd] in
            let rows = try connection.query(
                """
                SELECT aggregate, last_seq FROM log
                WHERE updated>to_timestamp($1::float8 / 1000000) AND aggregate>$2 ORDER BY aggregate LIMIT 500
                """, [.int(sinceUs), .text(after)])
            return (0..<rows.count).map { LogEnd(aggregate: rows.text($0, 0), lastSeq: rows.int($0, 1)) }
        }
        return found.map { ($0.aggregate, $0.lastSeq) }
    }

    /// Events of a log that other processes stored.
    func foreignEvents(
        of aggregate: String, after: Int64, through last: Int64, storedAfterUs: Int64
    ) async throws(StorageError) -> [StoredEvent] {
        try await events(
            of: aggregate, after: after, limit: 1_000,
            condition: "AND seq<=$5 AND node<>$6 AND stored>=to_timestamp($7::float8 / 1000000)",
            [.int(last), .text(node), .int(storedAfterUs)])
    }

    /// Sends messages to all listening processes, all of them or none.
    func tell(_ messages: [String]) async throws(StorageError) {
        try await pool.run { connection throws(StorageError) in
            _ = try connection.query(
                "SELECT count(pg_notify('\(EventNotice.channel)', text)) FROM unnest($1::text[]) text",
                [.texts(messages)])
        }
    }
}

/// Where a log ends.
private struct LogEnd: Sendable {
    var aggregate: String
    var lastSeq: Int64
}
