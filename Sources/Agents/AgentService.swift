package import Configuration
import Git
package import Logging
package import Permissions
package import Providers
package import Schema
package import Sessions
package import Support
package import SystemPackage
package import Tools

/// What every execution needs; built once by the composition root.
package struct AgentDependencies: Sendable {
    package var sessions: SessionService
    package var models: ModelCatalogue
    package var client: ModelClient
    package var tools: ToolRegistry
    /// Tools that come and go; nil when there are none.
    package var externalTools: (any ExternalTools)?
    package var toolEnvironment: ToolEnvironment
    package var permissions: any PermissionGate
    /// The permissions that an agent is denied whatever the pattern.
    package var deniedPermissions: @Sendable (_ agent: String) -> Set<String>
    package var config: Config
    package var agents: [AgentDefinition]
    package var instructions: [InstructionFile]
    package var stateDirectory: FilePath
    package var ids: any IDSource
    package var time: any TimeSource
    package var logger: Logger

    package init(
        sessions: SessionService, models: ModelCatalogue, client: ModelClient, tools: ToolRegistry,
        externalTools: (any ExternalTools)? = nil,
        toolEnvironment: ToolEnvironment, permissions: any PermissionGate,
        deniedPermissions: @escaping @Sendable (_ agent: String) -> Set<String>, config: Config,
        agents: [AgentDefinition],
        instructions: [InstructionFile], stateDirectory: FilePath, ids: any IDSource, time: any TimeSource,
        logger: Logger
    ) {
        self.sessions = sessions
        self.models = models
        self.client = client
        self.tools = tools
        self.externalTools = externalTools
        self.toolEnvironment = toolEnvironment
        self.permissions = permissions
        self.deniedPermissions = deniedPermissions
        self.config = config
        self.agents = agents
        self.instructions = instructions
        self.stateDirectory = stateDirectory
        self.ids = ids
        self.time = time
        self.logger = logger
    }
}

