import Support
package import SystemPackage

/// Where an agent may be used.
package enum AgentMode: String, Sendable, Hashable, CaseIterable {
    /// A person picks it.
    case primary
    /// Another agent starts it.
    case subagent
    case all
}

/// An agent: what it is told, what it may do, how long.
package struct AgentDefinition: Sendable, Equatable {
    /// Who defined it, or changed it last.
    package enum Source: Sendable, Equatable, CustomStringConvertible {
        case builtIn
        /// `agent.<name>` of the configuration.
        case config
        case file(FilePath)

        package var description: String {
            switch self {
            case .builtIn: "built-in"
            case .config: "config"
            case .file(let path): path.string
            }
        }
    }

    /// `[a-z0-9][a-z0-9-]{0,63}`
    package var name: String
    package var description: String
    package var mode: AgentMode
    /// `provider/model`; `nil`: the session's.
    package var model: String?
    /// Added to the system prompt.
    package var prompt: String?
    /// Model requests in one turn; `nil`: the general limit.
    package var steps: Int?
    package var temperature: Double?
    /// May only tighten what the layers allow.
    package var permission: PermissionConfig
    /// Rules a repository adds to an agent defined elsewhere; they too may only tighten.
    package var projectPermission: PermissionConfig
    /// Tool names or wildcards to offer (`true`) or not; the most literal match wins, what is not named is offered.
    package var tools: [String: Bool]
    /// Not in lists.
    package var hidden: Bool
    package var color: String?
    package var source: Source

    package init(
        name: String, description: String, mode: AgentMode, model: String? = nil, prompt: String? = nil,
        steps: Int? = nil, temperature: Double? = nil, permission: PermissionConfig = PermissionConfig(),
        projectPermission: PermissionConfig = PermissionConfig(), tools: [String: Bool] = [:], hidden: Bool = false,
        color: String? = nil, source: Source
    ) {
        self.name = name
        self.description = description
        self.mode = mode
        self.model = model
        self.prompt = prompt
        self.steps = steps
        self.temperature = temperature
        self.permission = permission
        self.projectPermission = projectPermission
        self.tools = tools
        self.hidden = hidden
        self.color = color
        self.source = source
    }

    /// Whether the agent's `tools` let a tool be offered.
    package func offers(_ tool: String) -> Bool {
        var best: (literals: Int, offered: Bool)?
        for (pattern, offered) in tools where Wildcard.matches(pattern, tool) {
            let literals = pattern == tool ? Int.max : pattern.utf8.count { $0 != 0x2A && $0 != 0x3F }
            if let current = best, current.literals > literals || (current.literals == literals && !current.offered) {
                continue
            }
            best = (literals, offered)
        }
        return best?.offered ?? true
    }
}
