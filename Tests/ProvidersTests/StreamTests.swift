import Schema
import Support
import Testing

@testable import Providers

@Suite struct StreamTests {
    private static let callA: [ModelEvent] = [
        .toolCallStart(id: "call_a", name: "read"), .toolCallDelta(id: "call_a", delta: "{\"path\":"),
        .toolCallDelta(id: "call_a", delta: "\"a\"}"),
    ]

    @Test func `OpenAI chat gives reasoning, text, two calls, usage and finish`() throws {
        let events = try Fixture.read(Cassette.chat, .openAIChat)
        #expect(
            events == [
                .reasoningStart, .reasoningDelta("Let me "), .reasoningDelta("see."),
                .reasoningEnd(native: ["api": "openai-chat"]), .textDelta("Häl"), .textDelta("lo 🎈"),
            ] + Self.callA + [
                .toolCallStart(id: "call_b", name: "bash"), .toolCallDelta(id: "call_b", delta: "{}"),
                .toolCallEnd(id: "call_a", name: "read", arguments: "{\"path\":\"a\"}"),
                .toolCallEnd(id: "call_b", name: "bash", arguments: "{}"), Fixture.usage(60, 20, 10, 40),
                .finish(.toolCalls, raw: "tool_calls"),
            ])
    }

    @Test func `OpenAI responses gives encrypted reasoning, text, a call, usage and finish`() throws {
        let events = try Fixture.read(Cassette.responses, .openAIResponses)
        let item: JSON = [
            "type": "reasoning", "id": "rs_1", "summary": [["type": "summary_text", "text": "Let me see."]],
            "encrypted_content": "ENC",
        ]
        #expect(
            events == [
                .reasoningStart, .reasoningDelta("Let me see."),
                .reasoningEnd(native: ["api": "openai-responses", "item": item]), .textDelta("Hällo 🎈"),
                .toolCallStart(id: "call_a", name: "read"), .toolCallDelta(id: "call_a", delta: "{\"path\":\"a\"}"),
                .toolCallEnd(id: "call_a", name: "read", arguments: "{\"path\":\"a\"}"), Fixture.usage(60, 20, 10, 40),
                .finish(.toolCalls, raw: "completed"),
            ])
    }

    @Test func `Anthropic and Bedrock give signed reasoning, text, a call, usage and finish`() throws {
        for (api, id) in [(WireAPI.anthropic, "toolu_a"), (.bedrock, "tooluse_a")] {
            let events = try Fixture.read(Cassette.bytes(api), api)
            #expect(
                events == [
                    .reasoningStart, .reasoningDelta("Let me see."),
                    .reasoningEnd(native: ["api": .string(api.rawValue), "signature": "SIG"]), .textDelta("Hällo 🎈"),
                    .toolCallStart(id: id, name: "read"), .toolCallDelta(id: id, delta: "{\"path\":"),
                    .toolCallDelta(id: id, delta: "\"a\"}"),
                    .toolCallEnd(id: id, name: "read", arguments: "{\"path\":\"a\"}"), Fixture.usage(60, 30, 0, 40, 5),
                    .finish(.toolCalls, raw: "tool_use"),
                ])
        }
    }

    @Test func `Google carries a call's signature in an empty reasoning item before it`() throws {
        let events = try Fixture.read(Cassette.google, .google)
        #expect(
            events == [
                .reasoningStart, .reasoningDelta("Let me see."), .reasoningEnd(native: nil), .textDelta("Hällo 🎈"),
                .reasoningStart, .reasoningEnd(native: ["api": "google", "thoughtSignature": "SIG"]),
                .toolCallStart(id: "call_0", name: "read"), .toolCallDelta(id: "call_0", delta: "{\"path\":\"a\"}"),
                .toolCallEnd(id: "call_0", name: "read", arguments: "{\"path\":\"a\"}"),
                .toolCallStart(id: "call_1", name: "bash"), .toolCallDelta(id: "call_1", delta: "{}"),
                .toolCallEnd(id: "call_1", name: "bash", arguments: "{}"), Fixture.usage(60, 20, 10, 40),
                .finish(.toolCalls, raw: "STOP"),
            ])
    }

    @Test(arguments: WireAPI.allCases) func `a stream cut at any byte boundary gives the same events`(api: WireAPI)
        throws
    {
        let bytes = Cassette.bytes(api)
        let whole = try Fixture.read(bytes, api)
        for size in [1, 2, 3, 7, 64] { #expect(try Fixture.read(bytes, api, size: size) == whole) }
        for cut in stride(from: 1, to: bytes.count, by: 1) {
            var decoder = WireDecoder(api: api, names: ToolNames())
            var events: [ModelEvent] = []
            _ = try decoder.push(Array(bytes[..<cut]), into: &events)
            _ = try decoder.push(Array(bytes[cut...]), into: &events)
            try decoder.finish(into: &events)
            guard events == whole else {
                Issue.record("cut at \(cut) differs")
                return
            }
        }
    }

    @Test(arguments: WireAPI.allCases) func `a stream that ends early is a cut stream, wherever it ends`(api: WireAPI)
        throws
    {
        let bytes = Cassette.bytes(api)
        let whole = try Fixture.read(bytes, api)
        var cuts = 0
        for cut in stride(from: 0, to: bytes.count, by: 5) {
            do {
                let events = try Fixture.read(Array(bytes[..<cut]), api)
                // Only what comes after the finish may be missing.
                #expect(events.last == whole.last)
            } catch let error as ProviderError {
                #expect(error.code == .streamCut)
                cuts += 1
            }
        }
        #expect(cuts > bytes.count / 10)
    }

    @Test(arguments: [WireAPI.openAIChat, .openAIResponses, .anthropic, .google])
    func `CRLF line ends and a comment between events change nothing`(api: WireAPI) throws {
        let text = String(decoding: Cassette.bytes(api), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        #expect(try Fixture.read(": hi\r\n\r\n" + lines, api) == Fixture.read(text, api))
    }

    @Test func `pings and comments are not progress`() throws {
        var decoder = WireDecoder(api: .anthropic, names: ToolNames())
        var events: [ModelEvent] = []
        #expect(try !decoder.push(Array(": keep-alive\n\n".utf8), into: &events))
        #expect(try !decoder.push(Array("event: ping\ndata: {\"type\":\"ping\"}\n\n".utf8), into: &events))
        #expect(try decoder.push(Array("data: {\"type\":\"content_block_stop\",\"index\":0}\n\n".utf8), into: &events))
    }

    @Test func `chat calls without index, with index 0 for all, or with repeated ids stay apart`() throws {
        let noIndex = """
            data: {"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"read","arguments":"{}"}},{"id":"b","function":{"name":"bash","arguments":"{"}}]}}]}

            data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"}"}}]},"finish_reason":"stop"}]}

            data: [DONE]


            """
        #expect(try ends(noIndex) == ["a read {}", "b bash {}"])
        #expect(try Fixture.read(noIndex, .openAIChat).last == .finish(.toolCalls, raw: "stop"))
        let sameIndex = """
            data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}]}}]}

            data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"bash","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}


            """
        #expect(try ends(sameIndex) == ["a read {}", "b bash {}"])
        let noID = """
            data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"read","arguments":{"path":"x"}}}]},"finish_reason":"tool_calls"}]}


            """
        #expect(try ends(noID) == ["call_0 read {\"path\":\"x\"}"])
    }

    private func ends(_ text: String) throws -> [String] {
        try Fixture.read(text, .openAIChat).compactMap { event in
            if case .toolCallEnd(let id, let name, let arguments) = event { return "\(id) \(name) \(arguments)" }
            return nil
        }
    }

    @Test func `Mistral's content parts are reasoning and text`() throws {
        let text = """
            data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}}]}

            data: {"choices":[{"delta":{"content":[{"type":"text","text":"ok"}]},"finish_reason":"length"}]}

            data: [DONE]


            """
        #expect(
            try Fixture.read(text, .openAIChat) == [
                .reasoningStart, .reasoningDelta("hm"), .reasoningEnd(native: ["api": "openai-chat"]), .textDelta("ok"),
                .finish(.length, raw: "length"),
            ])
    }

    @Test func `usage of xAI and DeepSeek is counted without overlap`() {
        let xai: JSON = [
            "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
            "completion_tokens_details": ["reasoning_tokens": 100],
        ]
        #expect(OpenAIChat.usage(xai).output == 5)
        #expect(OpenAIChat.usage(xai).reasoning == 100)
        let deepSeek: JSON = ["prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 8]
        #expect(OpenAIChat.usage(deepSeek).input == 2)
        #expect(OpenAIChat.usage(deepSeek).cache.read == 8)
    }

    @Test func `errors within a stream are thrown with their kind`() {
        func code(_ text: String, _ api: WireAPI) -> ProviderError.Code? {
            Fixture.code { _ = try Fixture.read("data: " + text + "\n\n", api) }
        }
        #expect(
            code(#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, .anthropic)
                == .overloaded)
        #expect(code(#"{"error":{"message":"slow down","code":429}}"#, .openAIChat) == .rateLimited)
        #expect(
            code(
                #"{"type":"response.failed","response":{"error":{"code":"context_length_exceeded","message":"long"}}}"#,
                .openAIResponses)
                == .contextOverflow)
        #expect(code(#"{"type":"error","code":"server_error","message":"x"}"#, .openAIResponses) == .server)
        #expect(code(#"{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"#, .google) == .overloaded)
        #expect(code("{not json", .openAIChat) == .malformed)
        let exception = EventStreamWriter.message(
            headers: [(":message-type", "exception"), (":exception-type", "throttlingException")],
            payload: Array(#"{"message":"Too many requests"}"#.utf8))
        #expect(Fixture.code { _ = try Fixture.read(exception, .bedrock) } == .rateLimited)
    }

    @Test func `a blocked Google prompt and a Claude refusal finish as content filter`() throws {
        let blocked = try Fixture.read("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n", .google)
        #expect(blocked == [.finish(.contentFilter, raw: "SAFETY")])
        let refusal = """
            data: {"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":1}}

            data: {"type":"message_stop"}


            """
        #expect(try Fixture.read(refusal, .anthropic).last == .finish(.contentFilter, raw: "refusal"))
    }

    @Test func `a damaged event-stream message is malformed`() {
        for index in [0, 5, 9, 20, Cassette.bedrock.count - 1] {
            var bytes = Cassette.bedrock
            bytes[index] ^= 0x40
            #expect(Fixture.code { _ = try Fixture.read(bytes, .bedrock) } != nil)
        }
    }

    @Test func `tool arguments that are no object are reported, not thrown away`() {
        #expect(ToolArguments.parse("") == .success(.object(JSONObject())))
        #expect(ToolArguments.parse(#"{"a":1}"#) == .success(["a": 1]))
        #expect(ToolArguments.parse(#""{\"a\":1}""#) == .success(["a": 1]))
        for bad in [#"{"a":"#, "[1]", "3", #""x""#] {
            if case .success = ToolArguments.parse(bad) { Issue.record("\(bad) was taken") }
        }
    }
}
