import Events
import Schema
import Support
import Synchronization
import TestSupport
import Testing

@Suite("The event bus", .timeLimit(.minutes(1)))
struct EventBusTests {
    /// A durable event that nothing joins.
    private func renamed(_ number: Int, session: String = "ses_1") -> Event {
        Event(
            id: "evt_\(number)", created: Int64(number),
            payload: .sessionRenamed(.init(sessionID: session, title: "\(number)")))
    }

    private func delta(_ text: String, message: String = "msg_1", ordinal: Int = 0) -> Event {
        Event(
            id: "evt_d", created: 0,
            payload: .sessionTextDelta(
                .init(sessionID: "ses_1", assistantMessageID: message, ordinal: ordinal, delta: text)))
    }

    private func numbers(_ subscription: EventSubscription) async -> [Int64] {
        var numbers: [Int64] = []
        for await event in subscription { numbers.append(event.created) }
        return numbers
    }

    @Test("A subscriber gets what is published after it subscribed, in order, and nothing after the bus is closed")
    func order() async {
        let bus = EventBus()
        bus.publish(renamed(0))
        let subscription = bus.subscribe()
        for number in 1...500 { bus.publish(renamed(number)) }
        bus.close()
        bus.publish(renamed(501))
        #expect(await numbers(subscription) == Array(1...500))
        #expect(subscription.end == .closed)
        #expect(subscription.dropped == 0)
        let late = bus.subscribe()
        #expect(await late.next() == nil)
        #expect(late.end == .closed)
        #expect(bus.subscriberCount == 0)
    }

    @Test("A filter chooses, and sees every event once")
    func filter() async {
        let bus = EventBus()
        let seen = Mutex(0)
        let mine = bus.subscribe { event in
            seen.withLock { $0 += 1 }
            return event.payload.sessionID == "ses_2"
        }
        for number in 0..<10 { bus.publish(renamed(number, session: number % 2 == 0 ? "ses_1" : "ses_2")) }
        bus.close()
        #expect(await numbers(mine) == [1, 3, 5, 7, 9])
        #expect(seen.withLock { $0 } == 10)
    }

    @Test("A filter may use the bus")
    func filterUsesBus() async {
        let bus = EventBus()
        let subscription = bus.subscribe { [weak bus] _ in (bus?.subscriberCount ?? 0) > 0 }
        bus.publish(renamed(1))
        #expect(await subscription.next()?.created == 1)
    }

    @Test("A queue that is full by count ends that subscription alone, after what it holds, and counts what is lost")
    func overflowByCount() async {
        let bus = EventBus()
        let slow = bus.subscribe(limit: 4)
        let other = bus.subscribe(limit: 100)
        for number in 1...10 { bus.publish(renamed(number)) }
        #expect(slow.end == .overflow)
        #expect(slow.dropped == 6)
        #expect(other.end == nil)
        #expect(await numbers(slow) == [1, 2, 3, 4])
        bus.publish(renamed(11))
        #expect(slow.dropped == 7)
        bus.close()
        #expect(await numbers(other) == Array(1...11))
        #expect(slow.end == .overflow)
    }

    @Test("A queue that is full by bytes ends too; one event that is larger than the bound still passes alone")
    func overflowByBytes() async {
        let bus = EventBus()
        let subscription = bus.subscribe(limit: 1_000, maxBytes: 10_000)
        let large = Event(
            id: "evt_1", created: 1,
            payload: .sessionToolSuccess(
                .init(
                    sessionID: "s", assistantMessageID: "m", id: "c",
                    content: [.text(String(repeating: "x", count: 50_000))], executed: false)))
        bus.publish(large)
        #expect(subscription.end == nil)
        #expect(await subscription.next()?.created == 1)
        bus.publish(renamed(2))
        #expect(await subscription.next()?.created == 2)
        bus.publish(renamed(3))
        bus.publish(large)
        #expect(subscription.end == .overflow)
        #expect(subscription.dropped == 1)
        #expect(await numbers(subscription) == [3])
    }

