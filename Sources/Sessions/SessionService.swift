package import Events
package import Logging
package import Schema
package import Storage
package import Support
import Synchronization

/// All sessions of a store.
///
/// A session is the fold of its log. `append` stores events and the records that they change in one commit, then publishes the
/// events: who sees an event on the bus finds it in the store. Appends to one session happen one after the other; several
/// services, also in several processes, may append to one session, each event gets the next `seq`. A cancelled task does not
/// stop an append that has begun. At most 16 sessions are kept in memory.
package actor SessionService {
    /// What `append` promises; see `StorageBatch.Durability`.
    package typealias Durability = StorageBatch.Durability

    private static let maximumCached = 16
    private static let maximumTries = 64

    let storage: any StorageBackend
    let bus: EventBus
    let ids: any IDSource
    let time: any TimeSource
    let logger: Logger
    let version: String
    /// Who may execute sessions, when several machines share the store; nil when a lock file is enough.
    package nonisolated let runLeases: RunLeases?
    /// The sessions used last, latest at the end.
    private var cache: [SessionProjection] = []
    private var turns = KeyedMutex()
    /// Where sessions are, for events that are only published. Bounded.
    private nonisolated let locations = Mutex<[String: LocationRef]>([:])

    nonisolated let hasWarmedUp = Mutex(false)

    /// - Parameter version: of codetether, written into new sessions.
    package init(
        storage: any StorageBackend, bus: EventBus, ids: any IDSource, time: any TimeSource, logger: Logger,
        version: String = "0"
    ) {
        self.storage = storage
        self.bus = bus
        self.ids = ids
        self.time = time
        self.logger = logger
        self.version = version
        runLeases = storage.isShared ? RunLeases(storage: storage, id: ids.next(.run), time: time) : nil
    }

    // MARK: Appending

    /// Stores durable events of one session and publishes them, in this order.
    /// - Parameter metadata: an object that all of them carry; nil = none.
    /// - Returns: the events with their `seq`.
    /// - Throws: `notFound`, `invalid` for events that are not durable or of another session, `storage`. Nothing is stored then.
    @discardableResult
    package func append(
        _ id: String, _ payloads: [EventPayload], durability: Durability = .buffered, metadata: JSON? = nil
    ) async throws(SessionError) -> [Event] {
        try await append(id, durability: durability, metadata: metadata) { _ in payloads }
    }

    /// Stores the durable ones of these events in one commit, then publishes all of them in this order.
    /// - Parameter metadata: objects that some of them carry, by their index.
    /// - Throws: as `append`; nothing is stored or published then.
    package func emit(
        _ id: String, _ payloads: [EventPayload], metadata: [Int: JSON] = [:]
    ) async throws(SessionError) {
        var durable: [EventPayload] = []
        var attached: [Int: JSON] = [:]
        for (index, payload) in payloads.enumerated() where payload.durableVersion != nil {
            if let object = metadata[index] { attached[durable.count] = object }
            durable.append(payload)
        }
        guard !durable.isEmpty else {
            for payload in payloads { bus.publish(transient(id, payload)) }
            return
        }
        try await append(id, durability: .buffered, metadata: nil, attached: attached, publishing: payloads) {
            [durable] _ in
            durable
        }
    }

    /// The same for events that depend on the session as it is at that moment; `make` may be called several times.
    /// - Parameters:
    ///   - attached: metadata of single events, by index.
    ///   - publishing: what is published, transient events among the durable ones; nil = what is stored.
    @discardableResult
    func append(
        _ id: String, durability: Durability, metadata: JSON? = nil, attached: [Int: JSON] = [:],
        publishing: [EventPayload]? = nil, _ make: @Sendable (SessionProjection) -> [EventPayload]
    ) async throws(SessionError) -> [Event] {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        await hold(id)
        defer { release(id) }
        var tries = 0
        while true {
            guard runLeases?.mayChange(id) != false else { throw .lost(id) }
            var projection = try await takeCached(id, refresh: tries > 0)
            let payloads = make(projection)
            try Self.check(payloads, of: id)
            guard !payloads.isEmpty else {
                keep(projection)
                return []
            }
            var events = stamp(payloads, after: projection)
            for index in events.indices { events[index].metadata = attached[index] ?? metadata }
            for event in events { projection.apply(event) }
            var batch = StorageBatch(appends: [], puts: try SessionRecords.puts(&projection), durability: durability)
            batch.appends = [try Self.appendEvents(events, to: id)]
            do throws(StorageError) {
                _ = try await storage.commit(batch)
            } catch {
                tries += 1
                guard error.kind == .conflict, tries < Self.maximumTries else { throw Self.failed(error, id) }
                continue
            }
            keep(projection)
            guard let publishing else {
                for event in events { bus.publish(event) }
                return events
            }
            var stored = events[...]
            for payload in publishing {
                if payload.durableVersion == nil {
                    bus.publish(transient(id, payload))
                } else if let event = stored.popFirst() {
                    bus.publish(event)
                }
            }
            return events
        }
    }

    /// Publishes an event that is not stored (deltas, status, progress), at once and in the caller's order.
    package nonisolated func publish(_ id: String, _ payload: EventPayload) async {
        bus.publish(transient(id, payload))
    }

    private nonisolated func transient(_ id: String, _ payload: EventPayload) -> Event {
        Event(id: ids.next(.event), created: time.nowMs(), location: locations.withLock { $0[id] }, payload: payload)
    }

    private static func check(_ payloads: [EventPayload], of id: String) throws(SessionError) {
        for payload in payloads {
            guard payload.durableVersion != nil else {
                throw SessionError(.invalid, "\(payload.type) is not a durable event; publish it instead.")
            }
            guard payload.sessionID == id else {
                throw SessionError(.invalid, "\(payload.type) belongs to another session than \(id).")
            }
        }
    }

    private func stamp(_ payloads: [EventPayload], after projection: SessionProjection) -> [Event] {
        let now = time.nowMs()
        let location = LocationRef(directory: projection.info.location.directory)
        return payloads.enumerated().map { index, payload in
            stamp(payload, of: projection.info.id, seq: projection.seq + Int64(index) + 1, now: now, location)
        }
    }

    func stamp(
        _ payload: EventPayload, of id: String, seq: Int64, now: Int64, _ location: LocationRef
    ) -> Event {
        Event(
            id: ids.next(.event), created: now,
            durable: Durable(aggregateID: id, seq: seq, version: payload.durableVersion ?? 1), location: location,
            payload: payload)
    }

    static func appendEvents(_ events: [Event], to id: String) throws(SessionError) -> EventAppend {
        var stored: [NewEvent] = []
        stored.reserveCapacity(events.count)
        for event in events {
            stored.append(
                NewEvent(
                    id: event.id, type: event.payload.type, created: event.created,
                    bytes: try SessionRecords.encode(event)))
        }
        return EventAppend(
            aggregate: id, expectedLastSeq: (events.first?.durable?.seq ?? 1) - 1, events: stored)
    }

    // MARK: Creating and deleting

    /// Creates a session.
    /// - Throws: `notFound` when the parent is not there, `invalid` when the id is taken or impossible, `storage`.
    package func create(_ new: NewSession) async throws(SessionError) -> SessionInfo {
        if let parent = new.parentID { _ = try await get(parent) }
        let id = new.id ?? ids.next(.session)
        guard RecordKey.isValidName(id) else {
            throw SessionError(
                .invalid,
                "\"\(HostileText.escaped(id, multiline: false))\" cannot be a session's id. Use letters, digits, '.', '_' and '-'."
            )
        }
        let now = time.nowMs()
        let location = LocationRef(directory: new.directory)
        let created = SessionCreated(
            sessionID: id, projectID: new.projectID, location: location, parentID: new.parentID,
            slug: "session-\(id.suffix(8))",
            title: new.title ?? DefaultTitle.make(unixMs: now, isChild: new.parentID != nil), agent: new.agent,
            model: new.model, metadata: new.metadata, permissions: new.permissions, version: version)
        let event = stamp(.sessionCreated(created), of: id, seq: 1, now: now, location)
        var projection = try SessionProjection(event)
        var puts = try SessionRecords.puts(&projection)
        if let parent = new.parentID {
            puts.append(RecordPut(key: RecordKey(SessionRecords.children(of: parent), id), bytes: [], updatedMs: now))
        }
        let batch = StorageBatch(appends: [try Self.appendEvents([event], to: id)], puts: puts)
        await hold(id)
        defer { release(id) }
        do throws(StorageError) {
            _ = try await storage.commit(batch)
        } catch {
            if error.kind == .conflict {
                throw SessionError(.invalid, "There is a session \(id) already; use another id.", underlying: error)
            }
            throw Self.failed(error, id)
        }
        keep(projection)
        bus.publish(event)
        return projection.info
    }

    /// Deletes a session with its children, their logs and all their records; children first.
    /// - Returns: the ids that were deleted.
    @discardableResult
    package func delete(_ id: String) async throws(SessionError) -> [String] {
        try await delete(id, depth: 0)
    }

    private func delete(_ id: String, depth: Int) async throws(SessionError) -> [String] {
        let info = try await get(id)
        var deleted: [String] = []
        for child in try await childIDs(of: id) where depth < 32 {
            do throws(SessionError) {
                deleted += try await delete(child, depth: depth + 1)
            } catch {
                // A child that another process deleted at this moment.
                if error.kind != .notFound { throw error }
            }
        }
        await hold(id)
        defer { release(id) }
        var removes = [SessionRecords.session(id), RecordKey("share-off", id)]
        if let parent = info.parentID, RecordKey.isValidName(parent) {
            removes.append(RecordKey(SessionRecords.children(of: parent), id))
        }
        if let source = info.forkedFrom?.sessionID, RecordKey.isValidName(source) {
            removes.append(RecordKey(SessionRecords.forks(of: source), id))
        }
        let batch = StorageBatch(
            puts: try await shareTombstone(of: id, info), removes: removes, removeAggregates: [id],
            removeCollections: [
                SessionRecords.messages(of: id), SessionRecords.children(of: id), SessionRecords.forks(of: id),
                SessionRecords.instructions(of: id),
            ], durability: .flushed)
        do throws(StorageError) {
            _ = try await storage.commit(batch)
        } catch {
            throw Self.failed(error, id)
        }
        cache.removeAll { $0.info.id == id }
        locations.withLock { _ = $0.removeValue(forKey: id) }
        let event = stamp(
            .sessionDeleted(.init(sessionID: id)), of: id, seq: (info.seq ?? 0) + 1, now: time.nowMs(),
            LocationRef(directory: info.location.directory))
        bus.publish(event)
        return deleted + [id]
    }

    /// What keeps the share of a session that is deleted listed until its service confirmed that it is gone.
    private func shareTombstone(of id: String, _ info: SessionInfo) async throws(SessionError) -> [RecordPut] {
        do throws(StorageError) {
            guard let stored = try await storage.read(ShareRecord.key(id)), var share = ShareRecord(stored.bytes) else {
                return []
            }
            share.state = .revoking
            share.isOrphan = true
            share.nextAttempt = 0
            return [RecordPut(key: stored.key, bytes: try share.bytes(), updatedMs: time.nowMs())]
        } catch {
            throw Self.failed(error, id)
        }
    }

    /// The sessions that were created with this parent, oldest id first. At most 10,000.
    package func childIDs(of id: String) async throws(SessionError) -> [String] {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        var ids: [String] = []
        var query = RecordQuery(collection: SessionRecords.children(of: id), limit: 1_000)
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

    /// Gives a session a title.
    /// - Throws: `invalid` for an empty title or one over 500 bytes.
    @discardableResult
    package func rename(_ id: String, to title: String) async throws(SessionError) -> SessionInfo {
        guard !title.isEmpty, title.utf8.count <= 500 else {
            throw SessionError(.invalid, "A title has 1 to 500 bytes, this one has \(title.utf8.count).")
        }
        try await append(id, [.sessionRenamed(.init(sessionID: id, title: title))])
        return try await get(id)
    }

    /// Hides a session from lists, or shows it again.
    @discardableResult
    package func archive(_ id: String, _ archived: Bool = true) async throws(SessionError) -> SessionInfo {
        try await append(
            id, [archived ? .sessionArchived(.init(sessionID: id)) : .sessionUnarchived(.init(sessionID: id))])
        return try await get(id)
    }

    static func failed(_ error: StorageError, _ id: String) -> SessionError {
        SessionError(
            error.kind == .invalid ? .invalid : .storage,
            "Session \(HostileText.escaped(id, multiline: false)): \(error.message)", underlying: error)
    }

    // MARK: One at a time

    /// Waits for the turn of this session. Every `hold` is followed by one `release`.
    private func hold(_ id: String) async {
        if turns.tryEnter(id) { return }
        await withCheckedContinuation { turns.wait(id, $0) }
    }

    private func release(_ id: String) { turns.leave(id) }

    // MARK: Memory

    /// Takes a session out of memory, loading it when it is not there; `refresh` makes sure that it is what the store has.
    private func takeCached(_ id: String, refresh: Bool) async throws(SessionError) -> SessionProjection {
        if !refresh, let index = cache.lastIndex(where: { $0.info.id == id }) { return cache.remove(at: index) }
        return try await current(id)
    }

    /// The session as the store has it, taken out of memory if it was there.
    func current(_ id: String) async throws(SessionError) -> SessionProjection {
        var known: SessionProjection?
        if let index = cache.lastIndex(where: { $0.info.id == id }) { known = cache.remove(at: index) }
        return try await load(id, from: known)
    }

    func keep(_ projection: SessionProjection) {
        let info = projection.info
        cache.removeAll { $0.info.id == info.id }
        if cache.count >= Self.maximumCached { cache.removeFirst() }
        cache.append(projection)
        locations.withLock { locations in
            if locations.count >= 1_024, locations[info.id] == nil { locations.removeAll() }
            locations[info.id] = LocationRef(directory: info.location.directory)
        }
    }

    /// A session in memory that may be behind the store: what others appended since the last `append` or read here is not in
    /// it. Nil when it is not in memory.
    package func cached(_ id: String) -> SessionProjection? { cache.last { $0.info.id == id } }
}
