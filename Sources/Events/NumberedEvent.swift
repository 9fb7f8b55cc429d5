package import Schema

/// An event with its place in the order of publication.
package struct NumberedEvent: Sendable, Equatable {
    /// 1 for the first event of the bus; contiguous over all events, so that a subscriber's filter leaves gaps. Several joined
    /// deltas carry the number of the last one.
    package var number: UInt64
    /// What was published.
    package var event: Event

    /// The value with these members.
    package init(number: UInt64, event: Event) {
        self.number = number
        self.event = event
    }
}