    @Test("Everything that a model, a tool or a person can make long counts towards the bound in bytes")
    func everythingCounts() {
        let long = String(repeating: "x", count: 9_000)
        let item = ContentItem.tool(
            ToolItem(
                id: "c", name: "n", state: .completed(input: ["a": .string(long)], content: [], metadata: nil),
                time: ToolTime(created: 1)))
        let payloads: [EventPayload] = [
            .sessionTextEnded(.init(sessionID: "s", assistantMessageID: "m", ordinal: 0, text: long)),
            .sessionReasoningEnded(.init(sessionID: "s", assistantMessageID: "m", ordinal: 0, text: long)),
            .sessionToolInputEnded(.init(sessionID: "s", assistantMessageID: "m", id: "c", text: long)),
            .sessionToolCalled(
                .init(sessionID: "s", assistantMessageID: "m", id: "c", input: ["a": .string(long)], executed: false)),
            .sessionToolProgress(
                .init(sessionID: "s", assistantMessageID: "m", id: "c", metadata: ["a": [.string(long)]])),
            .sessionToolFailed(
                .init(
                    sessionID: "s", assistantMessageID: "m", id: "c", error: .init(type: "E", message: long),
                    executed: false)),
            .sessionMessageContentUpdated(.init(sessionID: "s", messageID: "m", content: [item])),
            .sessionInboxEnqueued(
                .init(sessionID: "s", inboxID: "m", item: .user(.init(text: long), delivery: .queue))),
            .sessionCompactionEnded(.init(sessionID: "s", reason: .auto, text: long)),
            .sessionSynthetic(.init(sessionID: "s", text: long)),
            .unknown(type: "later", data: ["a": .string(long)]),
        ]
        for payload in payloads {
            let bus = EventBus()
            let subscription = bus.subscribe(maxBytes: 12_000)
            bus.publish(renamed(0))
            bus.publish(Event(id: "e", created: 1, payload: payload))
            #expect(subscription.end == nil, "\(payload.type)")
            bus.publish(Event(id: "e", created: 2, payload: payload))
            #expect(subscription.end == .overflow, "\(payload.type)")
        }
    }

    @Test("Deltas of one part that wait are joined, in order and without loss, and never over another event")
    func coalescing() async {
        let bus = EventBus()
        let subscription = bus.subscribe(limit: 8)
        for number in 0..<2_000 { bus.publish(delta("\(number) ")) }
        bus.publish(delta("other", ordinal: 1))
        bus.publish(delta("message", message: "msg_2"))
        bus.publish(renamed(1))
        bus.publish(delta("after", message: "msg_2"))
        bus.close()
        var texts: [String] = []
        for await event in subscription {
            if case .sessionTextDelta(let data) = event.payload { texts.append(data.delta) } else { texts.append("|") }
        }
        #expect(texts == [(0..<2_000).map { "\($0) " }.joined(), "other", "message", "|", "after"])
        #expect(subscription.dropped == 0)
    }

    @Test("Joined deltas count once: reading and joining over and over never fills the queue")
    func coalescingAccounts() async {
        let bus = EventBus()
        let subscription = bus.subscribe(limit: 2, maxBytes: 4_096)
        for round in 0..<200 {
            for _ in 0..<20 { bus.publish(delta("x")) }
            guard case .sessionTextDelta(let data) = await subscription.next()?.payload else {
                Issue.record("Round \(round) got no delta.")
                return
            }
            #expect(data.delta.count == 20)
        }
        #expect(subscription.end == nil)
    }

    @Test("Tool arguments, reasoning and summaries are joined too, different calls are not")
    func coalescingKinds() async {
        let bus = EventBus()
        let subscription = bus.subscribe()
        func both(_ payload: EventPayload) {
            for _ in 0..<2 { bus.publish(Event(id: "e", created: 0, payload: payload)) }
        }
        both(.sessionReasoningDelta(.init(sessionID: "s", assistantMessageID: "m", ordinal: 0, delta: "r")))
        both(.sessionToolInputDelta(.init(sessionID: "s", assistantMessageID: "m", id: "a", delta: "1")))
        both(.sessionToolInputDelta(.init(sessionID: "s", assistantMessageID: "m", id: "b", delta: "2")))
        both(.sessionCompactionDelta(.init(sessionID: "s", text: "c")))
        bus.close()
        var texts: [String] = []
        for await event in subscription {
            switch event.payload {
            case .sessionReasoningDelta(let data): texts.append(data.delta)
            case .sessionToolInputDelta(let data): texts.append(data.delta)
            case .sessionCompactionDelta(let data): texts.append(data.text)
            default: Issue.record("\(event.payload.type) was not published.")
            }
        }
        #expect(texts == ["rr", "11", "22", "cc"])
    }

    @Test("What waits is bounded however many deltas come: at most the bound in bytes, then overflow")
    func deltaBound() async {
        let bus = EventBus()
        let subscription = bus.subscribe(limit: 1_024, maxBytes: 100_000)
        let piece = String(repeating: "y", count: 1_000)
        for _ in 0..<1_000 { bus.publish(delta(piece)) }
        #expect(subscription.end == .overflow)
        var bytes = 0
        for await event in subscription {
            if case .sessionTextDelta(let data) = event.payload { bytes += data.delta.utf8.count }
        }
        #expect(bytes > 80_000 && bytes <= 100_000)
        #expect(subscription.dropped == 1_000 - bytes / 1_000)
    }
}
