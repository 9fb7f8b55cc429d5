import Events
import Logging
import Schema
import Storage
import StoragePostgres
import Support
import TestSupport
import Testing

/// Two processes on one database: what one stores, the other one publishes.
@Suite("Events between nodes") struct EventRelayTests {
    /// A process: its store, bus and relay.
    fileprivate struct Node {
        let storage: PostgresStorage
        let bus: EventBus
        let relay: PostgresEventRelay
        let seen: EventSubscription

        init(_ name: String, _ url: String) async throws {
            storage = try await PostgresStorage.open(try PostgresURL(url), node: name)
            bus = EventBus()
            seen = bus.subscribe(limit: 100_000, maxBytes: 1 << 28)
            relay = try PostgresEventRelay(storage: storage, bus: bus, logger: Logger(label: "test"))
            try await relay.start()
        }

        /// Stores events of a session and publishes them, as the session service does.
        func append(_ session: String, after last: Int64, count: Int = 1, size: Int = 5) async throws {
            let events = (1...count).map { EventRelayTests.renamed(session, last + Int64($0), size: size) }
            let stored = try events.map {
                NewEvent(id: $0.id, type: $0.payload.type, created: $0.created, bytes: try JSONEncoding.bytes(of: $0))
            }
            _ = try await storage.commit(
                StorageBatch(appends: [EventAppend(aggregate: session, expectedLastSeq: last, events: stored)]))
            for event in events { bus.publish(event) }
        }

        /// The next events on the bus as `session:seq`.
        func next(_ count: Int) async -> [String] {
            var found: [String] = []
            while found.count < count, let event = await seen.next() {
                if let durable = event.durable { found.append("\(durable.aggregateID):\(durable.seq)") }
            }
            return found
        }

        /// Ends it; what came and was not read yet.
        func end() async -> [String] {
            await relay.stop()
            await storage.close()
            bus.close()
            return await next(.max)
        }
    }

    fileprivate static func renamed(_ session: String, _ seq: Int64, size: Int) -> Event {
        Event(
            id: "evt_\(session)_\(seq)", created: seq,
            durable: Durable(aggregateID: session, seq: seq, version: 1), location: nil,
            payload: .sessionRenamed(.init(sessionID: session, title: String(repeating: "t", count: size))))
    }

    private static func numbers(_ session: String, _ range: ClosedRange<Int>) -> [String] {
        range.map { "\(session):\($0)" }
    }

    @Test("stored events reach the other node once and in order, also large ones; the writer sees only its own")
    func stored() async throws {
        try await PostgresServer.with { server in
            let url = try await server.database("relay")
            let (one, two) = (try await Node("one", url), try await Node("two", url))
            try await one.append("ses_a", after: 0, count: 3)
            #expect(await two.next(3) == Self.numbers("ses_a", 1...3))
            try await two.append("ses_a", after: 3, count: 2)
            #expect(await one.next(5) == Self.numbers("ses_a", 1...5))
            try await one.append("ses_a", after: 5, count: 40, size: 20_000)
            #expect(await two.next(42) == Self.numbers("ses_a", 4...45))
            try await two.append("ses_b", after: 0)
            #expect(await one.next(41) == Self.numbers("ses_a", 6...45) + ["ses_b:1"])
            #expect(await one.end().isEmpty, "nothing came twice")
            #expect(await two.end() == ["ses_b:1"], "its own event, once")
        }
    }

    @Test("deltas and other events that are not stored travel too, whole and with every character")
    func live() async throws {
        try await PostgresServer.with { server in
            let url = try await server.database("live")
            let (one, two) = (try await Node("one", url), try await Node("two", url))
            let text = String(repeating: "äß😀 \"x\" ", count: 1_500)
            for (number, delta) in [text, "small"].enumerated() {
                one.bus.publish(
                    Event(
                        id: "evt_\(number)", created: 1, location: nil,
                        payload: .sessionTextDelta(
                            .init(sessionID: "ses_a", assistantMessageID: "msg_\(number)", ordinal: 0, delta: delta))))
                guard case .sessionTextDelta(let got)? = await two.seen.next()?.payload else {
                    Issue.record("no delta came")
                    continue
                }
                #expect(got.delta == delta)
            }
            one.bus.publish(
                Event(id: "evt_x", created: 1, location: nil, payload: .sessionDeleted(.init(sessionID: "ses_a"))))
            #expect(await two.seen.next()?.payload.type == "session.deleted")
            // What came from another node is not sent back.
            try await two.append("ses_z", after: 0)
            while let event = await one.seen.next(), event.durable == nil {
                #expect(["evt_0", "evt_1", "evt_x"].contains(event.id))
            }
            #expect(await one.end().isEmpty)
            _ = await two.end()
        }
    }

    @Test("what was missed while the server was away is caught up with, without duplicates")
    func catchUp() async throws {
        try await PostgresServer.with { server in
            let url = try await server.database("catchup")
            let (one, two) = (try await Node("one", url), try await Node("two", url))
            try await one.append("ses_old", after: 0, count: 2)
            #expect(await two.next(2) == Self.numbers("ses_old", 1...2))
            // A third process stores while nobody listens: every connection is cut again and again.
            let third = try await PostgresStorage.open(try PostgresURL(url), node: "three")
            for round in 0..<6 {
                if round % 2 == 0 {
                    await server.stop()
                    try await server.start()
                }
                let writer = try Node.stored("ses_new", Int64(round))
                while await failure({ try await third.commit(writer) }) != nil {}
            }
            #expect(await two.next(6) == Self.numbers("ses_new", 1...6))
            try await one.append("ses_old", after: 2)
            #expect(await two.next(1) == ["ses_old:3"])
            await third.close()
            #expect(await two.end().isEmpty)
            // Its own events and the others', which may come later: it reconnects in its own time.
            let seen = await one.next(9)
            #expect(seen.sorted() == (Self.numbers("ses_new", 1...6) + Self.numbers("ses_old", 1...3)).sorted())
            #expect(await one.end().isEmpty)
        }
    }

    @Test("a thousand commits of two nodes at once reach both, each once")
    func crowd() async throws {
        try await PostgresServer.with { server in
            let url = try await server.database("crowd")
            let (one, two) = (try await Node("one", url), try await Node("two", url))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (node, name) in [(one, "x"), (two, "y")] {
                    for log in 0..<10 {
                        group.addTask {
                            for seq in 0..<50 { try await node.append("ses_\(name)\(log)", after: Int64(seq)) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            for node in [one, two] {
                let seen = await node.next(1_000)
                #expect(Set(seen).count == 1_000)
                for name in ["x", "y"] {
                    for log in 0..<10 {
                        let own = seen.filter { $0.hasPrefix("ses_\(name)\(log):") }
                        #expect(own == Self.numbers("ses_\(name)\(log)", 1...50))
                    }
                }
                #expect(await node.end().isEmpty)
            }
        }
    }
}

extension EventRelayTests.Node {
    fileprivate static func stored(_ session: String, _ last: Int64) throws -> StorageBatch {
        let event = EventRelayTests.renamed(session, last + 1, size: 3)
        let new = NewEvent(
            id: event.id, type: event.payload.type, created: 1, bytes: try JSONEncoding.bytes(of: event))
        return StorageBatch(appends: [EventAppend(aggregate: session, expectedLastSeq: last, events: [new])])
    }
}
