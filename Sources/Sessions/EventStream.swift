package import Events

/// The stream of all events, for one reader.
package actor EventStream: AsyncSequence {
    package typealias Element = FeedItem

    private let epoch: String
    private var first: ArraySlice<FeedItem>
    private let subscription: EventSubscription

    init(epoch: String, first: [FeedItem], _ subscription: EventSubscription) {
        self.epoch = epoch
        self.first = first[...]
        self.subscription = subscription
    }

    /// Events that this reader lost because it was too slow.
    package nonisolated var dropped: Int { subscription.dropped }
    /// Why it ended; nil while it is alive.
    package nonisolated var end: SubscriptionEnd? { subscription.end }

    /// Ends the stream.
    package nonisolated func cancel() { subscription.cancel() }

    /// The next item, nil at the end. Cancelling the task ends the stream.
    package func next() async -> FeedItem? {
        if let item = first.popFirst() { return item }
        guard let event = await subscription.nextNumbered() else { return nil }
        return .event(event.event, cursor: EventCursor(epoch: epoch, number: event.number).text)
    }

    /// One reader at a time.
    package nonisolated func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Reads the stream.
    package struct Iterator: AsyncIteratorProtocol {
        let stream: EventStream

        /// The next item, nil at the end.
        package mutating func next() async -> FeedItem? { await stream.next() }
    }
}
