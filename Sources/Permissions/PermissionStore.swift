package import Storage
package import Support

/// Saved approvals and open asks, in the store of the sessions: they survive restarts and are the same for every
/// process, which is why nothing of them is cached.
///
/// Collections: `permission` (approvals, grouped by what they reach) and `permission-ask` (asks without an answer,
/// grouped by workspace). Damaged records are passed over; they allow nothing.
package struct PermissionStore: Sendable {
    /// Approvals of one group that count; more are not saved.
    package static let maxApprovals = 1_000
    /// Open asks of one workspace that are listed.
    package static let maxAsks = 1_000
    private static let approvals = "permission"
    private static let asks = "permission-ask"

    private let storage: any StorageBackend
    private let time: any TimeSource

    package init(storage: any StorageBackend, time: any TimeSource) {
        self.storage = storage
        self.time = time
    }

    // MARK: Approvals

    /// What counts for a session in a workspace (by its real path), expired ones left out.
    package func approvals(sessionID: String, directory: String) async throws(StorageError) -> [SavedApproval] {
        var found: [SavedApproval] = []
        for group in [
            Self.group(.session, sessionID: sessionID, directory: ""),
            Self.group(.project, sessionID: nil, directory: directory),
            Self.group(.global, sessionID: nil, directory: ""),
        ] {
            let page = try await storage.list(
                RecordQuery(collection: Self.approvals, group: group, limit: Self.maxApprovals))
            found += decoded(page)
        }
        return found
    }

    /// All approvals of every workspace, oldest id first, expired ones left out. At most 10,000.
    package func allApprovals() async throws(StorageError) -> [SavedApproval] {
        var found: [SavedApproval] = []
        var query = RecordQuery(collection: Self.approvals, limit: 1_000)
        while found.count < 10_000 {
            let page = try await storage.list(query)
            found += decoded(page)
            guard let next = page.next else { break }
            query.after = next
        }
        return found
    }

    /// Saves new approvals, all or none; one that is there with the same reach, action and resource only gets its new
    /// expiry. Durable before it returns.
    /// - Returns: the approvals as they are now.
    package func save(_ new: [SavedApproval]) async throws(StorageError) -> [SavedApproval] {
        var result: [SavedApproval] = []
        var puts: [RecordPut] = []
        for approval in new {
            let group = Self.group(approval)
            let known = decoded(
                try await storage.list(
                    RecordQuery(collection: Self.approvals, group: group, limit: Self.maxApprovals)))
            var kept = approval
            if let same = known.first(where: { $0.action == approval.action && $0.resource == approval.resource }) {
                kept.id = same.id
                kept.createdMs = same.createdMs
            } else if known.count + puts.count >= Self.maxApprovals {
                throw StorageError(
                    .full,
                    "There are \(known.count) saved approvals of this scope; take some back with "
                        + "`codetether permission revoke`.")
            }
            if result.contains(where: { $0.id == kept.id }) { continue }
            result.append(kept)
            puts.append(
                RecordPut(
                    key: RecordKey(Self.approvals, kept.id), bytes: kept.json.bytes(), updatedMs: kept.updatedMs,
                    group: group))
        }
        if !puts.isEmpty { _ = try await storage.commit(StorageBatch(puts: puts, durability: .flushed)) }
        return result
    }

    /// One approval, `nil` when there is none.
    package func approval(_ id: String) async throws(StorageError) -> SavedApproval? {
        guard IDFormat.isValid(id, prefix: .permission) else { return nil }
        guard let record = try await storage.read(RecordKey(Self.approvals, id)) else { return nil }
        return decoded(record)
    }

    /// Changes what an approval allows. `nil` when there is none.
    package func change(
        _ id: String, action: String?, resource: String?
    ) async throws(StorageError) -> SavedApproval? {
        guard var approval = try await approval(id) else { return nil }
        approval.action = action ?? approval.action
        approval.resource = resource ?? approval.resource
        approval.updatedMs = time.nowMs()
        try await storage.write(
            RecordKey(Self.approvals, id), approval.json.bytes(), updatedMs: approval.updatedMs,
            group: Self.group(approval), durability: .flushed)
        return approval
    }

    /// Takes an approval back; it counts no more once this returns, in every process. False when there is none.
    package func revoke(_ id: String) async throws(StorageError) -> Bool {
        guard try await approval(id) != nil else { return false }
        try await storage.remove(RecordKey(Self.approvals, id), durability: .flushed)
        return true
    }

    private func decoded(_ page: RecordPage) -> [SavedApproval] { page.records.compactMap(decoded) }

    private func decoded(_ record: Record) -> SavedApproval? {
        guard let approval = (try? JSON(parsing: record.bytes)).flatMap(SavedApproval.init) else { return nil }
        if let expires = approval.expiresMs, expires <= time.nowMs() { return nil }
        return approval
    }

    private static func group(_ approval: SavedApproval) -> String {
        group(approval.scope, sessionID: approval.sessionID, directory: approval.directory)
    }

    private static func group(_ scope: PermissionScope, sessionID: String?, directory: String) -> String {
        switch scope {
        case .session: "session:\(SHA256Hash.hex(of: Array((sessionID ?? "").utf8)))"
        case .project: "project:\(SHA256Hash.hex(of: Array(directory.utf8)))"
        case .global: "global"
        }
    }

    // MARK: Asks

    /// Keeps an ask until it has its answer.
    func keep(_ ask: AskRecord, directory: String) async throws(StorageError) {
        try await storage.write(
            RecordKey(Self.asks, ask.ask.id), ask.json.bytes(), updatedMs: ask.ask.createdMs,
            group: SHA256Hash.hex(of: Array(directory.utf8)))
    }

    /// Drops an ask that has its answer or was withdrawn.
    func drop(_ id: String) async throws(StorageError) {
        try await storage.remove(RecordKey(Self.asks, id))
    }

    /// The asks of a workspace whose process is gone.
    func orphans(directory: String) async throws(StorageError) -> [PermissionAsk] {
        let page = try await storage.list(
            RecordQuery(
                collection: Self.asks, group: SHA256Hash.hex(of: Array(directory.utf8)), limit: Self.maxAsks))
        return page.records.compactMap { record in
            guard let kept = (try? JSON(parsing: record.bytes)).flatMap(AskRecord.init), !kept.owner.isAlive else {
                return nil
            }
            var ask = kept.ask
            ask.isOrphan = true
            return ask
        }
    }
}
