import Support

/// Looks at everything in a store: the bytes, by the backend's own means, then what they say.
package struct StorageDoctor: Sendable {
    /// What was looked at and what was wrong.
    package struct Report: Sendable, Equatable {
        /// Records that were read.
        package var records: Int64 = 0
        /// Logs that were read.
        package var logs: Int64 = 0
        /// Events that were read.
        package var events: Int64 = 0
        /// What was found, in the order of finding; 10,000 at most.
        package var damaged: [StorageDamage] = []
    }

    private static let maximumDamages = 10_000
    private let store: any StorageMaintenance
    private let rebuild: @Sendable (_ sessionID: String) async -> Bool

    /// - Parameter rebuild: makes a session's records anew from its log; false when that is not possible.
    package init(_ store: any StorageMaintenance, rebuild: @escaping @Sendable (_ sessionID: String) async -> Bool) {
        self.store = store
        self.rebuild = rebuild
    }

    /// Reads the whole store, one page at a time, and repairs what can be repaired.
    package func run() async throws(StorageError) -> Report {
        var report = Report()
        report.damaged = Array(try await store.inspect().prefix(Self.maximumDamages))
        try await checkSessions(&report)
        try await checkLogs(&report)
        for session in Set(report.damaged.compactMap(\.sessionID)).sorted() where await rebuild(session) {
            for index in report.damaged.indices where report.damaged[index].sessionID == session {
                report.damaged[index].isRepaired = true
            }
        }
        return report
    }

    private func add(_ damage: StorageDamage, to report: inout Report) {
        if report.damaged.count < Self.maximumDamages { report.damaged.append(damage) }
    }

    private func checkSessions(_ report: inout Report) async throws(StorageError) {
        var query = RecordQuery(collection: "session", limit: 200)
        while true {
            let page = try await store.list(query)
            check(page, &report)
            for record in page.records {
                if try await store.lastSeq(of: record.key.id) == 0 {
                    let error = "Session \(record.key.id) has no event log; its messages are what is left of it."
                    add(
                        StorageDamage(
                            sessionID: record.key.id, path: record.key.id, error: error, isRepaired: false), to: &report
                    )
                }
                try await checkMessages(of: record.key.id, &report)
            }
            guard let next = page.next else { return }
            query.after = next
        }
    }

    private func checkMessages(of session: String, _ report: inout Report) async throws(StorageError) {
        guard session.utf8.count <= 200 else { return }
        var query = RecordQuery(collection: "message/\(session)", limit: 200)
        while true {
            let page = try await store.list(query)
            check(page, &report)
            guard let next = page.next else { return }
            query.after = next
        }
    }

    private func check(_ page: RecordPage, _ report: inout Report) {
        report.records += Int64(page.records.count + page.damaged.count)
        for damaged in page.damaged {
            let session = StorageDamage.session(of: damaged.key)
            add(
                StorageDamage(
                    sessionID: session, path: "\(damaged.key.collection)/\(damaged.key.id)", error: damaged.message,
                    isRepaired: false), to: &report)
        }
        for record in page.records where (try? JSON(parsing: record.bytes))?.objectValue == nil {
            let name = "\(record.key.collection)/\(record.key.id)"
            add(
                StorageDamage(
                    sessionID: StorageDamage.session(of: record.key), path: name,
                    error: "\(name) is no JSON object.", isRepaired: false), to: &report)
        }
    }

    private func checkLogs(_ report: inout Report) async throws(StorageError) {
        var after: String?
        while true {
            let names = try await store.aggregates(after: after, limit: 1_000)
            for name in names { try await checkLog(name, &report) }
            guard let last = names.last else { return }
            after = last
        }
    }

    /// A session without its record is in no list.
    private func checkRecord(of name: String, _ report: inout Report) async throws(StorageError) {
        guard !report.damaged.contains(where: { $0.sessionID == name }),
            try await store.events(of: name, after: 0, limit: 1).first?.type == "session.created"
        else { return }
        do throws(StorageError) {
            if try await store.read(RecordKey("session", name)) != nil { return }
        } catch {
            guard error.kind == .corrupt else { throw error }
        }
        add(
            StorageDamage(
                sessionID: name, path: "session/\(name)",
                error: "Session \(name) has a log but no record, so that no list shows it.", isRepaired: false),
            to: &report)
    }

    private func checkLog(_ name: String, _ report: inout Report) async throws(StorageError) {
        report.logs += 1
        var seq: Int64 = 0
        var bad: [Int64] = []
        while true {
            let page = try await store.events(of: name, after: seq, limit: 1_000)
            for event in page {
                report.events += 1
                if event.seq != seq + 1 { bad += (seq + 1..<event.seq).prefix(100) }
                let isPlaceholder = event.type == StoredEvent.damagedType
                if !isPlaceholder, (try? JSON(parsing: event.bytes))?.objectValue == nil { bad.append(event.seq) }
                seq = event.seq
            }
            if page.isEmpty { break }
        }
        try await checkRecord(of: name, &report)
        let last = try await store.lastSeq(of: name)
        if last > seq { bad += (seq + 1...last).prefix(100) }
        guard let first = bad.first else { return }
        let which = bad.count == 1 ? "Event \(first)" : "\(bad.count) events, the first of them \(first),"
        add(
            StorageDamage(
                sessionID: name, path: "\(name) \(first)", error: "\(which) of the log \(name) cannot be read.",
                isRepaired: false), to: &report)
    }
}

extension StoredEvent {
    /// The type of what stands in a log for an event that was damaged: it keeps the number, and its bytes are `null`.
    package static let damagedType = "storage.damaged"
}
