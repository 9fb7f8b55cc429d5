import Schema
import Support
import Testing

@testable import Providers

@Suite struct BodyTests {
    private func body(_ request: ModelRequest) throws -> JSON { try request.model.route.api.body(for: request) }

    @Test(arguments: WireAPI.allCases) func `the body of a whole conversation is as recorded`(api: WireAPI) throws {
        let model = Fixture.model(api) { quirks in
            quirks.cachePoints = true
            quirks.toolCachePoint = true
            quirks.promptCacheKey = true
            quirks.reasoningEffort = true
            quirks.reasoningField = "reasoning_content"
        }
        let natives: [WireAPI: JSON] = [
            .openAIChat: ["api": "openai-chat"],
            .openAIResponses: [
                "api": "openai-responses",
                "item": ["type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "E"],
            ],
            .anthropic: ["api": "anthropic", "signature": "SIG"],
            .google: ["api": "google", "thoughtSignature": "SIG"],
            .bedrock: ["api": "bedrock", "signature": "SIG"],
        ]
        var request = Fixture.request(model, native: natives[api])
        request.reasoningEffort = "low"
        let text = try body(request).text(.pretty)
        #expect(text == GoldenBody.text(api))
    }

    @Test(arguments: WireAPI.allCases) func `equal requests give equal bytes, and the tools are the same bytes in each`(
        api: WireAPI
    ) throws {
        let model = Fixture.model(api)
        let request = Fixture.request(model)
        let first = try body(request)
        #expect(try body(request).bytes() == first.bytes())
        var longer = request
        longer.messages.append(ModelMessage(role: .assistant, content: [.text("done")]))
        longer.messages.append(ModelMessage(role: .user, content: [.text("more")]))
        let second = try body(longer)
        let key = api == .bedrock ? "toolConfig" : "tools"
        #expect(first[key] != nil)
        #expect(first[key]?.bytes() == second[key]?.bytes())
    }

    @Test(arguments: WireAPI.allCases) func `an output limit is always sent, within model and context`(api: WireAPI)
        throws
    {
        func sent(_ request: ModelRequest) throws -> Int64? {
            let body = try body(request)
            return body["max_tokens"]?.intValue ?? body["max_output_tokens"]?.intValue
                ?? body["generationConfig"]?["maxOutputTokens"]?.intValue
                ?? body["inferenceConfig"]?["maxTokens"]?.intValue
        }
        let hello = [ModelMessage(role: .user, content: [.text("hi")])]
        #expect(try sent(ModelRequest(model: Fixture.model(api), messages: hello)) == 8_000)
        #expect(try sent(ModelRequest(model: Fixture.model(api), messages: hello, maxOutputTokens: 99_999)) == 8_000)
        #expect(try sent(ModelRequest(model: Fixture.model(api), messages: hello, maxOutputTokens: 77)) == 77)
        let long = [ModelMessage(role: .user, content: [.text(String(repeating: "x", count: 21_000))])]
        #expect(
            try sent(ModelRequest(model: Fixture.model(api, context: 8_192), messages: long, maxOutputTokens: 8_000))
                == 2_192)
    }

    @Test(arguments: WireAPI.allCases) func `another protocol's reasoning and an incapable model's tools are left out`(
        api: WireAPI
    ) throws {
        var request = Fixture.request(Fixture.model(api), native: ["api": "elsewhere", "signature": "SECRETSIG"])
        request.model.capabilities.tools = false
        request.model.capabilities.temperature = false
        request.temperature = 0.123
        let text = try body(request).text()
        #expect(!text.contains("SECRETSIG"))
        #expect(!text.contains("0.123"))
        #expect(!text.contains("Reads."))
    }

    @Test func `Anthropic and Bedrock mark system, last tool and the last two user messages`() throws {
        let anthropic = try body(Fixture.request(Fixture.model(.anthropic))).text()
        #expect(anthropic.components(of: "cache_control") == 4)
        var plain = Fixture.request(Fixture.model(.anthropic))
        plain.cacheBreakpoints = false
        #expect(try body(plain).text().components(of: "cache_control") == 0)
        let bedrock = try body(
            Fixture.request(
                Fixture.model(.bedrock) { quirks in
                    quirks.cachePoints = true
                    quirks.toolCachePoint = true
                })
        ).text()
        #expect(bedrock.components(of: "cachePoint") == 4)
        let router = try body(Fixture.request(Fixture.model(.openAIChat) { $0.anthropicCacheMarkers = true })).text()
        #expect(router.components(of: "cache_control") == 3)
    }

