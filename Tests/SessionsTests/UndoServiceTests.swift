import Events
import Logging
import Schema
import Sessions
import Snapshots
import Storage
import Support
import SystemPackage
import Testing

@Suite("Undo, redo and revert of a session")
struct UndoServiceTests {
    private func with(_ body: (UndoWorld) async throws -> Void) async throws {
        let world = try await UndoWorld()
        do { try await body(world) } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    @Test("undo walks back turn by turn and redo forward; when there is nothing, it says so")
    func turns() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1"), ("d/b", "1")])
            try await world.turn(2, [("a", "2")])
            try await world.turn(3, [])
            let first = try await world.undo.undo(world.id)
            #expect(first.messageID == "msg_user2")
            #expect(world.text("a") == "1")
            let second = try await world.undo.undo(world.id)
            #expect(second.files.map(\.path.shown) == ["a", "d/b"])
            #expect(world.text("a") == nil && !FileIO.exists(world.workspace.appending("d")))
            await #expect(throws: UndoError.self) { try await world.undo.undo(world.id) }
            _ = try await world.undo.redo(world.id)
            #expect(world.text("a") == "1" && world.text("d/b") == "1")
            _ = try await world.undo.redo(world.id)
            #expect(world.text("a") == "2")
            await #expect(throws: UndoError.self) { try await world.undo.redo(world.id) }
            _ = try await world.undo.undo(world.id, UndoRequest(to: "msg_user1"))
            #expect(world.text("a") == nil)
            await #expect(throws: UndoError.self) { try await world.undo.undo(world.id, UndoRequest(to: "msg_none")) }
            let points = try await world.undo.points(world.id)
            #expect(points.filter { $0.kind == "turn" }.map(\.isUndone) == [true, true])
            #expect(points.filter { $0.kind == "undo" }.count == 3)
        }
    }

    @Test("a session that is being executed is busy, and nothing is changed")
    func busy() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1")])
            let lock = try await SessionLock.acquire(
                stateDirectory: world.root.appending("state"), sessionID: world.id, timeout: .zero)
            let error = await #expect(throws: SessionError.self) { try await world.undo.undo(world.id) }
            #expect(error?.kind == .busy)
            let other = await #expect(throws: SessionError.self) {
                try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user1"))
            }
            #expect(other?.kind == .busy)
            lock.release()
            #expect(world.text("a") == "1")
            _ = try await world.undo.undo(world.id)
            #expect(world.text("a") == nil)
        }
    }

    @Test("a staged revert hides messages and their files, todos too; clearing shows them, committing supersedes them")
    func reverts() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1")], todo: "first")
            try await world.turn(2, [("a", "2"), ("b", "2")], todo: "second")
            let all = try await world.shown()
            let staged = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user2"))
            #expect(staged.messageIDs.prefix(2) == ["msg_user2", "msg_answer2"])
            #expect(try await world.shown() == ["msg_user1", "msg_answer1"])
            #expect(world.text("a") == "1" && world.text("b") == nil)
            #expect(try await world.sessions.projection(world.id).todo == ["first"])
            // Another target: from where the files were, not from where the first one put them.
            _ = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user1"))
            #expect(try await world.shown().isEmpty)
            #expect(world.text("a") == nil)
            _ = try await world.revert.clear(world.id)
            #expect(try await world.shown() == all)
            #expect(world.text("a") == "2" && world.text("b") == "2")
            #expect(try await world.sessions.projection(world.id).todo == ["second"])
            #expect(try await world.sessions.get(world.id).revert == nil)
            _ = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user2"))
            try await world.revert.commit(world.id)
            #expect(try await world.shown() == ["msg_user1", "msg_answer1"])
            #expect(try await world.sessions.get(world.id).revert == nil)
            let history = try await world.sessions.projection(world.id).history
            #expect(history.filter(\.isSuperseded).map(\.message.id).prefix(2) == ["msg_user2", "msg_answer2"])
            #expect(try await world.sessions.get(world.id).usage?.requests == 2, "what was spent stays spent")
            await #expect(throws: UndoError.self) { try await world.revert.clear(world.id) }
        }
    }

    @Test("a revert whose files were taken before the session knew of it is ended by the next one, and by clearing")
    func cutOff() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1")])
            try await world.turn(2, [("a", "2")])
            /// What a crash leaves that comes between files and conversation.
            func cutOff() async throws {
                let view = try world.store.journal.read()
                let entries = view.entries(of: world.id).filter { $0.call.messageID == "msg_answer2" }
                let plan = try await world.store.plan(undoing: entries, in: view)
                _ = try await world.store.apply(plan, RestoreRequest(kind: .revert, owner: world.id))
                #expect(world.text("a") == "1")
            }
            try await cutOff()
            _ = try await world.revert.clear(world.id)
            #expect(world.text("a") == "2")
            await #expect(throws: UndoError.self) { try await world.revert.clear(world.id) }
            try await cutOff()
            let staged = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user2"))
            #expect(staged.revert.files?.count == 1)
            _ = try await world.revert.clear(world.id)
            #expect(world.text("a") == "2")
        }
    }

    @Test("when the session's log cannot be written, an undo says so and is done, a revert takes its files back")
    func logIsLost() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1")])
            try await world.turn(2, [("a", "2")])
            let sessions = SessionService(
                storage: RefusingStorage(world.storage), bus: EventBus(), ids: ULIDSource(), time: SystemTime(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let undo = UndoService(
                sessions: sessions, snapshots: world.store, stateDirectory: world.root.appending("state"))
            await #expect(throws: SessionError.self) {
                try await RevertService(undo).stage(world.id, RevertRequest(messageID: "msg_user2"))
            }
            #expect(world.text("a") == "2")
            let report = try await undo.undo(world.id)
            #expect(world.text("a") == "1" && report.checkpoint != nil)
            #expect(report.notices.contains { $0.contains("log could not be told") })
        }
    }

    @Test("an undo says when the last command was not covered, once, instead of silently taking back what came before")
    func uncoveredCommand() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1")])
            try await world.turn(2, [("b", "2")])
            let call = JournalCall(
                owner: world.id, sessionID: world.id, messageID: "msg_answer3", callID: "c", tool: "bash")
            let id = try world.store.journal.beginCommand(call)
            try world.store.journal.endCommand(id, call, [], notice: "Undo does not cover what this command changed.")
            #expect(try await world.undo.undo(world.id).notices == ["Undo does not cover what this command changed."])
            #expect(try await world.undo.undo(world.id).notices.isEmpty)
        }
    }

    @Test("a revert to a part cuts the message there, also after it was committed and read again")
    func parts() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1"), ("b", "1"), ("c", "1")])
            let staged = try await world.revert.stage(
                world.id, RevertRequest(messageID: "msg_answer1", partID: "prt_1_1"))
            #expect(staged.revert.files?.count == 2)
            #expect(world.text("a") == "1" && world.text("b") == nil && world.text("c") == nil)
            func calls() async throws -> [String] {
                for case .assistant(let message) in try await world.sessions.messages(world.id) {
                    return message.content.compactMap { if case .tool(let tool) = $0 { tool.id } else { nil } }
                }
                return []
            }
            #expect(try await calls() == ["call_1_0"])
            try await world.revert.commit(world.id)
            #expect(try await calls() == ["call_1_0"])
            #expect(
                try await world.sessions.projection(world.id).history.first { $0.message.id == "msg_answer1" }?
                    .supersededFrom == "prt_1_1")
            await #expect(throws: UndoError.self) {
                try await world.revert.stage(world.id, RevertRequest(messageID: "msg_answer1", partID: "prt_none"))
            }
            let unknown = await #expect(throws: SessionError.self) {
                try await world.revert.stage(world.id, RevertRequest(messageID: "msg_none"))
            }
            #expect(unknown?.kind == .messageNotFound)
        }
    }

    @Test("files only hides nothing, conversation only touches no file, a dry run neither")
    func axes() async throws {
        try await with { world in
            try await world.turn(1, [("a", "1")])
            let all = try await world.shown()
            _ = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user1", isDryRun: true))
            #expect(world.text("a") == "1")
            _ = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user1", conversation: false))
            #expect(world.text("a") == nil)
            #expect(try await world.shown() == all)
            _ = try await world.revert.clear(world.id)
            #expect(world.text("a") == "1")
            _ = try await world.revert.stage(world.id, RevertRequest(messageID: "msg_user1", files: false))
            #expect(world.text("a") == "1")
            #expect(try await world.shown().isEmpty)
        }
    }
}
