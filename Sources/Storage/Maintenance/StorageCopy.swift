import Support

/// Copies all sessions of one store into another one, and verifies by counts and hashes that they arrived.
///
/// A session that the target has already is left alone there. A session is copied in batches, its own record last, so that an
/// interrupted copy leaves no session that looks complete; run it again to go on. Shares come along, so that they can still be
/// revoked; leases and jobs do not.
package struct StorageCopy: Sendable {
    /// What was copied.
    package struct Report: Sendable, Equatable {
        /// Sessions that were copied and verified.
        package var sessions = 0
        /// Sessions that the target had.
        package var skipped = 0
        /// Records that were copied.
        package var records: Int64 = 0
        /// Events that were copied.
        package var events: Int64 = 0
        /// Bytes of their values.
        package var bytes: Int64 = 0
        /// SHA-256 over the hashes of the copied sessions in byte order of their ids, as read back from the target.
        package var hash = ""
        /// What could not be copied or does not agree; empty when all is well. 1,000 at most.
        package var failures: [StorageDamage] = []
    }

    private static let batchBytes = 8 << 20
    private static let batchCount = 1_000

    private let source: any StorageBackend
    private let target: any StorageBackend
    private let progress: @Sendable (Report) -> Void

    /// - Parameter progress: called after each session.
    package init(
        from source: any StorageBackend, to target: any StorageBackend,
        progress: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        self.source = source
        self.target = target
        self.progress = progress
    }

    /// Copies everything.
    /// - Throws: what the stores throw when they cannot be used at all.
    package func run() async throws(StorageError) -> Report {
        var report = Report()
        var hashes = ""
        var query = RecordQuery(collection: "session", limit: 100)
        while true {
            let page = try await source.list(query)
            for damaged in page.damaged { fail(damaged.key.id, damaged.message, &report) }
            for record in page.records {
                if try await target.read(record.key) != nil {
                    report.skipped += 1
                } else if let hash = try await copy(record, &report) {
                    report.sessions += 1
                    hashes += "\(record.key.id) \(hash)\n"
                }
                progress(report)
            }
            guard let next = page.next else { break }
            query.after = next
        }
        report.hash = SHA256Hash.hex(of: Array(hashes.utf8))
        try await copyShares()
        return report
    }

    /// What is known of shares, and what a share service keeps. What the target has stays.
    private func copyShares() async throws(StorageError) {
        for collection in ["share", "share-off", "shared"] {
            var query = RecordQuery(collection: collection, limit: 200)
            while true {
                let page = try await source.list(query)
                for record in page.records where try await target.read(record.key) == nil {
                    if collection == "shared" {
                        var ignored = Report()
                        try await copyRecords("shared-item/\(record.key.id)", &ignored)
                    }
                    _ = try await target.commit(StorageBatch(puts: [Self.put(record)], durability: .flushed))
                }
                guard let next = page.next else { break }
                query.after = next
            }
        }
    }

    private func fail(_ session: String, _ message: String, _ report: inout Report) {
        guard report.failures.count < 1_000 else { return }
        report.failures.append(StorageDamage(sessionID: session, path: session, error: message, isRepaired: false))
    }

    /// - Returns: the session's hash, nil when it did not arrive as it was.
    private func copy(_ record: Record, _ report: inout Report) async throws(StorageError) -> String? {
        let id = record.key.id
        do throws(StorageError) {
            // What an interrupted copy left of it.
            let collections = ["message/\(id)", "child/\(id)"]
            _ = try await target.commit(StorageBatch(removeAggregates: [id], removeCollections: collections))
            try await copyLog(id, &report)
            for collection in collections { try await copyRecords(collection, &report) }
            _ = try await target.commit(StorageBatch(puts: [Self.put(record)], durability: .flushed))
            report.records += 1
            report.bytes += Int64(record.bytes.count)
            let expected = try await hash(id, in: source)
            let found = try await hash(id, in: target)
            guard expected == found else {
                fail(
                    id, "Session \(id) is not the same in both stores; it may have changed meanwhile. Copy again.",
                    &report)
                _ = try await target.commit(
                    StorageBatch(removes: [record.key], removeAggregates: [id], removeCollections: collections))
                return nil
            }
            return found
        } catch {
            guard error.kind == .corrupt || error.kind == .conflict || error.kind == .invalid else { throw error }
            fail(id, error.message, &report)
            return nil
        }
    }

    private static func put(_ record: Record) -> RecordPut {
        RecordPut(key: record.key, bytes: record.bytes, updatedMs: record.updatedMs, group: record.group)
    }

    private func copyLog(_ id: String, _ report: inout Report) async throws(StorageError) {
        var seq: Int64 = 0
        while true {
            let page = try await source.events(of: id, after: seq, limit: Self.batchCount)
            guard let last = page.last else { return }
            var events: [NewEvent] = []
            var next = seq
            for event in page {
                // A damaged event keeps its number.
                while next + 1 < event.seq {
                    next += 1
                    events.append(.damaged(seq: next, of: id, created: event.created))
                }
                next = event.seq
                events.append(NewEvent(id: event.id, type: event.type, created: event.created, bytes: event.bytes))
                report.bytes += Int64(event.bytes.count)
            }
            guard events.count <= BatchValidation.maximumOperations else {
                throw StorageError(
                    .corrupt,
                    "Too many events of session \(id) are damaged to copy it. Run `codetether storage doctor`.")
            }
            _ = try await target.commit(
                StorageBatch(appends: [EventAppend(aggregate: id, expectedLastSeq: seq, events: events)]))
            report.events += Int64(events.count)
            seq = last.seq
        }
    }

    private func copyRecords(_ collection: String, _ report: inout Report) async throws(StorageError) {
        var query = RecordQuery(collection: collection, limit: 200)
        while true {
            let page = try await source.list(query)
            if let damaged = page.damaged.first { throw StorageError(.corrupt, damaged.message, record: damaged.key) }
            var puts: [RecordPut] = []
            var bytes = 0
            for record in page.records {
                if bytes + record.bytes.count > Self.batchBytes, !puts.isEmpty {
                    _ = try await target.commit(StorageBatch(puts: puts))
                    (puts, bytes) = ([], 0)
                }
                puts.append(Self.put(record))
                bytes += record.bytes.count
                report.records += 1
                report.bytes += Int64(record.bytes.count)
            }
            if !puts.isEmpty { _ = try await target.commit(StorageBatch(puts: puts)) }
            guard let next = page.next else { return }
            query.after = next
        }
    }

    /// A hash of everything that belongs to a session, with counts; versions are each store's own.
    private func hash(_ id: String, in store: any StorageBackend) async throws(StorageError) -> String {
        var sum = SHA256Chain()
        var seq: Int64 = 0
        while true {
            let page = try await store.events(of: id, after: seq, limit: Self.batchCount)
            for event in page {
                for number in (seq + 1)..<max(event.seq, seq + 1) { sum.add("damaged \(number)", []) }
                seq = event.seq
                if event.type == StoredEvent.damagedType {
                    sum.add("damaged \(event.seq)", [])
                } else {
                    sum.add("event \(event.seq) \(event.id) \(event.type) \(event.created)", event.bytes)
                }
            }
            if page.isEmpty { break }
        }
        for collection in ["message/\(id)", "child/\(id)"] {
            var query = RecordQuery(collection: collection, limit: 200)
            while true {
                let page = try await store.list(query)
                for record in page.records { sum.add(record) }
                guard let next = page.next else { break }
                query.after = next
            }
        }
        if let record = try await store.read(RecordKey("session", id)) { sum.add(record) }
        return sum.hex
    }
}

/// A hash over many values, each hashed with its name and the hash before it.
private struct SHA256Chain {
    private(set) var hex = ""

    mutating func add(_ name: String, _ bytes: [UInt8]) {
        hex = SHA256Hash.hex(of: Array("\(hex)\n\(name) \(bytes.count)\n".utf8) + bytes)
    }

    mutating func add(_ record: Record) {
        add("record \(record.key.collection)/\(record.key.id) \(record.updatedMs) \(record.group ?? "-")", record.bytes)
    }
}

extension NewEvent {
    /// What stands for an event that was damaged.
    static func damaged(seq: Int64, of aggregate: String, created: Int64) -> NewEvent {
        NewEvent(
            id: "evt_damaged-\(seq)", type: StoredEvent.damagedType, created: created, bytes: Array("null".utf8))
    }
}
