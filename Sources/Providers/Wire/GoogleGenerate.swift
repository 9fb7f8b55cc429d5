import Schema
import Support

/// Google's generateContent, streamed as SSE.
///
/// A thought signature can sit on any part. It is carried as the `native` of a reasoning item directly before that part; the
/// item is empty when there was no thought.
package struct GoogleGenerate: WireProtocol {
    private let names: ToolNames
    private var inReasoning = false
    private var signature: String?
    private var rawFinish: String?
    private var blocked: String?
    private var usage: TokenUsage?
    private var callCount = 0
    private var isFinished = false

    package init(names: ToolNames) { self.names = names }

    /// Google announces no end beyond the finish reason, and usage may come after it: the end of the bytes is the end.
    package var isComplete: Bool { isFinished }

    package mutating func receive(
        _ frame: WireFrame, into events: inout [ModelEvent]
    ) throws(ProviderError) -> Bool {
        if isFinished || frame.data.isEmpty || frame.data.elementsEqual("[DONE]".utf8) { return false }
        let json = try WireText.json(frame.data)
        if json["error"]?.objectValue != nil { throw ErrorBody.inStream(json) }
        if let usage = json["usageMetadata"], case .object = usage { self.usage = Self.usage(usage) }
        if let reason = json["promptFeedback"]?["blockReason"]?.stringValue { blocked = reason }
        guard let candidate = json["candidates"]?[0] else { return true }
        for part in candidate["content"]?["parts"]?.arrayValue ?? [] { receive(part, into: &events) }
        if let reason = candidate["finishReason"]?.stringValue, !reason.isEmpty { rawFinish = reason }
        return true
    }

    package mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) {
        guard !isFinished else { return }
        guard let raw = rawFinish ?? blocked else { throw WireText.cut }
        isFinished = true
        closeReasoning(into: &events)
        if let usage { events.append(.usage(usage)) }
        events.append(.finish(reason(raw), raw: raw))
    }

    private mutating func receive(_ part: JSON, into events: inout [ModelEvent]) {
        let partSignature = part["thoughtSignature"]?.stringValue
        if part["thought"]?.boolValue == true {
            if let text = part["text"]?.stringValue, !text.isEmpty {
                openReasoning(into: &events)
                events.append(.reasoningDelta(text))
            }
            if let partSignature { signature = partSignature }
        } else if let call = part["functionCall"] {
            if let partSignature {
                openReasoning(into: &events)
                signature = partSignature
            }
            closeReasoning(into: &events)
            var id = call["id"]?.stringValue ?? ""
            if id.isEmpty { id = "call_\(callCount)" }
            callCount += 1
            let name = names.original(call["name"]?.stringValue ?? "")
            let arguments = (call["args"] ?? .object(JSONObject())).text()
            events.append(.toolCallStart(id: id, name: name))
            events.append(.toolCallDelta(id: id, delta: arguments))
            events.append(.toolCallEnd(id: id, name: name, arguments: arguments))
        } else if let text = part["text"]?.stringValue {
            if let partSignature, !text.isEmpty {
                openReasoning(into: &events)
                signature = partSignature
            }
            guard !text.isEmpty else { return }
            closeReasoning(into: &events)
            events.append(.textDelta(text))
        }
    }

    private mutating func openReasoning(into events: inout [ModelEvent]) {
        guard !inReasoning else { return }
        inReasoning = true
        events.append(.reasoningStart)
    }

    private mutating func closeReasoning(into events: inout [ModelEvent]) {
        guard inReasoning else { return }
        inReasoning = false
        let native: JSON? = signature.map {
            ["api": .string(WireAPI.google.rawValue), "thoughtSignature": .string($0)]
        }
        signature = nil
        events.append(.reasoningEnd(native: native))
    }

    private func reason(_ raw: String) -> FinishReason {
        switch raw {
        case "STOP": callCount > 0 ? .toolCalls : .stop
        case "MAX_TOKENS": .length
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "LANGUAGE":
            .contentFilter
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MISSING_THOUGHT_SIGNATURE", "TOO_MANY_TOOL_CALLS":
            .error
        default: blocked == raw ? .contentFilter : callCount > 0 ? .toolCalls : .unknown
        }
    }

    static func usage(_ usage: JSON) -> TokenUsage {
        let prompt = (usage["promptTokenCount"]?.intValue ?? 0) &+ (usage["toolUsePromptTokenCount"]?.intValue ?? 0)
        let read = usage["cachedContentTokenCount"]?.intValue ?? 0
        return WireUsage.make(
            input: prompt &- read, output: usage["candidatesTokenCount"]?.intValue ?? 0,
            reasoning: usage["thoughtsTokenCount"]?.intValue ?? 0, cacheRead: read, cacheWrite: 0)
    }
}
