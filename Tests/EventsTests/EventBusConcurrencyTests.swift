import Events
import Schema
import Support
import Synchronization
import TestSupport
import Testing

@Suite("The event bus with many tasks", .timeLimit(.minutes(1)))
struct EventBusConcurrencyTests {
    private func event(_ number: Int) -> Event {
        Event(id: "evt_\(number)", created: Int64(number), payload: .sessionRenamed(.init(sessionID: "s", title: "t")))
    }

    @Test("1,000 subscribers each get every event in order; those that leave in the middle disturb nobody")
    func thousandSubscribers() async {
        let bus = EventBus()
        let subscriptions = (0..<1_000).map { _ in bus.subscribe(limit: 400) }
        #expect(bus.subscriberCount == 1_000)
        await withTaskGroup(of: (Int, [Int64]).self) { group in
            for (index, subscription) in subscriptions.enumerated() {
                group.addTask {
                    var seen: [Int64] = []
                    for await event in subscription {
                        seen.append(event.created)
                        if index % 10 == 0, seen.count == 5 { subscription.cancel() }
                    }
                    return (index, seen)
                }
            }
            for number in 1...300 { bus.publish(event(number)) }
            bus.close()
            for await (index, seen) in group {
                if index % 10 == 0 {
                    #expect(seen.starts(with: [1, 2, 3, 4, 5]))
                    #expect(seen == Array(1...Int64(seen.count)))
                } else {
                    #expect(seen == Array(1...300))
                }
            }
        }
        #expect(bus.subscriberCount == 0)
    }

    @Test("Publishing while readers are cancelled in the middle of their waiting blocks nobody")
    func cancelledReaders() async {
        let bus = EventBus()
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<2 {
                group.addTask { for number in 0..<10_000 { bus.publish(event(publisher * 100_000 + number)) } }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<2_000 {
                        let subscription = bus.subscribe()
                        let reader = Task { while await subscription.next() != nil {} }
                        await Task.yield()
                        reader.cancel()
                        await reader.value
                    }
                }
            }
        }
        #expect(bus.subscriberCount == 0)
    }

    @Test("Publishers at the same time: all subscribers see one and the same order, and each publisher's own")
    func oneOrder() async {
        let bus = EventBus()
        let subscriptions = (0..<8).map { _ in bus.subscribe(limit: 10_000, maxBytes: 100_000_000) }
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<4 {
                group.addTask { for number in 0..<500 { bus.publish(event(publisher * 1_000 + number)) } }
            }
        }
        bus.close()
        var orders: [[Int64]] = []
        for subscription in subscriptions {
            var seen: [Int64] = []
            for await event in subscription { seen.append(event.created) }
            orders.append(seen)
        }
        #expect(orders.allSatisfy { $0 == orders[0] })
        for publisher in 0..<4 {
            let range = Int64(publisher * 1_000)..<Int64(publisher * 1_000 + 500)
            #expect(orders[0].filter { range.contains($0) } == Array(range))
        }
    }

    @Test("Cancelling the reading task wakes it up, ends the subscription and removes it from the bus")
    func cancelledTask() async {
        let bus = EventBus()
        let subscription = bus.subscribe()
        let reader = Task {
            var count = 0
            for await _ in subscription { count += 1 }
            return count
        }
        reader.cancel()
        #expect(await reader.value == 0)
        #expect(subscription.end == .cancelled)
        #expect(bus.subscriberCount == 0)
        bus.publish(event(1))
        #expect(await subscription.next() == nil)
    }

    @Test("cancel() wakes a reader that waits; what was queued before can still be read")
    func cancel() async {
        let bus = EventBus()
        let subscription = bus.subscribe()
        bus.publish(event(1))
        let reader = Task { () -> [Int64] in
            var seen: [Int64] = []
            for await event in subscription {
                seen.append(event.created)
                if seen.count == 1 { subscription.cancel() }
            }
            return seen
        }
        #expect(await reader.value == [1])
        let waiting = bus.subscribe()
        let waiter = Task { await waiting.next() }
        waiting.cancel()
        #expect(await waiter.value == nil)
        let other = bus.subscribe()
        bus.publish(event(2))
        other.cancel()
        other.cancel()
        bus.publish(event(3))
        #expect(await other.next()?.created == 2)
        #expect(await other.next() == nil)
        #expect(bus.subscriberCount == 0)
    }

    @Test("A subscription that is let go leaves the bus, and the bus may go before its subscriptions")
    func lifetimes() async {
        let bus = EventBus()
        for _ in 0..<10 { _ = bus.subscribe() }
        #expect(bus.subscriberCount == 0)
        var short: EventBus? = EventBus()
        let orphan = short?.subscribe()
        short?.publish(event(1))
        short = nil
        #expect(await orphan?.next()?.created == 1)
        orphan?.cancel()
        #expect(await orphan?.next() == nil)
    }

    @Test("A reader that waits gets an event at once, whatever the bounds of its queue")
    func waitingReader() async {
        let bus = EventBus()
        let subscription = bus.subscribe(limit: 1, maxBytes: 1)
        let (started, signal) = AsyncStream<Void>.makeStream()
        let reader = Task { () -> [Int64] in
            var seen: [Int64] = []
            signal.yield()
            while seen.count < 200, let event = await subscription.next() {
                seen.append(event.created)
                signal.yield()
            }
            return seen
        }
        var number = 0
        for await _ in started {
            number += 1
            if number > 200 { break }
            bus.publish(event(number))
        }
        #expect(await reader.value == Array(1...200))
    }
}
