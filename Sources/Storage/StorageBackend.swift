import Support

/// Where everything that codetether keeps is kept: records, and append-only event logs ("aggregates").
///
/// For all backends: a commit that returned is there after any crash of the process (see `StorageBatch.Durability`); a reader,
/// in this process or another, sees all of a batch or nothing of it; an operation sees the effects of all that returned before
/// it was called; nothing blocks the cooperative pool; cancelling the caller does not stop an operation that has begun. Damage
/// to one record never hides the others. `Tests/StorageTests/StorageConformance.swift` is the executable form of this comment.
package protocol StorageBackend: Sendable {
    /// `sqlite`, `filesystem`, `postgres`.
    nonisolated var name: String { get }
    /// True when processes on other machines may use the same store.
    nonisolated var isShared: Bool { get }

    /// One record, nil when it is not there.
    /// - Throws: `corrupt` when its bytes are damaged (they are kept aside), `invalid` for an impossible name.
    func read(_ key: RecordKey) async throws(StorageError) -> Record?

    /// One page of a collection. A page is consistent in itself; records that change between pages may be missed or come
    /// twice in the `updatedDescending` order.
    func list(_ query: RecordQuery) async throws(StorageError) -> RecordPage

    /// Applies a batch, all or nothing.
    /// - Throws: `conflict` when an expectation does not hold, `busy` after five seconds of waiting for another process,
    ///   `full`, `readOnly`, `invalid`.
    func commit(_ batch: StorageBatch) async throws(StorageError) -> CommitReceipt

    /// Events of a log with a `seq` above `after`, ascending.
    /// - Parameter limit: 1 to 10,000 events; a page also ends when it holds more than 16 MiB.
    /// - Returns: empty only at the end of the log. A gap in `seq` means that events in it are damaged and kept aside.
    func events(of aggregate: String, after seq: Int64, limit: Int) async throws(StorageError) -> [StoredEvent]

    /// The `seq` of a log's last event, 0 for an empty or unknown log.
    func lastSeq(of aggregate: String) async throws(StorageError) -> Int64

    /// The names of all logs in byte order.
    /// - Parameters:
    ///   - after: the last name of the page before.
    ///   - limit: 1 to 10,000.
    func aggregates(after: String?, limit: Int) async throws(StorageError) -> [String]

    /// Searches titles and texts, literally and case-blind.
    /// - Returns: the records of `search.collection` that match, latest update first. `next` continues the search.
    /// - Throws: `invalid` for an empty or too long text.
    func search(_ search: RecordSearch) async throws(StorageError) -> RecordPage

    /// Takes a lease that nobody holds, or whose holder did not renew it in time. Not re-entrant: a lease that this owner holds
    /// already is `busy` as well.
    /// - Parameters:
    ///   - name: with the form of a record id.
    ///   - owner: 1 to 500 bytes of printable ASCII that no other process uses.
    ///   - forMs: how long it lasts unless it is renewed, 1 ms to one day, by the store's clock.
    /// - Throws: `busy` naming the holder.
    func acquireLease(_ name: String, owner: String, forMs: Int64) async throws(StorageError) -> StorageLease

    /// Makes a lease last `forMs` from now. A lease that expired but was not taken over is renewed too.
    /// - Throws: `conflict` when somebody else took it over or it was released: the work it was for must stop.
    func renewLease(_ lease: StorageLease, forMs: Int64) async throws(StorageError) -> StorageLease

    /// Gives a lease back; one that was lost meanwhile is left alone.
    func releaseLease(_ lease: StorageLease) async throws(StorageError)

    /// The leases that were not released, expired ones too, in byte order of their names.
    /// - Parameters:
    ///   - prefix: of the name; empty for all.
    ///   - after: the last name of the page before.
    ///   - limit: 1 to 1,000; fewer come back only at the end.
    func leases(prefix: String, after: String?, limit: Int) async throws(StorageError) -> [StorageLease]

    /// Ends the use of the store; buffered commits stay as durable as they were. Later operations throw `unavailable`.
    func close() async
}

extension StorageBackend {
    /// Embedded backends belong to one machine.
    package nonisolated var isShared: Bool { false }

    /// Leases of one machine, as records of the collection `lease`.
    package func acquireLease(_ name: String, owner: String, forMs: Int64) async throws(StorageError) -> StorageLease {
        try await RecordLeases(store: self, time: SystemTime()).acquire(name, owner: owner, forMs: forMs)
    }

    /// See `StorageBackend.renewLease`.
    package func renewLease(_ lease: StorageLease, forMs: Int64) async throws(StorageError) -> StorageLease {
        try await RecordLeases(store: self, time: SystemTime()).renew(lease, forMs: forMs)
    }

    /// See `StorageBackend.releaseLease`.
    package func releaseLease(_ lease: StorageLease) async throws(StorageError) {
        try await RecordLeases(store: self, time: SystemTime()).release(lease)
    }

    /// See `StorageBackend.leases`.
    package func leases(prefix: String, after: String?, limit: Int) async throws(StorageError) -> [StorageLease] {
        try await RecordLeases(store: self, time: SystemTime()).list(prefix: prefix, after: after, limit: limit)
    }
}

extension StorageBackend {
    /// Writes one record.
    /// - Parameter expectedVersion: as `RecordPut.expectedVersion`.
    /// - Returns: the new version.
    @discardableResult
    package func write(
        _ key: RecordKey, _ bytes: [UInt8], expectedVersion: Int64? = nil, updatedMs: Int64, group: String? = nil,
        durability: StorageBatch.Durability = .buffered
    ) async throws(StorageError) -> Int64 {
        let put = RecordPut(
            key: key, bytes: bytes, expectedVersion: expectedVersion, updatedMs: updatedMs, group: group)
        let receipt = try await commit(StorageBatch(puts: [put], durability: durability))
        return receipt.versions.first ?? 0
    }

    /// Reads a record, changes it and writes it back if nobody changed it meanwhile; else tries again, 32 times at most.
    /// - Parameter change: gets the bytes, nil when there is no record, and returns the new ones, nil to leave all as it is.
    ///   May be called several times.
    /// - Returns: the record as it is now.
    /// - Throws: `conflict` when others were faster every time.
    @discardableResult
    package func update(
        _ key: RecordKey, updatedMs: Int64, group: String? = nil, durability: StorageBatch.Durability = .buffered,
        _ change: @Sendable ([UInt8]?) throws(StorageError) -> [UInt8]?
    ) async throws(StorageError) -> Record? {
        var tries = 0
        while true {
            let old = try await read(key)
            guard let bytes = try change(old?.bytes) else { return old }
            do {
                let version = try await write(
                    key, bytes, expectedVersion: old?.version ?? 0, updatedMs: updatedMs, group: group ?? old?.group,
                    durability: durability)
                return Record(
                    key: key, version: version, updatedMs: updatedMs, group: group ?? old?.group, bytes: bytes)
            } catch {
                tries += 1
                guard error.kind == .conflict, tries < 32 else { throw error }
            }
        }
    }

    /// Removes one record; one that is not there is fine.
    package func remove(
        _ key: RecordKey, durability: StorageBatch.Durability = .buffered
    ) async throws(StorageError) {
        _ = try await commit(StorageBatch(removes: [key], durability: durability))
    }
}
