import Support

/// Writes scripted events as OpenAI chat, OpenAI responses, Anthropic, Google or Bedrock streams.
///
/// Events: `{"type":"text","text"}`, `{"type":"reasoning","text"}`, `{"type":"tool","id","name","arguments"}` (object or text),
/// `{"type":"usage","input","output"}`, `{"type":"finish","reason":"stop|length|tool-calls|content-filter"}`. Without `finish` one
/// is added.
enum FakeReply {
    static func bytes(_ events: [JSON], url: String, isCut: Bool) -> [UInt8] {
        var writer = Writer()
        if url.hasSuffix("/responses") {
            writer.responses(events, isCut: isCut)
        } else if url.hasSuffix("/messages") {
            writer.anthropic(events, isCut: isCut)
        } else if url.utf8Contains(":streamGenerateContent") {
            writer.google(events, isCut: isCut)
        } else if url.hasSuffix("/converse-stream") {
            writer.bedrock(events, isCut: isCut)
        } else {
            writer.chat(events, isCut: isCut)
        }
        return writer.out
    }

    private struct Writer {
        var out: [UInt8] = []

        mutating func sse(_ json: JSON) { out += Array("data: ".utf8) + json.bytes() + [10, 10] }

        func arguments(_ event: JSON) -> String {
            event["arguments"].map { $0.stringValue ?? $0.text() } ?? "{}"
        }

        func reason(_ events: [JSON]) -> String {
            for event in events where event["type"]?.stringValue == "finish" {
                return event["reason"]?.stringValue ?? "stop"
            }
            return events.contains { $0["type"]?.stringValue == "tool" } ? "tool-calls" : "stop"
        }

        func usage(_ events: [JSON]) -> (input: Int64, output: Int64) {
            for event in events where event["type"]?.stringValue == "usage" {
                return (event["input"]?.intValue ?? 0, event["output"]?.intValue ?? 0)
            }
            return (0, 0)
        }

        mutating func chat(_ events: [JSON], isCut: Bool) {
            var index: Int64 = 0
            for event in events {
                let delta: JSON
                switch event["type"]?.stringValue {
                case "text": delta = ["content": event["text"] ?? ""]
                case "reasoning": delta = ["reasoning_content": event["text"] ?? ""]
                case "tool":
                    delta = [
                        "tool_calls": [
                            [
                                "index": .int(index), "id": event["id"] ?? .string("call_fake_\(index)"),
                                "type": "function",
                                "function": ["name": event["name"] ?? "", "arguments": .string(arguments(event))],
                            ]
                        ]
                    ]
                    index += 1
                default: continue
                }
                sse(["choices": [["index": 0, "delta": delta]]])
            }
            guard !isCut else { return }
            let reasons = ["tool-calls": "tool_calls", "content-filter": "content_filter"]
            let reason = reason(events)
            sse(["choices": [["index": 0, "delta": [:], "finish_reason": .string(reasons[reason] ?? reason)]]])
            let usage = usage(events)
            sse([
                "choices": [],
                "usage": ["prompt_tokens": .int(usage.input), "completion_tokens": .int(usage.output)],
            ])
            out += Array("data: [DONE]\n\n".utf8)
        }

        mutating func responses(_ events: [JSON], isCut: Bool) {
            for (index, event) in events.enumerated() {
                let place: JSON = .int(Int64(index))
                switch event["type"]?.stringValue {
                case "text":
                    sse(["type": "response.output_text.delta", "output_index": place, "delta": event["text"] ?? ""])
                case "reasoning":
                    sse([
                        "type": "response.reasoning_summary_text.delta", "output_index": place,
                        "delta": event["text"] ?? "",
                    ])
                    sse([
                        "type": "response.output_item.done", "output_index": place,
                        "item": ["type": "reasoning", "summary": []],
                    ])
                case "tool":
                    sse([
                        "type": "response.output_item.done", "output_index": place,
                        "item": [
                            "type": "function_call", "call_id": event["id"] ?? .string("call_fake_\(index)"),
                            "name": event["name"] ?? "", "arguments": .string(arguments(event)),
                        ],
                    ])
                default: continue
                }
            }
            guard !isCut else { return }
            let usage = usage(events)
            var response: JSONObject = [
                "usage": ["input_tokens": .int(usage.input), "output_tokens": .int(usage.output)]
            ]
            switch reason(events) {
            case "length": response["incomplete_details"] = ["reason": "max_output_tokens"]
            case "content-filter": response["incomplete_details"] = ["reason": "content_filter"]
            default: response["status"] = "completed"
            }
            sse(["type": "response.completed", "response": .object(response)])
        }

