import Events
import Schema
import Storage
import Support

/// A whole session that comes into being at once: a fork or an import.
struct SessionSeed: Sendable {
    var created: SessionCreated
    var forked: SessionForked?
    var messages: [TransferMessage]
    var imported: SessionImported?
}

extension SessionService {
    /// The most messages that can come into being with one commit.
    static let maximumSeedMessages = 9_000
    /// Up to so many operations the records of messages go with the logs; more go before them, in commits of their own.
    private static let maximumSingleCommit = 2_000
    private static let recordsPerCommit = 1_000

    /// Creates sessions, all of them or none: every log is written by one commit. The new sessions are published by their
    /// `session.created`, `session.forked` and `session.imported`; their messages are not published one by one.
    /// - Throws: `invalid` when a session is there already or there are more than 9,000 messages; `storage`. Nothing stays then.
    func plant(_ seeds: [SessionSeed]) async throws(SessionError) -> [SessionInfo] {
        let total = seeds.reduce(0) { $0 + $1.messages.count }
        guard total <= Self.maximumSeedMessages else {
            throw SessionError(
                .invalid,
                "\(total) messages cannot come in at once; \(Self.maximumSeedMessages) can. Bring in fewer sessions, or fork at a message."
            )
        }
        var last = StorageBatch(durability: .flushed)
        var early: [RecordPut] = []
        var infos: [SessionInfo] = []
        var published: [Event] = []
        for seed in seeds {
            let (events, puts, info) = try unfold(seed)
            last.appends.append(try Self.appendEvents(events, to: info.id))
            early += puts.dropFirst()
            last.puts += puts.prefix(1)
            last.puts += relations(of: info)
            published += events.filter { if case .sessionMessageAdded = $0.payload { false } else { true } }
            infos.append(info)
        }
        // Records of messages are found through the log only, so that they may come before it.
        let fits = last.puts.count + total * 2 + seeds.count * 3 <= Self.maximumSingleCommit
        if fits {
            last.puts += early
            early = []
        }
        do throws(StorageError) {
            for info in infos { try await removeLeftovers(of: info.id) }
            for start in stride(from: 0, to: early.count, by: Self.recordsPerCommit) {
                let chunk = early[start..<min(start + Self.recordsPerCommit, early.count)]
                _ = try await storage.commit(StorageBatch(puts: Array(chunk)))
            }
            _ = try await storage.commit(last)
        } catch {
            if !early.isEmpty, error.kind != .conflict {
                let collections = infos.map { SessionRecords.messages(of: $0.id) }
                _ = try? await storage.commit(StorageBatch(removeCollections: collections))
            }
            let id = infos.first?.id ?? ""
            if error.kind == .conflict {
                throw SessionError(.invalid, "Session \(id) was created meanwhile; try again.", underlying: error)
            }
            throw Self.failed(error, id)
        }
        for event in published { bus.publish(event) }
        return infos
    }

    /// Records of messages that an import left which ended before its log was written.
    private func removeLeftovers(of id: String) async throws(StorageError) {
        guard try await storage.lastSeq(of: id) == 0 else { return }
        let collection = SessionRecords.messages(of: id)
        guard try await !storage.list(RecordQuery(collection: collection, limit: 1)).records.isEmpty else { return }
        _ = try await storage.commit(StorageBatch(removeCollections: [collection]))
    }

    /// The events and records of a seed; the session's own record is the first.
    private func unfold(_ seed: SessionSeed) throws(SessionError) -> ([Event], [RecordPut], SessionInfo) {
        let id = seed.created.sessionID
        let now = time.nowMs()
        let location = seed.created.location
        let created = stamp(.sessionCreated(seed.created), of: id, seq: 1, now: now, location)
        var projection = try SessionProjection(created)
        var events = [created]
        var payloads: [EventPayload] = []
        if let forked = seed.forked { payloads.append(.sessionForked(forked)) }
        payloads += seed.messages.map { $0.event(of: id) }
        if let imported = seed.imported { payloads.append(.sessionImported(imported)) }
        for payload in payloads {
            let event = stamp(payload, of: id, seq: Int64(events.count) + 1, now: now, location)
            projection.apply(event)
            events.append(event)
        }
        let puts = try SessionRecords.puts(&projection)
        return (events, puts, projection.info)
    }

    /// So that the tree is found from above.
    private func relations(of info: SessionInfo) -> [RecordPut] {
        var puts: [RecordPut] = []
        if let parent = info.parentID, RecordKey.isValidName(parent) {
            puts.append(
                RecordPut(
                    key: RecordKey(SessionRecords.children(of: parent), info.id), bytes: [],
                    updatedMs: info.time.updated))
        }
        if let source = info.forkedFrom?.sessionID, RecordKey.isValidName(source) {
            puts.append(
                RecordPut(
                    key: RecordKey(SessionRecords.forks(of: source), info.id), bytes: [], updatedMs: info.time.updated)
            )
        }
        return puts
    }

    /// The sessions that were forked from this one, oldest id first. At most 10,000.
    package func forkIDs(of id: String) async throws(SessionError) -> [String] {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        var ids: [String] = []
        var query = RecordQuery(collection: SessionRecords.forks(of: id), limit: 1_000)
        while ids.count < 10_000 {
            do throws(StorageError) {
                let page = try await storage.list(query)
                ids += page.records.map(\.key.id)
                guard let next = page.next else { break }
                query.after = next
            } catch {
                throw Self.failed(error, id)
            }
        }
        return ids
    }
}
