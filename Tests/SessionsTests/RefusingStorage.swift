import Storage

/// A store that refuses every commit that adds to a log.
struct RefusingStorage: StorageBackend {
    let inner: any StorageBackend
    nonisolated var name: String { inner.name }

    init(_ inner: any StorageBackend) { self.inner = inner }

    func read(_ key: RecordKey) async throws(StorageError) -> Record? { try await inner.read(key) }
    func list(_ query: RecordQuery) async throws(StorageError) -> RecordPage { try await inner.list(query) }
    func commit(_ batch: StorageBatch) async throws(StorageError) -> CommitReceipt {
        guard batch.appends.isEmpty else { throw StorageError(.full, "The disk is full.") }
        return try await inner.commit(batch)
    }
    func events(of aggregate: String, after seq: Int64, limit: Int) async throws(StorageError) -> [StoredEvent] {
        try await inner.events(of: aggregate, after: seq, limit: limit)
    }
    func lastSeq(of aggregate: String) async throws(StorageError) -> Int64 { try await inner.lastSeq(of: aggregate) }
    func aggregates(after: String?, limit: Int) async throws(StorageError) -> [String] {
        try await inner.aggregates(after: after, limit: limit)
    }
    func close() async { await inner.close() }
}
