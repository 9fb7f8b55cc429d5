package import Storage

extension PostgresStorage {
    /// What is left of a lease in milliseconds, by the database's clock.
    private static let remaining = "(extract(epoch FROM expires - clock_timestamp()) * 1000)::int8"

    /// See `StorageBackend.acquireLease`. The clock is the database's.
    package func acquireLease(_ name: String, owner: String, forMs: Int64) async throws(StorageError) -> StorageLease {
        try StorageLease.check(name, owner: owner, forMs: forMs)
        return try await pool.run { connection throws(StorageError) in
            while true {
                let lease = try connection.transaction { () throws(StorageError) in
                    try Self.take(name, owner: owner, forMs: forMs, connection)
                }
                if let lease { return lease }
            }
        }
    }

    /// - Returns: nil when somebody else took it between the two statements; the next try says who.
    private static func take(
        _ name: String, owner: String, forMs: Int64, _ connection: PostgresConnection
    ) throws(StorageError) -> StorageLease? {
        let old = try connection.query(
            "SELECT owner, \(remaining) FROM lease WHERE name=$1 FOR UPDATE", [.text(name)])
        if old.count > 0, old.int(0, 1) > 0 {
            throw StorageLease.held(name, by: old.text(0, 0), remainingMs: old.int(0, 1))
        }
        let new = try connection.query(
            """
            INSERT INTO lease(name, owner, token, expires)
            VALUES($1, $2, nextval('lease_token'), clock_timestamp() + $3 * interval '1 millisecond')
            ON CONFLICT (name) DO UPDATE SET owner=excluded.owner, token=excluded.token, expires=excluded.expires
            WHERE lease.expires<=clock_timestamp() RETURNING token
            """, [.text(name), .text(owner), .int(forMs)])
        guard new.count > 0 else { return nil }
        return StorageLease(
            name: name, owner: owner, token: new.int(0, 0), remainingMs: forMs,
            previousOwner: old.count > 0 ? old.text(0, 0) : nil)
    }

    /// See `StorageBackend.renewLease`.
    package func renewLease(_ lease: StorageLease, forMs: Int64) async throws(StorageError) -> StorageLease {
        try StorageLease.check(lease.name, owner: lease.owner, forMs: forMs)
        let isRenewed = try await pool.run { connection throws(StorageError) in
            try connection.query(
                """
                UPDATE lease SET expires=clock_timestamp() + $4 * interval '1 millisecond'
                WHERE name=$1 AND owner=$2 AND token=$3 RETURNING 1
                """, [.text(lease.name), .text(lease.owner), .int(lease.token), .int(forMs)]
            ).count > 0
        }
        guard isRenewed else { throw StorageLease.lost(lease) }
        var renewed = lease
        renewed.remainingMs = forMs
        return renewed
    }

    /// See `StorageBackend.releaseLease`.
    package func releaseLease(_ lease: StorageLease) async throws(StorageError) {
        try await pool.run { connection throws(StorageError) in
            _ = try connection.query(
                "DELETE FROM lease WHERE name=$1 AND owner=$2 AND token=$3",
                [.text(lease.name), .text(lease.owner), .int(lease.token)])
        }
    }

    /// See `StorageBackend.leases`.
    package func leases(prefix: String, after: String?, limit: Int) async throws(StorageError) -> [StorageLease] {
        let query = RecordQuery(collection: StorageLease.collection, prefix: prefix, limit: limit)
        try BatchValidation.check(query)
        return try await pool.run { connection throws(StorageError) in
            let rows = try connection.query(
                """
                SELECT name, owner, token, \(Self.remaining) FROM lease
                WHERE starts_with(name, $1) AND name>$2 ORDER BY name LIMIT $3
                """, [.text(prefix), .text(after ?? ""), .int(Int64(limit))])
            return (0..<rows.count).map { row in
                StorageLease(
                    name: rows.text(row, 0), owner: rows.text(row, 1), token: rows.int(row, 2),
                    remainingMs: rows.int(row, 3))
            }
        }
    }
}
