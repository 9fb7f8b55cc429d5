package import Storage

extension PostgresStorage: StorageMaintenance {
    /// See `StorageMaintenance.stats`.
    package func stats() async throws(StorageError) -> StorageStats {
        let (name, address) = (name, address)
        return try await pool.run { connection throws(StorageError) in
            let size = try connection.query(
                """
                SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 FROM pg_class c
                JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname='codetether' AND c.relkind='r'
                """)
            var stats = StorageStats(
                backend: name, location: address, bytes: size.int(0, 0),
                schema: try PostgresMigration.version(connection))
            let groups = try connection.query(
                """
                SELECT split_part(collection, '/', 1) AS root, count(*), coalesce(sum(octet_length(body)), 0)::int8
                FROM record GROUP BY root
                """)
            for row in 0..<groups.count {
                stats.collections[groups.text(row, 0)] = .init(
                    records: groups.int(row, 1), bytes: groups.int(row, 2))
            }
            let events = try connection.query("SELECT count(*), coalesce(sum(octet_length(body)), 0)::int8 FROM event")
            (stats.events, stats.eventBytes) = (events.int(0, 0), events.int(0, 1))
            stats.logs = try connection.query("SELECT count(*) FROM log WHERE last_seq>0").int(0, 0)
            return stats
        }
    }

    /// See `StorageMaintenance.inspect`. PostgreSQL checks its own pages (with data checksums, where the server has them); here
    /// the ends of the logs are compared with their events.
    package func inspect() async throws(StorageError) -> [StorageDamage] {
        try await pool.run { connection throws(StorageError) in
            let rows = try connection.query(
                """
                SELECT coalesce(l.aggregate, e.aggregate), coalesce(l.last_seq, 0), coalesce(e.last, 0)
                FROM log l FULL JOIN (SELECT aggregate, max(seq) AS last FROM event GROUP BY aggregate) e
                ON e.aggregate=l.aggregate
                WHERE coalesce(l.last_seq, 0)<>coalesce(e.last, 0) ORDER BY 1 LIMIT 1000
                """)
            return (0..<rows.count).map { row in
                let name = rows.text(row, 0)
                return StorageDamage(
                    sessionID: name, path: "\(connection.url.shown) log \(name)",
                    error: "The log \(name) should end at \(rows.int(row, 1)) and ends at \(rows.int(row, 2)).",
                    isRepaired: false)
            }
        }
    }

    /// See `StorageMaintenance.compact`. The server reuses freed space by itself; this asks it to look now.
    package func compact() async throws(StorageError) {
        try await pool.run { connection throws(StorageError) in
            try connection.execute("SET statement_timeout TO 600000")
            for table in ["record", "event", "log", "lease"] {
                try connection.execute("VACUUM (ANALYZE) codetether.\(table)", timeoutMs: 600_000)
            }
            try connection.execute("SET statement_timeout TO \(PostgresConnection.statementTimeoutMs)")
        }
    }
}
