import Events
import Schema
import Support
import Synchronization
import TestSupport
import Testing

@Suite("Replay of the event bus", .timeLimit(.minutes(1)))
struct EventReplayTests {
    private func delta(_ text: String, session: String = "ses_1", ordinal: Int = 0) -> Event {
        Event(
            id: "evt_d", created: 1,
            payload: .sessionTextDelta(
                .init(sessionID: session, assistantMessageID: "msg_1", ordinal: ordinal, delta: text)))
    }

    private func renamed(_ seq: Int64, session: String = "ses_1") -> Event {
        Event(
            id: "evt_\(seq)", created: seq, durable: Durable(aggregateID: session, seq: seq, version: 1),
            payload: .sessionRenamed(.init(sessionID: session, title: "\(seq)")))
    }

    private func bus(_ time: TestTime, _ retention: EventRetention = EventRetention()) -> EventBus {
        let bus = EventBus()
        bus.keepReplay(retention, time: time)
        return bus
    }

    @Test("A subscriber that comes back gets what it missed and then goes on, without gap or duplicate")
    func resume() async {
        let bus = bus(TestTime())
        for seq in 1...10 { bus.publish(renamed(Int64(seq))) }
        let (replay, subscription) = bus.resume(after: 4)
        bus.publish(renamed(11))
        bus.close()
        #expect(replay.isComplete && replay.last == 10)
        #expect(replay.events.map(\.number) == Array(5...10))
        #expect(replay.events.map(\.event.created) == Array(5...10))
        let live = await subscription.nextNumbered()
        #expect(live?.number == 11 && live?.event.created == 11)
        #expect(await subscription.nextNumbered() == nil)
    }

