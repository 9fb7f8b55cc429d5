package import Configuration
import Support
package import SystemPackage

/// The answer of the rules to one resource, and which rule gave it.
package struct PermissionDecision: Sendable, Hashable {
    package var action: PermissionAction
    package var permission: String
    /// The resource asked about.
    package var pattern: String
    /// The rule that decided.
    package var rule: ConfiguredRule

    /// `bash "git *" = allow`
    package var ruleText: String { "\(rule.permission) \"\(rule.pattern)\" = \(rule.action.rawValue)" }
    package var source: String { rule.source }
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

    private let layers: [PermissionLayer]
    private let agents: [String: [PermissionConfig]]
    private let workspace: String
    private let home: String

    /// - Parameters:
    ///   - layers: lowest first, without the built-in one.
    ///   - workspace: its real path; relative resources are below it.
    package init(layers: [PermissionLayer], agents: [AgentDefinition], workspace: FilePath, home: FilePath) {
        self.layers = layers
        self.agents = Dictionary(
            agents.map { ($0.name, [$0.permission, $0.projectPermission]) }, uniquingKeysWith: { $1 })
        self.workspace = workspace.string
        self.home = home.string
    }

    /// What the rules say about a resource for an agent called by `callers`. An agent nobody knows adds no rule.
    package func decide(
        _ permission: String, _ resource: String, agent: String, callers: [String] = []
    ) -> PermissionDecision {
        let names = forms(of: resource, permission)
        var current =
            best(Self.defaults, permission, names)
            ?? ConfiguredRule(permission: "*", pattern: "*", action: .ask, source: "built-in")
        for layer in layers {
            guard let rule = best(layer.config, permission, names) else { continue }
            switch layer.authority {
            case .overrides: current = rule
            case .tightens: if rule.action > current.action { current = rule }
            case .tightensOrAllowsAsks:
                if rule.action > current.action || (current.action == .ask && rule.action == .allow) { current = rule }
            }
        }
        for name in callers + [agent] {
            for config in agents[name] ?? [] {
                guard var rule = best(config, permission, names), rule.action > current.action else { continue }
                if rule.source == "built-in" { rule.source = "agent \(name)" }
                current = rule
            }
        }
        return PermissionDecision(action: current.action, permission: permission, pattern: resource, rule: current)
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

    /// The most specific match: an exact permission name, then literal characters of the name, then of the pattern; on
    /// a tie the stricter action.
    private func best(_ config: PermissionConfig, _ permission: String, _ resources: [String]) -> ConfiguredRule? {
        var best: (rank: (Int, Int, Int), rule: ConfiguredRule)?
        for rule in config.rules where matches(rule, permission) {
            let pattern = expanded(rule.pattern)
            guard resources.contains(where: { Wildcard.matches(pattern, $0) }) else { continue }
            let exact = rule.permission == permission ? 1 : 0
            let rank = (exact, literals(rule.permission), literals(pattern))
            guard let known = best else {
                best = (rank, rule)
                continue
            }
            if rank > known.rank || (rank == known.rank && rule.action > known.rule.action) { best = (rank, rule) }
        }
        return best?.rule
    }

    /// `mcp` stands for every `<server>__<tool>`; other names are compared as wildcards.
    private func matches(_ rule: ConfiguredRule, _ permission: String) -> Bool {
        Wildcard.matches(rule.permission, permission)
            || (rule.permission == "mcp" && permission.contains("__") && !permission.hasPrefix("custom__"))
    }

    private func literals(_ pattern: String) -> Int { pattern.utf8.count { $0 != 0x2A && $0 != 0x3F } }

    private func expanded(_ pattern: String) -> String {
        for prefix in ["~", "$HOME"] where pattern == prefix || pattern.hasPrefix(prefix + "/") {
            return home + pattern.dropFirst(prefix.count)
        }
        return pattern
    }

    /// Paths are known by their absolute and, inside the workspace, their relative form.
    private func forms(of resource: String, _ permission: String) -> [String] {
        guard Self.pathPermissions.contains(permission) else { return [resource] }
        let root = workspace.hasSuffix("/") ? workspace : workspace + "/"
        if resource.hasPrefix("/") {
            return resource.hasPrefix(root) ? [resource, String(resource.dropFirst(root.count))] : [resource]
        }
        return [resource, root + resource]
    }
}
