import Events
import Logging
import Schema
import Sessions
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("The feed of events", .timeLimit(.minutes(2)))
struct EventFeedTests {
    private func delta(_ id: String, _ text: String) -> EventPayload {
        .sessionTextDelta(.init(sessionID: id, assistantMessageID: "msg_1", ordinal: 0, delta: text))
    }

    private func feed(_ world: SessionWorld) -> EventFeed {
        EventFeed(storage: world.storage, bus: world.bus, ids: TestIDs(first: 1_000_000), time: world.time)
    }

    /// Everything that a stream has until `synced`.
    private func untilSynced(_ stream: SessionLogStream) async throws -> [FeedItem] {
        var items: [FeedItem] = []
        while let item = try await stream.next() {
            items.append(item)
            if case .synced = item { break }
        }
        return items
    }

    @Test("A session's log comes whole, ends with synced, and goes on live when it is followed")
    func log() async throws {
        try await SessionWorld.with { world, _ in
            let feed = feed(world)
            let id = try await world.create().id
            for number in 1...700 { try await world.service.rename(id, to: "\(number)") }
            let read = try await feed.log(of: id, follow: false)
            let items = try await untilSynced(read)
            #expect(items.seqs == Array(1...701))
            #expect(items.last == .synced(aggregateID: id, seq: 701))
            #expect(try await read.next() == nil)
            #expect(items.first?.cursor == "1")

            let follow = try await feed.log(of: id, after: "699", follow: true)
            #expect(try await untilSynced(follow).seqs == [700, 701])
            try await world.service.rename(id, to: "live")
            await world.service.publish(id, delta(id, "x"))
            #expect(try await follow.next()?.seq == 702)
            #expect(try await follow.next()?.cursor?.hasPrefix("702-\(world.bus.epoch)-") == true)
            world.bus.close()
            #expect(try await follow.next() == nil)
            #expect(follow.end == .closed)
        }
    }

    @Test(
        "What happens while a log is opened keeps its order: deltas before the end of their text",
        arguments: [false, true])
    func opening(isFollowed: Bool) async throws {
        try await SessionWorld.with { world, _ in
            let id = try await world.create().id
            let (service, text) = (world.service, delta(id, "word"))
            let storage = BusyStorage(world.storage) {
                await service.publish(id, text)
                _ = try? await service.rename(id, to: "its end")
            }
            let feed = EventFeed(
                storage: storage, bus: world.bus, ids: TestIDs(first: 1_000_000), time: world.time)
            let read = try await feed.log(of: id, follow: isFollowed)
            #expect(try await untilSynced(read).story == ["1", "word", "2", "synced 2"])
            read.cancel()
        }
    }

    @Test("Deltas are replayed where they happened for ten minutes, then only what is stored")
    func deltas() async throws {
        try await SessionWorld.with { world, _ in
            let feed = feed(world)
            let id = try await world.create().id
            for number in 0..<3 {
                await world.service.publish(id, delta(id, "\(number)a"))
                await world.service.publish(id, delta(id, "\(number)b"))
                try await world.service.rename(id, to: "\(number)")
            }
            let all = try await untilSynced(feed.log(of: id, follow: false))
            #expect(all.story == ["1", "0a0b", "2", "1a1b", "3", "2a2b", "4", "synced 4"])
            // Each cursor continues right after its item.
            for index in all.indices.dropLast() {
                let rest = try await untilSynced(feed.log(of: id, after: all[index].cursor, follow: false))
                #expect(rest.story == Array(all.story[(index + 1)...]), "after \(all.story[index])")
            }
            // The number of a durable event alone keeps the deltas behind it.
            let after = try await untilSynced(feed.log(of: id, after: "2", follow: false))
            #expect(after.story == ["1a1b", "3", "2a2b", "4", "synced 4"])
            world.time.advance(by: .seconds(601))
            let later = try await untilSynced(feed.log(of: id, follow: false))
            #expect(later.story == ["1", "2", "3", "4", "synced 4"])
        }
    }

    @Test("Events that another process stored come in their place, also while the stream is live")
    func otherProcess() async throws {
        try await SessionWorld.with { world, path in
            let id = try await world.create().id
            let stream = try await feed(world).log(of: id, follow: true)
            #expect(try await untilSynced(stream).seqs == [1])
            let other = try await SessionWorld.open(path, firstID: 5_000)
            for number in 0..<20 { try await other.service.rename(id, to: "other \(number)") }
            try await world.service.rename(id, to: "mine")
            var seqs: [Int64] = []
            while seqs.count < 21, let item = try await stream.next() { seqs.append(item.seq ?? 0) }
            #expect(seqs == Array(2...22))
            await other.storage.close()
        }
    }