    @Test("10,000 times, a subscriber that comes back at a random place while others publish sees every number once")
    func race() async {
        let time = TestTime()
        for round in 0..<40 {
            let bus = bus(time)
            let total: UInt64 = 400
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { for seq in 1...(Int64(total) / 4) { bus.publish(renamed(seq)) } }
                }
                for _ in 0..<250 {
                    group.addTask {
                        let start = UInt64.random(in: 0...bus.lastNumber)
                        let (replay, subscription) = bus.resume(after: start)
                        var seen = replay.events.map(\.number)
                        while (seen.last ?? start) < total, let next = await subscription.nextNumbered() {
                            seen.append(next.number)
                        }
                        #expect(replay.isComplete)
                        #expect(
                            start == total || seen.elementsEqual((start + 1)...total), "round \(round) from \(start)")
                    }
                }
            }
        }
    }

    @Test("Events that are in no log are kept ten minutes, durable ones up to the bounds")
    func ephemeral() {
        let time = TestTime()
        let bus = bus(time)
        for number in 0..<1_000 {
            bus.publish(delta("\(number)", ordinal: number))
            if number % 10 == 0 { bus.publish(renamed(Int64(number / 10 + 1))) }
        }
        time.advance(by: .seconds(599))
        #expect(bus.resume(after: 0).0.events.count == 1_100)
        time.advance(by: .seconds(2))
        let old = bus.resume(after: 0).0
        #expect(old.isComplete)
        #expect(old.events.count == 100 && old.events.allSatisfy { $0.event.durable != nil })
        // The memory goes with the next events, and the numbers stay what they were.
        for _ in 0..<600 { bus.publish(delta("new")) }
        let replay = bus.resume(after: 1_099).0
        #expect(replay.isComplete && replay.events.count == 1)
        #expect(replay.events.first?.number == 1_700)
        #expect(replay.events.first?.event.payload.text == String(repeating: "new", count: 600))
    }

    @Test("What is kept is bounded by count and by bytes; an older cursor is told so")
    func bounds() throws {
        let time = TestTime()
        let few = bus(time, EventRetention(maximumEvents: 1_000))
        for seq in 1...5_000 { few.publish(renamed(Int64(seq))) }
        let kept = few.resume(after: 4_500).0
        #expect(kept.isComplete && kept.events.count == 500)
        let all = few.resume(after: 0).0
        #expect(!all.isComplete && all.events.count <= 1_000 && all.events.count > 500)
        let first = try #require(all.events.first?.number)
        #expect(few.resume(after: first - 1).0.isComplete)
        #expect(!few.resume(after: first - 2).0.isComplete)

        let small = bus(time, EventRetention(maximumBytes: 100_000))
        for seq in 1...2_000 { small.publish(renamed(Int64(seq))) }
        #expect(small.resume(after: 0).0.events.count <= 100_000 / 256)
        small.publish(
            Event(
                id: "evt_big", created: 0,
                payload: .sessionTextDelta(
                    .init(
                        sessionID: "s", assistantMessageID: "m", ordinal: 0,
                        delta: String(repeating: "x", count: 200_000)))))
        #expect(small.resume(after: 0).0.events.isEmpty)
    }

    @Test("A number that was never given, and a bus that keeps nothing, replay nothing and say so")
    func unknown() {
        let bus = bus(TestTime())
        bus.publish(renamed(1))
        let (future, _) = bus.resume(after: 2)
        #expect(!future.isComplete && future.events.isEmpty && future.last == 1)
        #expect(bus.resume(after: 1).0.isComplete)
        #expect(bus.resume(after: nil).0.events.isEmpty)
        let plain = EventBus()
        let subscription = plain.subscribe()
        plain.publish(renamed(1))
        #expect(!plain.resume(after: 0).0.isComplete)
        subscription.cancel()
        #expect(EventBus().epoch != EventBus().epoch)
    }

    @Test("The filter chooses what is replayed, and neighbours of one part that it leaves are joined")
    func filtered() {
        let bus = bus(TestTime())
        for number in 0..<10 {
            bus.publish(delta("a\(number)", session: "ses_1"))
            bus.publish(renamed(Int64(number + 1), session: "ses_2"))
        }
        let replay = bus.resume(after: 2) { $0.payload.sessionID == "ses_1" }.0
        #expect(replay.events.map(\.number) == [19])
        #expect(replay.events.first?.event.payload.text == (1..<10).map { "a\($0)" }.joined())
    }

    @Test("Deltas reach a reader at most once in 50 ms, joined; other events take waiting deltas along at once")
    func pace() async {
        let time = TestTime()
        let bus = EventBus()
        let subscription = bus.subscribe(pace: DeltaPace(time: time))
        let seen = Watchable<[String]>([])
        let reader = Task {
            for await event in subscription { seen.change { $0.append(event.payload.text ?? event.payload.type) } }
        }
        bus.publish(delta("a"))
        #expect(await seen.wait { $0 == ["a"] })
        bus.publish(delta("b"))
        bus.publish(delta("c"))
        #expect(await time.waitForSleepers())
        #expect(time.slept.allSatisfy { $0 <= .milliseconds(50) })
        #expect(seen.state == ["a"])
        time.advance(by: .milliseconds(50))
        #expect(await seen.wait { $0 == ["a", "bc"] })
        bus.publish(delta("d"))
        #expect(await time.waitForSleepers())
        bus.publish(renamed(1))
        #expect(await seen.wait { $0 == ["a", "bc", "d", "session.renamed"] })
        bus.publish(delta("e"))
        bus.close()
        #expect(await seen.wait { $0 == ["a", "bc", "d", "session.renamed", "e"] })
        await reader.value
    }

    @Test("A paced reader loses nothing of 20,000 deltas and ends with the text that was published")
    func pacedText() async {
        let bus = EventBus()
        let subscription = bus.subscribe(pace: DeltaPace(.milliseconds(1), time: SystemTime()))
        let reader = Task {
            var text = ""
            for await event in subscription { text += event.payload.text ?? "" }
            return text
        }
        var expected = ""
        for number in 0..<20_000 {
            expected += "\(number) "
            bus.publish(delta("\(number) "))
        }
        bus.close()
        #expect(await reader.value == expected)
        #expect(subscription.dropped == 0)
    }
}

extension EventPayload {
    var text: String? { if case .sessionTextDelta(let data) = self { data.delta } else { nil } }
}
