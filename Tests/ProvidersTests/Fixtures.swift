import Configuration
import Schema
import Support

@testable import Providers

/// Values that the tests of all protocols share.
enum Fixture {
    /// A model with every capability, on an address that nobody serves.
    static func model(
        _ api: WireAPI, context: Int = 200_000, output: Int = 8_000, reasoning: Bool = true,
        _ change: (inout Quirks) -> Void = { _ in }
    ) -> ModelSpec {
        var quirks = Quirks()
        change(&quirks)
        let auth: AuthScheme =
            switch api {
            case .openAIChat, .openAIResponses: .bearer
            case .anthropic: .header("x-api-key")
            case .google: .header("x-goog-api-key")
            case .bedrock: .aws(region: "us-east-1")
            }
        return ModelSpec(
            providerID: "test", modelID: "m", wireID: api == .bedrock ? "anthropic.m" : "m",
            limits: .init(context: context, output: output),
            cost: .init(input: 1, output: 2, cacheRead: 0.1, cacheWrite: 1.25),
            capabilities: .init(tools: true, reasoning: reasoning, images: true, documents: true),
            route: Route(
                api: api, baseURL: "https://models.invalid/v1", auth: auth, quirks: quirks, keyNames: ["TEST_API_KEY"]))
    }

    static let tools = [
        ToolSpec(
            name: "read", description: "Reads.",
            inputSchema: ["type": "object", "properties": ["path": ["type": "string"]], "required": ["path"]]),
        ToolSpec(name: "bash", description: "Runs.", inputSchema: ["type": "object", "properties": [:]]),
    ]

    /// A conversation with every kind of content.
    static func request(_ model: ModelSpec, native: JSON? = nil) -> ModelRequest {
        ModelRequest(
            model: model, system: ["You are S.", "", "Env."],
            messages: [
                ModelMessage(role: .user, content: [.text("look"), .image(mime: "image/png", base64: "AAAA")]),
                ModelMessage(
                    role: .assistant,
                    content: [
                        .reasoning(text: "hm", native: native), .text("I read."),
                        .toolCall(id: "call_1", name: "read", input: ["path": "a"]),
                        .toolCall(id: "call_2", name: "bash", input: [:]),
                    ]),
                ModelMessage(
                    role: .tool,
                    content: [
                        .toolResult(callID: "call_1", name: "read", content: [.text("A")], isError: false),
                        .toolResult(
                            callID: "call_2", name: "bash",
                            content: [
                                .text("boom"), .file(uri: "data:image/png;base64,BBBB", mime: "image/png", name: nil),
                            ],
                            isError: true),
                    ]),
                ModelMessage(
                    role: .user,
                    content: [.text("go on"), .file(mime: "application/pdf", name: "d.pdf", base64: "CCCC")]),
            ], tools: tools, maxOutputTokens: 1_000, sessionID: "ses_1")
    }

    /// Reads a whole stream, cut into pieces of `size` bytes.
    static func read(_ bytes: [UInt8], _ api: WireAPI, size: Int = .max) throws -> [ModelEvent] {
        var decoder = WireDecoder(api: api, names: ToolNames())
        var events: [ModelEvent] = []
        var start = 0
        while start < bytes.count {
            let end = size >= bytes.count - start ? bytes.count : start + size
            _ = try decoder.push(Array(bytes[start..<end]), into: &events)
            start = end
        }
        try decoder.finish(into: &events)
        return events
    }

    static func read(_ text: String, _ api: WireAPI) throws -> [ModelEvent] { try read(Array(text.utf8), api) }

    static func usage(_ input: Int, _ output: Int, _ reasoning: Int = 0, _ read: Int = 0, _ write: Int = 0)
        -> ModelEvent
    {
        .usage(TokenUsage(input: input, output: output, reasoning: reasoning, cache: .init(read: read, write: write)))
    }

    /// The code of what a closure throws, nil when it throws nothing else than a `ProviderError`.
    static func code(_ body: () throws -> Void) -> ProviderError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ProviderError)?.code
        }
    }

    static func config(_ text: String) throws -> Config {
        var config = Config()
        let json = try JSON(parsing: text)
        config.model = json["model"]?.stringValue
        config.smallModel = json["small_model"]?.stringValue
        config.disabledProviders = (json["disabled_providers"]?.arrayValue ?? []).compactMap(\.stringValue)
        config.enabledProviders = json["enabled_providers"]?.arrayValue?.compactMap(\.stringValue)
        for member in json["provider"]?.objectValue ?? JSONObject() {
            var provider = ProviderConfig()
            provider.api = member.value["api"]?.stringValue.flatMap(ProviderAPI.init(rawValue:))
            provider.baseURL = member.value["base_url"]?.stringValue
            provider.auth = member.value["auth"]?.stringValue.flatMap(ProviderAuthMode.init(rawValue:))
            provider.env = (member.value["env"]?.arrayValue ?? []).compactMap(\.stringValue)
            provider.options = member.value["options"]?.objectValue ?? JSONObject()
            for header in member.value["headers"]?.objectValue ?? JSONObject() {
                provider.headers[header.key] = header.value.stringValue
            }
            for entry in member.value["models"]?.objectValue ?? JSONObject() {
                var model = ModelConfig()
                model.name = entry.value["name"]?.stringValue
                model.toolCall = entry.value["tool_call"]?.boolValue
                model.contextLimit = entry.value["limit"]?["context"]?.intValue.map { Int($0) }
                model.outputLimit = entry.value["limit"]?["output"]?.intValue.map { Int($0) }
                if let cost = entry.value["cost"] {
                    var prices = ModelCostConfig()
                    prices.input = cost["input"]?.doubleValue
                    prices.output = cost["output"]?.doubleValue
                    model.cost = prices
                }
                provider.models[entry.key] = model
            }
            config.provider[member.key] = provider
        }
        return config
    }
}
