import Support

/// Anthropic messages.
extension ReplyEncoder {
    mutating func anthropic(_ pieces: [Turn.Piece], _ turn: Turn) {
        func send(_ type: String, _ fields: JSONObject) {
            var object: JSONObject = ["type": .string(type)]
            for (key, value) in fields { object[key] = value }
            sse(.object(object), event: type)
        }
        let usage = turn.usage ?? TurnUsage(input: 0, output: 0)
        let opening: JSON = [
            "id": .string("msg_\(number)"), "type": "message", "role": "assistant", "model": .string(model),
            "content": [], "stop_reason": .null, "stop_sequence": .null,
            "usage": [
                "input_tokens": int(usage.input), "cache_creation_input_tokens": int(usage.cacheWrite),
                "cache_read_input_tokens": int(usage.cacheRead), "output_tokens": 1,
            ],
        ]
        send("message_start", ["message": opening])
        parts.append(.bytes(Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)))
        var index = -1
        var open: String?
        func stop() {
            if open == "thinking" {
                send(
                    "content_block_delta",
                    ["index": int(index), "delta": ["type": "signature_delta", "signature": "c2lnbmF0dXJl"]])
            }
            if open != nil { send("content_block_stop", ["index": int(index)]) }
            open = nil
        }
        func start(_ type: String, _ block: JSON) {
            if open == type, type != "tool_use" { return }
            stop()
            index += 1
            open = type
            send("content_block_start", ["index": int(index), "content_block": block])
        }
        for piece in pieces {
            switch piece {
            case .text(let text):
                start("text", ["type": "text", "text": ""])
                send(
                    "content_block_delta",
                    ["index": int(index), "delta": ["type": "text_delta", "text": .string(text)]])
            case .reasoning(let text):
                start("thinking", ["type": "thinking", "thinking": "", "signature": ""])
                send(
                    "content_block_delta",
                    ["index": int(index), "delta": ["type": "thinking_delta", "thinking": .string(text)]])
            case .gate(let gate): parts.append(.gate(gate))
            case .call(let id, let name, let arguments, let chunks):
                let call = JSON.string(callID(id, index + 1))
                start("tool_use", ["type": "tool_use", "id": call, "name": .string(name), "input": [:]])
                for part in split(arguments, chunks) {
                    send(
                        "content_block_delta",
                        ["index": int(index), "delta": ["type": "input_json_delta", "partial_json": .string(part)]])
                }
            }
        }
        stop()
        let reason = turn.finish ?? (hasCall(pieces) ? "tool_use" : "end_turn")
        var last: JSONObject = ["delta": ["stop_reason": .string(reason), "stop_sequence": .null]]
        last["usage"] = ["output_tokens": int(usage.output + usage.reasoning)]
        send("message_delta", last)
        send("message_stop", [:])
    }
}
