import Events
import Glibc
import Logging
import Schema
import Sessions
import Snapshots
import Storage
import Support
import SystemPackage

/// A workspace with its snapshots and one session whose agent changes files as the tools do.
final class UndoWorld: Sendable {
    let root: FilePath
    let workspace: FilePath
    let store: SnapshotStore
    let storage: any StorageBackend
    let sessions: SessionService
    let undo: UndoService
    let revert: RevertService
    let id: String

    init() async throws {
        var template = Array("/tmp/codetether-undo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.io, path: "/tmp", message: "no temporary folder") }
        root = try FileIO.realPath(FilePath(platformString: template))
        workspace = root.appending("ws")
        try FileIO.createDirectory(workspace, mode: 0o755)
        try FileIO.createDirectory(root.appending("data"))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        store = SnapshotStore(
            workspace: try WorkspaceRoot(workspace), dataDirectory: root.appending("data"), runner: ProcessRunner(),
            environment: Environment(["PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"]),
            ids: ULIDSource(), time: SystemTime(), logger: logger)
        storage = try await SQLiteStorage.open(root.appending("codetether.db"))
        sessions = SessionService(
            storage: storage, bus: EventBus(), ids: ULIDSource(), time: SystemTime(), logger: logger)
        undo = UndoService(sessions: sessions, snapshots: store, stateDirectory: root.appending("state"))
        revert = RevertService(undo)
        id = try await sessions.create(NewSession(directory: workspace.string, projectID: "p")).id
    }

    func close() async {
        await storage.close()
        Self.remove(root)
    }

    private static func remove(_ path: FilePath) {
        if let info = try? FileIO.stat(path, followSymlink: false), info.isDirectory {
            for entry in (try? FileIO.list(path)) ?? [] { remove(path.appending(entry.name)) }
        }
        try? FileIO.remove(path)
    }

    /// One turn: a prompt, one answer that writes each of these files in a call of its own and says so.
    /// - Returns: the prompt's and the answer's message ids.
    @discardableResult
    func turn(_ number: Int, _ writes: [(name: String, text: String?)], todo: String? = nil) async throws -> (
        String, String
    ) {
        let (prompt, answer) = ("msg_user\(number)", "msg_answer\(number)")
        let model = ModelRef(id: "m", providerID: "p")
        var events: [EventPayload] = [
            .sessionInboxEnqueued(
                .init(sessionID: id, inboxID: prompt, item: .user(.init(text: "prompt \(number)"), delivery: .queue))),
            .sessionExecutionStarted(.init(sessionID: id)),
            .sessionInboxDelivered(.init(sessionID: id, inboxID: prompt)),
            .sessionStepStarted(
                .init(sessionID: id, assistantMessageID: answer, agent: "build", model: model, started: 1)),
        ]
        for (index, write) in writes.enumerated() {
            let call = "call_\(number)_\(index)"
            try put(write.name, write.text, message: answer, call: call)
            events += [
                .sessionToolInputStarted(
                    .init(
                        sessionID: id, assistantMessageID: answer, id: call, name: "write",
                        partID: "prt_\(number)_\(index)")),
                .sessionToolCalled(
                    .init(sessionID: id, assistantMessageID: answer, id: call, input: .object([:]), executed: false)),
                .sessionToolSuccess(
                    .init(
                        sessionID: id, assistantMessageID: answer, id: call, content: [.text("ok")], metadata: nil,
                        executed: false)),
            ]
        }
        if let todo {
            events += [
                .sessionToolInputStarted(
                    .init(
                        sessionID: id, assistantMessageID: answer, id: "todo_\(number)", name: "todowrite",
                        partID: "prt_\(number)_todo")),
                .sessionToolCalled(
                    .init(
                        sessionID: id, assistantMessageID: answer, id: "todo_\(number)", input: .object([:]),
                        executed: false)),
                .sessionToolSuccess(
                    .init(
                        sessionID: id, assistantMessageID: answer, id: "todo_\(number)", content: [],
                        metadata: ["todos": [.string(todo)]], executed: false)),
            ]
        }
        events += [
            .sessionStepEnded(
                .init(
                    sessionID: id, assistantMessageID: answer, finish: .stop, cost: 0,
                    tokens: TokenUsage(input: 10, output: 1, reasoning: 0, cache: .init(read: 0, write: 0)))),
            .sessionExecutionSucceeded(.init(sessionID: id)),
        ]
        try await sessions.append(id, events)
        return (prompt, answer)
    }

    private func put(_ name: String, _ text: String?, message: String, call: String) throws {
        let path = workspace.pushing(FilePath(name))
        let info = try? FileIO.stat(path)
        let before = try info.map { (try FileIO.read(path), $0.mode) }
        let entry = try store.journal.willWrite(
            JournalCall(owner: id, sessionID: id, messageID: message, callID: call, tool: "write"),
            [.init(path: FilePath(name), before: before, after: text.map { (Array($0.utf8), 0o644) })],
            folders: FilePath(name).parents.filter { !FileIO.exists(workspace.pushing($0)) })
        try write(name, text)
        store.journal.didWrite(entry, succeeded: true)
    }

    func write(_ name: String, _ text: String?) throws {
        let path = workspace.pushing(FilePath(name))
        guard let text else { return try FileIO.remove(path) }
        try FileIO.createDirectory(path.removingLastComponent(), mode: 0o755)
        try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644)
    }

    func text(_ name: String) -> String? {
        (try? FileIO.read(workspace.pushing(FilePath(name)))).map { UTF8Text.lossy($0) }
    }

    func shown() async throws -> [String] {
        try await sessions.messages(id).filter { $0.type == "user" || $0.type == "assistant" }.map(\.id)
    }
}
