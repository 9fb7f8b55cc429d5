package import Schema
import Support
import Synchronization

/// Why a subscription ended.
package enum SubscriptionEnd: Sendable, Equatable {
    /// `cancel()`, deinit, or the consuming task was cancelled.
    case cancelled
    /// The subscriber did not read fast enough: its queue was full.
    case overflow
    /// The bus was closed.
    case closed
}

/// The in-process event bus.
///
/// Delivery: every subscriber gets the events that match its filter, in the order of publication, at most once. Events
/// that are published at the same time from several threads reach all subscribers in the same order. `publish` never
/// waits for a subscriber, throws or runs a subscriber's code other than its filter: events go into a queue a subscriber,
/// bounded by count and bytes. A queued delta that is not read yet is joined with the next one of the same part. When a
/// queue is full, that subscription alone ends with `overflow`, after what is queued has been read; nobody else notices.
/// There is no replay here: durable events are in the session's log.
package final class EventBus: Sendable {
    private struct State {
        var subscribers: [UInt64: SubscriberQueue] = [:]
        var nextID: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Held while an event is put into the queues, so that all subscribers see events in one order.
    private let delivery = Mutex(())

    /// A bus without subscribers.
    package init() {}

    /// How many subscriptions are alive.
    package var subscriberCount: Int { state.withLock { $0.subscribers.count } }

    /// Hands an event to every subscription whose filter takes it.
    package func publish(_ event: Event) {
        // Filters run outside the lock: they are foreign code and may use the bus.
        let subscribers = state.withLock { Array($0.subscribers.values) }.filter { $0.accepts(event) }
        guard !subscribers.isEmpty else { return }
        delivery.withLock { _ in
            for subscriber in subscribers { subscriber.offer(event) }
        }
    }

    /// Subscribes to what is published from now on.
    /// - Parameters:
    ///   - limit: how many events may wait, 1 at least.
    ///   - maxBytes: about how many bytes of events may wait; a single larger event is taken when nothing else waits.
    ///   - filter: called on the publisher's thread, before anything is queued; must be quick.
    package func subscribe(
        limit: Int = 1_024, maxBytes: Int = 1 << 20, where filter: @escaping @Sendable (Event) -> Bool = { _ in true }
    ) -> EventSubscription {
        let queue = SubscriberQueue(limit: max(1, limit), maxBytes: max(1, maxBytes), filter: filter)
        let id = state.withLock { state -> UInt64? in
            guard !state.isClosed else { return nil }
            state.nextID += 1
            state.subscribers[state.nextID] = queue
            return state.nextID
        }
        guard let id else {
            queue.end(.closed)
            return EventSubscription(queue: queue, onCancel: {})
        }
        return EventSubscription(queue: queue) { [weak self] in self?.remove(id) }
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

    private func remove(_ id: UInt64) {
        state.withLock { state in _ = state.subscribers.removeValue(forKey: id) }
    }
}

/// One subscriber's events: an `AsyncSequence` for one consumer.
package final class EventSubscription: AsyncSequence, Sendable {
    package typealias Element = Event
    package typealias Failure = Never

    private let queue: SubscriberQueue
    private let onCancel: @Sendable () -> Void

    init(queue: SubscriberQueue, onCancel: @escaping @Sendable () -> Void) {
        self.queue = queue
        self.onCancel = onCancel
    }

    deinit { cancel() }

    /// Unsubscribes; what is queued can still be read.
    package func cancel() {
        onCancel()
        queue.end(.cancelled)
    }

    /// How many events were lost to a full queue.
    package var dropped: Int { queue.dropped }

    /// Why there are no more events; nil while it is alive.
    package var end: SubscriptionEnd? { queue.ending }

    /// The next event, nil at the end. Cancelling the task ends the subscription.
    package func next() async -> Event? {
        await withTaskCancellationHandler {
            await queue.next()
        } onCancel: {
            cancel()
        }
    }

    /// One iterator at a time: events are not copied for a second one.
    package func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    /// Reads a subscription.
    package struct Iterator: AsyncIteratorProtocol {
        let subscription: EventSubscription

        /// The next event, nil at the end.
        package mutating func next() async -> Event? { await subscription.next() }
    }
}

/// The bounded queue of one subscriber.
final class SubscriberQueue: Sendable {
    private struct State {
        var events: [Event] = []
        var first = 0
        var bytes = 0
        var dropped = 0
        var ending: SubscriptionEnd?
        var waiter: CheckedContinuation<Event?, Never>?
    }

    /// A delta of this weight is not joined with more: joining copies it.
    private static let longestJoined = 16_384

    private let limit: Int
    private let maxBytes: Int
    private let filter: @Sendable (Event) -> Bool
    private let state = Mutex(State())

    init(limit: Int, maxBytes: Int, filter: @escaping @Sendable (Event) -> Bool) {
        self.limit = limit
        self.maxBytes = maxBytes
        self.filter = filter
    }

    var dropped: Int { state.withLock { $0.dropped } }
    var ending: SubscriptionEnd? { state.withLock { $0.ending } }

    func accepts(_ event: Event) -> Bool { filter(event) }

    func offer(_ event: Event) {
        let waiter = state.withLock { state -> CheckedContinuation<Event?, Never>? in
            if state.ending != nil {
                if state.ending == .overflow { state.dropped += 1 }
                return nil
            }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            let size = event.weight
            if state.first < state.events.count, let last = state.events.last, last.weight < Self.longestJoined,
                let joined = last.joined(with: event), state.bytes - last.weight + joined.weight <= maxBytes
            {
                state.events[state.events.count - 1] = joined
                state.bytes += joined.weight - last.weight
                return nil
            }
            let waiting = state.events.count - state.first
            guard waiting < limit, state.bytes + size <= maxBytes || waiting == 0 else {
                state.ending = .overflow
                state.dropped += 1
                return nil
            }
            state.events.append(event)
            state.bytes += size
            return nil
        }
        waiter?.resume(returning: event)
    }

    func end(_ reason: SubscriptionEnd) {
        let waiter = state.withLock { state in
            if state.ending == nil { state.ending = reason }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func next() async -> Event? {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Event?? in
                if state.first < state.events.count {
                    let event = state.events[state.first]
                    state.first += 1
                    state.bytes -= event.weight
                    if state.first == state.events.count || state.first >= 256 {
                        state.events.removeFirst(state.first)
                        state.first = 0
                    }
                    return .some(event)
                }
                if state.ending != nil || state.waiter != nil { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}

extension Event {
    /// Two deltas of one part as one; nil when they do not belong together.
    fileprivate func joined(with next: Event) -> Event? {
        var out = self
        switch (payload, next.payload) {
        case (.sessionTextDelta(var left), .sessionTextDelta(let right))
        where left.assistantMessageID == right.assistantMessageID && left.ordinal == right.ordinal:
            left.delta += right.delta
            out.payload = .sessionTextDelta(left)
        case (.sessionReasoningDelta(var left), .sessionReasoningDelta(let right))
        where left.assistantMessageID == right.assistantMessageID && left.ordinal == right.ordinal:
            left.delta += right.delta
            out.payload = .sessionReasoningDelta(left)
        case (.sessionToolInputDelta(var left), .sessionToolInputDelta(let right))
        where left.assistantMessageID == right.assistantMessageID && left.id == right.id:
            left.delta += right.delta
            out.payload = .sessionToolInputDelta(left)
        case (.sessionCompactionDelta(var left), .sessionCompactionDelta(let right))
        where left.sessionID == right.sessionID:
            left.text += right.text
            out.payload = .sessionCompactionDelta(left)
        default: return nil
        }
        return out
    }
}
