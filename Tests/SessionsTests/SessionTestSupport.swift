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

/// Services on one SQLite file (or a directory of files) with a clock and ids of their own.
struct SessionWorld: Sendable {
    var storage: any StorageBackend
    var bus: EventBus
    var service: SessionService
    var time: TestTime

    static func with<T: Sendable>(
        filesystem: Bool = false, _ body: (SessionWorld, FilePath) async throws -> T
    ) async throws -> T {
        try await TempWorkspace.with { workspace in
            let sessions = try await open(workspace.path, filesystem: filesystem)
            let result = try await body(sessions, workspace.path)
            await sessions.storage.close()
            return result
        }
    }

    static func open(
        _ path: FilePath, filesystem: Bool = false, firstID: UInt64 = 1, hook: StorageStep.Hook? = nil
    ) async throws -> SessionWorld {
        let storage: any StorageBackend =
            filesystem
            ? try await FilesystemStorage.open(path.appending("storage"), hook: hook)
            : try await SQLiteStorage.open(path.appending("codetether.db"), hook: hook)
        let bus = EventBus()
        let time = TestTime()
        let service = SessionService(
            storage: storage, bus: bus, ids: TestIDs(first: firstID), time: time, logger: Logger(label: "test"))
        return SessionWorld(storage: storage, bus: bus, service: service, time: time)
    }

    /// A new session in `/work`.
    func create(_ change: (inout NewSession) -> Void = { _ in }) async throws -> SessionInfo {
        var new = NewSession(directory: "/work", projectID: "p1")
        change(&new)
        return try await service.create(new)
    }

    /// The fold of the stored log, from nothing.
    func replayed(_ id: String) async throws -> SessionProjection {
        var projection: SessionProjection?
        for event in try await log(id) {
            if projection == nil { projection = try SessionProjection(event) } else { projection?.apply(event) }
        }
        return try #require(projection)
    }

    func log(_ id: String) async throws -> [Event] {
        try await storage.events(of: id, after: 0, limit: 10_000).map { stored in
            try JSON(parsing: stored.bytes).decode(Event.self)
        }
    }
}

let usage = TokenUsage(input: 100, output: 20, reasoning: 3, cache: TokenCache(read: 7, write: 5))
let model = ModelRef(id: "m", providerID: "p")

