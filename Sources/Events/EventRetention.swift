import Schema

/// What a bus keeps in memory so that subscribers can come back to where they were.
package struct EventRetention: Sendable, Equatable {
    /// How long events that are in no log (deltas, status, progress) are kept: ten minutes (CONTRACT §9).
    package var ephemeral: Duration
    /// At most this many events.
    package var maximumEvents: Int
    /// About this many bytes of events at most.
    package var maximumBytes: Int

    /// The value with these members, of which all bounds are 1 at least.
    package init(
        ephemeral: Duration = .seconds(600), maximumEvents: Int = 65_536, maximumBytes: Int = 32 << 20
    ) {
        self.ephemeral = ephemeral
        self.maximumEvents = max(1, maximumEvents)
        self.maximumBytes = max(1, maximumBytes)
    }
}

/// The latest events of a bus, oldest first, in chunks: a copy for a subscriber costs the publisher one short array.
struct EventRing: Sendable {
    struct Entry: Sendable {
        var event: NumberedEvent
        var atNs: UInt64
        var weight: Int
    }

    private static let chunkSize = 256

    let retention: EventRetention
    private let ephemeralNs: UInt64
    private var chunks: [[Entry]] = []
    /// Chunks at the front whose ephemeral events are gone.
    private var thinned = 0
    private var count = 0
    private var bytes = 0
    /// Events with a smaller number may be gone.
    private(set) var firstNumber: UInt64

    init(_ retention: EventRetention, firstNumber: UInt64) {
        self.retention = retention
        self.firstNumber = firstNumber
        let parts = retention.ephemeral.components
        ephemeralNs = UInt64(max(0, parts.seconds)) * 1_000_000_000 + UInt64(max(0, parts.attoseconds / 1_000_000_000))
    }

    mutating func append(_ event: NumberedEvent, weight: Int, nowNs: UInt64) {
        let entry = Entry(event: event, atNs: nowNs, weight: weight)
        if let last = chunks.indices.last, chunks[last].count < Self.chunkSize {
            chunks[last].append(entry)
        } else {
            thin(nowNs)
            chunks.append([entry])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkSize)
        }
        count += 1
        bytes += weight
        while count > retention.maximumEvents || bytes > retention.maximumBytes, !chunks.isEmpty { dropFirstChunk() }
    }

    /// Once a chunk: what stays of old chunks are their durable events.
    private mutating func thin(_ nowNs: UInt64) {
        while thinned < chunks.count, let last = chunks[thinned].last, last.atNs &+ ephemeralNs < nowNs {
            let kept = chunks[thinned].filter { $0.event.event.durable != nil }
            let gone = chunks[thinned].lazy.filter { $0.event.event.durable == nil }
            count -= chunks[thinned].count - kept.count
            bytes -= gone.reduce(0) { $0 + $1.weight }
            // Never empty: the front of the ring must say where it begins.
            if kept.isEmpty {
                chunks.remove(at: thinned)
            } else {
                chunks[thinned] = kept
                thinned += 1
            }
        }
    }

    private mutating func dropFirstChunk() {
        let first = chunks.removeFirst()
        thinned = max(0, thinned - 1)
        count -= first.count
        bytes -= first.reduce(0) { $0 + $1.weight }
        if let last = first.last { firstNumber = last.event.number + 1 }
    }

    /// The entries after a number; cheap, for the caller filters them elsewhere.
    func chunks(after number: UInt64) -> ArraySlice<[Entry]> {
        let start = chunks.firstIndex { ($0.last?.event.number ?? 0) > number } ?? chunks.endIndex
        return chunks[start...]
    }

    /// True for an event that is in no log and older than the retention.
    func isOver(_ entry: Entry, nowNs: UInt64) -> Bool {
        entry.event.event.durable == nil && entry.atNs &+ ephemeralNs < nowNs
    }
}

/// What was published after a number, as a subscriber with its filter would have got it.
package struct EventReplay: Sendable {
    /// Oldest first; deltas of one part that follow one another are joined.
    package var events: [NumberedEvent]
    /// False when durable events after the number may be missing: they are no longer kept.
    package var isComplete: Bool
    /// The number of the last event that was published before the subscription: the subscription goes on after it.
    package var last: UInt64
    /// The number from which on everything was still kept at that moment, but for what is in no log and too old; 0 when nothing
    /// is kept at all.
    package var keptFrom: UInt64 = 0
}
