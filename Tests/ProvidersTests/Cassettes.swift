import Support

@testable import Providers

/// Streams as providers send them, one of each protocol with text, reasoning, two tool calls, usage and a finish.
enum Cassette {
    static let chat = """
        : OPENROUTER PROCESSING

        data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}

        data: {"choices":[{"index":0,"delta":{"reasoning_content":"Let me "}}]}

        data: {"choices":[{"index":0,"delta":{"reasoning_content":"see."}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Häl"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo 🎈"}}]}

        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"read","arguments":""}}]}}]}

        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"path\\":"}}]}}]}

        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"a\\"}"}}]}}]}

        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"bash","arguments":"{}"}}]}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

        data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":{"reasoning_tokens":10}}}

        data: [DONE]


        """

    static let responses = """
        event: response.created
        data: {"type":"response.created","response":{"id":"r","status":"in_progress"}}

        event: response.output_item.added
        data: {"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}

        event: response.reasoning_summary_text.delta
        data: {"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"Let me see."}

        event: response.output_item.done
        data: {"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Let me see."}],"encrypted_content":"ENC"}}

        event: response.output_item.added
        data: {"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}

        event: response.output_text.delta
        data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"Hällo 🎈"}

        event: response.output_item.done
        data: {"type":"response.output_item.done","output_index":1,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Hällo 🎈"}]}}

        event: response.output_item.added
        data: {"type":"response.output_item.added","output_index":2,"item":{"id":"fc_1","type":"function_call","call_id":"call_a","name":"read","arguments":""}}

        event: response.function_call_arguments.delta
        data: {"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"{\\"path\\":\\"a\\"}"}

        event: response.output_item.done
        data: {"type":"response.output_item.done","output_index":2,"item":{"id":"fc_1","type":"function_call","call_id":"call_a","name":"read","arguments":"{\\"path\\":\\"a\\"}"}}

        event: response.completed
        data: {"type":"response.completed","response":{"id":"r","status":"completed","usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":40},"output_tokens":30,"output_tokens_details":{"reasoning_tokens":10},"total_tokens":130}}}


        """

    static let anthropic = """
        event: message_start
        data: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":60,"cache_creation_input_tokens":5,"cache_read_input_tokens":40,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

        event: ping
        data: {"type":"ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see."}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hällo 🎈"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: content_block_start
        data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_a","name":"read"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"path\\":"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\\"a\\"}"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":2}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":30}}

        event: message_stop
        data: {"type":"message_stop"}


        """

    static let google = """
        data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Let me see.","thought":true}]}}],"usageMetadata":{"promptTokenCount":100}}

        data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hällo 🎈"}]}}]}

        data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"read","args":{"path":"a"}},"thoughtSignature":"SIG"},{"functionCall":{"name":"bash","args":{}}}]}}]}

        data: {"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":20,"thoughtsTokenCount":10}}


        """

    static let bedrock: [UInt8] = {
        func message(_ type: String, _ payload: JSON) -> [UInt8] {
            EventStreamWriter.message(
                headers: [(":message-type", "event"), (":event-type", type), (":content-type", "application/json")],
                payload: payload.bytes())
        }
        var out = message("messageStart", ["role": "assistant"])
        out += message(
            "contentBlockDelta", ["contentBlockIndex": 0, "delta": ["reasoningContent": ["text": "Let me see."]]])
        out += message(
            "contentBlockDelta", ["contentBlockIndex": 0, "delta": ["reasoningContent": ["signature": "SIG"]]])
        out += message("contentBlockStop", ["contentBlockIndex": 0])
        out += message("contentBlockDelta", ["contentBlockIndex": 1, "delta": ["text": "Hällo 🎈"]])
        out += message("contentBlockStop", ["contentBlockIndex": 1])
        out += message(
            "contentBlockStart",
            ["contentBlockIndex": 2, "start": ["toolUse": ["toolUseId": "tooluse_a", "name": "read"]]])
        out += message("contentBlockDelta", ["contentBlockIndex": 2, "delta": ["toolUse": ["input": "{\"path\":"]]])
        out += message("contentBlockDelta", ["contentBlockIndex": 2, "delta": ["toolUse": ["input": "\"a\"}"]]])
        out += message("contentBlockStop", ["contentBlockIndex": 2])
        out += message("messageStop", ["stopReason": "tool_use"])
        out += message(
            "metadata",
            ["usage": ["inputTokens": 60, "outputTokens": 30, "cacheReadInputTokens": 40, "cacheWriteInputTokens": 5]])
        return out
    }()

    static func bytes(_ api: WireAPI) -> [UInt8] {
        switch api {
        case .openAIChat: Array(chat.utf8)
        case .openAIResponses: Array(responses.utf8)
        case .anthropic: Array(anthropic.utf8)
        case .google: Array(google.utf8)
        case .bedrock: bedrock
        }
    }
}
