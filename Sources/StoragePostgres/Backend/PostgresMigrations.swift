import Storage

/// One step of the database's schema. Steps are never changed once released, only added.
struct PostgresMigration: Sendable {
    var number: Int64
    var sql: String

    static let all = [
        PostgresMigration(
            number: 1,
            sql: """
                CREATE TABLE record(
                    collection text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, version bigint NOT NULL,
                    updated bigint NOT NULL, grp text COLLATE "C", body bytea NOT NULL, words text COLLATE "C",
                    PRIMARY KEY(collection, id));
                CREATE INDEX record_updated ON record(collection, updated, id);
                CREATE INDEX record_group ON record(collection, md5(grp), updated, id) WHERE grp IS NOT NULL;
                CREATE TABLE log(
                    aggregate text COLLATE "C" NOT NULL PRIMARY KEY, last_seq bigint NOT NULL,
                    updated timestamptz NOT NULL);
                CREATE INDEX log_updated ON log(updated);
                CREATE TABLE event(
                    aggregate text COLLATE "C" NOT NULL, seq bigint NOT NULL, id text NOT NULL, type text NOT NULL,
                    created bigint NOT NULL, body bytea NOT NULL, node text NOT NULL,
                    stored timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY(aggregate, seq));
                CREATE SEQUENCE lease_token;
                CREATE TABLE lease(
                    name text COLLATE "C" NOT NULL PRIMARY KEY, owner text NOT NULL, token bigint NOT NULL,
                    expires timestamptz NOT NULL)
                """)
    ]

    /// The number of the advisory lock that migrations hold: "codeteth" in ASCII.
    private static let lock: Int64 = 0x636F_6465_7465_7468
    private static let timeoutMs: Int64 = 600_000

    /// Brings the schema up to date. All steps run in one transaction; processes that start at the same time wait for each other.
    /// - Throws: `unavailable` for a schema of a newer codetether, `readOnly` without the right to create.
    static func run(_ migrations: [PostgresMigration], on connection: PostgresConnection) throws(StorageError) {
        let target = migrations.last?.number ?? 0
        if try version(connection) == target { return }
        try checkEncoding(connection)
        // Held by the session, not by the transaction: only a transaction that begins after it sees what others created.
        try connection.execute("SET statement_timeout TO \(timeoutMs); SET lock_timeout TO 0")
        do throws(StorageError) {
            try connection.execute("SELECT pg_advisory_lock(\(lock))", timeoutMs: timeoutMs)
            try migrate(migrations, to: target, on: connection)
        } catch {
            try? restore(connection)
            throw error
        }
        try restore(connection)
    }

    private static func migrate(
        _ migrations: [PostgresMigration], to target: Int64, on connection: PostgresConnection
    ) throws(StorageError) {
        try connection.transaction { () throws(StorageError) in
            // Another process may have been faster.
            let found = try version(connection)
            guard found <= target else {
                throw StorageError(
                    .unavailable,
                    "The store \(connection.url.shown) has schema \(found), this codetether knows \(target). Use a newer codetether."
                )
            }
            try connection.execute(
                """
                CREATE SCHEMA IF NOT EXISTS codetether;
                CREATE TABLE IF NOT EXISTS codetether.migration(
                    number bigint NOT NULL PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())
                """, timeoutMs: timeoutMs)
            for migration in migrations where migration.number > found {
                try connection.execute(migration.sql, timeoutMs: timeoutMs)
                try connection.query("INSERT INTO codetether.migration(number) VALUES($1)", [.int(migration.number)])
            }
        }
    }

    private static func restore(_ connection: PostgresConnection) throws(StorageError) {
        try connection.execute(
            """
            SELECT pg_advisory_unlock(\(lock)); SET statement_timeout TO \(PostgresConnection.statementTimeoutMs);
            SET lock_timeout TO \(PostgresConnection.lockTimeoutMs)
            """)
    }

    /// 0 when there is no schema yet.
    static func version(_ connection: PostgresConnection) throws(StorageError) -> Int64 {
        let table = try connection.query("SELECT to_regclass('codetether.migration') IS NOT NULL")
        guard table.bytes(0, 0) == [1] else { return 0 }
        return try connection.query("SELECT max(number) FROM codetether.migration").int(0, 0)
    }

    private static func checkEncoding(_ connection: PostgresConnection) throws(StorageError) {
        let encoding = try connection.query("SELECT current_setting('server_encoding')").text(0, 0)
        guard ["UTF8", "SQL_ASCII"].contains(encoding) else {
            throw StorageError(
                .invalid,
                "The database \(connection.url.shown) has the encoding \(encoding). Create one with ENCODING 'UTF8'.")
        }
    }
}
