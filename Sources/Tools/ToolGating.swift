package import Configuration
import Support

/// What has to be known of a model to choose its tools.
package struct ToolModel: Sendable, Equatable {
    /// The provider's id.
    package var providerID: String
    /// The model's id at the provider.
    package var modelID: String
    /// Whether it can call tools.
    package var tools: Bool
    /// Its context window in tokens; 0 = unknown.
    package var context: Int
    /// Names that a gate's `capability` is compared with.
    package var capabilities: [String]

    /// A model; see the properties.
    package init(providerID: String, modelID: String, tools: Bool, context: Int, capabilities: [String] = []) {
        self.providerID = providerID
        self.modelID = modelID
        self.tools = tools
        self.context = context
        self.capabilities = capabilities
    }
}

/// What an agent is allowed to be offered.
package struct ToolFilter: Sendable, Equatable {
    /// The agent's name: `plan` is offered `plan_exit`, the others `plan_enter`.
    package var agent: String
    /// The agent's `tools`: names or wildcards; an exact name beats a wildcard, and what is not named is on.
    package var tools: [String: Bool]
    /// Permissions that are denied whatever the pattern: the tools that need them are not offered.
    package var deniedPermissions: Set<String>

    /// A filter; without arguments after the agent everything is allowed.
    package init(agent: String, tools: [String: Bool] = [:], deniedPermissions: Set<String> = []) {
        self.agent = agent
        self.tools = tools
        self.deniedPermissions = deniedPermissions
    }

    /// Whether a tool may be offered.
    func allows(_ name: String) -> Bool {
        if let exact = tools[name] {
            if !exact { return false }
        } else if tools.contains(where: { !$0.value && Wildcard.matches($0.key, name) }) {
            return false
        }
        if deniedPermissions.contains("*") || deniedPermissions.contains(ToolGating.permission(of: name)) {
            return false
        }
        switch name {
        case "plan_enter": return agent != "plan"
        case "plan_exit": return agent == "plan"
        default: return true
        }
    }
}

/// Which tools a model is offered (CONTRACT §9, Models).
package enum ToolGating {
    /// What built-in tools ask for.
    package static let permissionNames = [
        "read", "edit", "bash", "glob", "grep", "list", "codesearch", "webfetch", "websearch", "todoread", "todowrite",
        "task", "skill", "question", "batch", "plan_enter", "plan_exit",
    ]

    /// The tools that write files; a model gets one family of them.
    package static let writers: Set<String> = ["edit", "write", "multiedit", "apply_patch"]
    /// All that a model with a small context is offered; enough to do the job.
    package static let compactSet: Set<String> = ["read", "write", "edit", "apply_patch", "bash", "grep", "glob"]
    /// Models with at most this many tokens of context get the compact set.
    package static let smallContext = 16_384

    /// The permission a tool needs.
    package static func permission(of tool: String) -> String { writers.contains(tool) ? "edit" : tool }

    /// The names offered out of `names`, in their order.
    package static func offered(
        _ names: [String], model: ToolModel, filter: ToolFilter, gates: [ToolGate] = []
    ) -> [String] {
        guard model.tools else { return [] }
        let allowed = names.filter(filter.allows)
        let chosen = chosenWriters(allowed.filter(writers.contains), model: model, gates: gates)
        let denied = gate(for: model, gates).map { Set($0.deny) } ?? []
        let small = model.context > 0 && model.context <= smallContext
        return allowed.filter { name in
            if writers.contains(name) {
                return chosen.contains(name) && (!small || compactSet.contains(name))
            }
            return !denied.contains(name) && (!small || compactSet.contains(name))
        }
    }

    private static func chosenWriters(_ allowed: [String], model: ToolModel, gates: [ToolGate]) -> Set<String> {
        let gate = gate(for: model, gates)
        let denied = Set(gate?.deny ?? [])
        let left = allowed.filter { !denied.contains($0) }
        let preferred = Set(gate?.prefer ?? []).intersection(writers)
        let wanted = preferred.isEmpty ? defaultWriters(model) : preferred
        let chosen = left.filter(wanted.contains)
        if !chosen.isEmpty { return Set(chosen) }
        if let substitute = (gate?.fallback ?? []).first(where: { left.contains($0) }) { return [substitute] }
        return []
    }

    private static func defaultWriters(_ model: ToolModel) -> Set<String> {
        let id = model.modelID
        let patches = id.contains("gpt-") && !id.contains("gpt-4") && !id.contains("oss")
        return patches ? ["apply_patch"] : ["edit", "write", "multiedit"]
    }

    private static func gate(for model: ToolModel, _ gates: [ToolGate]) -> ToolGate? {
        gates.first { gate in
            (gate.provider.map { Wildcard.matches($0, model.providerID) } ?? true)
                && (gate.model.map { Wildcard.matches($0, model.modelID) } ?? true)
                && (gate.capability.map { capability in
                    model.capabilities.contains { Wildcard.matches(capability, $0) }
                } ?? true)
        }
    }
}
