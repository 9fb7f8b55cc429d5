package import Schema
package import Support
import Synchronization

/// What a bus counted since it was made.
package struct EventCounts: Sendable, Equatable {
    /// Events that were published while somebody subscribed or replay was on.
    package var published: UInt64 = 0
    /// Events that found a subscriber's queue full or already given up; each such subscriber counts.
    package var dropped: UInt64 = 0
    /// Subscriptions that were ended because their queue was full.
    package var overflows: UInt64 = 0
}

/// The in-process event bus.
///
/// **Delivery.** Every subscriber gets the events that match its filter, in the order of publication, at most once. Events that
/// are published at the same time from several threads reach all subscribers in the same order. `publish` never waits for a
/// subscriber, throws or runs a subscriber's code other than its filter: events go into a queue a subscriber, bounded by count
/// and bytes. A queued delta that is not read yet is joined with the next one of the same part. When a queue is full, that
/// subscription alone ends with `overflow`, after what is queued has been read, and the loss is counted; nobody else notices.
///
/// **Replay.** After `keepReplay` the bus numbers events and keeps the latest ones in memory, bounded by count, bytes and, for
/// events that are in no log, time. `resume` subscribes and replays from a number in one step: what is replayed and what comes
/// afterwards have no gap and no duplicate between them. Older durable events are in the sessions' logs (`Sessions.EventFeed`).
///
/// Numbers are of this bus and this process only: a cursor names both (`EventCursor`).
package final class EventBus: Sendable {
    fileprivate struct State {
        var subscribers: [UInt64: SubscriberQueue] = [:]
        var lastID: UInt64 = 0
        var isClosed = false
        var number: UInt64 = 0
        var ring: EventRing?
        var clock: (any TimeSource)?
        var counts = EventCounts()
        var times = PublishTimes()
    }

    /// So many readers the publisher wakes itself.
    private static let inlineWakes = 8

    /// Held while an event gets its number and is put into the queues, so that all subscribers see events in one order.
    private let state = Mutex(State())
    /// Tells this bus from all others, also of other processes: 16 hexadecimal digits.
    package let epoch: String

    /// A bus without subscribers.
    package init() {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        epoch = String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// How many subscriptions are alive.
    package var subscriberCount: Int { state.withLock { $0.subscribers.count } }
    /// What was published and lost so far.
    package var counts: EventCounts { state.withLock { $0.counts } }
    /// How long publishing took, while replay is on.
    package var publishTimes: PublishTimes { state.withLock { $0.times } }
    /// The number of the last event; 0 before the first, and while there is nobody to number for.
    package var lastNumber: UInt64 { state.withLock { $0.number } }

    /// Keeps the latest events from now on, for `resume`. Only the first call counts.
    package func keepReplay(_ retention: EventRetention = EventRetention(), time: any TimeSource) {
        state.withLock { state in
            guard state.ring == nil else { return }
            state.ring = EventRing(retention, firstNumber: state.number + 1)
            state.clock = time
        }
    }

    /// Hands an event to every subscription whose filter takes it.
    package func publish(_ event: Event) {
        // Filters run outside the lock: they are foreign code and may use the bus.
        let (subscribers, lastID, isWanted, clock) = state.withLock { state in
            (
                Array(state.subscribers.values), state.lastID, state.ring != nil || !state.subscribers.isEmpty,
                state.clock
            )
        }
        guard isWanted else { return }
        let startedNs = clock?.uptimeNs() ?? 0
        let weight = event.weight
        let takers = subscribers.filter { $0.accepts(event) }
        let wakes = state.withLock { state -> [SubscriberQueue.Wake] in
            guard !state.isClosed else { return [] }
            var wakes: [SubscriberQueue.Wake] = []
            wakes.reserveCapacity(takers.count)
            state.number += 1
            state.counts.published += 1
            let numbered = NumberedEvent(number: state.number, event: event)
            if let clock = state.clock { state.ring?.append(numbered, weight: weight, nowNs: clock.uptimeNs()) }
            for taker in takers { state.offer(numbered, weight, to: taker, isFiltered: true, &wakes) }
            // Who subscribed since then has its filter run when it reads.
            guard state.lastID != lastID else { return wakes }
            for id in (lastID + 1)...state.lastID {
                guard let late = state.subscribers[id] else { continue }
                state.offer(numbered, weight, to: late, isFiltered: false, &wakes)
            }
            return wakes
        }
        // Outside the lock: a reader that is being cancelled holds its own lock and wants ours.
        if wakes.count <= Self.inlineWakes {
            for wake in wakes { wake() }
        } else {
            // Many readers would take the publisher's processor while it still wakes the others. Each waits for its own event
            // and is in no other list, so the order of what it gets stays.
            Task { for wake in wakes { wake() } }
        }
        guard let clock else { return }
        let tookNs = clock.uptimeNs() &- startedNs
        state.withLock { $0.times.add(tookNs) }
    }

    /// Subscribes to what is published from now on.
    /// - Parameters:
    ///   - limit: how many events may wait, 1 at least.
    ///   - maxBytes: about how many bytes of events may wait; a single larger event is taken when nothing else waits.
    ///   - pace: deltas are handed out at most once in this time, joined; nil hands them out as they come.
    ///   - filter: called on the publisher's thread, before anything is queued; must be quick and without side effects.
    package func subscribe(
        limit: Int = 1_024, maxBytes: Int = 1 << 20, pace: DeltaPace? = nil,
        where filter: @escaping @Sendable (Event) -> Bool = { _ in true }
    ) -> EventSubscription {
        let queue = SubscriberQueue(limit: max(1, limit), maxBytes: max(1, maxBytes), pace: pace, filter: filter)
        return state.withLock { add(queue, &$0) }
    }

    /// Subscribes, and replays what was published after a number: together without gap or duplicate.
    /// - Parameters:
    ///   - number: of the last event that the subscriber has; 0 asks for all that is kept, nil for nothing of the past.
    /// - Returns: a replay that is not complete when events after `number` are no longer kept, or when `number` is not known
    ///   (it is then empty). Without `keepReplay` nothing is kept.
    package func resume(
        after number: UInt64?, limit: Int = 1_024, maxBytes: Int = 1 << 20, pace: DeltaPace? = nil,
        where filter: @escaping @Sendable (Event) -> Bool = { _ in true }
    ) -> (EventReplay, EventSubscription) {
        let queue = SubscriberQueue(limit: max(1, limit), maxBytes: max(1, maxBytes), pace: pace, filter: filter)
        let (subscription, last, ring, nowNs) = state.withLock { state in
            (add(queue, &state), state.number, state.ring, state.clock?.uptimeNs() ?? 0)
        }
        var replay = EventReplay(events: [], isComplete: true, last: last)
        guard let number else { return (replay, subscription) }
        guard number <= last, let ring else {
            replay.isComplete = number == last
            return (replay, subscription)
        }
        replay.isComplete = number + 1 >= ring.firstNumber
        replay.keptFrom = ring.firstNumber
        for chunk in ring.chunks(after: number) {
            for entry in chunk where entry.event.number > number && !ring.isOver(entry, nowNs: nowNs) {
                guard filter(entry.event.event) else { continue }
                if let joined = replay.events.last?.joined(with: entry.event) {
                    replay.events[replay.events.count - 1] = joined
                } else {
                    replay.events.append(entry.event)
                }
            }
        }
        return (replay, subscription)
    }

    /// Ends all subscriptions once their queues are read.
    package func close() {
        let subscribers = state.withLock { state in
            state.isClosed = true
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.end(.closed) }
    }

    private func add(_ queue: SubscriberQueue, _ state: inout State) -> EventSubscription {
        guard !state.isClosed else {
            queue.end(.closed)
            return EventSubscription(queue: queue, onCancel: {})
        }
        state.lastID += 1
        let id = state.lastID
        state.subscribers[id] = queue
        return EventSubscription(queue: queue) { [weak self] in self?.remove(id) }
    }

    private func remove(_ id: UInt64) {
        state.withLock { state in _ = state.subscribers.removeValue(forKey: id) }
    }
}

extension EventBus.State {
    fileprivate mutating func offer(
        _ event: NumberedEvent, _ weight: Int, to queue: SubscriberQueue, isFiltered: Bool,
        _ wakes: inout [SubscriberQueue.Wake]
    ) {
        let wasAlive = queue.ending == nil
        let (isTaken, wake) = queue.offer(event, weight: weight, isFiltered: isFiltered)
        if let wake { wakes.append(wake) }
        guard !isTaken, queue.ending == .overflow else { return }
        counts.dropped += 1
        if wasAlive { counts.overflows += 1 }
    }
}

/// How often deltas are handed to one subscriber.
package struct DeltaPace: Sendable {
    /// At least this long between two.
    package var interval: Duration
    /// Whose time.
    package var time: any TimeSource

    /// At most 50 ms: CONTRACT §4.
    package init(_ interval: Duration = .milliseconds(50), time: any TimeSource) {
        self.interval = interval
        self.time = time
    }

    var ns: UInt64 {
        let parts = interval.components
        return UInt64(max(0, parts.seconds)) * 1_000_000_000 + UInt64(max(0, parts.attoseconds / 1_000_000_000))
    }
}
