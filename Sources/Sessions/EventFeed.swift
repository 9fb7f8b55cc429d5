package import Events
package import Schema
package import Storage
package import Support

/// What a stream of events hands out.
package enum FeedItem: Sendable, Equatable {
    /// An event, with the cursor that continues right after it.
    case event(Event, cursor: String)
    /// A `server.gap` event: what happened between the reader's cursor and now is lost to it; it must read the state again.
    /// The cursor continues after it.
    case gap(Event, cursor: String?)
    /// The reader has every event of the log that was stored when the stream began: `{"type":"log.synced",…}`.
    case synced(aggregateID: String, seq: Int64)
}

/// Streams of events that replay what a reader missed and then go on live, without gap or duplicate.
///
/// Durable events of one session come from its log, however old they are. Everything else (deltas, status, progress, and the
/// stream of all sessions) comes from what the bus keeps in memory: ten minutes of events that are in no log, and the latest
/// durable ones up to the bus's bounds. A cursor that is older, or of another run of the server, is answered with one
/// `server.gap`, after which the stream is live. Deltas are joined and paced to one in 50 ms for each part that streams.
///
/// A reader that does not read is ended with `overflow`; nobody waits for it.
package struct EventFeed: Sendable {
    let storage: any StorageBackend
    let bus: EventBus
    private let ids: any IDSource
    let time: any TimeSource
    private let pace: Duration

    /// Turns on the replay of the bus.
    /// - Parameter pace: between two deltas for one reader.
    package init(
        storage: any StorageBackend, bus: EventBus, ids: any IDSource, time: any TimeSource,
        retention: EventRetention = EventRetention(), pace: Duration = .milliseconds(50)
    ) {
        self.storage = storage
        self.bus = bus
        self.ids = ids
        self.time = time
        self.pace = pace
        bus.keepReplay(retention, time: time)
    }

    /// The events of all sessions and of the server.
    /// - Parameters:
    ///   - cursor: of the last event that the reader has; nil for live only.
    ///   - limit: events that may wait for the reader.
    ///   - maxBytes: about how many bytes of events may wait.
    ///   - filter: decides before anything is queued.
    /// - Throws: `CursorError` for a cursor that cannot be one.
    package func all(
        after cursor: String? = nil, limit: Int = 1_024, maxBytes: Int = 1 << 20,
        where filter: @escaping @Sendable (Event) -> Bool = { _ in true }
    ) throws(CursorError) -> EventStream {
        let wanted = try cursor.map { text throws(CursorError) in try EventCursor(parsing: text) }
        let isOurs = wanted?.epoch == bus.epoch
        let (replay, subscription) = bus.resume(
            after: isOurs ? wanted?.number : nil, limit: limit, maxBytes: maxBytes,
            pace: DeltaPace(pace, time: time), where: filter)
        guard let wanted else { return EventStream(epoch: bus.epoch, first: [], subscription) }
        guard isOurs, replay.isComplete else {
            let reason =
                isOurs
                ? "What happened after this cursor is no longer kept. Read the state again; the stream goes on from now."
                : "This cursor is of another run of the server. Read the state again; the stream goes on from now."
            let place = EventCursor(epoch: bus.epoch, number: replay.last)
            let gap = FeedItem.gap(gap(after: wanted.text, reason), cursor: place.text)
            return EventStream(epoch: bus.epoch, first: [gap], subscription)
        }
        let first = replay.events.map {
            FeedItem.event($0.event, cursor: EventCursor(epoch: bus.epoch, number: $0.number).text)
        }
        return EventStream(epoch: bus.epoch, first: first, subscription)
    }

    /// The log of one session, with what happened in it and is in no log.
    /// - Parameters:
    ///   - cursor: of the last event that the reader has; nil for all of the log.
    ///   - follow: true goes on live after `synced`, false ends there.
    /// - Throws: `CursorError`, `SessionError` (`notFound`, `storage`).
    package func log(
        of id: String, after cursor: String? = nil, follow: Bool, limit: Int = 1_024, maxBytes: Int = 1 << 20
    ) async throws -> SessionLogStream {
        var wanted = try cursor.map { text throws(CursorError) in try LogCursor(parsing: text) }
        guard RecordKey.isValidName(id) else { throw SessionError.notFound(id) }
        let isOurs = wanted?.event?.epoch == bus.epoch
        // First the log's end, then the subscription: what was published before an event was stored, its deltas, is in the
        // replay then, before it. What is stored between the two is in the replay, or in the log when the bus keeps it no more.
        let published = bus.lastNumber
        var end = try await lastSeq(of: id)
        let (replay, subscription) = bus.resume(
            after: isOurs ? wanted?.event?.number : 0, limit: limit, maxBytes: maxBytes,
            pace: DeltaPace(pace, time: time)
        ) { $0.payload.sessionID == id }
        if replay.last > published, replay.keptFrom == 0 || replay.keptFrom > published + 1 {
            end = try await lastSeq(of: id)
        }
        guard end > 0 else { throw SessionError.notFound(id) }
        var lost: FeedItem?
        if let asked = wanted, asked.seq > end {
            lost = .gap(
                gap(
                    after: asked.text,
                    "The log of this session ends at \(end). Read the state again; the stream goes on from there."),
                cursor: LogCursor(seq: end).text)
            wanted = LogCursor(seq: end)
        }
        return SessionLogStream(
            id: id, storage: storage, merge: LogMerge(after: wanted?.seq ?? 0, epoch: bus.epoch), replay: replay.events,
            subscription: subscription, watermark: end, follows: follow, lost: lost)
    }

    private func lastSeq(of id: String) async throws(SessionError) -> Int64 {
        do throws(StorageError) {
            return try await storage.lastSeq(of: id)
        } catch {
            throw SessionService.failed(error, id)
        }
    }

    private func gap(after cursor: String, _ reason: String) -> Event {
        Event(
            id: ids.next(.event), created: time.nowMs(),
            payload: .serverGap(ServerGap(after: cursor, reason: reason)))
    }
}
