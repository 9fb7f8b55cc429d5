import Logging
package import Schema
import Storage
import Support

extension SessionService {
    /// What lists show of one session.
    package func get(_ id: String) async throws(SessionError) -> SessionInfo {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        do throws(StorageError) {
            if let record = try await storage.read(SessionRecords.session(id)),
                let stored = SessionRecords.session(record)
            {
                return stored.info
            }
        } catch {
            if error.kind != .corrupt { throw Self.failed(error, id) }
        }
        return try await projection(id).info
    }

    /// The session as the store has it now, with everything that other processes appended.
    package func projection(_ id: String) async throws(SessionError) -> SessionProjection {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        let known = cached(id)
        let projection = try await load(id, from: known)
        if projection.seq != known?.seq, (cached(id)?.seq ?? 0) < projection.seq { keep(projection) }
        return projection
    }

    /// The conversation, oldest message first, without what was reverted.
    package func messages(_ id: String) async throws(SessionError) -> [SessionMessage] {
        try await projection(id).messages
    }

    /// The session of a directory (children and archived ones excepted) that was updated last.
    package func latest(directory: String) async throws(SessionError) -> SessionInfo? {
        var filter = SessionFilter(directory: directory)
        filter.limit = 1
        return try await list(filter).sessions.first
    }

    /// One page of sessions, latest update first.
    /// - Throws: `invalid` for a page size or cursor that is not possible, `storage`.
    package func list(_ filter: SessionFilter) async throws(SessionError) -> SessionPage {
        var query = RecordQuery(
            collection: SessionRecords.sessions, group: filter.directory.map(SessionRecords.group),
            order: .updatedDescending, after: filter.cursor, limit: filter.readLimit)
        guard (1...1_000).contains(filter.limit) else {
            throw SessionError(.invalid, "A page of \(filter.limit) sessions is not possible; ask for 1 to 1000.")
        }
        var page = SessionPage(sessions: [])
        var last: Record?
        while true {
            let records: RecordPage
            do throws(StorageError) {
                records = try await read(query, filter)
            } catch {
                throw SessionError(
                    error.kind == .invalid ? .invalid : .storage, "The sessions cannot be listed: \(error.message)",
                    underlying: error)
            }
            page.damaged += records.damaged.map(\.message)
            for record in records.records {
                guard let stored = SessionRecords.session(record) else {
                    page.damaged.append("The record of session \(record.key.id) cannot be read; its log is intact.")
                    continue
                }
                if let since = filter.sinceMs, stored.info.time.updated < since { return page }
                guard filter.matches(stored.info) else { continue }
                if page.sessions.count == filter.limit {
                    page.next = last.map { query.cursor(after: $0) }
                    return page
                }
                page.sessions.append(stored.info)
                last = record
            }
            guard let next = records.next else { return page }
            query.after = next
        }
    }

    /// The next records; those that contain the text when there is one.
    private func read(_ query: RecordQuery, _ filter: SessionFilter) async throws(StorageError) -> RecordPage {
        guard let text = filter.search, !text.isEmpty else { return try await storage.list(query) }
        return try await storage.search(
            RecordSearch(
                text: text, collection: query.collection, group: query.group, after: query.after, limit: query.limit))
    }

    // MARK: Loading

    /// Brings a known state up to date, or reads the session's records, or replays its log when these are damaged.
    func load(_ id: String, from known: SessionProjection?) async throws(SessionError) -> SessionProjection {
        do throws(StorageError) {
            let last = try await storage.lastSeq(of: id)
            guard last > 0 else { throw StorageError(.notFound, "") }
            var state: SessionProjection
            if let known, known.seq <= last {
                state = known
            } else {
                switch try await readRecords(id) {
                case .state(let stored): state = stored
                case .moving: return try await replay(id)
                case .damaged: return try await rebuild(id)
                }
            }
            if state.seq < last, try await !catchUp(&state, to: last) { return try await rebuild(id) }
            return state
        } catch {
            if error.kind == .notFound { throw .notFound(id) }
            throw Self.failed(error, id)
        }
    }

    /// What the records of a session are worth.
    private enum StoredState {
        case state(SessionProjection)
        /// Others append all the time; the log alone can be read as of one moment.
        case moving
        /// Records are missing or cannot be read.
        case damaged
    }

    /// Reads the session's record and its messages as one commit left them.
    private func readRecords(_ id: String) async throws(StorageError) -> StoredState {
        do throws(StorageError) {
            var record = try await storage.read(SessionRecords.session(id))
            for _ in 0..<8 {
                guard let found = record, let stored = SessionRecords.session(found) else { return .damaged }
                let entries = try await readMessages(id)
                // Every append writes the session's record.
                record = try await storage.read(SessionRecords.session(id))
                guard record?.version == found.version else { continue }
                return entries.map { .state(SessionProjection(stored, entries: $0)) } ?? .damaged
            }
            return .moving
        } catch {
            if error.kind == .corrupt { return .damaged }
            throw error
        }
    }

