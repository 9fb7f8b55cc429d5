package import Configuration
package import Support
import SystemPackage

/// Decides by the rules, asks when they say so, and remembers approvals of this process.
///
/// Asks with the same queue key are put one after the other, in the order they came; each is judged again when its turn
/// comes, so an "always" also answers those that wait. Bounds: 1,024 waiting asks, 1,000 approvals a scope, 4,096 scopes.
package actor PermissionService: PermissionGate {
    private let rules: PermissionRules
    private let approvesAsks: Bool
    private let asker: (any PermissionAsker)?
    private let ids: any IDSource
    private let publish: @Sendable (PermissionNotice) async -> Void
    private var approvals: [String: [(permission: String, pattern: String)]] = [:]
    private var turns = AskTurns()
    private var denied: [String: Int] = [:]

    private static let maxWaiting = 1_024
    private static let maxApprovals = 1_000
    private static let maxScopes = 4_096

    /// - Parameters:
    ///   - approvesAsks: `--yes`: what would be asked is allowed; denials stay.
    ///   - asker: `nil` when nobody can answer: asks are denied.
    ///   - publish: called in order for each ask, awaited.
    package init(
        rules: PermissionRules, approvesAsks: Bool = false, asker: (any PermissionAsker)? = nil, ids: any IDSource,
        publish: @escaping @Sendable (PermissionNotice) async -> Void = { _ in }
    ) {
        self.rules = rules
        self.approvesAsks = approvesAsks
        self.asker = asker
        self.ids = ids
        self.publish = publish
    }

    /// As above, with the rules of a configuration.
    package init(
        config: LoadedConfig, agents: [AgentDefinition], approvesAsks: Bool = false,
        asker: (any PermissionAsker)? = nil,
        ids: any IDSource, publish: @escaping @Sendable (PermissionNotice) async -> Void = { _ in }
    ) {
        let workspace = (try? FileIO.realPath(config.workspace)) ?? config.workspace
        self.init(
            rules: PermissionRules(
                layers: config.permissionLayers, agents: agents, workspace: workspace, home: config.paths.home),
            approvesAsks: approvesAsks, asker: asker, ids: ids, publish: publish)
    }

    /// Refusals so far in a session; a run without a terminal that had one exits 77.
    package func deniedCount(sessionID: String) -> Int { denied[sessionID] ?? 0 }

    /// Those of some permissions that an agent is denied whatever the pattern.
    package nonisolated func deniedPermissions(of names: [String], agent: String) -> Set<String> {
        Set(names.filter { rules.deniesEverything($0, agent: agent) })
    }

    /// What the rules say, without approvals, `--yes` or asking.
    package nonisolated func explain(
        _ permission: String, _ resource: String, agent: String, callers: [String] = []
    ) -> PermissionDecision {
        rules.decide(permission, resource, agent: agent, callers: callers)
    }

    /// Those of the named permissions that are denied for every resource: what needs them need not be offered.
    package nonisolated func deniedPermissions(
        of names: [String], agent: String, callers: [String] = []
    ) -> Set<String> {
        Set(names.filter { rules.deniesEverything($0, agent: agent, callers: callers) })
    }

    package func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied) {
        do {
            let open = try openQuestions(demand, context)
            guard !open.isEmpty, !approvesAsks else { return }
            try await ask(demand, context, open)
        } catch {
            denied[context.sessionID, default: 0] += 1
            throw error
        }
    }

    /// The resources that still need an answer. Throws for the first denied one.
    private func openQuestions(
        _ demand: PermissionDemand, _ context: PermissionContext
    ) throws(PermissionDenied) -> [PermissionDecision] {
        let resources = demand.patterns.isEmpty ? ["*"] : demand.patterns
        let decisions = resources.map {
            rules.decide(demand.permission, $0, agent: context.agent, callers: context.callers)
        }
        if let denial = decisions.first(where: { $0.action == .deny }) {
            throw PermissionDenied(
                permission: demand.permission, pattern: denial.pattern, rule: denial.ruleText, source: denial.source)
        }
        let approved = approvals[scope(context)] ?? []
        return decisions.filter { decision in
            decision.action == .ask
                && !approved.contains {
                    $0.permission == demand.permission && Wildcard.matches($0.pattern, decision.pattern)
                }
        }
    }

    private func scope(_ context: PermissionContext) -> String { context.approvalScope ?? context.sessionID }

    private func ask(
        _ demand: PermissionDemand, _ context: PermissionContext, _ open: [PermissionDecision]
    ) async throws(PermissionDenied) {
        guard let first = open.first else { return }
        func refused(_ rule: String, _ feedback: String? = nil) -> PermissionDenied {
            PermissionDenied(
                permission: demand.permission, pattern: first.pattern, rule: rule, source: first.source,
                feedback: feedback)
        }
        var request = PermissionAsk(
            id: ids.next(.permission), context: context, permission: demand.permission, patterns: open.map(\.pattern),
            always: demand.always, metadata: demand.metadata, title: demand.title, decision: first)
        guard let asker else {
            await publish(.asked(request))
            await publish(.replied(request, .reject(feedback: nil)))
            throw refused("unanswered")
        }
        let key = asker.queueKey(for: request)
        guard turns.count < Self.maxWaiting, await takeTurn(key) else { throw refused("cancelled") }
        defer { turns.pass(key) }
        let remaining = try openQuestions(demand, context)
        guard let next = remaining.first else { return }
        request.patterns = remaining.map(\.pattern)
        request.decision = next
        await publish(.asked(request))
        let reply = await asker.ask(request)
        await publish(.replied(request, reply))
        switch reply {
        case .once: return
        case .always: approve(demand, context)
        case .reject(let feedback): throw refused(Task.isCancelled ? "cancelled" : "rejected", feedback)
        }
    }

    private func approve(_ demand: PermissionDemand, _ context: PermissionContext) {
        let scope = scope(context)
        guard approvals[scope] != nil || approvals.count < Self.maxScopes else { return }
        var list = approvals[scope] ?? []
        for pattern in demand.always where list.count < Self.maxApprovals {
            if !list.contains(where: { $0.permission == demand.permission && $0.pattern == pattern }) {
                list.append((demand.permission, pattern))
            }
        }
        approvals[scope] = list
    }

    /// Waits for the turn; false when the task was cancelled while waiting.
    private func takeTurn(_ key: String) async -> Bool {
        if turns.take(key) { return true }
        let ticket = turns.newTicket()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { turns.wait(key, ticket, $0, isCancelled: Task.isCancelled) }
        } onCancel: {
            Task { await self.cancelTurn(key, ticket) }
        }
    }

    private func cancelTurn(_ key: String, _ ticket: Int) { turns.cancel(key, ticket) }
}

