import Schema
import Support
import Synchronization

/// The bounded queue of one subscriber.
final class SubscriberQueue: Sendable {
    fileprivate struct Entry {
        var event: NumberedEvent
        /// False: the subscriber's filter has not seen it yet.
        var isFiltered: Bool
        var weight: Int
    }

    fileprivate struct State {
        var entries: [Entry] = []
        var first = 0
        var bytes = 0
        var dropped = 0
        var ending: SubscriptionEnd?
        var waiter: CheckedContinuation<Entry?, Never>?
        /// When the last delta went out, uptime.
        var lastDeltaNs: UInt64?
        var isTimerSet = false

        var isEmpty: Bool { first == entries.count }
    }

    private let limit: Int
    private let maxBytes: Int
    private let pace: DeltaPace?
    private let filter: @Sendable (Event) -> Bool
    private let state = Mutex(State())

    init(limit: Int, maxBytes: Int, pace: DeltaPace?, filter: @escaping @Sendable (Event) -> Bool) {
        self.limit = limit
        self.maxBytes = maxBytes
        self.pace = pace
        self.filter = filter
    }

    var dropped: Int { state.withLock { $0.dropped } }
    var ending: SubscriptionEnd? { state.withLock { $0.ending } }

    func accepts(_ event: Event) -> Bool { filter(event) }

    /// A reader that is to be resumed, with what it gets. Not while a lock is held that a cancellation handler takes: resuming
    /// waits for a handler that runs.
    struct Wake: Sendable {
        fileprivate let waiter: CheckedContinuation<Entry?, Never>
        fileprivate let next: Entry?

        func callAsFunction() { waiter.resume(returning: next) }
    }

    /// Queues an event, or gives it to the reader that waits.
    /// - Returns: whether it was taken (false: lost), and the reader to resume.
    func offer(_ event: NumberedEvent, weight: Int, isFiltered: Bool) -> (isTaken: Bool, wake: Wake?) {
        let (waiter, next, isTaken) = state.withLock {
            state -> (CheckedContinuation<Entry?, Never>?, Entry?, Bool) in
            guard state.ending == nil else {
                if state.ending == .overflow { state.dropped += 1 }
                return (nil, nil, false)
            }
            if state.waiter != nil, state.isEmpty, isFiltered, holdNs(event.event, state) == 0 {
                noteDelta(event.event, &state)
                return (
                    state.takeWaiter(), Entry(event: event, isFiltered: true, weight: weight), true
                )
            }
            let isTaken = append(Entry(event: event, isFiltered: isFiltered, weight: weight), to: &state)
            // A reader waits beside a queue only while a delta is held back.
            guard state.waiter != nil, let ready = ready(&state) else { return (nil, nil, isTaken) }
            return (state.takeWaiter(), ready, isTaken)
        }
        return (isTaken, waiter.map { Wake(waiter: $0, next: next) })
    }

    private func append(_ entry: Entry, to state: inout State) -> Bool {
        if entry.isFiltered, !state.isEmpty, let last = state.entries.last, last.isFiltered,
            let joined = last.event.joined(with: entry.event, room: maxBytes - state.bytes)
        {
            let weight = joined.event.weight
            state.bytes += weight - last.weight
            state.entries[state.entries.count - 1] = Entry(event: joined, isFiltered: true, weight: weight)
            return true
        }
        let waiting = state.entries.count - state.first
        guard waiting < limit, state.bytes + entry.weight <= maxBytes || waiting == 0 else {
            state.ending = .overflow
            state.dropped += 1
            return false
        }
        state.entries.append(entry)
        state.bytes += entry.weight
        return true
    }

    /// The next event for the reader; nil while there is none, or none whose time has come (a timer is set then).
    private func ready(_ state: inout State) -> Entry? {
        if state.first < state.entries.count {
            let entry = state.entries[state.first]
            if state.first + 1 == state.entries.count, state.ending == nil {
                let wait = holdNs(entry.event.event, state)
                if wait > 0 {
                    setTimer(wait, &state)
                    return nil
                }
            }
            state.first += 1
            state.bytes -= entry.weight
            if state.first == state.entries.count || state.first >= 256 {
                state.entries.removeFirst(state.first)
                state.first = 0
            }
            noteDelta(entry.event.event, &state)
            return entry
        }
        return nil
    }

    /// How long a delta waits for more of its part.
    private func holdNs(_ event: Event, _ state: State) -> UInt64 {
        guard let pace, let last = state.lastDeltaNs, event.payload.isDelta else { return 0 }
        let now = pace.time.uptimeNs()
        return last + pace.ns > now ? last + pace.ns - now : 0
    }

    private func noteDelta(_ event: Event, _ state: inout State) {
        guard let pace, event.payload.isDelta else { return }
        state.lastDeltaNs = pace.time.uptimeNs()
    }

    private func setTimer(_ ns: UInt64, _ state: inout State) {
        guard let pace, !state.isTimerSet else { return }
        state.isTimerSet = true
        Task { [weak self] in
            try? await pace.time.sleep(for: .nanoseconds(Int64(clamping: ns)))
            self?.wake()
        }
    }

    private func wake() {
        let (waiter, next) = state.withLock { state -> (CheckedContinuation<Entry?, Never>?, Entry?) in
            state.isTimerSet = false
            guard state.waiter != nil, let next = ready(&state) else { return (nil, nil) }
            return (state.takeWaiter(), next)
        }
        waiter?.resume(returning: next)
    }

    func end(_ reason: SubscriptionEnd) {
        let (waiter, next) = state.withLock { state -> (CheckedContinuation<Entry?, Never>?, Entry?) in
            if state.ending == nil { state.ending = reason }
            guard state.waiter != nil else { return (nil, nil) }
            return (state.takeWaiter(), ready(&state))
        }
        waiter?.resume(returning: next)
    }

    func next() async -> NumberedEvent? {
        while let entry = await nextEntry() {
            // Filters run outside the lock.
            if entry.isFiltered || filter(entry.event.event) { return entry.event }
        }
        return nil
    }

    private func nextEntry() async -> Entry? {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Entry?? in
                if let next = ready(&state) { return .some(next) }
                if state.ending != nil || state.waiter != nil { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}

extension SubscriberQueue.State {
    fileprivate mutating func takeWaiter() -> CheckedContinuation<SubscriberQueue.Entry?, Never>? {
        defer { waiter = nil }
        return waiter
    }
}
