package import Support

/// The wire formats that are spoken; raw values are those of the config key `provider.<id>.api`.
package enum WireAPI: String, Sendable, CaseIterable {
    case openAIChat = "openai-chat"
    case openAIResponses = "openai-responses"
    case anthropic
    case google
    case bedrock

    /// How the reply's bytes are cut into frames.
    package var framing: Framing { self == .bedrock ? .awsEventStream : .serverSentEvents }
}

/// How frames are found in a reply.
package enum Framing: Sendable, Equatable {
    case serverSentEvents
    case awsEventStream
}

/// How a request proves who asks.
package enum AuthScheme: Sendable, Equatable {
    case none
    /// `Authorization: Bearer KEY`.
    case bearer
    /// `NAME: KEY`.
    case header(String)
    /// A bearer key when there is one, else SigV4 with an access key for this region.
    case aws(region: String)
}

/// What a provider or model does differently from others that speak the same protocol.
package struct Quirks: Sendable, Equatable {
    /// OpenAI chat: the field of the output limit.
    package var maxTokensField = "max_tokens"
    /// OpenAI chat: ask for usage in the stream.
    package var streamUsage = true
    /// Sends `prompt_cache_key`.
    package var promptCacheKey = false
    /// OpenAI chat: puts Anthropic's `cache_control` on content parts.
    package var anthropicCacheMarkers = false
    /// OpenAI chat: the field in which reasoning goes back, nil = it does not go back.
    package var reasoningField: String?
    /// OpenAI chat: takes `reasoning_effort`; OpenAI responses: takes `reasoning`.
    package var reasoningEffort = false
    /// Call ids are exactly nine letters or digits.
    package var nineCharacterCallIDs = false
    /// A user message may not follow a tool message directly.
    package var assistantAfterTool = false
    /// Anthropic and Bedrock: the model chooses its own thinking budget; effort is a word, not a number of tokens.
    package var adaptiveThinking = false
    /// Google: thinking is a level, and function calls need their thought signature.
    package var thinkingLevels = false
    /// Bedrock: takes cache points in messages and system.
    package var cachePoints = false
    /// Bedrock: takes a cache point after the tools.
    package var toolCachePoint = false
    /// GitHub Copilot's headers about who asks and about images.
    package var copilotHeaders = false
    /// GitHub Copilot: where a GitHub token is traded for the one that the API takes.
    package var tokenURL: String?
    /// Body members that are always sent, in this order.
    package var extraBody = JSONObject()

    package init() {}
}

/// Where and how a model is reached: protocol × endpoint × authentication × framing.
package struct Route: Sendable, Equatable {
    package var api: WireAPI
    /// Everything before `/chat/completions`, `/responses`, `/messages`, `/models/…` or `/model/…`, without a trailing slash.
    package var baseURL: String
    package var auth: AuthScheme
    /// Headers of the provider or its config, in order; the last of a name wins.
    package var headers: [HTTPField]
    package var quirks: Quirks
    /// Names of variables that may hold its key, for messages.
    package var keyNames: [String]
    /// True for servers on this machine that need no key.
    package var isLocal: Bool

    package init(
        api: WireAPI, baseURL: String, auth: AuthScheme = .bearer, headers: [HTTPField] = [],
        quirks: Quirks = Quirks(), keyNames: [String] = [], isLocal: Bool = false
    ) {
        self.api = api
        self.baseURL = baseURL
        self.auth = auth
        self.headers = headers
        self.quirks = quirks
        self.keyNames = keyNames
        self.isLocal = isLocal
    }

    package var framing: Framing { api.framing }

    /// True when a request without a key is worth sending.
    package var keyIsOptional: Bool {
        auth == .none || keyNames.isEmpty
    }

    /// The address of a streaming request.
    func url(wireID: String) -> String {
        switch api {
        case .openAIChat: return baseURL + "/chat/completions"
        case .openAIResponses: return baseURL + "/responses"
        case .anthropic: return baseURL + "/messages"
        case .google: return baseURL + "/models/\(PercentEncoding.segment(wireID)):streamGenerateContent?alt=sse"
        case .bedrock: return baseURL + "/model/\(PercentEncoding.segment(wireID))/converse-stream"
        }
    }
}

/// `provider.<id>.options`: limits of one provider. All in milliseconds unless said.
package struct ProviderOptions: Sendable, Equatable {
    /// Until the response head; default 300,000, for local servers 600,000.
    package var timeoutMs: Int?
    /// Between two pieces of data in a stream; default as above.
    package var idleTimeoutMs: Int?
    /// First wait before a retry; default 1,000.
    package var retryBaseMs: Int?
    /// Attempts after the first one, 0…6; default 5 (six attempts in all).
    package var maxRetries: Int?

    package init(
        timeoutMs: Int? = nil, idleTimeoutMs: Int? = nil, retryBaseMs: Int? = nil, maxRetries: Int? = nil
    ) {
        self.timeoutMs = timeoutMs
        self.idleTimeoutMs = idleTimeoutMs
        self.retryBaseMs = retryBaseMs
        self.maxRetries = maxRetries
    }

    /// Reads `timeout_ms`, `idle_timeout_ms`, `retry_base_ms`, `max_retries`; other members and values below 0 are ignored.
    package init(_ json: JSON?) {
        func number(_ key: String) -> Int? {
            guard let value = json?[key]?.intValue, value >= 0 else { return nil }
            return Int(clamping: value)
        }
        self.init(
            timeoutMs: number("timeout_ms"), idleTimeoutMs: number("idle_timeout_ms"),
            retryBaseMs: number("retry_base_ms"), maxRetries: number("max_retries"))
    }
}
