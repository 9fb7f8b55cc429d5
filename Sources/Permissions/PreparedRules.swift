package import Configuration
import Support

/// `PermissionRules.decide` for many resources of one permission: of every table only the rules for it, the best first, so that
/// the first one that matches decides. What a search asks for each file it finds.
package struct PreparedRules: Sendable {
    /// How a table acts on what those before it say.
    private enum Authority: Sendable {
        case layer(PermissionLayer.Authority)
        /// Agents and sessions.
        case tightens
    }

    private struct Entry: Sendable {
        let pattern: [UInt8]
        let action: PermissionAction
    }

    private let rules: PermissionRules
    private let permission: String
    private let builtIn: [Entry]
    private let tables: [(authority: Authority, entries: [Entry])]

    init(
        _ rules: PermissionRules, _ permission: String, agent: String, callers: [String],
        sessionRules: [ConfiguredRule]
    ) {
        self.rules = rules
        self.permission = permission
        let name = Array(permission.utf8)
        let isMCPTool = permission.contains("__") && !permission.hasPrefix("custom__")
        func entries(_ table: CompiledRules) -> [Entry] {
            table.ranked(name, isMCPTool: isMCPTool).map { Entry(pattern: $0.pattern, action: $0.rule.action) }
        }
        builtIn = entries(rules.builtIn)
        tables =
            zip(rules.layers, rules.compiledLayers).map { (.layer($0.authority), entries($1)) }
            + (callers + [agent]).flatMap { rules.compiledAgents[$0] ?? [] }.map { (.tightens, entries($0)) }
            + [(.tightens, entries(CompiledRules(sessionRules, home: rules.home)))]
    }

    /// The `action` that `decide` would give.
    package func action(of resource: String) -> PermissionAction {
        let names = rules.forms(of: resource, permission)
        func best(_ entries: [Entry]) -> PermissionAction? {
            entries.first { entry in names.contains { ByteWildcard.matches(entry.pattern, $0) } }?.action
        }
        var current = best(builtIn) ?? .ask
        for (authority, entries) in tables {
            guard let action = best(entries) else { continue }
            switch authority {
            case .layer(.overrides): current = action
            case .layer(.tightens), .tightens: current = max(current, action)
            case .layer(.tightensOrAllowsAsks):
                if action > current || (current == .ask && action == .allow) { current = action }
            }
        }
        return current
    }
}

extension PermissionRules {
    /// The rules for one permission, made ready for many resources.
    package func prepared(
        _ permission: String, agent: String, callers: [String] = [], sessionRules: [ConfiguredRule] = []
    ) -> PreparedRules {
        PreparedRules(self, permission, agent: agent, callers: callers, sessionRules: sessionRules)
    }
}