/// Who has the turn and who waits for it, by key, first come first served.
struct AskTurns {
    private typealias Waiter = (ticket: Int, continuation: CheckedContinuation<Bool, Never>)
    private var waiting: [String: [Waiter]] = [:]
    private var lastTicket = 0

    /// Waiting asks of all keys.
    var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

    mutating func newTicket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    /// True when the key was free; it is taken then.
    mutating func take(_ key: String) -> Bool {
        guard waiting[key] == nil else { return false }
        waiting[key] = []
        return true
    }

    mutating func wait(
        _ key: String, _ ticket: Int, _ continuation: CheckedContinuation<Bool, Never>, isCancelled: Bool
    ) {
        guard !isCancelled else { return continuation.resume(returning: false) }
        guard waiting[key] != nil else {
            waiting[key] = []
            return continuation.resume(returning: true)
        }
        waiting[key]?.append((ticket, continuation))
    }

    mutating func cancel(_ key: String, _ ticket: Int) {
        guard let index = waiting[key]?.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting[key]?.remove(at: index).continuation.resume(returning: false)
    }

    /// Gives the turn to the next one.
    mutating func pass(_ key: String) {
        guard let queue = waiting[key], !queue.isEmpty else {
            waiting[key] = nil
            return
        }
        waiting[key]?.removeFirst().continuation.resume(returning: true)
    }
}