/// The events of one execution with text, reasoning, two tools, a retry and a second step, in the batches of a real loop.
func script(_ id: String, prompt: String, tag: String) -> [[EventPayload]] {
    let first = "msg_\(tag)a"
    let second = "msg_\(tag)b"
    return [
        [
            .sessionInboxEnqueued(
                .init(
                    sessionID: id, inboxID: "msg_\(tag)u", item: .user(.init(text: prompt), delivery: .queue)))
        ],
        [
            .sessionExecutionStarted(.init(sessionID: id)),
            .sessionInboxDelivered(.init(sessionID: id, inboxID: "msg_\(tag)u")),
            .sessionStepStarted(
                .init(sessionID: id, assistantMessageID: first, agent: "build", model: model, started: 5)),
        ],
        [
            .sessionTextStarted(.init(sessionID: id, assistantMessageID: first, ordinal: 0, partID: "prt_\(tag)0")),
            .sessionMessageContentUpdated(.init(sessionID: id, messageID: first, content: [])),
            .sessionRetryScheduled(
                .init(
                    sessionID: id, assistantMessageID: first, attempt: 1, at: 9,
                    error: .init(type: "overloaded", message: "Busy."))),
        ],
        [
            .sessionReasoningStarted(
                .init(sessionID: id, assistantMessageID: first, ordinal: 0, partID: "prt_\(tag)1")),
            .sessionReasoningEnded(
                .init(sessionID: id, assistantMessageID: first, ordinal: 0, text: "Hm.", native: ["s": 1])),
            .sessionTextStarted(.init(sessionID: id, assistantMessageID: first, ordinal: 0, partID: "prt_\(tag)2")),
            .sessionTextEnded(.init(sessionID: id, assistantMessageID: first, ordinal: 0, text: "I look. ")),
            .sessionToolInputStarted(
                .init(
                    sessionID: id, assistantMessageID: first, id: "call_\(tag)1", name: "todowrite",
                    partID: "prt_\(tag)3")),
            .sessionToolInputEnded(
                .init(sessionID: id, assistantMessageID: first, id: "call_\(tag)1", text: "{\"todos\":[]}")),
            .sessionToolInputStarted(
                .init(sessionID: id, assistantMessageID: first, id: "call_\(tag)2", name: "bash")),
            .sessionToolInputEnded(.init(sessionID: id, assistantMessageID: first, id: "call_\(tag)2", text: "{}")),
        ],
        [
            .sessionStepStreamed(.init(sessionID: id, assistantMessageID: first)),
            .sessionToolCalled(
                .init(
                    sessionID: id, assistantMessageID: first, id: "call_\(tag)1", input: ["todos": []], executed: false)
            ),
            .sessionToolCalled(
                .init(sessionID: id, assistantMessageID: first, id: "call_\(tag)2", input: ["c": 1], executed: false)),
        ],
        [
            .sessionToolSuccess(
                .init(
                    sessionID: id, assistantMessageID: first, id: "call_\(tag)1", content: [.text("done")],
                    metadata: ["todos": [["content": .string(tag)]]], executed: false)),
            .sessionToolFailed(
                .init(
                    sessionID: id, assistantMessageID: first, id: "call_\(tag)2",
                    error: .init(type: "failed", message: "No."), executed: false)),
            .sessionStepEnded(
                .init(
                    sessionID: id, assistantMessageID: first, finish: .toolCalls, cost: 0.25, tokens: usage,
                    snapshot: "s1", files: ["a"])),
        ],
        [
            .sessionUsageRecorded(.init(sessionID: id, source: .title, cost: 0.125, tokens: usage)),
            .sessionStepStarted(
                .init(sessionID: id, assistantMessageID: second, agent: "build", model: model, started: 6)),
            .sessionTextStarted(.init(sessionID: id, assistantMessageID: second, ordinal: 0)),
            .sessionTextEnded(.init(sessionID: id, assistantMessageID: second, ordinal: 0, text: "Answer \(tag).")),
        ],
        [
            .sessionStepEnded(
                .init(sessionID: id, assistantMessageID: second, finish: .stop, cost: 0.5, tokens: usage)),
            .sessionExecutionSucceeded(.init(sessionID: id)),
        ],
    ]
}

/// The error of an operation that must fail.
func failure<T>(_ body: () async throws -> T) async -> SessionError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? SessionError
    }
}

extension SessionProjection {
    /// What must hold for every session that no process executes: one terminal event an execution is checked on the log.
    func expectConsistent(_ log: [Event], _ comment: Comment? = nil) {
        #expect(log.map { $0.durable?.seq } == (1...log.count).map { Int64($0) }, comment)
        #expect(!running, comment)
        #expect(inbox.isEmpty, comment)
        var isRunning = false
        for event in log {
            switch event.payload {
            case .sessionExecutionStarted:
                #expect(!isRunning, comment)
                isRunning = true
            case .sessionExecutionSucceeded, .sessionExecutionFailed, .sessionExecutionInterrupted:
                #expect(isRunning, comment)
                isRunning = false
            default: break
            }
        }
        #expect(!isRunning, comment)
        for case .assistant(let message) in messages {
            #expect(message.time.completed != nil, comment)
            for case .tool(let item) in message.content {
                switch item.state {
                case .completed, .error: break
                default: Issue.record("The tool call \(item.id) is open.")
                }
            }
        }
        let spent = log.compactMap { event -> (Double, TokenUsage)? in
            switch event.payload {
            case .sessionStepEnded(let data): (data.cost, data.tokens)
            case .sessionStepFailed(let data): (data.cost ?? 0, data.tokens ?? .zero)
            case .sessionUsageRecorded(let data): (data.cost, data.tokens)
            default: nil
            }
        }
        #expect(info.cost == spent.reduce(0) { $0 + $1.0 }, comment)
        #expect(info.tokens == spent.reduce(.zero) { $0 + $1.1 }, comment)
        #expect(info.usage?.requests == spent.count, comment)
    }
}
