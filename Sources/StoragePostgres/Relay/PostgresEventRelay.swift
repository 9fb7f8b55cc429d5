package import Events
package import Logging
import Schema
package import Storage
import Support

/// Carries events between the processes that share a database, so that what happens on one is followed live on all.
///
/// Stored events: the commit that stores them tells all processes the log's name and the numbers; each other process reads them
/// from the log and publishes them on its own bus, every event once and those of one log in their order. What was missed while
/// the connection was away is read from the logs after it is back. Events that are not stored (deltas, status, progress) travel
/// in the messages themselves, to those who listen at that moment; larger ones than 100 kB do not travel. Reconnects by itself,
/// 100 ms to 2 s between tries, until `stop`.
package actor PostgresEventRelay {
    /// How long a commit may take from its first clock reading to its visibility, and how far back a catch-up looks.
    private static let marginUs: Int64 = 30_000_000
    private static let firstPauseMs: Int64 = 100
    private static let longestPauseMs: Int64 = 2_000

    private let storage: PostgresStorage
    private let bus: EventBus
    private let logger: Logger
    private let listener: PostgresListener
    private var progress = RelayProgress()
    private var parts = LiveParts()
    private var ended = EndedParts()
    private var sentCount: Int64 = 0
    /// The database's time when this relay began: nothing older is published.
    private var startUs: Int64 = 0
    /// The database's time when the connection was last known to work.
    private var aliveUs: Int64 = 0
    private var tasks: [Task<Void, Never>] = []
    private var isStopped = false

    /// True inside `bus.publish` of an event that came from another process.
    @TaskLocal private static var isRelaying = false

    /// - Throws: `unavailable` when the process has no file descriptors left.
    package init(storage: PostgresStorage, bus: EventBus, logger: Logger) throws(StorageError) {
        self.storage = storage
        self.bus = bus
        self.logger = logger
        listener = try PostgresListener(url: storage.pool.url)
    }

    /// Begins to listen and to tell. When it returns without an error, no later event of another process is missed.
    /// - Throws: `unavailable`, `denied` when the first connection fails; call it again or give up.
    package func start() async throws(StorageError) {
        guard tasks.isEmpty, !isStopped else { return }
        startUs = try await listener.connect()
        aliveUs = startUs
        tasks.append(Task { await self.listen() })
        tasks.append(Task { await self.tell() })
    }

    /// Ends it; events that wait to be told are dropped.
    package func stop() async {
        isStopped = true
        for task in tasks { task.cancel() }
        listener.stopWaiting()
        for task in tasks { await task.value }
        tasks = []
        await listener.close()
    }

    // MARK: Listening

    private func listen() async {
        while !isStopped {
            do throws(StorageError) {
                let (payloads, now) = try await listener.next()
                for payload in payloads { try await receive(payload) }
                if let now { aliveUs = now }
            } catch {
                logger.warning("events of other nodes are not received", metadata: ["reason": "\(error.message)"])
                await reconnect()
            }
        }
    }

    private func reconnect() async {
        var pauseMs = Self.firstPauseMs
        while !isStopped {
            do throws(StorageError) {
                let now = try await listener.connect()
                try await catchUp()
                aliveUs = now
                logger.info("events of other nodes are received again")
                return
            } catch {
                guard (try? await storage.time.sleep(for: .milliseconds(pauseMs))) != nil else { return }
                pauseMs = min(pauseMs * 2, Self.longestPauseMs)
            }
        }
    }

    private func receive(_ payload: String) async throws(StorageError) {
        guard let notice = EventNotice(payload) else { return }
        let isOwn = notice.node == storage.node
        switch notice {
        case .stored(_, let aggregate, let after, let last):
            guard !isOwn else { return progress.note(aggregate, last) }
            let known = max(after, progress.seq(of: aggregate) ?? 0)
            if known < last { try await publish(aggregate, after: known, through: last, storedAfterUs: nil) }
        case .live(let node, let number, let index, let count, let part):
            guard !isOwn, let text = parts.add(part, index, of: count, number: number, node: node) else { return }
            guard let json = try? JSON(parsing: text), let event: Event = try? json.decode() else { return }
            publish(event)
        }
    }

    /// Publishes what other processes stored since the connection was last known to work.
    private func catchUp() async throws(StorageError) {
        let since = max(startUs, aliveUs - Self.marginUs)
        var after = ""
        while true {
            let changed = try await storage.logsChanged(sinceUs: since, after: after)
            for log in changed {
                after = log.aggregate
                let known = progress.seq(of: log.aggregate)
                guard log.lastSeq > known ?? 0 else { continue }
                try await publish(
                    log.aggregate, after: known ?? 0, through: log.lastSeq, storedAfterUs: known == nil ? since : nil)
            }
            if changed.isEmpty { return }
        }
    }

    private func publish(
        _ aggregate: String, after: Int64, through last: Int64, storedAfterUs: Int64?
    ) async throws(StorageError) {
        var seq = after
        while seq < last {
            let events = try await storage.foreignEvents(
                of: aggregate, after: seq, through: last, storedAfterUs: storedAfterUs ?? 0)
            for stored in events {
                seq = stored.seq
                guard let json = try? JSON(parsing: stored.bytes), var event: Event = try? json.decode() else {
                    continue
                }
                event.durable?.seq = stored.seq
                publish(event)
                progress.note(aggregate, seq)
            }
            if events.isEmpty { break }
        }
        progress.note(aggregate, last)
    }

    private func publish(_ event: Event) {
        guard !ended.isLate(event.payload) else { return }
        ended.note(event.payload)
        Self.$isRelaying.withValue(true) { bus.publish(event) }
    }

    // MARK: Telling

    /// Sends what is not in the logs. Deltas that wait are joined by the bus, so that a slow database means larger ones.
    private func tell() async {
        while !isStopped {
            let subscription = bus.subscribe { event in Self.travels(event) && !Self.isRelaying }
            while let event = await subscription.next() {
                await send(event)
                if event.payload.isDelta { try? await storage.time.sleep(for: .milliseconds(20)) }
            }
            if subscription.end != .overflow { return }
            logger.warning("too many events at once; some were not told to other nodes")
        }
    }

    private static func travels(_ event: Event) -> Bool {
        if case .sessionDeleted = event.payload { return true }
        return event.durable == nil && event.payload.sessionID != nil
    }

    private func send(_ event: Event) async {
        sentCount += 1
        guard let bytes = try? JSONEncoding.bytes(of: event) else { return }
        let notices = LiveParts.split(bytes, number: sentCount, node: storage.node)
        guard !notices.isEmpty else { return }
        // Lost when the database is away: whoever follows then catches up with the stored events.
        try? await storage.tell(notices.map(\.text))
    }
}