    @Test(
        "Cursors: one that cannot be is refused, one that is not known is answered with a gap, then comes what is new")
    func cursors() async throws {
        try await SessionWorld.with { world, _ in
            let feed = feed(world)
            let id = try await world.create().id
            for bad in ["x", "1-2", ""] {
                #expect(throws: CursorError.self) { try feed.all(after: bad) }
                await #expect(throws: CursorError.self) { try await feed.log(of: id, after: bad, follow: false) }
            }
            await #expect(throws: SessionError.self) { try await feed.log(of: "ses_none", follow: false) }
            let items = try await untilSynced(feed.log(of: id, after: "99", follow: false))
            guard case .gap(let event, let cursor)? = items.first, case .serverGap(let data) = event.payload else {
                Issue.record("\(items)")
                return
            }
            #expect(data.after == "99" && cursor == "1")
            #expect(items.count == 2)

            for unknown in ["\(world.bus.epoch)-99", "0123456789abcdef-1"] {
                let stream = try feed.all(after: unknown)
                guard case .gap(_, let place)? = await stream.next() else {
                    Issue.record("no gap for \(unknown)")
                    continue
                }
                try await world.service.rename(id, to: "new")
                guard case .event(let event, let next)? = await stream.next() else { continue }
                #expect(event.payload.type == "session.renamed")
                // The gap's cursor is as good as any other.
                guard case .event(let again, let same)? = await (try feed.all(after: place)).next() else {
                    Issue.record("nothing after \(place ?? "-")")
                    continue
                }
                #expect(again == event && same == next)
            }
            // Of another run of the server: the stored events are all there, so that nothing is lost.
            let restarted = try await untilSynced(feed.log(of: id, after: "1-0123456789abcdef-7", follow: false))
            #expect(restarted.first?.seq == 2)
        }
    }

    @Test("Readers that disconnect 2,000 times at random places of all sessions miss nothing and get nothing twice")
    func reconnects() async throws {
        try await SessionWorld.with { world, _ in
            let feed = feed(world)
            let ids = [try await world.create().id, try await world.create().id]
            let total = 400
            let writers = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for id in ids {
                        group.addTask {
                            for number in 0..<total { try await world.service.rename(id, to: "\(number)") }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let start = try feed.all()
            start.cancel()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for reader in 0..<8 {
                    group.addTask {
                        var cursor = EventCursor(epoch: world.bus.epoch, number: 0).text
                        var seen: [String: [Int64]] = [:]
                        var connections = 0
                        while seen.values.reduce(0, { $0 + $1.count }) < 2 * total {
                            let stream = try feed.all(after: cursor) { $0.payload.type == "session.renamed" }
                            connections += 1
                            for _ in 0..<Int.random(in: 1...5) {
                                guard case .event(let event, let next)? = await stream.next() else { break }
                                seen[event.durable?.aggregateID ?? "", default: []].append(event.durable?.seq ?? 0)
                                cursor = next
                                if seen.values.reduce(0, { $0 + $1.count }) == 2 * total { break }
                            }
                            stream.cancel()
                        }
                        for id in ids { #expect(seen[id] == Array(2...Int64(total + 1)), "reader \(reader)") }
                        #expect(connections >= 160)
                    }
                }
                try await group.waitForAll()
            }
            try await writers.value
        }
    }

    @Test("A reader that does not read is ended with overflow, and what it lost is counted")
    func slow() async throws {
        try await SessionWorld.with { world, _ in
            let feed = feed(world)
            let id = try await world.create().id
            let stream = try feed.all(limit: 8)
            let log = try await feed.log(of: id, follow: true, limit: 8)
            for number in 0..<20 { try await world.service.rename(id, to: "\(number)") }
            var count = 0
            while await stream.next() != nil { count += 1 }
            #expect(count == 8 && stream.end == .overflow && stream.dropped == 12)
            var seqs: [Int64] = []
            while let item = try await log.next() { if let seq = item.seq { seqs.append(seq) } }
            #expect(seqs == Array(1...9) && log.end == .overflow)
            // It comes back with its cursor and has everything.
            #expect(try await untilSynced(feed.log(of: id, after: "9", follow: false)).seqs == Array(10...21))
        }
    }
}

/// A store whose sessions go on at the moment when the end of a log is asked for.
private struct BusyStorage: StorageBackend {
    let inner: any StorageBackend
    let before: @Sendable () async -> Void
    nonisolated var name: String { inner.name }

    init(_ inner: any StorageBackend, before: @escaping @Sendable () async -> Void) {
        self.inner = inner
        self.before = before
    }

    func read(_ key: RecordKey) async throws(StorageError) -> Record? { try await inner.read(key) }
    func list(_ query: RecordQuery) async throws(StorageError) -> RecordPage { try await inner.list(query) }
    func commit(_ batch: StorageBatch) async throws(StorageError) -> CommitReceipt { try await inner.commit(batch) }
    func events(of aggregate: String, after seq: Int64, limit: Int) async throws(StorageError) -> [StoredEvent] {
        try await inner.events(of: aggregate, after: seq, limit: limit)
    }
    func lastSeq(of aggregate: String) async throws(StorageError) -> Int64 {
        await before()
        return try await inner.lastSeq(of: aggregate)
    }
    func aggregates(after: String?, limit: Int) async throws(StorageError) -> [String] {
        try await inner.aggregates(after: after, limit: limit)
    }
    func close() async { await inner.close() }
}

extension FeedItem {
    var seq: Int64? {
        guard case .event(let event, _) = self else { return nil }
        return event.durable?.seq
    }

    var cursor: String? {
        switch self {
        case .event(_, let cursor): cursor
        case .gap(_, let cursor): cursor
        case .synced: nil
        }
    }
}

extension [FeedItem] {
    var seqs: [Int64] { compactMap(\.seq) }

    /// The items as words: sequence numbers, texts of deltas.
    var story: [String] {
        map { item in
            switch item {
            case .event(let event, _):
                if case .sessionTextDelta(let data) = event.payload { return data.delta }
                return event.durable.map { "\($0.seq)" } ?? event.payload.type
            case .gap: return "gap"
            case .synced(_, let seq): return "synced \(seq)"
            }
        }
    }
}
