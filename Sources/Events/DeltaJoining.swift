import Schema

extension Event {
    /// Two deltas of one part as one, with the id and time of the first; nil when they do not belong together.
    func joined(with next: Event) -> Event? {
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

extension NumberedEvent {
    /// A delta of this weight is not joined with more: joining copies it.
    static let longestJoined = 16_384

    /// This event and the next one of its part as one.
    /// - Parameter room: what joining may add at most, bytes.
    func joined(with next: NumberedEvent, room: Int = .max) -> NumberedEvent? {
        let weight = event.weight
        guard weight < Self.longestJoined, let joined = event.joined(with: next.event), joined.weight - weight <= room
        else { return nil }
        return NumberedEvent(number: next.number, event: joined)
    }
}
