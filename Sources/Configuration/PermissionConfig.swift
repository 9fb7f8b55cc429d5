package import Support

/// What may happen to something a tool wants to do; ordered from loose to strict.
package enum PermissionAction: String, Sendable, Hashable, Comparable, CaseIterable {
    case allow, ask, deny

    private var strictness: Int {
        switch self {
        case .allow: 0
        case .ask: 1
        case .deny: 2
        }
    }

    /// True when `a` is looser than `b`.
    package static func < (a: PermissionAction, b: PermissionAction) -> Bool { a.strictness < b.strictness }
}

/// One line of a permission table.
package struct ConfiguredRule: Sendable, Hashable {
    /// A permission name or wildcard: `edit`, `github__*`, `*`.
    package var permission: String
    /// A wildcard over the resource; `*` crosses `/`.
    package var pattern: String
    package var action: PermissionAction
    /// `file:line`, `built-in`, or the name of the agent it belongs to.
    package var source: String

    package init(permission: String, pattern: String, action: PermissionAction, source: String = "built-in") {
        self.permission = permission
        self.pattern = pattern
        self.action = action
        self.source = source
    }
}

/// A permission table: a single action, or actions by permission and pattern. The order of rules has no meaning.
package struct PermissionConfig: Sendable, Hashable {
    package var rules: [ConfiguredRule]

    package init(rules: [ConfiguredRule] = []) { self.rules = rules }

    /// A table written down in code.
    package init(
        entries: [(permission: String, rules: [(pattern: String, action: PermissionAction)])],
        source: String = "built-in"
    ) {
        rules = entries.flatMap { entry in
            entry.rules.map {
                ConfiguredRule(permission: entry.permission, pattern: $0.pattern, action: $0.action, source: source)
            }
        }
    }

    /// Reads a value that `ConfigSchema` accepts; what it would refuse is left out. `source` names each rule's place
    /// from the path of its key below the table.
    package init(json: JSON, source: (ConfigKey) -> String) {
        rules = []
        guard case .object(let table) = Self.normalized(json) else { return }
        for (permission, patterns) in table {
            guard let patterns = patterns.objectValue else { continue }
            for (pattern, action) in patterns {
                guard let action = action.stringValue.flatMap(PermissionAction.init(rawValue:)) else { continue }
                let place = source(ConfigKey([permission, pattern]))
                rules.append(
                    ConfiguredRule(permission: permission, pattern: pattern, action: action, source: place))
            }
        }
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// The long form of a table: `"ask"` becomes `{"*":{"*":"ask"}}`, `{"bash":"deny"}` becomes
    /// `{"bash":{"*":"deny"}}`. Tables of several files merge in this form.
    static func normalized(_ json: JSON) -> JSON {
        switch json {
        case .string: return ["*": ["*": json]]
        case .object(var table):
            for (name, value) in table where value.stringValue != nil { table[name] = ["*": value] }
            return .object(table)
        default: return json
        }
    }

    /// The table as it is written in a file, long form.
    package var json: JSON {
        var table = JSONObject()
        for rule in rules {
            var patterns = table[rule.permission]?.objectValue ?? JSONObject()
            patterns[rule.pattern] = .string(rule.action.rawValue)
            table[rule.permission] = .object(patterns)
        }
        return .object(table)
    }
}
