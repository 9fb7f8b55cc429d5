import Agents
import Configuration
import Events
import Logging
import Permissions
import Providers
import Schema
import Sessions
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport
import Tools

/// The loop with everything real but the model, which answers from a list, and the permission gate, which takes notes.
struct AgentWorld: Sendable {
    let workspace: TempWorkspace
    let sessions: SessionService
    let transport: FakeTransport
    let gate: NotingGate
    let service: AgentService
    let events: EventSubscription
    let storage: NotingStorage

    /// - Parameters:
    ///   - replies: as in a `--fake-responses` file.
    ///   - context: tokens of the model's context.
    ///   - denied: permissions that the gate denies.
    static func with<T: Sendable>(
        _ replies: [JSON], files: [String: String] = [:], context: Int = 128_000, denied: Set<String> = [],
        _ body: (AgentWorld, SessionInfo) async throws -> T
    ) async throws -> T {
        try await TempWorkspace.with(files: files) { workspace in
            let state = try TempWorkspace()
            defer { state.remove() }
            let storage = NotingStorage(try await SQLiteStorage.open(state.path.appending("codetether.db")))
            let bus = EventBus()
            let time = SystemTime()
            let ids = ULIDSource(time: time)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let sessions = SessionService(storage: storage, bus: bus, ids: ids, time: time, logger: logger)
            let config = Config(json: [
                "model": "mock/m",
                "provider": [
                    "mock": [
                        "api": "openai-chat", "base_url": "http://127.0.0.1:1", "auth": "none",
                        "options": ["retry_base_ms": 1],
                        "models": ["m": ["limit": ["context": .int(Int64(context)), "output": 200]]],
                    ]
                ],
            ])
            let transport = FakeTransport(replies)
            let gate = NotingGate(denied: denied)
            let agents = BuiltInAgents.all
            let service = AgentService(
                AgentDependencies(
                    sessions: sessions, models: ModelCatalogue(config: config, environment: Environment()),
                    client: ModelClient(
                        transport: transport, secrets: EnvironmentSecrets.source(Environment()), time: time),
                    tools: ToolRegistry.builtIn(
                        subagents: [SubagentInfo(name: "general", description: "Does things.")]),
                    toolEnvironment: ToolEnvironment(
                        workspace: try WorkspaceRoot(workspace.path), directory: workspace.path,
                        dataDirectory: state.path, runner: ProcessRunner(), http: HTTPWebFetcher(), ids: ids,
                        time: time, environment: Environment()),
                    permissions: gate, deniedPermissions: { _ in [] }, config: config, agents: agents,
                    instructions: [], stateDirectory: state.path, ids: ids, time: time, logger: logger))
            let info = try await sessions.create(
                NewSession(directory: workspace.path.string, projectID: "p1", title: "Test"))
            let world = AgentWorld(
                workspace: workspace, sessions: sessions, transport: transport, gate: gate, service: service,
                events: bus.subscribe(limit: 100_000, maxBytes: 1 << 28), storage: storage)
            let result = try await body(world, info)
            await storage.close()
            return result
        }
    }

    /// Executes a prompt; then the events of everything that happened since the world was made.
    func run(_ session: SessionInfo, _ text: String) async throws -> (result: ExecutionResult, events: [Event]) {
        let result = try await service.prompt(PromptInput(sessionID: session.id, text: text))
        events.cancel()
        var seen: [Event] = []
        for await event in events { seen.append(event) }
        return (result, seen)
    }
}

/// Allows everything but some permissions, and remembers who asked.
final class NotingGate: PermissionGate {
    private let denied: Set<String>
    private let notes = Mutex<[(permission: String, agent: String, callers: [String])]>([])

    init(denied: Set<String>) { self.denied = denied }

    var asked: [(permission: String, agent: String, callers: [String])] { notes.withLock { $0 } }

    func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied) {
        notes.withLock { $0.append((demand.permission, context.agent, context.callers)) }
        guard denied.contains(demand.permission) else { return }
        throw PermissionDenied(
            permission: demand.permission, pattern: "*", rule: "\(demand.permission): deny", source: "test")
    }
}

/// A store that remembers the types of the events of each commit, and counts what is read.
final class NotingStorage: StorageBackend {
    private let inner: any StorageBackend
    private let notes = Mutex<(commits: [[String]], reads: Int)>(([], 0))

    init(_ inner: any StorageBackend) { self.inner = inner }

    /// Commits with events, in order.
    var commits: [[String]] { notes.withLock { $0.commits } }
    var reads: Int { notes.withLock { $0.reads } }

    private func read() { notes.withLock { $0.reads += 1 } }

    nonisolated var name: String { inner.name }
    func read(_ key: RecordKey) async throws(StorageError) -> Record? {
        read()
        return try await inner.read(key)
    }
    func list(_ query: RecordQuery) async throws(StorageError) -> RecordPage {
        read()
        return try await inner.list(query)
    }
    func commit(_ batch: StorageBatch) async throws(StorageError) -> CommitReceipt {
        let types = batch.appends.flatMap { $0.events.map(\.type) }
        if !types.isEmpty { notes.withLock { $0.commits.append(types) } }
        return try await inner.commit(batch)
    }
    func events(of aggregate: String, after seq: Int64, limit: Int) async throws(StorageError) -> [StoredEvent] {
        read()
        return try await inner.events(of: aggregate, after: seq, limit: limit)
    }
    func lastSeq(of aggregate: String) async throws(StorageError) -> Int64 {
        read()
        return try await inner.lastSeq(of: aggregate)
    }
    func aggregates(after: String?, limit: Int) async throws(StorageError) -> [String] {
        try await inner.aggregates(after: after, limit: limit)
    }
    func close() async { await inner.close() }
}
