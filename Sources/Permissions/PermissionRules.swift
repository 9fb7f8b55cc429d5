package import Configuration
package import Support
package import SystemPackage

/// The answer of the rules to one resource, and which rule gave it.
package struct PermissionDecision: Sendable, Hashable {
    package var action: PermissionAction
    package var permission: String
    /// The resource asked about.
    package var pattern: String
    /// The rule that decided.
    package var rule: ConfiguredRule
    /// The agent whose rule it is; `nil` for a rule of a layer.
    package var agent: String?
    /// The saved approval that turned an ask into an allow.
    package var approval: String?

    package init(
        action: PermissionAction, permission: String, pattern: String, rule: ConfiguredRule, agent: String? = nil,
        approval: String? = nil
    ) {
        self.action = action
        self.permission = permission
        self.pattern = pattern
        self.rule = rule
        self.agent = agent
        self.approval = approval
    }

    /// `bash "git *" = allow`, with the agent it belongs to.
    package var ruleText: String {
        "\(rule.permission) \"\(rule.pattern)\" = \(rule.action.rawValue)\(agent.map { " (agent \($0))" } ?? "")"
    }
    /// `file:line`, `built-in` or `saved:ID`.
    package var source: String { approval.map { "saved:\($0)" } ?? rule.source }

    /// `{action,permission,pattern,rule,source}`, as `permission explain` prints it and the event log keeps it.
    package var json: JSON {
        [
            "action": .string(action.rawValue), "permission": .string(permission), "pattern": .string(pattern),
            "rule": .string(ruleText), "source": .string(source),
        ]
    }
}

