import Support

/// Google generateContent.
extension ReplyEncoder {
    mutating func google(_ pieces: [Turn.Piece], _ turn: Turn) {
        func chunk(_ parts: [JSON], finish: String? = nil, usage: JSON? = nil) -> JSON {
            var candidate: JSONObject = ["content": ["role": "model", "parts": .array(parts)], "index": 0]
            if let finish { candidate["finishReason"] = .string(finish) }
            var object: JSONObject = ["candidates": [.object(candidate)]]
            if let usage { object["usageMetadata"] = usage }
            object["modelVersion"] = .string(model)
            object["responseId"] = .string("resp-\(number)")
            return .object(object)
        }
        for piece in pieces {
            switch piece {
            case .text(let text): sse(chunk([["text": .string(text)]]))
            case .reasoning(let text): sse(chunk([["text": .string(text), "thought": true]]))
            case .gate(let gate): parts.append(.gate(gate))
            case .call(let id, let name, let arguments, _):
                // Google sends arguments whole; ones that are no JSON arrive as a string instead of an object.
                var call: JSONObject = ["name": .string(name)]
                call["args"] = (try? JSON(parsing: arguments)) ?? .string(arguments)
                if let id { call["id"] = .string(id) }
                sse(chunk([["functionCall": .object(call), "thoughtSignature": "c2lnbmF0dXJl"]]))
            }
        }
        var usage: JSON?
        if let count = turn.usage {
            let input = count.input + count.cacheRead + count.cacheWrite
            usage = [
                "promptTokenCount": int(input), "candidatesTokenCount": int(count.output),
                "thoughtsTokenCount": int(count.reasoning), "cachedContentTokenCount": int(count.cacheRead),
                "totalTokenCount": int(input + count.output + count.reasoning),
            ]
        }
        sse(chunk([], finish: turn.finish ?? "STOP", usage: usage))
    }
}
