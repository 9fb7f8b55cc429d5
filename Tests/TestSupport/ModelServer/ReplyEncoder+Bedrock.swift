import Support

/// Bedrock converse.
extension ReplyEncoder {
    mutating func bedrock(_ pieces: [Turn.Piece], _ turn: Turn) {
        frame("messageStart", ["role": "assistant"])
        var index = -1
        var open: String?
        func stop() {
            if open == "reasoning" {
                frame(
                    "contentBlockDelta",
                    [
                        "contentBlockIndex": int(index),
                        "delta": ["reasoningContent": ["signature": "c2lnbmF0dXJl"]],
                    ])
            }
            if open != nil { frame("contentBlockStop", ["contentBlockIndex": int(index)]) }
            open = nil
        }
        func next(_ type: String) {
            if open == type, type != "tool" { return }
            stop()
            index += 1
            open = type
        }
        for piece in pieces {
            switch piece {
            case .text(let text):
                next("text")
                frame("contentBlockDelta", ["contentBlockIndex": int(index), "delta": ["text": .string(text)]])
            case .reasoning(let text):
                next("reasoning")
                frame(
                    "contentBlockDelta",
                    ["contentBlockIndex": int(index), "delta": ["reasoningContent": ["text": .string(text)]]])
            case .gate(let gate): parts.append(.gate(gate))
            case .call(let id, let name, let arguments, let chunks):
                next("tool")
                let use: JSON = ["toolUseId": .string(callID(id, index)), "name": .string(name)]
                frame("contentBlockStart", ["contentBlockIndex": int(index), "start": ["toolUse": use]])
                for part in split(arguments, chunks) {
                    frame(
                        "contentBlockDelta",
                        ["contentBlockIndex": int(index), "delta": ["toolUse": ["input": .string(part)]]])
                }
            }
        }
        stop()
        frame("messageStop", ["stopReason": .string(turn.finish ?? (hasCall(pieces) ? "tool_use" : "end_turn"))])
        if let count = turn.usage {
            let output = count.output + count.reasoning
            frame(
                "metadata",
                [
                    "usage": [
                        "inputTokens": int(count.input), "outputTokens": int(output),
                        "totalTokens": int(count.input + output + count.cacheRead + count.cacheWrite),
                        "cacheReadInputTokens": int(count.cacheRead), "cacheWriteInputTokens": int(count.cacheWrite),
                    ], "metrics": ["latencyMs": 5],
                ])
        }
    }
}