    @Test func `calls in a conversation without tools still have definitions where they must`() throws {
        for api in [WireAPI.anthropic, .bedrock] {
            var request = Fixture.request(Fixture.model(api))
            request.tools = []
            let body = try body(request)
            #expect((body["tools"] ?? body["toolConfig"]?["tools"])?.arrayValue?.count == 2)
        }
    }

    @Test func `effort becomes a budget, adaptive thinking, a level or nothing`() throws {
        let hello = [ModelMessage(role: .user, content: [.text("hi")])]
        func body(_ model: ModelSpec, _ effort: String) throws -> JSON {
            try model.route.api.body(
                for: ModelRequest(model: model, messages: hello, temperature: 1, reasoningEffort: effort))
        }
        let budget = try body(Fixture.model(.anthropic), "low")
        #expect(budget["thinking"] == ["type": "enabled", "budget_tokens": 4_096])
        #expect(budget["temperature"] == nil)
        let small = try body(Fixture.model(.anthropic, output: 1_500), "high")
        #expect(small["thinking"] == nil)
        let adaptive = try body(Fixture.model(.anthropic) { $0.adaptiveThinking = true }, "high")
        #expect(adaptive["thinking"]?["type"] == "adaptive")
        #expect(adaptive["output_config"] == ["effort": "high"])
        let level = try body(Fixture.model(.google) { $0.thinkingLevels = true }, "medium")
        #expect(level["generationConfig"]?["thinkingConfig"]?["thinkingLevel"] == "medium")
        #expect(
            try body(Fixture.model(.openAIChat, reasoning: false) { $0.reasoningEffort = true }, "low")[
                "reasoning_effort"] == nil)
    }

    @Test func `Mistral gets nine-letter ids and an assistant between tool and user`() throws {
        let model = Fixture.model(.openAIChat) { quirks in
            quirks.nineCharacterCallIDs = true
            quirks.assistantAfterTool = true
        }
        let messages = try #require(try body(Fixture.request(model))["messages"]?.arrayValue)
        let roles = messages.compactMap { $0["role"]?.stringValue }
        #expect(roles == ["system", "user", "assistant", "tool", "tool", "assistant", "user", "user"])
        let id = try #require(messages[3]["tool_call_id"]?.stringValue)
        #expect(id.utf8.count == 9)
        #expect(messages[2]["tool_calls"]?[0]?["id"]?.stringValue == id)
    }

    @Test func `Gemini 3 gets a signature on a call that came from elsewhere, once a message`() throws {
        let text = try body(Fixture.request(Fixture.model(.google) { $0.thinkingLevels = true })).text()
        #expect(text.components(of: "skip_thought_signature_validator") == 1)
        #expect(try body(Fixture.request(Fixture.model(.google))).text().components(of: "thoughtSignature") == 0)
    }

    @Test func `odd tool names and call ids become legal and come back`() {
        let names = ToolNames(
            ["read", "a b", "a_b", "9x", String(repeating: "n", count: 80), "müll"], firstMustBeLetter: true)
        var seen = Set<String>()
        for name in ["read", "a b", "a_b", "9x", String(repeating: "n", count: 80), "müll"] {
            let wire = names.wire(name)
            #expect((1...64).contains(wire.utf8.count))
            #expect(wire.utf8.allSatisfy(WireIDs.isWordByte))
            #expect(names.original(wire) == name)
            #expect(seen.insert(wire).inserted)
        }
        #expect(names.wire("read") == "read")
        #expect(WireIDs.legal("call_1") == "call_1")
        #expect(WireIDs.legal("functions.bash:0") != WireIDs.legal("functions.bash_0"))
    }
}

extension String {
    /// How often a text occurs.
    func components(of text: String) -> Int {
        var count = 0
        var rest = Substring(self)
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
