import Schema
import Support

/// OpenAI's chat completions, and everything that imitates them.
package struct OpenAIChat: WireProtocol {
    private struct OpenCall {
        var index: Int64?
        var providerID: String
        var id: String
        var name: String
        var arguments = ""
        var isStarted = false
    }

    private let names: ToolNames
    private var calls: [OpenCall] = []
    private var inReasoning = false
    private var details: [JSON] = []
    private var sawReasoning = false
    private var sawCall = false
    private var rawFinish: String?
    private var usage: ModelEvent?
    private var isDone = false
    private var isFinished = false
    private var callCount = 0

    package init(names: ToolNames) { self.names = names }

    package var isComplete: Bool { isFinished }

    package mutating func receive(
        _ frame: WireFrame, into events: inout [ModelEvent]
    ) throws(ProviderError) -> Bool {
        if isFinished || frame.data.isEmpty { return false }
        if frame.data.count == 6, frame.data.elementsEqual("[DONE]".utf8) {
            isDone = true
            try finish(into: &events)
            return true
        }
        let json = try WireText.json(frame.data)
        if let error = json["error"], !error.isNull { throw ErrorBody.inStream(json) }
        if frame.name == "error" { throw ErrorBody.inStream(json) }
        if let usage = json["usage"], case .object = usage { self.usage = .usage(Self.usage(usage)) }
        guard let choice = json["choices"]?[0] else { return true }
        // Moonshot puts the usage into the choice.
        if let usage = choice["usage"], case .object = usage { self.usage = .usage(Self.usage(usage)) }
        if let delta = choice["delta"] ?? choice["message"] { receiveDelta(delta, into: &events) }
        if let finish = choice["finish_reason"]?.stringValue, !finish.isEmpty {
            rawFinish = finish
            if finish == "error" { throw ErrorBody.inStream(json) }
            closeReasoning(into: &events)
            endCalls(into: &events)
        }
        return true
    }

    package mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) {
        guard !isFinished else { return }
        guard rawFinish != nil || isDone else { throw WireText.cut }
        isFinished = true
        closeReasoning(into: &events)
        endCalls(into: &events)
        if let usage { events.append(usage) }
        events.append(.finish(Self.reason(rawFinish, sawCall: sawCall), raw: rawFinish))
    }

    private mutating func receiveDelta(_ delta: JSON, into events: inout [ModelEvent]) {
        if let items = delta["reasoning_details"]?.arrayValue { receiveDetails(items) }
        for field in ["reasoning_content", "reasoning", "reasoning_text"] {
            if let text = delta[field]?.stringValue, !text.isEmpty {
                appendReasoning(text, into: &events)
                break
            }
        }
        switch delta["content"] {
        case .string(let text)?:
            if !text.isEmpty {
                closeReasoning(into: &events)
                events.append(.textDelta(text))
            }
        case .array(let parts)?: receiveParts(parts, into: &events)
        default: break
        }
        if let text = delta["refusal"]?.stringValue, !text.isEmpty {
            closeReasoning(into: &events)
            events.append(.textDelta(text))
        }
        if let pieces = delta["tool_calls"]?.arrayValue {
            for piece in pieces { receiveCall(piece, into: &events) }
        }
    }

    /// Mistral's form: `[{type: thinking, thinking: [{text}]}, {type: text, text}]`.
    private mutating func receiveParts(_ parts: [JSON], into events: inout [ModelEvent]) {
        for part in parts {
            if let thoughts = part["thinking"]?.arrayValue {
                for thought in thoughts { appendReasoning(thought["text"]?.stringValue ?? "", into: &events) }
            } else if let text = part["text"]?.stringValue, !text.isEmpty {
                closeReasoning(into: &events)
                events.append(.textDelta(text))
            }
        }
    }

    private mutating func appendReasoning(_ text: String, into events: inout [ModelEvent]) {
        guard !text.isEmpty else { return }
        if !inReasoning {
            inReasoning = true
            sawReasoning = true
            events.append(.reasoningStart)
        }
        events.append(.reasoningDelta(text))
    }

    /// OpenRouter's form; pieces of one detail have the same index and are put together.
    private mutating func receiveDetails(_ items: [JSON]) {
        for item in items where details.count < 256 {
            guard case .object(let piece) = item else { continue }
            guard let last = details.indices.last, case .object(var known) = details[last],
                known["index"] == piece["index"], known["type"] == piece["type"]
            else {
                details.append(item)
                continue
            }
            for member in piece {
                if ["text", "summary", "data"].contains(member.key), let more = member.value.stringValue {
                    known[member.key] = .string((known[member.key]?.stringValue ?? "") + more)
                } else if !member.value.isNull {
                    known[member.key] = member.value
                }
            }
            details[last] = .object(known)
        }
    }

    private mutating func closeReasoning(into events: inout [ModelEvent]) {
        if !inReasoning {
            guard !details.isEmpty else { return }
            events.append(.reasoningStart)
        }
        inReasoning = false
        var native = JSONObject()
        native["api"] = .string(WireAPI.openAIChat.rawValue)
        if !details.isEmpty { native["details"] = .array(details) }
        details = []
        events.append(.reasoningEnd(native: .object(native)))
    }

    private mutating func receiveCall(_ piece: JSON, into events: inout [ModelEvent]) {
        let function = piece["function"]
        let id = piece["id"]?.stringValue ?? ""
        let name = function?["name"]?.stringValue ?? ""
        let index = piece["index"]?.intValue
        let position: Int
        if let known = openPosition(of: index, id: id, name: name) {
            position = known
        } else {
            closeReasoning(into: &events)
            let ownID = id.isEmpty ? "call_\(callCount)" : id
            callCount += 1
            sawCall = true
            calls.append(OpenCall(index: index, providerID: id, id: ownID, name: names.original(name)))
            position = calls.count - 1
        }
        if !calls[position].isStarted {
            if calls[position].name.isEmpty { calls[position].name = names.original(name) }
            guard !calls[position].name.isEmpty else {
                calls[position].arguments += Self.arguments(function)
                return
            }
            calls[position].isStarted = true
            events.append(.toolCallStart(id: calls[position].id, name: calls[position].name))
            if !calls[position].arguments.isEmpty {
                events.append(.toolCallDelta(id: calls[position].id, delta: calls[position].arguments))
            }
        }
        let delta = Self.arguments(function)
        guard !delta.isEmpty else { return }
        calls[position].arguments += delta
        events.append(.toolCallDelta(id: calls[position].id, delta: delta))
    }

    /// Which open call a piece belongs to. Some servers leave the index out, or send 0 for every call.
    private func openPosition(of index: Int64?, id: String, name: String) -> Int? {
        if let index {
            guard let found = calls.lastIndex(where: { $0.index == index }) else { return nil }
            let isOther =
                !id.isEmpty && !name.isEmpty && calls[found].providerID != id
                && !calls[found].providerID.isEmpty
            return isOther ? nil : found
        }
        if !id.isEmpty { return calls.lastIndex { $0.providerID == id } }
        return name.isEmpty ? calls.indices.last : nil
    }

    /// Text as it is; ollama once sent an object.
    private static func arguments(_ function: JSON?) -> String {
        switch function?["arguments"] {
        case .string(let text)?: text
        case .object(let object)?: JSON.object(object).text()
        default: ""
        }
    }

    private mutating func endCalls(into events: inout [ModelEvent]) {
        for call in calls {
            if !call.isStarted { events.append(.toolCallStart(id: call.id, name: call.name)) }
            events.append(.toolCallEnd(id: call.id, name: call.name, arguments: call.arguments))
        }
        calls = []
    }

    private static func reason(_ raw: String?, sawCall: Bool) -> FinishReason {
        switch raw {
        case "length", "max_tokens", "model_length": .length
        case "content_filter", "sensitive": .contentFilter
        case "tool_calls", "function_call": .toolCalls
        case "stop", "eos", "end_turn", nil: sawCall ? .toolCalls : .stop
        default: sawCall ? .toolCalls : .unknown
        }
    }

    static func usage(_ usage: JSON) -> TokenUsage {
        let prompt = usage["prompt_tokens"]?.intValue ?? 0
        let completion = usage["completion_tokens"]?.intValue ?? 0
        let total = usage["total_tokens"]?.intValue ?? 0
        let promptDetails = usage["prompt_tokens_details"]
        let read =
            promptDetails?["cached_tokens"]?.intValue ?? usage["cached_tokens"]?.intValue
            ?? usage["prompt_cache_hit_tokens"]?.intValue ?? 0
        let write = promptDetails?["cache_write_tokens"]?.intValue ?? 0
        let reasoning = usage["completion_tokens_details"]?["reasoning_tokens"]?.intValue ?? 0
        // xAI counts reasoning beside the completion, everybody else within it.
        let isBeside = reasoning > 0 && (reasoning > completion || total == prompt &+ completion &+ reasoning)
        return WireUsage.make(
            input: prompt &- read &- write, output: isBeside ? completion : completion &- reasoning,
            reasoning: reasoning, cacheRead: read, cacheWrite: write)
    }
}
