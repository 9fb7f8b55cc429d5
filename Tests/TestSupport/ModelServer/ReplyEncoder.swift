import Support

/// A part of a response body: bytes to send, or a gate to wait at.
enum BodyPart: Sendable {
    case bytes([UInt8])
    case gate(Gate)
}

/// Writes a turn in the words of one protocol.
struct ReplyEncoder {
    let wire: ModelProtocol
    /// Makes ids unique within the server.
    let number: Int
    let model: String
    var parts: [BodyPart] = []
    var sequence = 0

    init(wire: ModelProtocol, number: Int, model: String) {
        self.wire = wire
        self.number = number
        self.model = model
    }

    var contentType: String {
        wire == .bedrock ? "application/vnd.amazon.eventstream" : "text/event-stream"
    }

    static func encode(
        _ pieces: [Turn.Piece], turn: Turn, wire: ModelProtocol, number: Int, model: String
    ) -> (contentType: String, parts: [BodyPart]) {
        var encoder = ReplyEncoder(wire: wire, number: number, model: model)
        switch wire {
        case .openAIChat: encoder.chat(pieces, turn)
        case .openAIResponses: encoder.responses(pieces, turn)
        case .anthropic: encoder.anthropic(pieces, turn)
        case .google: encoder.google(pieces, turn)
        case .bedrock: encoder.bedrock(pieces, turn)
        }
        return (encoder.contentType, encoder.parts)
    }

    /// The error body as the protocol's provider writes it.
    static func errorBody(_ wire: ModelProtocol, status: Int, message: String) -> [UInt8] {
        let text = JSON.string(message)
        let type: JSON =
            switch status {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 429: "rate_limit_error"
            case 529: "overloaded_error"
            case 500...: "api_error"
            default: "invalid_request_error"
            }
        let json: JSON =
            switch wire {
            case .openAIChat, .openAIResponses: ["error": ["message": text, "type": type, "code": .null]]
            case .anthropic: ["type": "error", "error": ["type": type, "message": text]]
            case .google: ["error": ["code": .int(Int64(status)), "message": text, "status": "FAILED_PRECONDITION"]]
            case .bedrock: ["message": text]
            }
        return json.bytes()
    }

    // MARK: Building blocks

    mutating func sse(_ json: JSON, event: String? = nil) {
        var bytes: [UInt8] = []
        if let event { bytes += Array("event: \(event)\n".utf8) }
        bytes += Array("data: ".utf8) + json.bytes() + Array("\n\n".utf8)
        parts.append(.bytes(bytes))
    }

    mutating func frame(_ event: String, _ json: JSON) {
        parts.append(.bytes(EventStreamEncoder.frame(event: event, payload: json.bytes())))
    }

    func callID(_ id: String?, _ index: Int) -> String {
        if let id { return id }
        switch wire {
        case .anthropic: return "toolu_\(number)x\(index)"
        case .bedrock: return "tooluse_\(number)-\(index)"
        default: return "call_\(number)_\(index)"
        }
    }

    /// `text` in `count` parts of whole characters, none lost; fewer when it is shorter.
    func split(_ text: String, _ count: Int) -> [String] {
        let scalars = Array(text.unicodeScalars)
        let size = max(1, (scalars.count + count - 1) / max(1, count))
        return stride(from: 0, to: scalars.count, by: size).map { start in
            var part = String.UnicodeScalarView()
            part.append(contentsOf: scalars[start..<min(start + size, scalars.count)])
            return String(part)
        }
    }

    func hasCall(_ pieces: [Turn.Piece]) -> Bool {
        pieces.contains { if case .call = $0 { true } else { false } }
    }

    func int(_ value: Int) -> JSON { .int(Int64(value)) }

    // MARK: OpenAI chat completions

    mutating func chat(_ pieces: [Turn.Piece], _ turn: Turn) {
        func chunk(_ delta: JSON, finish: JSON = .null) -> JSON {
            [
                "id": .string("chatcmpl-\(number)"), "object": "chat.completion.chunk", "created": 1_700_000_000,
                "model": .string(model), "choices": [["index": 0, "delta": delta, "finish_reason": finish]],
            ]
        }
        sse(chunk(["role": "assistant", "content": ""]))
        var index = 0
        for piece in pieces {
            switch piece {
            case .text(let text): sse(chunk(["content": .string(text)]))
            case .reasoning(let text): sse(chunk(["reasoning_content": .string(text)]))
            case .gate(let gate): parts.append(.gate(gate))
            case .call(let id, let name, let arguments, let chunks):
                let opening: JSON = [
                    "index": int(index), "id": .string(callID(id, index)), "type": "function",
                    "function": ["name": .string(name), "arguments": ""],
                ]
                sse(chunk(["tool_calls": [opening]]))
                for part in split(arguments, chunks) {
                    let delta: JSON = ["index": int(index), "function": ["arguments": .string(part)]]
                    sse(chunk(["tool_calls": [delta]]))
                }
                index += 1
            }
        }
        sse(chunk([:], finish: .string(turn.finish ?? (index > 0 ? "tool_calls" : "stop"))))
        if let usage = turn.usage {
            let input = usage.input + usage.cacheRead + usage.cacheWrite
            let output = usage.output + usage.reasoning
            sse([
                "id": .string("chatcmpl-\(number)"), "object": "chat.completion.chunk", "created": 1_700_000_000,
                "model": .string(model), "choices": [],
                "usage": [
                    "prompt_tokens": int(input), "completion_tokens": int(output), "total_tokens": int(input + output),
                    "prompt_tokens_details": ["cached_tokens": int(usage.cacheRead)],
                    "completion_tokens_details": ["reasoning_tokens": int(usage.reasoning)],
                ],
            ])
        }
        parts.append(.bytes(Array("data: [DONE]\n\n".utf8)))
    }
}
