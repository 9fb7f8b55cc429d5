package import Support

/// `agent.<name>`: fields that are given change the agent of that name, or make a new one.
package struct AgentConfig: Sendable, Equatable {
    package var description: String?
    package var mode: AgentMode?
    package var prompt: String?
    package var model: String?
    package var temperature: Double?
    /// Model requests in one turn.
    package var steps: Int?
    package var hidden: Bool?
    package var color: String?
    package var permission: JSON?
    package var tools: [String: Bool]?

    package init() {}

    init(json: JSON) {
        description = json["description"]?.stringValue
        mode = json["mode"]?.stringValue.flatMap(AgentMode.init(rawValue:))
        prompt = json["prompt"]?.stringValue
        model = json["model"]?.stringValue
        temperature = json.number("temperature")
        steps = json.count("steps")
        hidden = json["hidden"]?.boolValue
        color = json["color"]?.stringValue
        permission = json["permission"]
        tools = json["tools"]?.objectValue == nil ? nil : json.mapped("tools") { $0.boolValue ?? false }
    }
}

/// `command.<name>`: a prompt template.
package struct CommandConfig: Sendable, Equatable {
    package var description: String?
    package var template: String?
    package var agent: String?
    package var model: String?
    package var subtask: Bool?

    init(json: JSON) {
        description = json["description"]?.stringValue
        template = json["template"]?.stringValue
        agent = json["agent"]?.stringValue
        model = json["model"]?.stringValue
        subtask = json["subtask"]?.boolValue
    }
}

/// `tools`: which tools a model is offered.
package struct ToolsConfig: Sendable, Equatable {
    /// First match wins.
    package var gating: [ToolGate] = []

    package init(gating: [ToolGate] = []) { self.gating = gating }

    init(json: JSON) { gating = (json["gating"]?.arrayValue ?? []).map(ToolGate.init(json:)) }
}

/// One rule of `tools.gating`; the match fields are wildcards, a missing one matches everything.
package struct ToolGate: Sendable, Equatable {
    package var provider: String?
    package var model: String?
    package var capability: String?
    package var prefer: [String]
    package var deny: [String]
    package var fallback: [String]
    package var reason: String?

    package init(
        provider: String? = nil, model: String? = nil, capability: String? = nil, prefer: [String] = [],
        deny: [String] = [], fallback: [String] = [], reason: String? = nil
    ) {
        self.provider = provider
        self.model = model
        self.capability = capability
        self.prefer = prefer
        self.deny = deny
        self.fallback = fallback
        self.reason = reason
    }

    init(json: JSON) {
        self.init(
            provider: json["match"]?["provider"]?.stringValue, model: json["match"]?["model"]?.stringValue,
            capability: json["match"]?["capability"]?.stringValue, prefer: json.strings("prefer") ?? [],
            deny: json.strings("deny") ?? [], fallback: json.strings("fallback") ?? [],
            reason: json["reason"]?.stringValue)
    }
}

/// `skills`.
package struct SkillsConfig: Sendable, Equatable {
    /// Directories searched after the usual ones.
    package var paths: [String] = []

    package init() {}
}

/// `snapshot`: the limits of what is kept for undo.
package struct SnapshotConfig: Sendable, Equatable {
    package var enabled = true
    package var maxFileBytes = 10 << 20
    package var maxFiles: Int?
    package var maxTotalBytes = 5 << 30
    package var retentionDays: Int?

    package init() {}

    init(json: JSON) {
        enabled = json["enabled"]?.boolValue ?? enabled
        maxFileBytes = json.count("max_file_bytes") ?? maxFileBytes
        maxFiles = json.count("max_files")
        maxTotalBytes = json.count("max_total_bytes") ?? maxTotalBytes
        retentionDays = json.count("retention_days")
    }
}

/// `share`.
package struct ShareConfig: Sendable, Equatable {
    /// `manual`, `auto` or `disabled`.
    package var mode = "manual"
    package var url: String?
    package var serve = false

    package init() {}

    init(json: JSON) {
        mode = json["mode"]?.stringValue ?? mode
        url = json["url"]?.stringValue
        serve = json["serve"]?.boolValue ?? serve
    }
}

/// `storage`.
package struct StorageConfig: Sendable, Equatable {
    /// `sqlite`, `filesystem` or `postgres`.
    package var backend = "sqlite"
    package var url: String?

    package init() {}

    init(json: JSON) {
        backend = json["backend"]?.stringValue ?? backend
        url = json["url"]?.stringValue
    }
}

/// `compaction`.
package struct CompactionConfig: Sendable, Equatable {
    /// `nil` and `true`: compact when the context is nearly full.
    package var auto: Bool?
    /// Tokens kept free for the answer.
    package var reserveTokens: Int?

    package init(auto: Bool? = nil, reserveTokens: Int? = nil) {
        self.auto = auto
        self.reserveTokens = reserveTokens
    }
}

/// `sandbox`.
package struct SandboxConfig: Sendable, Equatable {
    /// `auto`, `bwrap`, `landlock` or `off`.
    package var mode = "auto"
    package var network = false
    package var writable: [String] = []

    package init() {}

    init(json: JSON) {
        mode = json["mode"]?.stringValue ?? mode
        network = json["network"]?.boolValue ?? network
        writable = json.strings("writable") ?? []
    }
}

/// `log`.
package struct LogConfig: Sendable, Equatable {
    /// `trace`, `debug`, `info`, `warning` or `error`.
    package var level = "info"
    /// `text` or `json`.
    package var format = "text"

    package init() {}
}
