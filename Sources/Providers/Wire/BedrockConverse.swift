import Schema
import Support

/// Amazon Bedrock's converse stream.
package struct BedrockConverse: WireProtocol {
    private enum Block {
        case text
        case reasoning(signature: String, redacted: String)
        case call(id: String, name: String, json: String)
    }

    private let names: ToolNames
    private var blocks: [Int64: Block] = [:]
    private var rawFinish: String?
    private var usage: TokenUsage?
    private var callCount = 0
    private var isFinished = false

    package init(names: ToolNames) { self.names = names }

    package var isComplete: Bool { isFinished }

    package mutating func receive(
        _ frame: WireFrame, into events: inout [ModelEvent]
    ) throws(ProviderError) -> Bool {
        if isFinished { return false }
        let json = frame.data.isEmpty ? JSON.object(JSONObject()) : try WireText.json(frame.data)
        if frame.isException { throw ErrorBody.inStream(json, type: frame.name) }
        let index = json["contentBlockIndex"]?.intValue ?? 0
        switch frame.name {
        case "contentBlockDelta":
            if let delta = json["delta"] { receive(delta, index: index, into: &events) }
        case "contentBlockStart":
            guard let start = json["start"]?["toolUse"] else { return true }
            var id = start["toolUseId"]?.stringValue ?? ""
            if id.isEmpty { id = "call_\(callCount)" }
            callCount += 1
            let name = names.original(start["name"]?.stringValue ?? "")
            blocks[index] = .call(id: id, name: name, json: "")
            events.append(.toolCallStart(id: id, name: name))
        case "contentBlockStop": stop(index, into: &events)
        case "messageStop": rawFinish = json["stopReason"]?.stringValue ?? "end_turn"
        case "metadata":
            if let usage = json["usage"] { self.usage = Self.usage(usage) }
            if rawFinish != nil { try finish(into: &events) }
        case "messageStart": return true
        default: return !frame.data.isEmpty
        }
        return true
    }

    package mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) {
        guard !isFinished else { return }
        guard let rawFinish else { throw WireText.cut }
        for index in blocks.keys.sorted() { stop(index, into: &events) }
        isFinished = true
        if let usage { events.append(.usage(usage)) }
        events.append(.finish(reason(rawFinish), raw: rawFinish))
    }

    private mutating func receive(_ delta: JSON, index: Int64, into events: inout [ModelEvent]) {
        if let text = delta["text"]?.stringValue {
            if !text.isEmpty { events.append(.textDelta(text)) }
        } else if let piece = delta["toolUse"]?["input"]?.stringValue {
            guard !piece.isEmpty, case .call(let id, let name, let known)? = blocks[index] else { return }
            blocks[index] = .text
            var text = known
            text += piece
            blocks[index] = .call(id: id, name: name, json: text)
            events.append(.toolCallDelta(id: id, delta: piece))
        } else if let reasoning = delta["reasoningContent"] {
            var signature = ""
            var redacted = ""
            if case .reasoning(let known, let data)? = blocks[index] {
                signature = known
                redacted = data
            } else {
                events.append(.reasoningStart)
            }
            if let text = reasoning["text"]?.stringValue, !text.isEmpty { events.append(.reasoningDelta(text)) }
            signature += reasoning["signature"]?.stringValue ?? ""
            redacted += reasoning["redactedContent"]?.stringValue ?? ""
            blocks[index] = .reasoning(signature: signature, redacted: redacted)
        }
    }

    private mutating func stop(_ index: Int64, into events: inout [ModelEvent]) {
        guard let block = blocks.removeValue(forKey: index) else { return }
        let api: JSON = .string(WireAPI.bedrock.rawValue)
        switch block {
        case .text: return
        case .reasoning(let signature, let redacted):
            var native: JSON?
            if !signature.isEmpty { native = ["api": api, "signature": .string(signature)] }
            if !redacted.isEmpty { native = ["api": api, "redactedContent": .string(redacted)] }
            events.append(.reasoningEnd(native: native))
        case .call(let id, let name, let json):
            events.append(.toolCallEnd(id: id, name: name, arguments: json))
        }
    }

    private func reason(_ raw: String) -> FinishReason {
        switch raw {
        case "end_turn", "stop_sequence": .stop
        case "max_tokens", "model_context_window_exceeded": .length
        case "tool_use": .toolCalls
        case "guardrail_intervened", "content_filtered": .contentFilter
        case "malformed_model_output", "malformed_tool_use": .error
        default: .unknown
        }
    }

    static func usage(_ usage: JSON) -> TokenUsage {
        WireUsage.make(
            input: usage["inputTokens"]?.intValue ?? 0, output: usage["outputTokens"]?.intValue ?? 0, reasoning: 0,
            cacheRead: usage["cacheReadInputTokens"]?.intValue ?? 0,
            cacheWrite: usage["cacheWriteInputTokens"]?.intValue ?? 0)
    }
}
