package import Configuration
package import Storage
package import Support
package import SystemPackage

/// Where a service decides: the project whose approvals count.
package struct PermissionProject: Sendable, Equatable {
    /// The id that sessions carry.
    package var id: String
    /// The workspace's real path.
    package var directory: FilePath

    package init(id: String, directory: FilePath) {
        self.id = id
        self.directory = directory
    }
}

/// The one place that decides on demands, puts asks and takes answers, for every face.
///
/// An ask is a record from the moment it is put until it is answered or withdrawn; it is published as
/// `permission.asked`, listed by `pending`, and answered by `reply` (of HTTP, TUI, ACP) or by the `asker` of this
/// process, whoever is first. Asks of subagents belong to the session at the top. An "always" is saved before it
/// counts, and then also answers every waiting ask that it covers. Asks for the `asker` with the same queue key are put
/// one after the other, in the order they came. What a denial or an ask decides is published before the call goes on.
/// Bounds: 1,024 open asks, `PermissionStore.maxApprovals` approvals a scope, the last 1,024 answered ids are known.
package actor PermissionService: PermissionGate {
    /// An open ask and who waits for it.
    struct Pending {
        var ask: PermissionAsk
        var order: Int
        /// No call waits for it.
        var isDetached = false
        var continuation: CheckedContinuation<Answer, Never>?
        /// Set when the answer came before anyone waited.
        var answer: Answer?
        var isAnswering = false
        var presenter: Task<Void, Never>?
    }

    /// How an ask ended.
    enum Answer: Sendable, Equatable {
        case reply(PermissionReply)
        case cancelled
        case timedOut
    }

    let rules: PermissionRules
    let store: PermissionStore?
    let project: PermissionProject
    let ids: any IDSource
    let time: any TimeSource
    let asker: (any PermissionAsker)?
    private let approvesAsks: Bool
    private let onAsk: AskPolicy
    private let ruleFile: String
    let publish: @Sendable (PermissionNotice) async -> Void
    var waiting: [String: Pending] = [:]
    var turns = AskTurns()
    var lastOrder = 0
    var answered: [String] = []
    private var denied: [String: Int] = [:]

    static let maxWaiting = 1_024
    private static let maxCounted = 4_096

    /// - Parameters:
    ///   - store: `nil` keeps approvals and asks nowhere: "always" is "once".
    ///   - approvesAsks: `--yes`: what would be asked is allowed; denials stay.
    ///   - asker: who answers in this process; the others use `reply`.
    ///   - onAsk: what a call without a policy of its own gets; `nil`: wait when there is an asker, else deny.
    ///   - ruleFile: the file to name when a rule is missing.
    ///   - publish: called in order for each notice of one ask, awaited.
    package init(
        rules: PermissionRules, store: PermissionStore? = nil, project: PermissionProject,
        approvesAsks: Bool = false, asker: (any PermissionAsker)? = nil, onAsk: AskPolicy? = nil,
        ruleFile: String = "codetether.jsonc", ids: any IDSource, time: any TimeSource,
        publish: @escaping @Sendable (PermissionNotice) async -> Void = { _ in }
    ) {
        self.rules = rules
        self.store = store
        self.project = project
        self.approvesAsks = approvesAsks
        self.asker = asker
        self.onAsk = onAsk ?? (asker == nil ? .deny : .wait(timeoutMs: nil))
        self.ruleFile = ruleFile
        self.ids = ids
        self.time = time
        self.publish = publish
    }

    /// As above, with the rules of a configuration.
    package init(
        config: LoadedConfig, agents: [AgentDefinition], store: PermissionStore?, projectID: String,
        approvesAsks: Bool = false, asker: (any PermissionAsker)? = nil, onAsk: AskPolicy? = nil, ids: any IDSource,
        time: any TimeSource, publish: @escaping @Sendable (PermissionNotice) async -> Void = { _ in }
    ) {
        self.init(
            rules: PermissionRules(config: config, agents: agents), store: store,
            project: PermissionProject(id: projectID, directory: config.realWorkspace), approvesAsks: approvesAsks,
            asker: asker, onAsk: onAsk, ruleFile: config.paths.userConfigFile.string, ids: ids, time: time,
            publish: publish)
    }

    /// Refusals so far in a session; a run without a terminal that had one exits 77.
    package func deniedCount(sessionID: String) -> Int { denied[sessionID] ?? 0 }

    /// What the rules say, without approvals, `--yes` or asking.
    package nonisolated func explain(
        _ permission: String, _ resource: String, agent: String, callers: [String] = []
    ) -> PermissionDecision {
        rules.decide(permission, resource, agent: agent, callers: callers)
    }

    /// What holds for each resource: the rules, then the approvals that count for the session.
    package func decisions(
        _ demand: PermissionDemand, _ context: PermissionContext
    ) async throws(StorageError) -> [PermissionDecision] {
        var decisions = rules.decide(
            demand, agent: context.agent, callers: context.callers, sessionRules: context.sessionRules)
        guard let store, decisions.contains(where: { $0.action == .ask }),
            !decisions.contains(where: { $0.action == .deny })
        else { return decisions }
        let approvals = try await store.approvals(
            sessionID: context.rootSessionID, directory: project.directory.string)
        // What cannot be known beforehand is asked about each time.
        for index in decisions.indices.dropLast(demand.cautions.count) where decisions[index].action == .ask {
            let resource = decisions[index].pattern
            let match = approvals.first {
                $0.action == demand.permission && rules.covers($0.resource, resource, demand.permission)
            }
            guard let match else { continue }
            decisions[index].action = .allow
            decisions[index].approval = match.id
        }
        return decisions
    }

    /// Those of the named permissions that are denied for every resource: what needs them need not be offered.
    package nonisolated func deniedPermissions(
        of names: [String], agent: String, callers: [String] = []
    ) -> Set<String> {
        Set(names.filter { rules.deniesEverything($0, agent: agent, callers: callers) })
    }

    package func preview(_ demand: PermissionDemand, _ context: PermissionContext) async -> [PermissionDecision] {
        (try? await decisions(demand, context)) ?? []
    }

    package func filter(_ permission: String, _ context: PermissionContext) async -> ReadFilter {
        let approvals: [SavedApproval]
        if let store {
            approvals =
                ((try? await store.approvals(sessionID: context.rootSessionID, directory: project.directory.string))
                ?? []).filter { $0.action == permission }
        } else {
            approvals = []
        }
        let rules = rules
        let prepared = rules.prepared(
            permission, agent: context.agent, callers: context.callers, sessionRules: context.sessionRules)
        let asksPass = approvesAsks
        return { path in
            let action = prepared.action(of: path)
            guard action == .ask else { return action }
            return asksPass || approvals.contains { rules.covers($0.resource, path, permission) } ? .allow : .ask
        }
    }

    package func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied) {
        do {
            let open = try await openQuestions(demand, context)
            guard !open.isEmpty, !approvesAsks else { return }
            try await ask(demand, context, open)
        } catch {
            if denied[context.sessionID] != nil || denied.count < Self.maxCounted {
                denied[context.sessionID, default: 0] += 1
            }
            throw error
        }
    }

    /// The resources that still need an answer. Throws for the first denied one.
    func openQuestions(
        _ demand: PermissionDemand, _ context: PermissionContext
    ) async throws(PermissionDenied) -> [PermissionDecision] {
        let decisions: [PermissionDecision]
        do {
            decisions = try await self.decisions(demand, context)
        } catch {
            throw PermissionDenied(
                permission: demand.permission, pattern: demand.patterns.first ?? "*", rule: "unanswered",
                source: "built-in", hint: "The saved approvals cannot be read: \(error.message)")
        }
        if let denial = decisions.first(where: { $0.action == .deny }) {
            throw PermissionDenied(
                permission: demand.permission, pattern: denial.pattern, rule: denial.ruleText, source: denial.source)
        }
        return decisions.filter { $0.action == .ask }
    }

    private func ask(
        _ demand: PermissionDemand, _ context: PermissionContext, _ open: [PermissionDecision]
    ) async throws(PermissionDenied) {
        guard let first = open.first else { return }
        func refused(_ rule: String, _ feedback: String? = nil, hint: String? = nil) -> PermissionDenied {
            PermissionDenied(
                permission: demand.permission, pattern: first.pattern, rule: rule, source: first.source,
                feedback: feedback, hint: hint)
        }
        let request = PermissionAsk(
            id: ids.next(.permission), context: context, permission: demand.permission, patterns: open.map(\.pattern),
            always: demand.always, metadata: demand.metadata, title: demand.title, decision: first,
            createdMs: time.nowMs())
        guard case .wait(let timeoutMs) = context.onAsk ?? onAsk else {
            await publish(.asked(request))
            await publish(.replied(request, .reject(feedback: nil)))
            throw refused("unanswered", hint: hint(demand, open))
        }
        guard waiting.count < Self.maxWaiting else {
            throw refused("unanswered", hint: "\(Self.maxWaiting) asks are open already; answer some of them first.")
        }
        guard !Task.isCancelled else { throw refused("cancelled") }
        do {
            try await put(request)
        } catch {
            throw refused("unanswered", hint: "The ask could not be stored: \(error.message)")
        }
        switch await answer(to: request.id, timeoutMs: timeoutMs) {
        case .reply(.once), .reply(.always): return
        case .reply(.reject(let feedback)): throw refused("rejected", feedback)
        case .cancelled: throw refused("cancelled")
        case .timedOut: throw refused("unanswered", hint: "Nobody answered within \(timeoutMs ?? 0) ms.")
        }
    }

    /// The rule that would allow what is asked, and where to put it.
    private func hint(_ demand: PermissionDemand, _ open: [PermissionDecision]) -> String {
        var patterns = JSONObject()
        for pattern in (demand.always.isEmpty ? open.map(\.pattern) : demand.always).prefix(8) {
            patterns[pattern] = "allow"
        }
        let rule: JSON = ["permission": [demand.permission: .object(patterns)]]
        return "Run it with --yes, or add \(HostileText.escaped(rule.text(), multiline: false)) to \(ruleFile)."
    }
}

extension PermissionRules {
    /// The rules of a configuration and its agents.
    package init(config: LoadedConfig, agents: [AgentDefinition]) {
        self.init(
            layers: config.permissionLayers, agents: agents, workspace: config.realWorkspace, home: config.paths.home)
    }
}

extension LoadedConfig {
    /// The workspace without symbolic links, or as it is when it cannot be resolved.
    package var realWorkspace: FilePath { (try? FileIO.realPath(workspace)) ?? workspace }
}
