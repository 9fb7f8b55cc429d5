import Schema
import Support

/// OpenAI's responses API, stateless (`store: false`): reasoning goes back encrypted.
package struct OpenAIResponses: WireProtocol {
    private struct Item {
        enum Kind { case text, reasoning, call }
        var kind: Kind
        var id: String
        var name = ""
        var text = ""
        var summaryIndex: Int64 = 0
    }

    private let names: ToolNames
    private var items: [String: Item] = [:]
    private var sawCall = false
    private var isFinished = false
    private var callCount = 0

    package init(names: ToolNames) { self.names = names }

    package var isComplete: Bool { isFinished }

    package mutating func receive(
        _ frame: WireFrame, into events: inout [ModelEvent]
    ) throws(ProviderError) -> Bool {
        if isFinished || frame.data.isEmpty || frame.data.elementsEqual("[DONE]".utf8) { return false }
        let json = try WireText.json(frame.data)
        let type = json["type"]?.stringValue ?? frame.name
        switch type {
        case "response.output_text.delta", "response.refusal.delta":
            let delta = json["delta"]?.stringValue ?? ""
            guard !delta.isEmpty else { return true }
            items[key(json), default: Item(kind: .text, id: "")].text += delta
            events.append(.textDelta(delta))
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            reasoning(json, into: &events)
        case "response.function_call_arguments.delta":
            let key = key(json)
            let delta = json["delta"]?.stringValue ?? ""
            guard let item = items[key], item.kind == .call, !delta.isEmpty else { return true }
            items[key]?.text += delta
            events.append(.toolCallDelta(id: item.id, delta: delta))
        case "response.output_item.added":
            if let item = json["item"] { start(item, key: key(json), into: &events) }
        case "response.output_item.done":
            if let item = json["item"] { end(item, key: key(json), into: &events) }
        case "response.completed", "response.incomplete", "response.done":
            complete(json["response"] ?? json, into: &events)
        case "response.failed", "error":
            throw ErrorBody.inStream(json["response"] ?? json)
        case "keepalive", "ping": return false
        default:
            if json["error"]?.objectValue != nil, json["type"] == nil { throw ErrorBody.inStream(json) }
        }
        return true
    }

    package mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) {
        if !isFinished { throw WireText.cut }
    }

    /// Copilot changes item ids between events; the index stays.
    private func key(_ json: JSON) -> String {
        if let index = json["output_index"]?.intValue { return "#\(index)" }
        return json["item_id"]?.stringValue ?? json["item"]?["id"]?.stringValue ?? ""
    }

    private mutating func reasoning(_ json: JSON, into events: inout [ModelEvent]) {
        let key = key(json)
        let delta = json["delta"]?.stringValue ?? ""
        guard !delta.isEmpty else { return }
        if items[key] == nil {
            items[key] = Item(kind: .reasoning, id: "")
            events.append(.reasoningStart)
        }
        let part = json["summary_index"]?.intValue ?? json["content_index"]?.intValue ?? 0
        if let item = items[key], item.summaryIndex != part {
            items[key]?.summaryIndex = part
            if !item.text.isEmpty { events.append(.reasoningDelta("\n\n")) }
        }
        items[key]?.text += delta
        events.append(.reasoningDelta(delta))
    }

    private mutating func start(_ item: JSON, key: String, into events: inout [ModelEvent]) {
        switch item["type"]?.stringValue {
        case "reasoning":
            guard items[key] == nil else { return }
            items[key] = Item(kind: .reasoning, id: item["id"]?.stringValue ?? "")
            events.append(.reasoningStart)
        case "function_call":
            var id = item["call_id"]?.stringValue ?? ""
            if id.isEmpty { id = "call_\(callCount)" }
            callCount += 1
            let name = names.original(item["name"]?.stringValue ?? "")
            sawCall = true
            items[key] = Item(kind: .call, id: id, name: name)
            events.append(.toolCallStart(id: id, name: name))
        default: return
        }
    }

    private mutating func end(_ item: JSON, key: String, into events: inout [ModelEvent]) {
        switch item["type"]?.stringValue {
        case "message":
            // A server that sends no deltas still sends the whole text here.
            if items[key]?.text.isEmpty ?? true {
                for part in item["content"]?.arrayValue ?? [] {
                    if let text = part["text"]?.stringValue ?? part["refusal"]?.stringValue, !text.isEmpty {
                        events.append(.textDelta(text))
                    }
                }
            }
        case "reasoning":
            if items[key] == nil { events.append(.reasoningStart) }
            if items[key]?.text.isEmpty ?? true {
                let texts = (item["summary"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
                if !texts.isEmpty { events.append(.reasoningDelta(texts.joined(separator: "\n\n"))) }
            }
            events.append(.reasoningEnd(native: Self.native(item)))
        case "function_call":
            if items[key] == nil { start(item, key: key, into: &events) }
            guard let open = items[key], open.kind == .call else { return }
            let arguments = item["arguments"]?.stringValue ?? open.text
            if open.text.isEmpty, !arguments.isEmpty { events.append(.toolCallDelta(id: open.id, delta: arguments)) }
            events.append(.toolCallEnd(id: open.id, name: open.name, arguments: arguments))
        default: return
        }
        items[key] = nil
    }

    /// What has to go back; nil when there is nothing encrypted, as a stateless server could not find the item.
    private static func native(_ item: JSON) -> JSON? {
        guard let encrypted = item["encrypted_content"]?.stringValue, !encrypted.isEmpty else { return nil }
        var back = JSONObject()
        back["type"] = "reasoning"
        if let id = item["id"] { back["id"] = id }
        back["summary"] = item["summary"] ?? .array([])
        back["encrypted_content"] = .string(encrypted)
        return ["api": .string(WireAPI.openAIResponses.rawValue), "item": .object(back)]
    }

    private mutating func complete(_ response: JSON, into events: inout [ModelEvent]) {
        isFinished = true
        for (_, item) in items.sorted(by: { $0.key < $1.key }) {
            switch item.kind {
            case .call: events.append(.toolCallEnd(id: item.id, name: item.name, arguments: item.text))
            case .reasoning: events.append(.reasoningEnd(native: nil))
            case .text: continue
            }
        }
        items = [:]
        if let usage = response["usage"], case .object = usage { events.append(.usage(Self.usage(usage))) }
        let status = response["status"]?.stringValue
        let raw = response["incomplete_details"]?["reason"]?.stringValue ?? status
        let reason: FinishReason
        switch raw {
        case "max_output_tokens", "max_tokens": reason = .length
        case "content_filter": reason = .contentFilter
        case "completed", nil: reason = sawCall ? .toolCalls : .stop
        default: reason = sawCall ? .toolCalls : .unknown
        }
        events.append(.finish(reason, raw: raw))
    }

    static func usage(_ usage: JSON) -> TokenUsage {
        let input = usage["input_tokens"]?.intValue ?? 0
        let output = usage["output_tokens"]?.intValue ?? 0
        let read = usage["input_tokens_details"]?["cached_tokens"]?.intValue ?? 0
        let reasoning = usage["output_tokens_details"]?["reasoning_tokens"]?.intValue ?? 0
        return WireUsage.make(
            input: input &- read, output: output &- reasoning, reasoning: reasoning, cacheRead: read, cacheWrite: 0)
    }
}