    /// - Returns: nil when one is damaged, unless those are to be passed over.
    private func readMessages(
        _ id: String, skippingDamaged: Bool = false
    ) async throws(StorageError) -> [SessionProjection.Entry]? {
        var entries: [SessionProjection.Entry] = []
        var query = RecordQuery(collection: SessionRecords.messages(of: id), limit: 1_000)
        while true {
            let page = try await storage.list(query)
            guard page.damaged.isEmpty || skippingDamaged else { return nil }
            for record in page.records {
                if let entry = SessionRecords.entry(record) {
                    entries.append(entry)
                } else if !skippingDamaged {
                    return nil
                }
            }
            guard let next = page.next else { return entries }
            query.after = next
        }
    }

    /// Applies the events that a state lacks.
    /// - Returns: false when the log has a gap there.
    private func catchUp(_ state: inout SessionProjection, to last: Int64) async throws(StorageError) -> Bool {
        while true {
            let events = try await storage.events(of: state.info.id, after: state.seq, limit: 1_000)
            guard !events.isEmpty else { break }
            for stored in events {
                guard stored.seq == state.seq + 1, let event = SessionRecords.event(stored) else { return false }
                state.apply(event)
            }
        }
        _ = state.takeChanges()
        return state.seq >= last
    }

    /// Folds the whole log. Damaged events are skipped.
    private func replay(_ id: String) async throws(StorageError) -> SessionProjection {
        try await fold(id).state
    }

    /// Folds the whole log and puts the records right; the program's log says so.
    private func rebuild(_ id: String) async throws(StorageError) -> SessionProjection {
        var (state, damaged) = try await fold(id)
        logger.warning(
            "session rebuilt from its log",
            metadata: ["session": "\(id)", "events": "\(state.seq)", "damagedEvents": "\(damaged)"])
        // What damaged events had created may still be there as records.
        if damaged > 0 { state.add(try await readMessages(id, skippingDamaged: true) ?? []) }
        state.markAllChanged()
        if let puts = try? SessionRecords.puts(&state) {
            // Nobody else may have appended meanwhile; if somebody did, the next reader rebuilds again.
            let append = EventAppend(aggregate: id, expectedLastSeq: state.seq, events: [])
            for start in stride(from: 0, to: puts.count, by: 5_000) {
                let chunk = Array(puts[start..<min(start + 5_000, puts.count)])
                _ = try? await storage.commit(StorageBatch(appends: [append], puts: chunk))
            }
        }
        return state
    }

    private func fold(_ id: String) async throws(StorageError) -> (state: SessionProjection, damaged: Int) {
        var projection: SessionProjection?
        var seq: Int64 = 0
        var damaged = 0
        while true {
            let last = try await storage.lastSeq(of: id)
            let events = try await storage.events(of: id, after: seq, limit: 1_000)
            if events.isEmpty {
                // Damaged events at the end must not give their numbers to others.
                damaged += Int(max(0, last - seq))
                seq = max(seq, last)
                break
            }
            for stored in events {
                damaged += Int(stored.seq - seq) - 1
                seq = stored.seq
                guard let event = SessionRecords.event(stored) else {
                    damaged += 1
                    continue
                }
                if projection == nil { projection = try? SessionProjection(event) } else { projection?.apply(event) }
            }
        }
        guard var state = projection else {
            throw StorageError(
                .corrupt, "The start of the log of session \(id) is damaged, so that the session cannot be rebuilt.",
                record: SessionRecords.session(id))
        }
        state.info.seq = seq
        _ = state.takeChanges()
        return (state, damaged)
    }
}

extension SessionFilter {
    /// How many records to read at a time: conditions that the store does not know may refuse most of them.
    fileprivate var readLimit: Int {
        let wanted = min(max(limit, 1) + 1, 1_000)
        return agent == nil && model == nil && parentID == nil ? wanted : max(wanted, 200)
    }

    /// All conditions but time and text.
    fileprivate func matches(_ info: SessionInfo) -> Bool {
        if info.time.archived != nil, !includeArchived { return false }
        if let parentID, info.parentID != parentID { return false }
        if info.parentID != nil, !includeChildren, parentID == nil { return false }
        if let directory, !info.location.directory.utf8.elementsEqual(directory.utf8) { return false }
        if let agent, info.agent != agent { return false }
        guard let model, !model.isEmpty else { return true }
        guard let used = info.model else { return false }
        return "\(used.providerID)/\(used.id)".lowercased().contains(model.lowercased())
    }
}
