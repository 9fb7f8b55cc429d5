package import Events
import Schema
import Storage

/// The log of one session as a stream: what is stored, `synced`, and then what happens, for one reader.
package actor SessionLogStream: AsyncSequence {
    package typealias Element = FeedItem

    private static let page = 512

    private let id: String
    private let storage: any StorageBackend
    private let subscription: EventSubscription
    private let watermark: Int64
    private let follows: Bool
    private var merge: LogMerge
    private var waiting: [FeedItem] = []
    private var first = 0
    /// Events of the bus that are not handed out, with the durable event that each followed.
    private var replay: ArraySlice<(event: NumberedEvent, anchor: Int64?)>
    private var isSynced = false
    private var isOver = false

    init(
        id: String, storage: any StorageBackend, merge: LogMerge, replay: [NumberedEvent],
        subscription: EventSubscription, watermark: Int64, follows: Bool, lost: FeedItem?
    ) {
        self.id = id
        self.storage = storage
        self.merge = merge
        self.subscription = subscription
        self.watermark = watermark
        self.follows = follows
        self.replay = zip(replay, LogMerge.anchors(of: replay)).map { ($0, $1 ?? watermark) }[...]
        if let lost { waiting.append(lost) }
    }

    /// Events that this reader lost because it was too slow.
    package nonisolated var dropped: Int { subscription.dropped }
    /// Why the live part ended; nil while it is alive.
    package nonisolated var end: SubscriptionEnd? { subscription.end }

    /// Ends the stream.
    package nonisolated func cancel() { subscription.cancel() }

    /// The next item, nil at the end. Cancelling the task ends the stream.
    /// - Throws: `SessionError` when the log cannot be read; the stream is over then.
    package func next() async throws(SessionError) -> FeedItem? {
        while true {
            if first < waiting.count {
                defer { first += 1 }
                return waiting[first]
            }
            if isOver { return nil }
            waiting.removeAll(keepingCapacity: true)
            first = 0
            if let (event, anchor) = replay.first {
                switch merge.offer(event, anchor: anchor) {
                case .drop: replay.removeFirst()
                case .fetch(let seq): try await fetch(through: seq)
                case .emit(let cursor):
                    replay.removeFirst()
                    waiting.append(.event(event.event, cursor: cursor.text))
                }
            } else if !isSynced {
                if merge.seq < watermark {
                    try await fetch(through: watermark)
                } else {
                    isSynced = true
                    // The replay may have gone on behind the log's end as it was at the start.
                    waiting.append(.synced(aggregateID: id, seq: merge.seq))
                    if !follows { finish() }
                }
            } else if let live = await subscription.nextNumbered() {
                replay = [(live, nil)]
            } else {
                isOver = true
            }
        }
    }

    /// Takes one page of the log.
    private func fetch(through seq: Int64) async throws(SessionError) {
        do throws(StorageError) {
            let count = Swift.min(Int64(Self.page), seq - merge.seq)
            let page = try await storage.events(of: id, after: merge.seq, limit: Int(count))
            var isPast = page.isEmpty
            for stored in page {
                guard stored.seq <= seq else {
                    isPast = true
                    break
                }
                // One that cannot be read is passed over, as the fold does.
                guard let event = SessionRecords.event(stored), let cursor = merge.take(event) else {
                    merge.skip(through: stored.seq)
                    continue
                }
                waiting.append(.event(event, cursor: cursor.text))
            }
            if isPast { merge.skip(through: seq) }
        } catch {
            finish()
            throw SessionService.failed(error, id)
        }
    }

    private func finish() {
        isOver = true
        subscription.cancel()
    }

    /// One reader at a time.
    package nonisolated func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Reads the stream.
    package struct Iterator: AsyncIteratorProtocol {
        let stream: SessionLogStream

        /// The next item, nil at the end.
        package mutating func next() async throws(SessionError) -> FeedItem? { try await stream.next() }
    }
}
