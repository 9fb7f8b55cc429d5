import Events
import Schema
import Testing

@Suite("Merging a log with what the bus published")
struct LogMergeTests {
    private let epoch = "0123456789abcdef"

    private func durable(_ seq: Int64, number: UInt64 = 0) -> NumberedEvent {
        NumberedEvent(
            number: number,
            event: Event(
                id: "evt_\(seq)", created: seq, durable: Durable(aggregateID: "s", seq: seq, version: 1),
                payload: .sessionRenamed(.init(sessionID: "s", title: "t"))))
    }

    private func delta(_ number: UInt64) -> NumberedEvent {
        NumberedEvent(
            number: number,
            event: Event(
                id: "evt_d", created: 0,
                payload: .sessionTextDelta(.init(sessionID: "s", assistantMessageID: "m", ordinal: 0, delta: "x"))))
    }

    @Test("Durable events go out once, in order; a hole is fetched first")
    func holes() {
        var merge = LogMerge(after: 2, epoch: epoch)
        #expect(merge.offer(durable(2)) == .drop)
        #expect(merge.offer(durable(3)) == .emit(cursor: LogCursor(seq: 3)))
        #expect(merge.offer(durable(3)) == .drop)
        #expect(merge.offer(durable(6)) == .fetch(through: 5))
        #expect(merge.take(durable(4).event) == LogCursor(seq: 4))
        #expect(merge.take(durable(4).event) == nil)
        #expect(merge.offer(durable(6)) == .fetch(through: 5))
        merge.skip(through: 5)
        #expect(merge.offer(durable(6)) == .emit(cursor: LogCursor(seq: 6)))
    }

    @Test("An event that is in no log goes out after the durable event that it followed, or not at all")
    func anchors() {
        let events = [delta(1), durable(4, number: 2), delta(3), delta(4), durable(5, number: 5), delta(6)]
        #expect(LogMerge.anchors(of: events) == [3, 4, 4, 4, 5, 5])
        #expect(LogMerge.anchors(of: [delta(1), delta(2)]) == [nil, nil])
        var merge = LogMerge(after: 4, epoch: epoch)
        #expect(merge.offer(delta(1), anchor: 3) == .drop)
        let cursor = LogCursor(seq: 4, event: EventCursor(epoch: epoch, number: 3))
        #expect(merge.offer(delta(3), anchor: 4) == .emit(cursor: cursor))
        #expect(merge.offer(delta(6), anchor: 5) == .fetch(through: 5))
        #expect(merge.offer(delta(9)) != .drop)
    }
}
