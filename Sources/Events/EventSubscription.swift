package import Schema

/// Why a subscription ended.
package enum SubscriptionEnd: Sendable, Equatable {
    /// `cancel()`, deinit, or the consuming task was cancelled.
    case cancelled
    /// The subscriber did not read fast enough: its queue was full.
    case overflow
    /// The bus was closed.
    case closed
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
    package func next() async -> Event? { await nextNumbered()?.event }

    /// The next event with its number, nil at the end. Cancelling the task ends the subscription.
    package func nextNumbered() async -> NumberedEvent? {
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