        mutating func anthropic(_ events: [JSON], isCut: Bool) {
            let usage = usage(events)
            sse(["type": "message_start", "message": ["usage": ["input_tokens": .int(usage.input)]]])
            for (index, event) in events.enumerated() {
                let place: JSON = .int(Int64(index))
                let block: JSON
                let delta: JSON
                switch event["type"]?.stringValue {
                case "text":
                    block = ["type": "text", "text": ""]
                    delta = ["type": "text_delta", "text": event["text"] ?? ""]
                case "reasoning":
                    block = ["type": "thinking", "thinking": ""]
                    delta = ["type": "thinking_delta", "thinking": event["text"] ?? ""]
                case "tool":
                    block = [
                        "type": "tool_use", "id": event["id"] ?? .string("toolu_fake_\(index)"),
                        "name": event["name"] ?? "",
                    ]
                    delta = ["type": "input_json_delta", "partial_json": .string(arguments(event))]
                default: continue
                }
                sse(["type": "content_block_start", "index": place, "content_block": block])
                sse(["type": "content_block_delta", "index": place, "delta": delta])
                sse(["type": "content_block_stop", "index": place])
            }
            guard !isCut else { return }
            let reasons = [
                "stop": "end_turn", "length": "max_tokens", "tool-calls": "tool_use", "content-filter": "refusal",
            ]
            sse([
                "type": "message_delta", "delta": ["stop_reason": .string(reasons[reason(events)] ?? "end_turn")],
                "usage": ["output_tokens": .int(usage.output)],
            ])
            sse(["type": "message_stop"])
        }

        mutating func google(_ events: [JSON], isCut: Bool) {
            for event in events {
                let part: JSON
                switch event["type"]?.stringValue {
                case "text": part = ["text": event["text"] ?? ""]
                case "reasoning": part = ["text": event["text"] ?? "", "thought": true]
                case "tool":
                    let args = (try? JSON(parsing: arguments(event))) ?? [:]
                    part = ["functionCall": ["name": event["name"] ?? "", "args": args]]
                default: continue
                }
                sse(["candidates": [["content": ["parts": [part]]]]])
            }
            guard !isCut else { return }
            let reasons = ["length": "MAX_TOKENS", "content-filter": "SAFETY"]
            let usage = usage(events)
            sse([
                "candidates": [["finishReason": .string(reasons[reason(events)] ?? "STOP")]],
                "usageMetadata": [
                    "promptTokenCount": .int(usage.input), "candidatesTokenCount": .int(usage.output),
                ],
            ])
        }

        mutating func bedrock(_ events: [JSON], isCut: Bool) {
            for (index, event) in events.enumerated() {
                let place: JSON = .int(Int64(index))
                let delta: JSON
                switch event["type"]?.stringValue {
                case "text": delta = ["text": event["text"] ?? ""]
                case "reasoning": delta = ["reasoningContent": ["text": event["text"] ?? ""]]
                case "tool":
                    let id = event["id"] ?? .string("tooluse_fake_\(index)")
                    let use: JSON = ["toolUseId": id, "name": event["name"] ?? ""]
                    message("contentBlockStart", ["contentBlockIndex": place, "start": ["toolUse": use]])
                    delta = ["toolUse": ["input": .string(arguments(event))]]
                default: continue
                }
                message("contentBlockDelta", ["contentBlockIndex": place, "delta": delta])
                message("contentBlockStop", ["contentBlockIndex": place])
            }
            guard !isCut else { return }
            let reasons = [
                "stop": "end_turn", "length": "max_tokens", "tool-calls": "tool_use",
                "content-filter": "content_filtered",
            ]
            message("messageStop", ["stopReason": .string(reasons[reason(events)] ?? "end_turn")])
            let usage = usage(events)
            message("metadata", ["usage": ["inputTokens": .int(usage.input), "outputTokens": .int(usage.output)]])
        }

        mutating func message(_ type: String, _ payload: JSON) {
            out += EventStreamWriter.message(
                headers: [(":message-type", "event"), (":event-type", type)], payload: payload.bytes())
        }
    }
}

/// Writes Amazon's event-stream messages.
package enum EventStreamWriter {
    /// One message with string headers.
    package static func message(headers: [(String, String)], payload: [UInt8]) -> [UInt8] {
        var block: [UInt8] = []
        for (name, value) in headers {
            block.append(UInt8(truncatingIfNeeded: name.utf8.count))
            block += Array(name.utf8)
            block.append(7)
            block += [UInt8(truncatingIfNeeded: value.utf8.count >> 8), UInt8(truncatingIfNeeded: value.utf8.count)]
            block += Array(value.utf8)
        }
        var out = word(UInt32(truncatingIfNeeded: 16 + block.count + payload.count))
        out += word(UInt32(truncatingIfNeeded: block.count))
        out += word(CRC32.checksum(out))
        out += block + payload
        return out + word(CRC32.checksum(out))
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
