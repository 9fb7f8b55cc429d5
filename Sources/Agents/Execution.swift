import Configuration
import Git
import Logging
import Permissions
import Providers
import Schema
import Sessions
import Snapshots
import Storage
import Support
import SystemPackage
import Tools

/// One execution: from the admitted prompt to its terminal event. See `AgentService` for what it promises.
///
/// An instance serves one call of `run`; it is an actor only so that tool calls which run in parallel can report.
actor Execution {
    let service: AgentService
    let dependencies: AgentDependencies
    let input: PromptInput
    let agent: AgentDefinition
    let model: ModelSpec
    let ledger: FileLedger
    let lineage: Lineage

    var result: ExecutionResult
    var doom = DoomLoopGuard()
    var refusedRepeats = 0
    var compactionsInARow = 0
    var lastUsedTokens = 0
    var pending: [EventPayload] = []
    /// True until what has been spent is published, which follows the events of the step that spent it.
    var isUsageDue = false
    private var isWarm = false
    /// The session's own permission rules.
    var sessionRules: [ConfiguredRule] = []
    /// The built-in tools, and those that come and go as they were at the start of the step.
    private(set) var tools: ToolRegistry
    private var hasGathered = false
    /// The tools of the last request.
    var offeredNames: [String] = []
    private(set) var activeAgent: AgentDefinition

    init(
        service: AgentService, dependencies: AgentDependencies, input: PromptInput, agent: AgentDefinition,
        model: ModelSpec, ledger: FileLedger, lineage: Lineage
    ) {
        self.service = service
        self.dependencies = dependencies
        self.input = input
        self.agent = agent
        self.activeAgent = agent
        self.model = model
        self.ledger = ledger
        self.lineage = lineage
        tools = dependencies.tools
        result = ExecutionResult(sessionID: input.sessionID, outcome: .failed)
    }

    /// Takes over the tools that are there now; the first time it waits for those on their way.
    func gatherTools() async {
        guard let external = dependencies.externalTools else { return }
        let isFirst = !hasGathered
        hasGathered = true
        tools = dependencies.tools.adding(await external.tools(waits: isFirst, contextTokens: model.limits.context))
    }

    var sessionID: String { input.sessionID }
    var sessions: SessionService { dependencies.sessions }

    /// Makes the prompt durable: nothing is promised to the user before this returns.
    func admit(session: SessionInfo) async throws(SessionError) {
        let messageID = input.messageID ?? dependencies.ids.next(.message)
        let enqueued = EventPayload.sessionInboxEnqueued(
            .init(
                sessionID: sessionID, inboxID: messageID,
                item: .user(
                    .init(text: input.text, files: input.files.isEmpty ? nil : input.files), delivery: .queue)))
        try await sessions.append(sessionID, try await selections(session) + [enqueued], durability: .flushed)
        begin(messageID)
    }

    /// Takes a prompt that is in the inbox.
    func take(session: SessionInfo) async throws(SessionError) {
        let selections = try await selections(session)
        if !selections.isEmpty { try await sessions.append(sessionID, selections) }
        begin(input.messageID ?? "")
    }

    private func begin(_ messageID: String) {
        pending = [
            .sessionExecutionStarted(.init(sessionID: sessionID)),
            .sessionInboxDelivered(.init(sessionID: sessionID, inboxID: messageID)),
        ]
    }

    /// What changes with this prompt: the model, the agent, a first title.
    private func selections(_ session: SessionInfo) async throws(SessionError) -> [EventPayload] {
        sessionRules = (session.permissions ?? []).compactMap { rule in
            PermissionAction(rawValue: rule.effect.rawValue).map {
                ConfiguredRule(
                    permission: rule.action, pattern: rule.resource, action: $0, source: "session \(session.id)")
            }
        }
        var events: [EventPayload] = []
        if session.model != model.ref {
            events.append(.sessionModelSelected(.init(sessionID: sessionID, model: model.ref, previous: session.model)))
        }
        if session.agent != agent.name {
            events.append(
                .sessionAgentSelected(.init(sessionID: sessionID, agent: agent.name, previous: session.agent)))
        }
        if try await sessions.projection(sessionID).messages.isEmpty, !session.hasTitle, !input.text.isEmpty {
            events.append(.sessionRenamed(.init(sessionID: sessionID, title: Titles.provisional(for: input.text))))
        }
        return events
    }

    /// Runs to the end and never throws: a failure is in the result and in the session.
    func run() async -> ExecutionResult {
        let started = dependencies.time.uptimeNs()
        await publish(.sessionStatusChanged(.init(sessionID: sessionID, status: .busy)))
        let title = input.isCompaction ? nil : Task { await makeTitle() }
        do {
            try await loop()
            result.outcome = .succeeded
        } catch {
            result.error = error.structured
            result.outcome = error.kind == .interrupted ? .interrupted : .failed
        }
        if let title { await settle(title) }
        await finish()
        dependencies.logger.info(
            "execution finished",
            metadata: [
                "session": "\(sessionID)", "agent": "\(agent.name)", "model": "\(model.ref.providerID)/\(model.ref.id)",
                "outcome": "\(result.outcome.rawValue)", "steps": "\(result.steps)",
                "toolCalls": "\(result.toolCalls.count)", "inputTokens": "\(result.spending.tokens.input)",
                "outputTokens": "\(result.spending.tokens.output)",
                "durationMs": "\((dependencies.time.uptimeNs() - started) / 1_000_000)",
                "error": "\(result.error?.type ?? "")",
            ])
        return result
    }

    /// Waits for a title that is on its way; a run that has ended does not wait long.
    private func settle(_ title: Task<Void, Never>) async {
        if result.outcome == .interrupted { title.cancel() }
        let limit = Task { [time = dependencies.time] in
            try await time.sleep(for: Titles.patience)
            title.cancel()
        }
        await withTaskCancellationHandler {
            await title.value
        } onCancel: {
            title.cancel()
        }
        limit.cancel()
    }

    private func loop() async throws(AgentError) {
        if input.isCompaction { return try await compactNow() }
        let limit = min(input.maxSteps ?? .max, agent.steps ?? .max, 200)
        while true {
            try checkCancelled()
            guard result.steps < limit else {
                throw AgentError(
                    .stepLimit,
                    "The run stopped after \(limit) model requests, its limit. Continue the session, or raise --max-steps.",
                    type: "StepLimitError")
            }
            let projection = try await projection()
            deliverSteered(projection)
            try await compactIfDue(projection)
            if try await step() == .done, try await !hasSteered() { return }
        }
    }

    /// True when a prompt waits that wants to join this execution.
    private func hasSteered() async throws(AgentError) -> Bool {
        try await projection().inbox.contains { $0.delivery == .steer && $0.item.isPrompt }
    }

    /// Prompts that arrived with `delivery: steer` join the running execution before its next request.
    private func deliverSteered(_ projection: SessionProjection) {
        let inbox = projection.inbox
        let open = Set(pending.compactMap { $0.deliveredID })
        for item in inbox where item.delivery == .steer && item.item.isPrompt && !open.contains(item.id) {
            pending.append(.sessionInboxDelivered(.init(sessionID: sessionID, inboxID: item.id)))
        }
    }

    /// Stores the one terminal event. Runs outside the cancelled task, so that an interrupt is recorded too.
    private func finish() async {
        let terminal: EventPayload =
            switch result.outcome {
            case .succeeded: .sessionExecutionSucceeded(.init(sessionID: sessionID))
            case .interrupted: .sessionExecutionInterrupted(.init(sessionID: sessionID, reason: .user))
            case .failed:
                .sessionExecutionFailed(
                    .init(
                        sessionID: sessionID,
                        error: result.error ?? StructuredError(type: "UnknownError", message: "The run failed.")))
            }
        let (events, usage) = (pending.filter { $0.durableVersion != nil }, isUsageDue ? usageUpdated : nil)
        pending = []
        let stored = await Task { [sessions, sessionID] () -> SessionError? in
            do throws(SessionError) {
                if let usage {
                    try await sessions.append(sessionID, events)
                    await sessions.publish(sessionID, usage)
                }
                try await sessions.append(
                    sessionID, (usage == nil ? events : []) + [terminal], durability: .flushed)
                return nil
            } catch {
                return error
            }
        }.value
        if let stored {
            result.outcome = .failed
            result.error = StructuredError(type: "StorageError", message: stored.message)
            dependencies.logger.error(
                "the end of a run could not be stored",
                metadata: ["session": "\(sessionID)", "error": "\(stored.message)"])
        }
        await publish(.sessionStatusChanged(.init(sessionID: sessionID, status: .idle)))
        await publish(.sessionIdle(.init(sessionID: sessionID)))
    }

    func checkCancelled() throws(AgentError) {
        if Task.isCancelled { throw AgentError(.interrupted, "The run was interrupted.", type: "InterruptedError") }
    }

    func projection() async throws(AgentError) -> SessionProjection {
        do {
            return try await sessions.projection(sessionID)
        } catch {
            throw AgentError(.storage, error.message, type: "StorageError", underlying: error)
        }
    }

    /// The session as this execution's last append left it; others may have appended since.
    func ownProjection() async throws(AgentError) -> SessionProjection {
        if let known = await sessions.cached(sessionID) { return known }
        return try await projection()
    }

    /// Stores `pending` and these events in one transaction.
    func append(_ events: [EventPayload]) async throws(AgentError) { try await emit(events) }

    /// Stores `pending` and the durable ones of these events in one transaction, then publishes all of them in order.
    /// - Parameter metadata: of single events, by their index in `events`.
    func emit(_ events: [EventPayload], metadata: [Int: JSON] = [:]) async throws(AgentError) {
        let before = pending.count
        let all = pending + events
        guard all.contains(where: { $0.durableVersion != nil }) else {
            for event in all { await publish(event) }
            return
        }
        pending = []
        do {
            try await sessions.emit(
                sessionID, all,
                metadata: Dictionary(uniqueKeysWithValues: metadata.map { ($0.key + before, $0.value) }))
        } catch {
            throw AgentError(.storage, error.message, type: "StorageError", underlying: error)
        }
        if isUsageDue {
            isUsageDue = false
            await publish(usageUpdated)
        }
    }

    private var usageUpdated: EventPayload {
        .sessionUsageUpdated(
            .init(sessionID: sessionID, cost: result.spending.cost, tokens: result.spending.tokens))
    }

    /// Takes the first snapshot of a workspace while the model thinks, so that a command does not wait for it.
    func warmUpSnapshots() {
        guard !isWarm, lineage.depth == 0, let snapshots = dependencies.toolEnvironment.snapshots else { return }
        isWarm = true
        Task.detached(priority: .low) { await snapshots.warmUp() }
    }

    func publish(_ event: EventPayload) async {
        await sessions.publish(sessionID, event)
    }

    func switchAgent(to name: String) async {
        guard let next = dependencies.agents.first(where: { $0.name == name }) else { return }
        pending.append(
            .sessionAgentSelected(.init(sessionID: sessionID, agent: name, previous: activeAgent.name)))
        activeAgent = next
    }
}

extension InboxItem {
    /// True for what a model reads.
    package var isPrompt: Bool {
        switch self {
        case .user, .synthetic: true
        case .compaction, .move, .unknown: false
        }
    }
}

extension EventPayload {
    fileprivate var deliveredID: String? {
        if case .sessionInboxDelivered(let data) = self { data.inboxID } else { nil }
    }
}
