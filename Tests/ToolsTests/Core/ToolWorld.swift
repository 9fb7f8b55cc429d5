import Configuration
import Permissions
import Schema
import Support
import Synchronization
import SystemPackage
import TestSupport

@testable import Tools

/// A workspace with services that record, for tools that are run through the registry.
final class ToolWorld: Sendable {
    let workspace: TempWorkspace
    let data: TempWorkspace
    let gate = RecordingGate()
    let todos = MemoryTodoStore()
    let reports = Mutex<[JSON]>([])
    let switched = Mutex<[String]>([])
    let environment: ToolEnvironment
    let subagents: FakeSubagents

    init(
        _ workspace: TempWorkspace, _ data: TempWorkspace, http: any WebFetcher = FakeWeb(),
        webSearch: WebSearchEndpoint? = nil, asker: (any QuestionAsker)? = nil, skills: [Skill] = [],
        variables: [String: String] = [:], subagents: FakeSubagents = FakeSubagents()
    ) throws {
        self.workspace = workspace
        self.data = data
        self.subagents = subagents
        let root = try WorkspaceRoot(workspace.path)
        var values = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/home/nobody"]
        values.merge(variables) { $1 }
        environment = ToolEnvironment(
            workspace: root, directory: root.path, dataDirectory: data.path, runner: ProcessRunner(), http: http,
            webSearch: webSearch, todos: todos, asker: asker, skills: skills, ids: ULIDSource(), time: SystemTime(),
            environment: Environment(values))
    }

    /// Makes a world, hands it to `body` and removes it.
    static func with(
        files: [String: String] = [:], http: any WebFetcher = FakeWeb(), webSearch: WebSearchEndpoint? = nil,
        asker: (any QuestionAsker)? = nil, skills: [Skill] = [], variables: [String: String] = [:],
        subagents: FakeSubagents = FakeSubagents(), _ body: (ToolWorld) async throws -> Void
    ) async throws {
        try await TempWorkspace.with(files: files) { workspace in
            try await TempWorkspace.with { (data) async throws in
                try await body(
                    try ToolWorld(
                        workspace, data, http: http, webSearch: webSearch, asker: asker, skills: skills,
                        variables: variables, subagents: subagents))
            }
        }
    }

    func context(agent: String = "build") -> ToolContext {
        environment.context(
            sessionID: "ses_1", messageID: "msg_1", callID: "call_1", agent: agent, permissions: gate,
            files: FileLedger(),
            model: ModelRef(id: "m", providerID: "p"), subagents: subagents,
            switchAgent: { [self] name in switched.withLock { $0.append(name) } },
            progress: { [self] report in reports.withLock { $0.append(report) } })
    }

    /// Runs a call as the agent loop does.
    func call(
        _ name: String, _ input: JSON, agent: String = "build", offered: [String]? = nil
    ) async throws(ToolError) -> ToolOutput {
        let registry = ToolRegistry.builtIn(
            subagents: subagents.available, skills: environment.skills, webSearch: true, question: true)
        return try await registry.execute(name, input: input, context: context(agent: agent), offered: offered)
    }

    /// The error of a call that must fail; nil when it worked.
    func failure(
        _ name: String, _ input: JSON, agent: String = "build", offered: [String]? = nil
    ) async -> ToolError? {
        do throws(ToolError) {
            _ = try await call(name, input, agent: agent, offered: offered)
            return nil
        } catch {
            return error
        }
    }
}

/// Records what is demanded and denies the permissions it is told to.
final class RecordingGate: PermissionGate {
    private struct State {
        var demands: [PermissionDemand] = []
        var denied: Set<String> = []
    }
    private let state = Mutex(State())

    var demands: [PermissionDemand] { state.withLock { $0.demands } }

    func deny(_ permission: String) { state.withLock { _ = $0.denied.insert(permission) } }

    func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied) {
        let isDenied = state.withLock { state in
            state.demands.append(demand)
            return state.denied.contains(demand.permission)
        }
        if isDenied {
            throw PermissionDenied(
                permission: demand.permission, pattern: demand.patterns.first ?? "", rule: "deny", source: "test:1")
        }
    }
}

/// Answers from a table of addresses, without a network.
struct FakeWeb: WebFetcher {
    var pages: [String: WebResponse] = [:]
    var seen = SeenRequests()

    func fetch(_ request: WebRequest) async throws(ToolError) -> WebResponse {
        seen.add(request)
        guard let page = pages[request.url.text] else { throw ToolError(.failed, "There is no \(request.url.text).") }
        return page
    }
}

/// The requests a `FakeWeb` was sent.
final class SeenRequests: Sendable {
    private let requests = Mutex<[WebRequest]>([])
    var all: [WebRequest] { requests.withLock { $0 } }
    func add(_ request: WebRequest) { requests.withLock { $0.append(request) } }
}

/// A subagent that repeats what it was told.
final class FakeSubagents: SubagentRunner {
    let answer: String?
    private let requests = Mutex<[SubagentRequest]>([])
    var seen: [SubagentRequest] { requests.withLock { $0 } }

    init(answer: String? = nil) { self.answer = answer }

    var available: [SubagentInfo] { [SubagentInfo(name: "explore", description: "Searches.")] }

    func run(_ request: SubagentRequest) async throws(ToolError) -> SubagentResult {
        requests.withLock { $0.append(request) }
        return SubagentResult(sessionID: "ses_child", text: answer ?? "did: \(request.prompt)")
    }
}

/// Always gives the same answers.
struct FakeAsker: QuestionAsker {
    var answers: [[String]]

    func ask(_ questions: [Question], sessionID: String, callID: String) async throws(ToolError) -> [[String]] {
        answers
    }
}
