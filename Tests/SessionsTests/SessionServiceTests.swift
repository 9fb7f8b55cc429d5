import Events
import Schema
import Sessions
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Session service") struct SessionServiceTests {
    @Test("a session is created with 2.1's title, found, renamed, archived and deleted", arguments: [false, true])
    func lifecycle(_ filesystem: Bool) async throws {
        try await SessionWorld.with(filesystem: filesystem) { sessions, _ in
            let service = sessions.service
            let info = try await sessions.create()
            #expect(info.title == "New session - 2026-01-01T00:00:00.000Z")
            #expect(!info.hasTitle)
            #expect(info.seq == 1)
            #expect(try await service.get(info.id) == info)
            let renamed = try await service.rename(info.id, to: "Fix the bug")
            #expect(renamed.hasTitle)
            #expect(try await service.latest(directory: "/work")?.id == info.id)
            _ = try await service.archive(info.id)
            #expect(try await service.list(SessionFilter()).sessions.isEmpty)
            #expect(try await service.latest(directory: "/work") == nil)
            _ = try await service.archive(info.id, false)
            #expect(try await service.list(SessionFilter()).sessions.map(\.id) == [info.id])
            #expect(try await service.delete(info.id) == [info.id])
            #expect(await failure { try await service.get(info.id) }?.kind == .notFound)
            #expect(
                await failure { try await service.append(info.id, [.sessionArchived(.init(sessionID: info.id))]) }?.kind
                    == .notFound)
            #expect(try await sessions.storage.aggregates(after: nil, limit: 10).isEmpty)
        }
    }

    @Test("deleting a session deletes its children and all their records")
    func deleteChildren() async throws {
        try await SessionWorld.with { sessions, _ in
            let root = try await sessions.create()
            let child = try await sessions.create { $0.parentID = root.id }
            let grandchild = try await sessions.create { $0.parentID = child.id }
            let other = try await sessions.create()
            #expect(child.title?.hasPrefix("Child session - ") == true)
            #expect(try await sessions.service.childIDs(of: root.id) == [child.id])
            for batch in script(child.id, prompt: "x", tag: "c") { try await sessions.service.append(child.id, batch) }
            #expect(try await sessions.service.delete(root.id) == [grandchild.id, child.id, root.id])
            #expect(try await sessions.storage.aggregates(after: nil, limit: 10) == [other.id])
            for collection in ["message/\(child.id)", "child/\(root.id)", "child/\(child.id)"] {
                #expect(try await sessions.storage.list(RecordQuery(collection: collection)).records.isEmpty)
            }
            #expect(await failure { try await sessions.create { $0.parentID = root.id } }?.kind == .notFound)
        }
    }

    @Test("ids that cannot be are simply not there")
    func strangeIDs() async throws {
        try await SessionWorld.with { sessions, _ in
            for id in ["", "ses_x", "../../etc/passwd", "a b", "ses_\0", String(repeating: "x", count: 999)] {
                #expect(await failure { try await sessions.service.get(id) }?.kind == .notFound)
                #expect(await failure { try await sessions.service.projection(id) }?.kind == .notFound)
                #expect(await failure { try await sessions.service.delete(id) }?.kind == .notFound)
                #expect(await failure { try await sessions.service.repairOrphans(id) }?.kind == .notFound)
            }
            let taken = try await sessions.create()
            #expect(await failure { try await sessions.create { $0.id = taken.id } }?.kind == .invalid)
        }
    }

    @Test("OPC-015.4 events are published in order after they are stored, each once")
    func publication() async throws {
        try await SessionWorld.with { sessions, _ in
            let subscription = sessions.bus.subscribe()
            let info = try await sessions.create()
            for batch in script(info.id, prompt: "x", tag: "a") { try await sessions.service.append(info.id, batch) }
            let status = EventPayload.sessionStatusChanged(.init(sessionID: info.id, status: .idle))
            await sessions.service.publish(info.id, status)
            sessions.bus.close()
            var seen: [Event] = []
            for await event in subscription { seen.append(event) }
            #expect(seen.last?.payload == status)
            #expect(seen.last?.durable == nil)
            #expect(seen.last?.location?.directory == "/work")
            #expect(Array(seen.dropLast()) == (try await sessions.log(info.id)))
        }
    }

    @Test("only durable events of the session itself can be appended, and a refused batch stores nothing")
    func refused() async throws {
        try await SessionWorld.with { sessions, _ in
            let info = try await sessions.create()
            let good = EventPayload.sessionArchived(.init(sessionID: info.id))
            let delta = EventPayload.sessionTextDelta(
                .init(sessionID: info.id, assistantMessageID: "m", ordinal: 0, delta: "x"))
            #expect(await failure { try await sessions.service.append(info.id, [good, delta]) }?.kind == .invalid)
            let foreign = EventPayload.sessionArchived(.init(sessionID: "ses_other"))
            #expect(await failure { try await sessions.service.append(info.id, [good, foreign]) }?.kind == .invalid)
            #expect(try await sessions.service.append(info.id, []).isEmpty)
            #expect(try await sessions.service.projection(info.id).seq == 1)
        }
    }

    @Test("replaying the log gives the stored projection, in this process and in a new one", arguments: [false, true])
    func replay(_ filesystem: Bool) async throws {
        try await SessionWorld.with(filesystem: filesystem) { sessions, path in
            let info = try await sessions.create()
            for tag in ["a", "b", "c"] {
                for batch in script(info.id, prompt: tag, tag: tag) {
                    sessions.time.advance(by: .milliseconds(7))
                    try await sessions.service.append(info.id, batch)
                    let expected = try await sessions.replayed(info.id)
                    let live = try await sessions.service.projection(info.id)
                    let stranger = try await SessionWorld.open(path, filesystem: filesystem)
                    let stored = try await stranger.service.projection(info.id)
                    await stranger.storage.close()
                    for found in [live, stored] {
                        #expect(found.info == expected.info)
                        #expect(found.messages == expected.messages)
                        #expect(found.inbox == expected.inbox)
                        #expect(found.running == expected.running)
                        #expect(found.todo == expected.todo)
                    }
                }
            }
            let last = try await sessions.service.projection(info.id)
            last.expectConsistent(try await sessions.log(info.id))
            #expect(last.messages.count == 12)
        }
    }

    @Test("only the messages that changed are written")
    func changedOnly() async throws {
        try await SessionWorld.with { sessions, _ in
            let info = try await sessions.create()
            for tag in ["a", "b"] {
                for batch in script(info.id, prompt: tag, tag: tag) {
                    try await sessions.service.append(info.id, batch)
                }
            }
            let query = RecordQuery(collection: "message/\(info.id)")
            let before = try await sessions.storage.list(query).records
            try await sessions.service.append(
                info.id,
                [.sessionMessageContentUpdated(.init(sessionID: info.id, messageID: "msg_bb", content: []))])
            let after = try await sessions.storage.list(query).records
            let changed = zip(before, after).filter { $0.0.version != $0.1.version }.map(\.1.key.id)
            #expect(changed.count == 1)
            #expect(changed.first?.hasSuffix("-msg_bb") == true)
        }
    }

    @Test("missing and damaged records are rebuilt from the log", arguments: [false, true])
    func rebuild(_ filesystem: Bool) async throws {
        try await TempWorkspace.with { workspace in
            let first = try await SessionWorld.open(workspace.path, filesystem: filesystem)
            let info = try await first.create()
            for batch in script(info.id, prompt: "x", tag: "a") { try await first.service.append(info.id, batch) }
            let expected = try await first.replayed(info.id)
            let query = RecordQuery(collection: "message/\(info.id)")
            let records = try await first.storage.list(query).records
            let victim = try #require(records.first { $0.key.id.hasSuffix("msg_aa") })
            try await first.storage.write(victim.key, Array("{broken".utf8), updatedMs: 0)
            try await first.storage.remove(RecordKey("session", info.id))
            await first.storage.close()
            let second = try await SessionWorld.open(workspace.path, filesystem: filesystem, firstID: 500)
            #expect(try await second.service.get(info.id) == expected.info)
            #expect(try await second.service.messages(info.id) == expected.messages)
            // The records are right again.
            let third = try await SessionWorld.open(workspace.path, filesystem: filesystem, firstID: 900)
            #expect(try await third.service.list(SessionFilter()).sessions == [expected.info])
            #expect(try await third.storage.list(query).records.count == records.count)
            await second.storage.close()
            await third.storage.close()
        }
    }

    @Test("a damaged event is skipped, its message is kept, its number is not used again", arguments: [3, 0])
    func damagedEvent(_ fromEnd: Int) async throws {
        try await TempWorkspace.with { workspace in
            let first = try await SessionWorld.open(workspace.path, filesystem: true)
            let info = try await first.create()
            for number in 1...6 {
                try await first.service.append(
                    info.id, [.sessionSynthetic(.init(sessionID: info.id, text: "\(number)"))])
            }
            try await first.storage.remove(RecordKey("session", info.id))
            await first.storage.close()
            let path = workspace.path.pushing(FilePath("storage/events/\(info.id).log"))
            var lines = try TestFiles.text(path).split(separator: "\n").map(String.init)
            lines[lines.count - 1 - fromEnd] = "damaged"
            try TestFiles.write((lines.joined(separator: "\n") + "\n").utf8, to: path)
            let second = try await SessionWorld.open(workspace.path, filesystem: true, firstID: 900)
            #expect(try await second.service.projection(info.id).seq == 7)
            #expect(try await second.service.messages(info.id).count == 6)
            let events = try await second.service.append(
                info.id, [.sessionSynthetic(.init(sessionID: info.id, text: "new"))])
            #expect(events.map { $0.durable?.seq } == [8])
            let third = try await SessionWorld.open(workspace.path, filesystem: true, firstID: 2_000)
            let texts = try await third.service.messages(info.id).compactMap { message -> String? in
                if case .synthetic(let synthetic) = message { synthetic.text } else { nil }
            }
            #expect(texts == ["1", "2", "3", "4", "5", "6", "new"])
            await second.storage.close()
            await third.storage.close()
        }
    }

    @Test(
        "two services on one file append to one session, and every event gets the next number",
        arguments: [false, true])
    func twoServices(_ filesystem: Bool) async throws {
        try await TempWorkspace.with { workspace in
            let first = try await SessionWorld.open(workspace.path, filesystem: filesystem)
            let second = try await SessionWorld.open(workspace.path, filesystem: filesystem, firstID: 1_000_000)
            let info = try await first.create()
            let rounds = 40
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (name, sessions) in [("one", first), ("two", second)] {
                    group.addTask {
                        for round in 0..<rounds {
                            try await sessions.service.append(
                                info.id,
                                [
                                    .sessionSynthetic(.init(sessionID: info.id, text: "\(name) \(round)")),
                                    .sessionUsageRecorded(
                                        .init(sessionID: info.id, source: .title, cost: 0.5, tokens: usage)),
                                ])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let log = try await first.log(info.id)
            #expect(log.count == 1 + 4 * rounds)
            let expected = try await first.replayed(info.id)
            expected.expectConsistent(log)
            for sessions in [first, second] {
                let found = try await sessions.service.projection(info.id)
                #expect(found.info == expected.info)
                #expect(found.messages == expected.messages)
            }
            for name in ["one", "two"] {
                let own = expected.messages.compactMap { message -> String? in
                    if case .synthetic(let synthetic) = message, synthetic.text.hasPrefix(name) {
                        synthetic.text
                    } else {
                        nil
                    }
                }
                #expect(own == (0..<rounds).map { "\(name) \($0)" })
            }
            await first.storage.close()
            await second.storage.close()
        }
    }

    @Test("many tasks append to one session through one service without a conflict")
    func manyTasks() async throws {
        try await SessionWorld.with { sessions, _ in
            let info = try await sessions.create()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        try await sessions.service.append(
                            info.id, [.sessionSynthetic(.init(sessionID: info.id, text: "\(number)"))])
                    }
                }
                try await group.waitForAll()
            }
            let log = try await sessions.log(info.id)
            #expect(log.map { $0.durable?.seq } == (1...51).map { Int64($0) })
        }
    }

    @Test("lists are by update time, filtered, searched and paged")
    func lists() async throws {
        try await SessionWorld.with { sessions, _ in
            var ids: [String] = []
            for number in 0..<12 {
                sessions.time.advance(by: .seconds(1))
                let info = try await sessions.create { new in
                    new.directory = number % 2 == 0 ? "/work" : "/other"
                    new.title = "Session \(number)"
                }
                ids.append(info.id)
            }
            _ = try await sessions.create { $0.parentID = ids[0] }
            sessions.time.advance(by: .seconds(1))
            try await sessions.service.append(
                ids[4], script(ids[4], prompt: "Find the NEEDLE.*", tag: "n").flatMap { $0 })
            let work = [10, 8, 6, 2, 0].map { ids[$0] }
            var filter = SessionFilter(directory: "/work")
            #expect(try await sessions.service.list(filter).sessions.map(\.id) == [ids[4]] + work)
            filter.limit = 2
            var paged: [String] = []
            while true {
                let page = try await sessions.service.list(filter)
                paged += page.sessions.map(\.id)
                guard let next = page.next else { break }
                #expect(page.sessions.count == 2)
                filter.cursor = next
            }
            #expect(paged == [ids[4]] + work)
            #expect(try await sessions.service.latest(directory: "/other")?.id == ids[11])
            #expect(try await sessions.service.latest(directory: "/nowhere") == nil)
            var search = SessionFilter()
            search.search = "needle.*"
            #expect(try await sessions.service.list(search).sessions.map(\.id) == [ids[4]])
            search.search = "session 1"
            #expect(try await sessions.service.list(search).sessions.map(\.id) == [11, 10, 1].map { ids[$0] })
            var children = SessionFilter()
            children.parentID = ids[0]
            #expect(try await sessions.service.list(children).sessions.count == 1)
            var all = SessionFilter()
            all.includeChildren = true
            #expect(try await sessions.service.list(all).sessions.count == 13)
            all.limit = 0
            #expect(await failure { try await sessions.service.list(all) }?.kind == .invalid)
            all.limit = 5
            all.cursor = "nonsense"
            #expect(await failure { try await sessions.service.list(all) }?.kind == .invalid)
        }
    }

    @Test("the example that is encoded ahead of need is a step with a call that ended, and nothing of it is kept")
    func warmUp() async throws {
        let bytes = try SessionService.encodeExample()
        #expect(bytes > 2_000)
        try await SessionWorld.with { sessions, _ in
            sessions.service.warmUp()
            var all = SessionFilter()
            all.includeChildren = true
            let found = try await sessions.service.list(all)
            #expect(found.sessions.isEmpty)
        }
    }
}
