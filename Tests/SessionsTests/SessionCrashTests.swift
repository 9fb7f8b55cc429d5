import Events
import Schema
import Sessions
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Sessions after a crash") struct SessionCrashTests {
    @Test("a crash between any two appends leaves a session that repair puts in order", arguments: [false, true])
    func everyAppend(_ filesystem: Bool) async throws {
        try await TempWorkspace.with { workspace in
            let batches = script("x", prompt: "x", tag: "x").count
            for cut in 0...batches {
                let home = workspace.path.appending("c\(cut)")
                let dying = try await SessionWorld.open(home, filesystem: filesystem)
                let info = try await dying.create()
                for batch in script(info.id, prompt: "x", tag: "x").prefix(cut) {
                    try await dying.service.append(info.id, batch)
                }
                // Nothing is closed in order: a new process finds the files as they are.
                let next = try await SessionWorld.open(home, filesystem: filesystem, firstID: 5_000)
                let repairs = try await next.service.repairOrphans(info.id)
                #expect(repairs.isEmpty == (cut == 0 || cut == batches))
                let projection = try await next.service.projection(info.id)
                let log = try await next.log(info.id)
                projection.expectConsistent(log, "after \(cut) appends")
                let replayed = try await next.replayed(info.id)
                #expect(projection.info == replayed.info)
                #expect(projection.messages == replayed.messages)
                if !repairs.isEmpty {
                    #expect(projection.info.outcome == .interrupted)
                    #expect(projection.messages.contains { $0.id == "msg_xu" })
                }
                #expect(try await next.service.repairOrphans(info.id).isEmpty)
                // The session goes on.
                for batch in script(info.id, prompt: "y", tag: "y") { try await next.service.append(info.id, batch) }
                try await next.service.projection(info.id).expectConsistent(try await next.log(info.id))
                await next.storage.close()
                await dying.storage.close()
            }
        }
    }

    @Test("repair makes running and half-written tool calls errors of the type interrupted")
    func tools() async throws {
        try await SessionWorld.with { sessions, _ in
            let info = try await sessions.create()
            for batch in script(info.id, prompt: "x", tag: "x").prefix(5) {
                try await sessions.service.append(info.id, batch)
            }
            try await sessions.service.append(
                info.id,
                [
                    .sessionToolInputStarted(
                        .init(sessionID: info.id, assistantMessageID: "msg_xa", id: "call_x3", name: "read")),
                    .sessionCompactionStarted(.init(sessionID: info.id, reason: .auto)),
                ])
            let repairs = try await sessions.service.repairOrphans(info.id)
            #expect(
                repairs.map(\.payload.type) == [
                    "session.tool.failed", "session.tool.failed", "session.tool.failed", "session.step.failed",
                    "session.compaction.failed", "session.execution.interrupted",
                ])
            let messages = try await sessions.service.messages(info.id)
            guard case .assistant(let answer)? = messages.first(where: { $0.id == "msg_xa" }) else {
                Issue.record("no answer")
                return
            }
            let errors = answer.content.compactMap { item -> String? in
                if case .tool(let tool) = item, case .error(_, let error, _, _) = tool.state { error.type } else { nil }
            }
            #expect(errors == ["interrupted", "interrupted", "interrupted"])
            guard case .tool(let running) = answer.content[3], case .error(let input, _, _, _) = running.state else {
                Issue.record("no tool")
                return
            }
            #expect(input == ["c": 1])
        }
    }

    @Test("a waiting prompt can be kept for the caller")
    func keepsInbox() async throws {
        try await SessionWorld.with { sessions, _ in
            let info = try await sessions.create()
            try await sessions.service.append(info.id, script(info.id, prompt: "x", tag: "x")[0])
            #expect(try await sessions.service.repairOrphans(info.id, keepsInbox: true).isEmpty)
            #expect(try await sessions.service.projection(info.id).inbox.map(\.id) == ["msg_xu"])
            #expect(try await sessions.service.repairOrphans(info.id).count == 3)
            try await sessions.service.projection(info.id).expectConsistent(try await sessions.log(info.id))
        }
    }

    @Test("an append that fails stores and publishes nothing, and the next one works", arguments: [false, true])
    func failedAppend(_ filesystem: Bool) async throws {
        try await TempWorkspace.with { workspace in
            let fails = Mutex(false)
            let sessions = try await SessionWorld.open(workspace.path, filesystem: filesystem) {
                step throws(StorageError) in
                if fails.withLock({ $0 }), step.operation == "append" {
                    throw StorageError(.full, "No space left (test).")
                }
            }
            let info = try await sessions.create()
            let subscription = sessions.bus.subscribe()
            fails.withLock { $0 = true }
            let archived = EventPayload.sessionArchived(.init(sessionID: info.id))
            let error = await failure { try await sessions.service.append(info.id, [archived]) }
            #expect(error?.kind == .storage)
            #expect((error?.underlying as? StorageError)?.kind == .full)
            #expect(try await sessions.service.projection(info.id).info == info)
            fails.withLock { $0 = false }
            let events = try await sessions.service.append(info.id, [archived])
            #expect(events.map { $0.durable?.seq } == [2])
            sessions.bus.close()
            var seen: [Event] = []
            for await event in subscription { seen.append(event) }
            #expect(seen == events)
            await sessions.storage.close()
        }
    }
}

@Suite("Session lock") struct SessionLockTests {
    @Test("one holder at a time; the next is told who it is, and gets the lock after the release")
    func exclusive() async throws {
        try await TempWorkspace.with { workspace in
            let id = ULIDSource().next(.session)
            let lock = try await SessionLock.acquire(stateDirectory: workspace.path, sessionID: id, timeout: .zero)
            let busy = await failure {
                try await SessionLock.acquire(stateDirectory: workspace.path, sessionID: id, timeout: .zero)
            }
            #expect(busy?.kind == .busy)
            #expect(busy?.message.contains("process ") == true)
            let other = ULIDSource().next(.session)
            _ = try await SessionLock.acquire(stateDirectory: workspace.path, sessionID: other, timeout: .zero)
            lock.release()
            lock.release()
            let again = try await SessionLock.acquire(stateDirectory: workspace.path, sessionID: id, timeout: .zero)
            again.release()
        }
    }

    @Test("an id that names another directory is refused")
    func traversal() async throws {
        try await TempWorkspace.with { workspace in
            for id in ["../x", "a/b", "", ".hidden"] {
                let error = await failure {
                    try await SessionLock.acquire(stateDirectory: workspace.path, sessionID: id, timeout: .zero)
                }
                #expect(error?.kind == .notFound)
            }
            #expect(workspace.files.isEmpty)
        }
    }
}
