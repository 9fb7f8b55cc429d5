package import Schema

/// Puts together what a session's log holds and what its bus published: every durable event once, in the order of its `seq`,
/// and the events that are in no log at the places where they happened.
///
/// A synchronous value; `Sessions.SessionLogStream` drives it. Durable events that the bus did not have, because another
/// process stored them, are fetched from the log before the next one goes out.
package struct LogMerge: Sendable {
    /// What to do with an event of the bus.
    package enum Step: Sendable, Equatable {
        /// Hand it out.
        case emit(cursor: LogCursor)
        /// It was handed out before.
        case drop
        /// Hand out the log's events up to and including this `seq` first, then offer it again.
        case fetch(through: Int64)
    }

    /// The last durable event that was handed out or that the reader had.
    package private(set) var seq: Int64
    private let epoch: String

    /// - Parameters:
    ///   - seq: of the last durable event that the reader has.
    ///   - epoch: of the bus.
    package init(after seq: Int64, epoch: String) {
        self.seq = seq
        self.epoch = epoch
    }

    /// An event of the bus.
    /// - Parameter anchor: for an event that is in no log: the `seq` of the durable event that it followed, when known.
    package mutating func offer(_ event: NumberedEvent, anchor: Int64? = nil) -> Step {
        guard let durable = event.event.durable else {
            if let anchor, anchor < seq { return .drop }
            if let anchor, anchor > seq { return .fetch(through: anchor) }
            return .emit(cursor: LogCursor(seq: seq, event: EventCursor(epoch: epoch, number: event.number)))
        }
        guard durable.seq > seq else { return .drop }
        guard durable.seq == seq + 1 else { return .fetch(through: durable.seq - 1) }
        seq = durable.seq
        return .emit(cursor: LogCursor(seq: seq))
    }

    /// An event of the log.
    /// - Returns: nil when it was handed out before.
    package mutating func take(_ event: Event) -> LogCursor? {
        guard let durable = event.durable, durable.seq > seq else { return nil }
        seq = durable.seq
        return LogCursor(seq: seq)
    }

    /// The log has nothing readable up to this `seq`.
    package mutating func skip(through seq: Int64) { self.seq = max(self.seq, seq) }

    /// Finds for each event of a replay the durable event that it followed.
    /// - Returns: as many values as there are events; nil where the replay does not say.
    package static func anchors(of events: [NumberedEvent]) -> [Int64?] {
        var anchors = [Int64?](repeating: nil, count: events.count)
        var last: Int64?
        for index in events.indices {
            if let durable = events[index].event.durable { last = durable.seq }
            anchors[index] = last
        }
        // Before the first durable event: it followed the one before that.
        if let first = events.first(where: { $0.event.durable != nil })?.event.durable?.seq {
            for index in events.indices {
                if events[index].event.durable != nil { break }
                anchors[index] = first - 1
            }
        }
        return anchors
    }
}
