import Schema
import Support

/// Anthropic's messages API and its imitations (llama.cpp, Kimi, MiniMax, …).
package struct AnthropicMessages: WireProtocol {
    private enum Block {
        case text
        case thinking(signature: String)
        case redacted(data: String)
        case call(id: String, name: String, input: JSON?, json: String)
        case other
    }

    private let names: ToolNames
    private var blocks: [Int64: Block] = [:]
    private var counts: [String: Int64] = [:]
    private var rawFinish: String?
    private var sawUsage = false
    private var isFinished = false
    private var callCount = 0

    package init(names: ToolNames) { self.names = names }

    package var isComplete: Bool { isFinished }

    package mutating func receive(
        _ frame: WireFrame, into events: inout [ModelEvent]
    ) throws(ProviderError) -> Bool {
        if isFinished || frame.data.isEmpty { return false }
        if frame.name == "ping" { return false }
        if frame.data.elementsEqual("[DONE]".utf8) {
            if rawFinish != nil { try finish(into: &events) }
            return true
        }
        let json = try WireText.json(frame.data)
        switch json["type"]?.stringValue ?? frame.name {
        case "content_block_delta": delta(json, into: &events)
        case "content_block_start": start(json, into: &events)
        case "content_block_stop": stop(json["index"]?.intValue ?? 0, into: &events)
        case "message_start": count(json["message"]?["usage"])
        case "message_delta":
            count(json["usage"])
            if let reason = json["delta"]?["stop_reason"]?.stringValue { rawFinish = reason }
        case "message_stop": try finish(into: &events)
        case "error": throw ErrorBody.inStream(json)
        case "ping": return false
        default: break
        }
        return true
    }

    package mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) {
        guard !isFinished else { return }
        guard let rawFinish else { throw WireText.cut }
        for index in blocks.keys.sorted() { stop(index, into: &events) }
        isFinished = true
        if sawUsage {
            events.append(
                .usage(
                    WireUsage.make(
                        input: counts["input_tokens"] ?? 0, output: counts["output_tokens"] ?? 0, reasoning: 0,
                        cacheRead: counts["cache_read_input_tokens"] ?? 0,
                        cacheWrite: counts["cache_creation_input_tokens"] ?? 0)))
        }
        events.append(.finish(Self.reason(rawFinish), raw: rawFinish))
    }

    private mutating func start(_ json: JSON, into events: inout [ModelEvent]) {
        let index = json["index"]?.intValue ?? 0
        let block = json["content_block"]
        switch block?["type"]?.stringValue {
        case "text":
            blocks[index] = .text
            if let text = block?["text"]?.stringValue, !text.isEmpty { events.append(.textDelta(text)) }
        case "thinking":
            blocks[index] = .thinking(signature: block?["signature"]?.stringValue ?? "")
            events.append(.reasoningStart)
            if let text = block?["thinking"]?.stringValue, !text.isEmpty { events.append(.reasoningDelta(text)) }
        case "redacted_thinking":
            blocks[index] = .redacted(data: block?["data"]?.stringValue ?? "")
            events.append(.reasoningStart)
        case "tool_use":
            var id = block?["id"]?.stringValue ?? ""
            if id.isEmpty { id = "call_\(callCount)" }
            callCount += 1
            let name = names.original(block?["name"]?.stringValue ?? "")
            blocks[index] = .call(id: id, name: name, input: block?["input"], json: "")
            events.append(.toolCallStart(id: id, name: name))
        default: blocks[index] = .other
        }
    }

    private mutating func delta(_ json: JSON, into events: inout [ModelEvent]) {
        let index = json["index"]?.intValue ?? 0
        guard let delta = json["delta"] else { return }
        switch delta["type"]?.stringValue {
        case "text_delta":
            if let text = delta["text"]?.stringValue, !text.isEmpty { events.append(.textDelta(text)) }
        case "input_json_delta":
            guard let piece = delta["partial_json"]?.stringValue, !piece.isEmpty,
                case .call(let id, let name, let input, let known)? = blocks[index]
            else { return }
            // Let go of the stored text first: growing it in place costs nothing per piece.
            blocks[index] = .other
            var text = known
            text += piece
            blocks[index] = .call(id: id, name: name, input: input, json: text)
            events.append(.toolCallDelta(id: id, delta: piece))
        case "thinking_delta":
            if let text = delta["thinking"]?.stringValue, !text.isEmpty { events.append(.reasoningDelta(text)) }
        case "signature_delta":
            if case .thinking(let signature)? = blocks[index] {
                blocks[index] = .thinking(signature: signature + (delta["signature"]?.stringValue ?? ""))
            }
        default: return
        }
    }

    private mutating func stop(_ index: Int64, into events: inout [ModelEvent]) {
        guard let block = blocks.removeValue(forKey: index) else { return }
        let api: JSON = .string(WireAPI.anthropic.rawValue)
        switch block {
        case .text, .other: return
        case .thinking(let signature):
            events.append(
                .reasoningEnd(native: signature.isEmpty ? nil : ["api": api, "signature": .string(signature)]))
        case .redacted(let data):
            events.append(.reasoningEnd(native: ["api": api, "data": .string(data)]))
        case .call(let id, let name, let input, let json):
            var arguments = json
            if arguments.isEmpty, let object = input?.objectValue, !object.isEmpty {
                // Some imitations send the whole input at once.
                arguments = JSON.object(object).text()
                events.append(.toolCallDelta(id: id, delta: arguments))
            }
            events.append(.toolCallEnd(id: id, name: name, arguments: arguments))
        }
    }

    private mutating func count(_ usage: JSON?) {
        guard case .object(let usage)? = usage else { return }
        sawUsage = true
        for member in usage {
            if let value = member.value.intValue { counts[member.key] = value }
        }
    }

    private static func reason(_ raw: String) -> FinishReason {
        switch raw {
        case "end_turn", "stop_sequence", "pause_turn": .stop
        case "max_tokens", "model_context_window_exceeded": .length
        case "tool_use": .toolCalls
        case "refusal": .contentFilter
        default: .unknown
        }
    }
}
