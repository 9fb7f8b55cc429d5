package import Support

/// The wire protocol of a provider.
package enum ProviderAPI: String, Sendable, Hashable, CaseIterable {
    case openAIChat = "openai-chat"
    case openAIResponses = "openai-responses"
    case anthropic
    case google
    case bedrock
}

/// Whether a key is sent.
package enum ProviderAuthMode: String, Sendable, Hashable {
    case auto
    case none
}

/// `provider.<id>`: what the user adds to, or changes of, a catalogue entry.
package struct ProviderConfig: Sendable, Equatable {
    package var name: String?
    package var api: ProviderAPI?
    /// Everything before `/chat/completions`, `/responses`, `/messages`.
    package var baseURL: String?
    package var auth: ProviderAuthMode?
    /// Names of the variables that may hold the key; empty keeps the catalogue's.
    package var env: [String] = []
    package var headers: [String: String] = [:]
    package var models: [String: ModelConfig] = [:]
    /// `timeout_ms`, `idle_timeout_ms`, `retry_base_ms`, `max_retries` and protocol options.
    package var options = JSONObject()

    package init() {}

    init(json: JSON) {
        name = json["name"]?.stringValue
        api = json["api"]?.stringValue.flatMap(ProviderAPI.init(rawValue:))
        baseURL = json["base_url"]?.stringValue
        auth = json["auth"]?.stringValue.flatMap(ProviderAuthMode.init(rawValue:))
        env = json.strings("env") ?? []
        headers = json.stringMap("headers")
        models = json.mapped("models", ModelConfig.init(json:))
        options = json["options"]?.objectValue ?? JSONObject()
    }
}

/// `provider.<id>.models.<id>`; every field is optional and merged over the catalogue.
package struct ModelConfig: Sendable, Equatable {
    /// The name sent to the provider, when it differs from the key.
    package var id: String?
    package var name: String?
    package var toolCall: Bool?
    package var reasoning: Bool?
    package var attachment: Bool?
    package var temperature: Bool?
    /// Tokens.
    package var contextLimit: Int?
    /// Tokens.
    package var inputLimit: Int?
    /// Tokens.
    package var outputLimit: Int?
    package var cost: ModelCostConfig?
    package var inputModalities: [String]?
    package var outputModalities: [String]?
    package var options = JSONObject()
    package var headers: [String: String] = [:]

    package init() {}

    init(json: JSON) {
        id = json["id"]?.stringValue
        name = json["name"]?.stringValue
        toolCall = json["tool_call"]?.boolValue
        reasoning = json["reasoning"]?.boolValue
        attachment = json["attachment"]?.boolValue
        temperature = json["temperature"]?.boolValue
        contextLimit = json["limit"]?.count("context")
        inputLimit = json["limit"]?.count("input")
        outputLimit = json["limit"]?.count("output")
        cost = json["cost"].map(ModelCostConfig.init(json:))
        inputModalities = json["modalities"]?.strings("input")
        outputModalities = json["modalities"]?.strings("output")
        options = json["options"]?.objectValue ?? JSONObject()
        headers = json.stringMap("headers")
    }
}

/// USD per million tokens; a missing figure keeps the catalogue's.
package struct ModelCostConfig: Sendable, Equatable {
    package var input: Double?
    package var output: Double?
    package var cacheRead: Double?
    package var cacheWrite: Double?
    package var reasoning: Double?

    package init() {}

    init(json: JSON) {
        input = json.number("input")
        output = json.number("output")
        cacheRead = json.number("cache_read")
        cacheWrite = json.number("cache_write")
        reasoning = json.number("reasoning")
    }
}