/// The rules of CONTRACT §6 as a pure value: the same question always gets the same answer.
package struct PermissionRules: Sendable {
    /// What holds when nobody says anything.
    package static let defaults = PermissionConfig(entries: [
        ("*", [("*", .ask)]),
        ("read", [("*", .allow), ("*.env", .ask), ("*.env.*", .ask), ("*.env.example", .allow)]),
        ("glob", [("*", .allow)]), ("grep", [("*", .allow)]), ("list", [("*", .allow)]), ("lsp", [("*", .allow)]),
        ("edit", [("*", .ask)]), ("bash", [("*", .ask)]), ("external_directory", [("*", .ask)]),
        ("webfetch", [("*", .ask)]), ("websearch", [("*", .ask)]), ("codesearch", [("*", .ask)]),
        ("mcp", [("*", .ask)]), ("doom_loop", [("*", .ask)]),
        ("task", [("*", .allow)]), ("skill", [("*", .allow)]), ("question", [("*", .allow)]),
        ("todoread", [("*", .allow)]), ("todowrite", [("*", .allow)]), ("plan_enter", [("*", .allow)]),
        ("plan_exit", [("*", .allow)]), ("batch", [("*", .allow)]), ("invalid", [("*", .allow)]),
    ])
    /// Permissions whose resources are paths.
    private static let pathPermissions: Set<String> = ["read", "edit", "list", "external_directory"]

    let layers: [PermissionLayer]
    private let agents: [String: [PermissionConfig]]
    let builtIn: CompiledRules
    let compiledLayers: [CompiledRules]
    let compiledAgents: [String: [CompiledRules]]
    private let workspace: String
    let home: String

    /// - Parameters:
    ///   - layers: lowest first, without the built-in one.
    ///   - workspace: its real path; relative resources are below it.
    package init(layers: [PermissionLayer], agents: [AgentDefinition], workspace: FilePath, home: FilePath) {
        let home = home.string
        self.layers = layers
        self.agents = Dictionary(
            agents.map { ($0.name, [$0.permission, $0.projectPermission]) }, uniquingKeysWith: { $1 })
        builtIn = CompiledRules(Self.defaults, home: home)
        compiledLayers = layers.map { CompiledRules($0.config, home: home) }
        compiledAgents = self.agents.mapValues { $0.map { CompiledRules($0, home: home) } }
        self.workspace = workspace.string
        self.home = home
    }

    /// What the rules say about a resource for an agent called by `callers`. An agent nobody knows adds no rule;
    /// `sessionRules` may only tighten.
    package func decide(
        _ permission: String, _ resource: String, agent: String, callers: [String] = [],
        sessionRules: [ConfiguredRule] = []
    ) -> PermissionDecision {
        let names = forms(of: resource, permission)
        let name = Array(permission.utf8)
        let isMCPTool = permission.contains("__") && !permission.hasPrefix("custom__")
        var current =
            builtIn.best(name, isMCPTool: isMCPTool, names)
            ?? ConfiguredRule(permission: "*", pattern: "*", action: .ask, source: "built-in")
        var owner: String?
        for (layer, table) in zip(layers, compiledLayers) {
            guard let rule = table.best(name, isMCPTool: isMCPTool, names) else { continue }
            switch layer.authority {
            case .overrides: current = rule
            case .tightens: if rule.action > current.action { current = rule }
            case .tightensOrAllowsAsks:
                if rule.action > current.action || (current.action == .ask && rule.action == .allow) { current = rule }
            }
        }
        for agent in callers + [agent] {
            for table in compiledAgents[agent] ?? [] {
                guard let rule = table.best(name, isMCPTool: isMCPTool, names), rule.action > current.action else {
                    continue
                }
                current = rule
                owner = agent
            }
        }
        if !sessionRules.isEmpty {
            let table = CompiledRules(sessionRules, home: home)
            if let rule = table.best(name, isMCPTool: isMCPTool, names), rule.action > current.action {
                current = rule
                owner = nil
            }
        }
        return PermissionDecision(
            action: current.action, permission: permission, pattern: resource, rule: current, agent: owner)
    }

    /// True when no resource at all could pass, so that a tool needing this permission need not be offered.
    package func deniesEverything(_ permission: String, agent: String, callers: [String] = []) -> Bool {
        guard decide(permission, "*", agent: agent, callers: callers).action == .deny else { return false }
        let tables = layers.map(\.config) + (callers + [agent]).flatMap { agents[$0] ?? [] }
        return !tables.contains { table in
            table.rules.contains {
                $0.action != .deny && Wildcard.matches($0.permission, permission) && $0.pattern != "*"
            }
        }
    }

    /// What holds for a part of a call whose effects cannot be known: as its own resource says, but an allow counts only
    /// when no rule could refuse anything that it may do besides.
    package func decide(
        _ caution: PermissionCaution, of permission: String, agent: String, callers: [String] = [],
        sessionRules: [ConfiguredRule] = []
    ) -> PermissionDecision {
        var decision = decide(
            permission, caution.pattern, agent: agent, callers: callers, sessionRules: sessionRules)
        guard decision.action == .allow,
            let doubt = caution.permissions.lazy.compactMap({
                mightRefuse($0, agents: callers + [agent], sessionRules: sessionRules)
            }).first
        else { return decision }
        decision.action = .ask
        decision.rule = doubt
        return decision
    }

    /// A rule that could refuse or ask about some resource of a permission; `nil` when every resource is allowed.
    private func mightRefuse(
        _ permission: String, agents names: [String], sessionRules: [ConfiguredRule]
    ) -> ConfiguredRule? {
        let tightening = names.flatMap { agents[$0] ?? [] } + [PermissionConfig(rules: sessionRules)]
        for table in tightening {
            if let rule = table.rules.first(where: { $0.action != .allow && applies($0, permission) }) { return rule }
        }
        for layer in layers.reversed() {
            let rules = reachable(layer.config.rules, permission)
            if let rule = rules.first(where: { $0.action != .allow }) { return rule }
            if layer.authority == .overrides, rules.contains(where: { $0.pattern == "*" }) { return nil }
        }
        return reachable(Self.defaults.rules, permission).first { $0.action != .allow }
    }

    /// The rules of one table that can decide about a permission: those that a catch-all of a better name does not hide.
    private func reachable(_ rules: [ConfiguredRule], _ permission: String) -> [ConfiguredRule] {
        let matching = rules.filter { applies($0, permission) }
        func rank(_ rule: ConfiguredRule) -> (Int, Int) {
            (rule.permission == permission ? 1 : 0, Wildcard.literalCount(rule.permission))
        }
        guard let floor = matching.filter({ $0.pattern == "*" }).map(rank).max(by: <) else { return matching }
        return matching.filter { rank($0) >= floor }
    }

    private func applies(_ rule: ConfiguredRule, _ permission: String) -> Bool {
        Wildcard.matches(rule.permission, permission)
            || (rule.permission == "mcp" && permission.contains("__") && !permission.hasPrefix("custom__"))
    }

    /// Every rule in force for an agent, with its layer, for `debug permission`: lowest layer first.
    package func all(agent: String) -> [(layer: String, rule: ConfiguredRule)] {
        let own = (agents[agent] ?? []).flatMap(\.rules).map { ("agent \(agent)", $0) }
        return Self.defaults.rules.map { ("built-in", $0) }
            + layers.flatMap { layer in layer.config.rules.map { (layer.name, $0) } } + own
    }

    /// True when a saved approval covers what was decided.
    package func approves(_ approval: SavedApproval, _ decision: PermissionDecision) -> Bool {
        approval.action == decision.permission && covers(approval.resource, decision.pattern, decision.permission)
    }

    /// True when `pattern` of a saved approval covers the resource.
    func covers(_ pattern: String, _ resource: String, _ permission: String) -> Bool {
        let table = CompiledRules(
            [ConfiguredRule(permission: permission, pattern: pattern, action: .allow)], home: home)
        return table.best(Array(permission.utf8), isMCPTool: false, forms(of: resource, permission)) != nil
    }

    /// Paths are known by their absolute and, inside the workspace, their relative form; a directory outside also as
    /// `dir/`, so that `dir/*` covers it.
    func forms(of resource: String, _ permission: String) -> [[UInt8]] {
        if permission == "bash" { return ShellText.forms(resource).map { Array($0.utf8) } }
        guard Self.pathPermissions.contains(permission) else { return [Array(resource.utf8)] }
        let root = workspace.hasSuffix("/") ? workspace : workspace + "/"
        var forms = [resource]
        if resource.hasPrefix("/") {
            if resource.hasPrefix(root) { forms.append(String(resource.dropFirst(root.count))) }
            if resource == workspace { forms.append(".") }
        } else {
            forms.append(resource == "." ? workspace : root + resource)
        }
        if permission == "external_directory", !resource.hasSuffix("/") { forms.append(resource + "/") }
        return forms.map { Array($0.utf8) }
    }
}