/// The one agent loop behind every face.
///
/// `prompt` admits a prompt (validated, then durable), executes it and returns when the execution has ended. Executions of
/// one session run one after the other, also across processes (a lock file); executions of different sessions run in
/// parallel. Everything that happens is a session event; the result only sums it up.
///
/// Cancelling the task that called `prompt` interrupts the execution: the provider stream is closed, running tools are
/// killed, open tool calls become errors, and `session.execution.interrupted` is stored before `prompt` returns.
package actor AgentService {
    /// How deep subagents may call subagents.
    static let maximumDepth = 3

    let dependencies: AgentDependencies
    private var running: [String: Task<ExecutionResult, Never>] = [:]
    private var ledgers: [String: FileLedger] = [:]

    package init(_ dependencies: AgentDependencies) {
        self.dependencies = dependencies
    }

    /// Executes one prompt to its end.
    /// - Throws: `AgentError` when the prompt is not admitted (`invalidPrompt`, `agentNotFound`, `modelNotFound`,
    ///   `authentication`, `busy`, `storage`). A failure after admission is in the result.
    package func prompt(_ input: PromptInput) async throws(AgentError) -> ExecutionResult {
        try await prompt(input, lineage: Lineage())
    }

    /// Interrupts the running execution of a session, if this process runs one.
    /// - Returns: true when there was one.
    @discardableResult
    package func interrupt(sessionID: String) -> Bool {
        guard let task = running[sessionID] else { return false }
        task.cancel()
        return true
    }

    func prompt(_ input: PromptInput, lineage: Lineage) async throws(AgentError) -> ExecutionResult {
        guard !input.text.isEmpty || !input.files.isEmpty else {
            throw AgentError(.invalidPrompt, "The prompt is empty; give a message or a file.")
        }
        let (session, agent, model) = try await choose(input)
        let lock = try await acquireLock(input.sessionID)
        defer { lock.release() }
        let execution = execution(input, agent, model, lineage)
        do {
            try await dependencies.sessions.repairOrphans(input.sessionID)
            try await dependencies.sessions.commitRevert(input.sessionID)
            await dependencies.permissions.sessionStarts(input.sessionID)
            try await execution.admit(session: session)
        } catch {
            throw AgentError(.storage, error.message, underlying: error)
        }
        return await run(execution, sessionID: input.sessionID, lock)
    }

    /// Checks what a prompt names: session, agent and model.
    /// - Throws: as `prompt` before it admits.
    package func validate(_ input: PromptInput) async throws(AgentError) {
        _ = try await choose(input)
    }

    /// Executes what is in the inbox already under `input.messageID`, to its end. The caller holds the session's lock.
    /// - Throws: `AgentError` when agent or model cannot be used any more, or the store fails; nothing is delivered then.
    package func execute(_ input: PromptInput) async throws(AgentError) -> ExecutionResult {
        let (session, agent, model) = try await choose(input)
        let execution = execution(input, agent, model, Lineage())
        do {
            try await dependencies.sessions.commitRevert(input.sessionID)
            try await execution.take(session: session)
        } catch {
            throw AgentError(.storage, error.message, underlying: error)
        }
        return await run(execution, sessionID: input.sessionID)
    }

    private func choose(
        _ input: PromptInput
    ) async throws(AgentError) -> (SessionInfo, AgentDefinition, ModelSpec) {
        let session: SessionInfo
        do {
            session = try await dependencies.sessions.get(input.sessionID)
        } catch {
            throw AgentError(.storage, error.message, underlying: error)
        }
        let agent = try definition(named: input.agent ?? session.agent ?? dependencies.config.defaultAgent ?? "build")
        return (session, agent, try resolve(input.model?.text ?? agent.model ?? session.model?.text))
    }

    private func execution(
        _ input: PromptInput, _ agent: AgentDefinition, _ model: ModelSpec, _ lineage: Lineage
    ) -> Execution {
        let ledger = ledgers[input.sessionID] ?? FileLedger()
        ledgers[input.sessionID] = ledger
        return Execution(
            service: self, dependencies: dependencies, input: input, agent: agent, model: model, ledger: ledger,
            lineage: lineage)
    }

    /// Runs an admitted execution; cancelling the caller interrupts it.
    private func run(
        _ execution: Execution, sessionID: String, _ lock: SessionLock? = nil
    ) async -> ExecutionResult {
        let task = Task { await execution.run() }
        lock?.whenLost { task.cancel() }
        running[sessionID] = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        running[sessionID] = nil
        return result
    }

    private func definition(named name: String) throws(AgentError) -> AgentDefinition {
        if let agent = dependencies.agents.first(where: { $0.name == name }) { return agent }
        let known = dependencies.agents.filter { !$0.hidden }.map(\.name).joined(separator: ", ")
        throw AgentError(
            .agentNotFound, "There is no agent \"\(HostileText.escaped(name, multiline: false))\". Available: \(known)."
        )
    }

    /// The model to use: what was asked for, else the configured or a default one.
    func resolve(_ name: String?) throws(AgentError) -> ModelSpec {
        do {
            if let name { return try dependencies.models.resolve(name) }
            return try dependencies.models.defaultModel()
        } catch {
            throw AgentError(
                error.code == .authentication ? .authentication : .modelNotFound, error.message, underlying: error)
        }
    }

    private func acquireLock(_ sessionID: String) async throws(AgentError) -> SessionLock {
        do {
            return try await SessionLock.acquire(
                stateDirectory: dependencies.stateDirectory, sessionID: sessionID, timeout: .seconds(5),
                leases: dependencies.sessions.runLeases)
        } catch {
            throw AgentError(.busy, error.message, underlying: error)
        }
    }
}

extension ModelRef {
    /// `provider/model`.
    package var text: String { "\(providerID)/\(id)" }
}

/// Who called a subagent: its asks and denials are those of the whole chain.
struct Lineage: Sendable {
    /// The agents above, outermost first.
    var callers: [String] = []
    /// The session at the top, whose approvals count; nil = the session itself.
    var rootSessionID: String?
    /// The rules of the sessions above; they only tighten.
    var sessionRules: [ConfiguredRule] = []
    /// What happens to asks; nil = as the prompt or the permission service says.
    var onAsk: AskPolicy?
    /// The `task` call of the session at the top; nil = this is it.
    var origin: CallOrigin?

    /// How many agents are above.
    var depth: Int { callers.count }
}
