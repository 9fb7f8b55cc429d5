package import Schema
import Storage
import Support

/// What to do with a session that is there already.
package enum ImportConflict: String, Sendable, CaseIterable {
    /// Nothing is imported.
    case fail
    /// It is left as it is.
    case skip
    /// The import gets new ids.
    case copy
    /// Messages that are missing are added; those there are stay as they are.
    case merge
}

/// How to import.
package struct ImportOptions: Sendable, Equatable {
    /// What to do with sessions that are there already.
    package var onConflict: ImportConflict
    /// Changes nothing, only tells.
    package var isDryRun: Bool
    /// Where the sessions work from now on: an absolute path.
    package var directory: String
    /// The project of the directory.
    package var projectID: String

    /// The value with these members; nothing is checked.
    package init(
        onConflict: ImportConflict = .fail, isDryRun: Bool = false, directory: String, projectID: String
    ) {
        self.onConflict = onConflict
        self.isDryRun = isDryRun
        self.directory = directory
        self.projectID = projectID
    }
}

/// What an import did, or would do.
package struct ImportReport: Sendable, Equatable {
    /// What happened to one session.
    package enum Action: String, Sendable {
        /// It is new.
        case created
        /// It was there and was left as it is.
        case skipped
        /// It was there; this one got new ids.
        case copied
        /// It was there and got the messages it lacked.
        case merged
    }

    /// One session of the file.
    package struct Item: Sendable, Equatable {
        /// Its id here.
        package var id: String
        /// Its id in the file.
        package var originalID: String
        /// What happened.
        package var action: Action
        /// The session as it is now; in a dry run as it would be.
        package var info: SessionInfo
        /// How many messages came in.
        package var added: Int
        /// How many were there already, or were skipped.
        package var skipped: Int
    }

    /// The format that was read.
    package var format: TransferFormat
    /// True when nothing was changed.
    package var isDryRun: Bool
    /// Parents before their children.
    package var items: [Item]
    /// Sentences about what could not be taken over.
    package var warnings: [String]
}

/// Brings sessions in. All new sessions of a file come with one commit: a failure leaves nothing of them.
package struct SessionImporter: Sendable {
    private let service: SessionService

    /// An importer into this service's store.
    package init(_ service: SessionService) { self.service = service }

    /// Imports what a `TransferReader` read.
    ///
    /// `merge` adds messages at the end of sessions that are there, one session after the other, after new ones were created;
    /// when that fails, what was merged stays (importing again goes on) and the new ones are deleted.
    /// - Throws: `TransferError` (`conflict` with `fail`, `malformed`), `SessionError` (`busy`: the session to merge into is
    ///   running; `storage`; `invalid`).
    package func run(_ document: TransferDocument, _ options: ImportOptions) async throws -> ImportReport {
        let now = service.time.nowMs()
        var plan = try TransferPlan(
            document, directory: options.directory, projectID: options.projectID, now: now)
        var existing = try await existing(plan)
        var isCopy = false
        if !existing.isEmpty {
            switch options.onConflict {
            case .fail: throw conflict(plan, existing)
            case .copy:
                plan = try TransferPlan(
                    document, directory: options.directory, projectID: options.projectID, fresh: service.ids, now: now)
                existing = [:]
                isCopy = true
            case .skip, .merge: break
            }
        }
        var report = ImportReport(
            format: document.format, isDryRun: options.isDryRun, items: [], warnings: plan.warnings)
        var seeds: [SessionSeed] = []
        var merges: [(id: String, payloads: [EventPayload])] = []
        for item in plan.items {
            var item = item
            try await dropStranger(&item, plan, &report.warnings)
            if let there = existing[item.info.id] {
                let missing = options.onConflict == .merge ? try await missing(item) : []
                if !missing.isEmpty { merges.append((item.info.id, missing)) }
                report.items.append(
                    .init(
                        id: there.id, originalID: item.originalID,
                        action: options.onConflict == .merge ? .merged : .skipped, info: there, added: missing.count,
                        skipped: item.messages.count - missing.count))
            } else {
                seeds.append(plan.seed(item, version: service.version))
                report.items.append(
                    .init(
                        id: item.info.id, originalID: item.originalID,
                        action: isCopy ? .copied : .created, info: item.info,
                        added: item.messages.count, skipped: 0))
            }
        }
        if !options.isDryRun { try await carryOut(seeds, merges, &report) }
        return report
    }

    private func carryOut(
        _ seeds: [SessionSeed], _ merges: [(id: String, payloads: [EventPayload])], _ report: inout ImportReport
    ) async throws(SessionError) {
        let created = seeds.isEmpty ? [] : try await service.plant(seeds)
        do throws(SessionError) {
            for (id, payloads) in merges {
                for start in stride(from: 0, to: payloads.count, by: 2_000) {
                    let chunk = Array(payloads[start..<min(start + 2_000, payloads.count)])
                    try await service.append(id, chunk, durability: .flushed)
                }
            }
            for index in report.items.indices {
                report.items[index].info = try await service.get(report.items[index].id)
            }
        } catch {
            for info in created { _ = try? await service.delete(info.id) }
            throw error
        }
    }

    /// The sessions of the plan that are there.
    private func existing(_ plan: TransferPlan) async throws(SessionError) -> [String: SessionInfo] {
        var found: [String: SessionInfo] = [:]
        for item in plan.items {
            do throws(SessionError) {
                found[item.info.id] = try await service.get(item.info.id)
            } catch {
                if error.kind != .notFound { throw error }
            }
        }
        return found
    }

    private func conflict(_ plan: TransferPlan, _ existing: [String: SessionInfo]) -> TransferError {
        let ids = plan.items.map(\.info.id).filter { existing[$0] != nil }
        let more = ids.count > 1 ? " and \(ids.count - 1) more of the file" : ""
        return TransferError(
            .conflict,
            "Session \(ids.first ?? "")\(more) is there already. Use --on-conflict skip, copy or merge, or delete it first."
        )
    }

    /// A parent that is neither here nor in the file cannot be a parent.
    private func dropStranger(
        _ item: inout TransferPlan.Item, _ plan: TransferPlan, _ warnings: inout [String]
    ) async throws(SessionError) {
        guard let parent = item.info.parentID, !plan.items.contains(where: { $0.info.id == parent }) else { return }
        do throws(SessionError) {
            _ = try await service.get(parent)
        } catch {
            guard error.kind == .notFound else { throw error }
            item.info.parentID = nil
            warnings.append(
                "The parent \(HostileText.escaped(parent, multiline: false)) of session \(item.info.id) is not here; it stands alone now."
            )
        }
    }

    /// What adds the messages that a session lacks, in the order of the file.
    private func missing(_ item: TransferPlan.Item) async throws(SessionError) -> [EventPayload] {
        let local = try await service.projection(item.info.id)
        guard !local.running else {
            throw SessionError(
                .busy, "Session \(item.info.id) is running; wait until it is idle, then merge again.")
        }
        let known = Set(local.entries.map(\.message.id))
        // An id that would be replaced elsewhere may well be the one that the message has here.
        return zip(item.messages, item.originals)
            .filter { !known.contains($0.message.id) && !known.contains($1) }
            .map { $0.0.event(of: item.info.id) }
    }
}
