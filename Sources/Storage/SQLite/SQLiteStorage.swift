import Support
package import SystemPackage

/// The embedded default: one SQLite file in WAL mode, one connection on a thread of its own.
///
/// Several processes may use the file at once; writers wait for each other up to five seconds, then get `busy`. A buffered
/// commit does not sync; a flushed one syncs the write-ahead log once. Not for network file systems.
package actor SQLiteStorage: StorageBackend {
    /// The backend's name in the configuration.
    package nonisolated let name = "sqlite"
    /// The database file.
    package nonisolated let path: FilePath
    private nonisolated let executor: BlockingExecutor
    private let hook: StorageStep.Hook?
    private var connection: SQLiteConnection?

    /// The store's own serial queue; its methods may block there.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(path: FilePath, hook: StorageStep.Hook?) {
        self.path = path
        self.hook = hook
        executor = BlockingExecutor(label: "codetether.sqlite")
    }

    /// Opens the file, creating it and its directory when they are missing, and brings its schema up to date.
    /// - Parameter hook: for tests; called at every step of a commit.
    package static func open(
        _ path: FilePath, hook: StorageStep.Hook? = nil
    ) async throws(StorageError) -> SQLiteStorage {
        try await open(path, migrations: SQLiteMigration.all, hook: hook)
    }

    static func open(
        _ path: FilePath, migrations: [SQLiteMigration], hook: StorageStep.Hook? = nil
    ) async throws(StorageError) -> SQLiteStorage {
        let storage = SQLiteStorage(path: path, hook: hook)
        try await storage.connect(migrations)
        return storage
    }

    func connect(_ migrations: [SQLiteMigration]) throws(StorageError) {
        do throws(FileError) {
            if !FileIO.exists(path) {
                try FileIO.createDirectory(path.removingLastComponent())
                // Made here so that nobody else can read it; SQLite gives -wal and -shm the same mode.
                try FileIO.open(path, .readWrite, options: .create, mode: 0o600, action: "create").closeQuietly()
            }
        } catch {
            throw StorageError(error)
        }
        let connection = try SQLiteConnection(path)
        try connection.migrate(migrations, hook: hook)
        self.connection = connection
    }

    /// See `StorageBackend.close`.
    package func close() { connection = nil }

    /// Forgets the connection; `connect` makes another one.
    func disconnect() { connection = nil }

    func open() throws(StorageError) -> SQLiteConnection {
        guard let connection else { throw BatchValidation.closed(path.string) }
        return connection
    }

    private func step(_ phase: StorageStep.Phase, _ operation: String, _ target: String) throws(StorageError) {
        try hook?(StorageStep(phase: phase, operation: operation, target: target))
    }

    // MARK: Records

    /// See `StorageBackend.read`.
    package func read(_ key: RecordKey) throws(StorageError) -> Record? {
        try BatchValidation.check(key)
        return try open().query(
            "SELECT id, version, updated, grp, body FROM record WHERE collection=? AND id=?",
            [.text(key.collection), .text(key.id)]
        ) { Record($0, collection: key.collection) }.first
    }

    /// See `StorageBackend.list`.
    package func list(_ query: RecordQuery) throws(StorageError) -> RecordPage {
        try BatchValidation.check(query)
        return try page(query, nil)
    }

    /// See `StorageBackend.search`.
    package func search(_ search: RecordSearch) throws(StorageError) -> RecordPage {
        try search.check()
        return try page(search.query, try open().searchCondition(search))
    }

    private func page(
        _ query: RecordQuery, _ condition: (sql: String, values: [SQLiteValue])?
    ) throws(StorageError) -> RecordPage {
        var sql = "SELECT r.id, r.version, r.updated, r.grp, r.body FROM record r WHERE r.collection=?"
        var values: [SQLiteValue] = [.text(query.collection)]
        if let condition {
            sql += " AND \(condition.sql)"
            values += condition.values
        }
        if let group = query.group {
            sql += " AND r.grp=?"
            values.append(.text(group))
        }
        if let prefix = query.prefix, !prefix.isEmpty {
            sql += " AND r.id>=? AND r.id<?"
            // Ids are ASCII, so that this byte follows all of them.
            values += [.text(prefix), .text(prefix + "\u{7F}")]
        }
        switch query.order {
        case .id:
            if let after = query.after {
                sql += " AND r.id>?"
                values.append(.text(after))
            }
            sql += " ORDER BY r.id LIMIT ?"
        case .updatedDescending:
            if let after = query.after {
                let cursor = try UpdateCursor(after)
                sql += " AND (r.updated, r.id)<(?, ?)"
                values += [.int(cursor.updatedMs), .text(cursor.id)]
            }
            sql += " ORDER BY r.updated DESC, r.id DESC LIMIT ?"
        }
        values.append(.int(Int64(query.limit) + 1))
        var records = try open().query(sql, values) { Record($0, collection: query.collection) }
        guard records.count > query.limit else { return RecordPage(records: records) }
        records.removeLast()
        return RecordPage(records: records, next: records.last.map { UpdateCursor.next($0, query.order) })
    }

    // MARK: Events

    /// See `StorageBackend.events`.
    package func events(
        of aggregate: String, after seq: Int64, limit: Int
    ) throws(StorageError) -> [StoredEvent] {
        try BatchValidation.check(aggregate: aggregate)
        try BatchValidation.check(limit: limit, maximum: BatchValidation.maximumEvents)
        var size = 0
        return try open().query(
            "SELECT seq, id, type, created, body FROM event WHERE aggregate=? AND seq>? ORDER BY seq LIMIT ?",
            [.text(aggregate), .int(seq), .int(Int64(limit))]
        ) { row in
            guard size <= BatchValidation.maximumEventPageBytes else { return nil }
            let event = StoredEvent(
                seq: row.int(0), id: row.text(1), type: row.text(2), created: row.int(3), bytes: row.bytes(4))
            size += event.bytes.count
            return event
        }
    }

    /// See `StorageBackend.lastSeq`.
    package func lastSeq(of aggregate: String) throws(StorageError) -> Int64 {
        try BatchValidation.check(aggregate: aggregate)
        return try open().lastSeq(aggregate)
    }

    /// See `StorageBackend.aggregates`.
    package func aggregates(after: String?, limit: Int) throws(StorageError) -> [String] {
        try BatchValidation.check(limit: limit, maximum: BatchValidation.maximumEvents)
        // A skip scan: one index look-up per log, however long the logs are.
        var names: [String] = []
        var last = after ?? ""
        while names.count < limit {
            let next = try open().query(
                "SELECT aggregate FROM event WHERE aggregate>? ORDER BY aggregate LIMIT 1", [.text(last)]
            ) { $0.text(0) }.first
            guard let next else { break }
            names.append(next)
            last = next
        }
        return names
    }

    // MARK: Commit

    /// See `StorageBackend.commit`.
    package func commit(_ batch: StorageBatch) throws(StorageError) -> CommitReceipt {
        try BatchValidation.check(batch)
        let connection = try open()
        try step(.before, "begin", path.string)
        let receipt = try connection.transaction(batch.durability) { () throws(StorageError) in
            try step(.after, "begin", path.string)
            var receipt = CommitReceipt(lastSeqs: [:], versions: [])
            for append in batch.appends {
                receipt.lastSeqs[append.aggregate] = try apply(append, to: connection)
            }
            for put in batch.puts { receipt.versions.append(try apply(put, to: connection)) }
            for key in batch.removes {
                try connection.removeWords(of: key)
                try connection.run(
                    "DELETE FROM record WHERE collection=? AND id=?", [.text(key.collection), .text(key.id)])
            }
            for collection in batch.removeCollections {
                try connection.removeWords(ofCollection: collection)
                try connection.run("DELETE FROM record WHERE collection=?", [.text(collection)])
            }
            for aggregate in batch.removeAggregates {
                try connection.run("DELETE FROM event WHERE aggregate=?", [.text(aggregate)])
            }
            try step(.before, "commit", path.string)
            return receipt
        }
        // From here the batch is stored: nothing may throw.
        try? hook?(StorageStep(phase: .after, operation: "commit", target: path.string))
        return receipt
    }

    private func apply(_ append: EventAppend, to connection: SQLiteConnection) throws(StorageError) -> Int64 {
        var seq = try connection.lastSeq(append.aggregate)
        guard seq == append.expectedLastSeq else { throw BatchValidation.conflict(append, actual: seq) }
        for event in append.events {
            seq += 1
            try connection.run(
                "INSERT INTO event(aggregate, seq, id, type, created, body) VALUES(?,?,?,?,?,?)",
                [
                    .text(append.aggregate), .int(seq), .text(event.id), .text(event.type), .int(event.created),
                    .blob(event.bytes),
                ])
            try step(.after, "append", append.aggregate)
        }
        return seq
    }

    private func apply(_ put: RecordPut, to connection: SQLiteConnection) throws(StorageError) -> Int64 {
        let key: [SQLiteValue] = [.text(put.key.collection), .text(put.key.id)]
        let actual =
            try connection.query("SELECT version FROM record WHERE collection=? AND id=?", key) { $0.int(0) }.first ?? 0
        if let expected = put.expectedVersion, expected != actual {
            throw BatchValidation.conflict(put, actual: actual)
        }
        let values: [SQLiteValue] = [.int(actual + 1), .int(put.updatedMs), SQLiteValue(put.group), .blob(put.bytes)]
        if actual > 0 {
            try connection.run(
                "UPDATE record SET version=?, updated=?, grp=?, body=? WHERE collection=? AND id=?", values + key)
        } else {
            try connection.run(
                "INSERT INTO record(version, updated, grp, body, collection, id) VALUES(?,?,?,?,?,?)", values + key)
        }
        try connection.indexWords(of: put.key, put.bytes)
        try step(.after, "put", put.key.id)
        return actual + 1
    }
}

extension SQLiteConnection {
    fileprivate func lastSeq(_ aggregate: String) throws(StorageError) -> Int64 {
        try query("SELECT max(seq) FROM event WHERE aggregate=?", [.text(aggregate)]) { $0.int(0) }.first ?? 0
    }
}

extension Record {
    fileprivate init(_ row: SQLiteRow, collection: String) {
        self.init(
            key: RecordKey(collection, row.text(0)), version: row.int(1), updatedMs: row.int(2),
            group: row.optionalText(3), bytes: row.bytes(4))
    }
}

extension FileDescriptor {
    func closeQuietly() { try? close() }
}
