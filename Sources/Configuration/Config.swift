package import Support

/// The merged configuration, typed. Sections without a typed field here (`mcp`, `lsp`, `tui`, `server`, …) are in `raw`,
/// validated.
package struct Config: Sendable, Equatable {
    /// The default model, `provider/model`.
    package var model: String?
    package var smallModel: String?
    package var defaultAgent: String?
    package var provider: [String: ProviderConfig] = [:]
    package var disabledProviders: [String] = []
    /// When given, only these providers.
    package var enabledProviders: [String]?
    /// All permission rules merged, for display; decisions use `LoadedConfig.permissionLayers`.
    package var permission = PermissionConfig()
    package var agent: [String: AgentConfig] = [:]
    package var command: [String: CommandConfig] = [:]
    package var tools = ToolsConfig()
    package var instructions: [String] = []
    package var skills = SkillsConfig()
    package var snapshot = SnapshotConfig()
    package var share = ShareConfig()
    package var storage = StorageConfig()
    package var compaction = CompactionConfig()
    package var sandbox = SandboxConfig()
    package var log = LogConfig()
    package var modelsURL: String?
    /// Everything, as merged and substituted.
    package var raw: JSON = .object(JSONObject())

    /// The defaults.
    package init() {}

    /// Reads a value that `ConfigSchema.validate` accepted; fields of another type keep their default.
    package init(json: JSON) {
        raw = json
        model = json["model"]?.stringValue
        smallModel = json["small_model"]?.stringValue
        defaultAgent = json["default_agent"]?.stringValue
        provider = json.mapped("provider", ProviderConfig.init(json:))
        disabledProviders = json.strings("disabled_providers") ?? []
        enabledProviders = json.strings("enabled_providers")
        permission = PermissionConfig(json: json["permission"] ?? .null) { _ in "config" }
        agent = json.mapped("agent", AgentConfig.init(json:))
        command = json.mapped("command", CommandConfig.init(json:))
        tools = ToolsConfig(json: json["tools"] ?? .null)
        instructions = json.strings("instructions") ?? []
        skills.paths = json["skills"]?.strings("paths") ?? []
        snapshot = SnapshotConfig(json: json["snapshot"] ?? .null)
        share = ShareConfig(json: json["share"] ?? .null)
        storage = StorageConfig(json: json["storage"] ?? .null)
        compaction = CompactionConfig(
            auto: json["compaction"]?["auto"]?.boolValue,
            reserveTokens: json["compaction"]?["reserve_tokens"]?.intValue.map(Int.init(clamping:)))
        sandbox = SandboxConfig(json: json["sandbox"] ?? .null)
        log.level = json["log"]?["level"]?.stringValue ?? log.level
        log.format = json["log"]?["format"]?.stringValue ?? log.format
        modelsURL = json["models_url"]?.stringValue
    }
}

extension JSON {
    func strings(_ key: String) -> [String]? { self[key]?.arrayValue?.compactMap(\.stringValue) }

    func stringMap(_ key: String) -> [String: String] { mapped(key) { $0.stringValue ?? "" } }

    func mapped<Value>(_ key: String, _ make: (JSON) -> Value) -> [String: Value] {
        guard let object = self[key]?.objectValue else { return [:] }
        var result: [String: Value] = [:]
        for (name, value) in object { result[name] = make(value) }
        return result
    }

    func number(_ key: String) -> Double? {
        self[key].flatMap { value in value.doubleValue ?? value.intValue.map(Double.init) }
    }

    func count(_ key: String) -> Int? { self[key]?.intValue.map(Int.init(clamping:)) }
}
