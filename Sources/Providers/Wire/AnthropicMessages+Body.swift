import Schema
package import Support

extension AnthropicMessages {
    package static func body(for request: ModelRequest) throws(ProviderError) -> JSON {
        let names = WireAPI.anthropic.names(of: request)
        let maxTokens = request.sentMaxTokens
        var body = JSONObject()
        body["model"] = .string(request.model.wireID)
        body["max_tokens"] = .int(Int64(maxTokens))
        body["stream"] = .bool(true)
        let thinking = Thinking(request, maxTokens: maxTokens)
        if let member = thinking.thinking { body["thinking"] = member }
        if let effort = thinking.effort { body["output_config"] = ["effort": .string(effort)] }
        // With thinking the API takes no other temperature than its own.
        if let temperature = request.sentTemperature, thinking.thinking == nil {
            body["temperature"] = .double(temperature)
        }
        for member in request.model.route.quirks.extraBody { body[member.key] = member.value }
        var tools = request.sentTools.map { tool -> JSONObject in
            [
                "name": .string(names.wire(tool.name)), "description": .string(tool.description),
                "input_schema": tool.inputSchema,
            ]
        }
        var choice = request.toolChoice
        if tools.isEmpty, !request.calledToolNames.isEmpty {
            // Calls in the conversation need definitions, also when none may be made.
            tools = request.calledToolNames.map { name in
                ["name": .string(names.wire(name)), "description": "", "input_schema": ["type": "object"]]
            }
            choice = .none
        }
        if !tools.isEmpty {
            if request.cacheBreakpoints, let last = tools.indices.last { tools[last]["cache_control"] = marker }
            body["tools"] = .array(tools.map { .object($0) })
            switch choice {
            case .auto: break
            // Thinking takes neither `any` nor `tool`.
            case .required: if thinking.thinking == nil { body["tool_choice"] = ["type": "any"] }
            case .none: body["tool_choice"] = ["type": "none"]
            case .named(let name):
                if thinking.thinking == nil {
                    body["tool_choice"] = ["type": "tool", "name": .string(names.wire(name))]
                }
            }
        }
        var system = request.systemBlocks.map { text -> JSONObject in ["type": "text", "text": .string(text)] }
        if !system.isEmpty {
            if request.cacheBreakpoints, let last = system.indices.last { system[last]["cache_control"] = marker }
            body["system"] = .array(system.map { .object($0) })
        }
        body["messages"] = .array(messages(request, names: names))
        return .object(body)
    }

    private static let marker: JSON = ["type": "ephemeral"]

    /// Alternating user and assistant messages; tool results are the first blocks of a user message.
    private static func messages(_ request: ModelRequest, names: ToolNames) -> [JSON] {
        var out: [(role: String, blocks: [JSONObject])] = []
        for message in request.messages {
            let role = message.role == .assistant ? "assistant" : "user"
            var blocks = message.content.compactMap { block($0, role: message.role, names: names) }
            for content in message.content { blocks += attachmentsOfError(content) }
            guard !blocks.isEmpty else { continue }
            if let last = out.indices.last, out[last].role == role {
                out[last].blocks += blocks
            } else {
                out.append((role, blocks))
            }
        }
        if request.cacheBreakpoints {
            for index in out.indices.filter({ out[$0].role == "user" }).suffix(2) {
                if let last = out[index].blocks.indices.last { out[index].blocks[last]["cache_control"] = marker }
            }
        }
        return out.map { message in
            ["role": .string(message.role), "content": .array(message.blocks.map { .object($0) })]
        }
    }

    private static func block(_ content: ModelContent, role: ModelMessage.Role, names: ToolNames) -> JSONObject? {
        switch content {
        case .text(let text):
            // Blocks of white space are refused.
            guard text.utf8.contains(where: { $0 > 0x20 }) else { return nil }
            return ["type": "text", "text": .string(text)]
        case .reasoning(let text, let native):
            guard role == .assistant, let native = WireText.native(native, api: .anthropic) else { return nil }
            if let data = native["data"] { return ["type": "redacted_thinking", "data": data] }
            guard let signature = native["signature"] else { return nil }
            return ["type": "thinking", "thinking": .string(text), "signature": signature]
        case .image(let mime, let base64): return image(mime, base64)
        case .file(let mime, let name, let base64): return document(mime, name, base64)
        case .toolCall(let id, let name, let input):
            let object: JSON = input.objectValue == nil ? .object(JSONObject()) : input
            return [
                "type": "tool_use", "id": .string(WireIDs.legal(id)), "name": .string(names.wire(name)),
                "input": object,
            ]
        case .toolResult(let id, _, let content, let isError):
            let result = ResultContent(content)
            var blocks: [JSON] = []
            if !result.text.isEmpty || !result.hasAttachments || isError {
                blocks.append([
                    "type": "text", "text": .string(result.text.isEmpty ? "(no output)" : result.text),
                ])
            }
            if !isError { blocks += attachments(result).map { .object($0) } }
            var block: JSONObject = [
                "type": "tool_result", "tool_use_id": .string(WireIDs.legal(id)), "content": .array(blocks),
            ]
            if isError { block["is_error"] = .bool(true) }
            return block
        }
    }

    /// A failed result may hold text only; what it shows follows all results.
    private static func attachmentsOfError(_ content: ModelContent) -> [JSONObject] {
        guard case .toolResult(_, _, let content, true) = content else { return [] }
        return attachments(ResultContent(content))
    }

    private static func attachments(_ result: ResultContent) -> [JSONObject] {
        result.images.map { image($0.mime, $0.base64) } + result.documents.map { document($0.mime, $0.name, $0.base64) }
    }

    private static func image(_ mime: String, _ base64: String) -> JSONObject {
        [
            "type": "image",
            "source": ["type": "base64", "media_type": .string(mime), "data": .string(base64)],
        ]
    }

    private static func document(_ mime: String, _ name: String, _ base64: String) -> JSONObject {
        [
            "type": "document",
            "source": ["type": "base64", "media_type": .string(mime), "data": .string(base64)],
            "title": .string(name),
        ]
    }

    /// How Claude is asked to think, in Anthropic's own API and in Bedrock's additional fields.
    struct Thinking {
        /// The value of `thinking`, nil = not sent.
        var thinking: JSON?
        /// The value of `output_config.effort`, nil = not sent.
        var effort: String?

        init(_ request: ModelRequest, maxTokens: Int) {
            guard request.model.capabilities.reasoning, let wanted = request.sentEffort, wanted != "none" else {
                return
            }
            if request.model.route.quirks.adaptiveThinking {
                thinking = ["type": "adaptive", "display": "summarized"]
                effort = wanted == "minimal" ? "low" : wanted
                return
            }
            let share: Int
            switch wanted {
            case "minimal": share = 1_024
            case "low": share = 4_096
            case "medium": share = 10_000
            case "high": share = 16_000
            default: share = 31_999
            }
            // The budget is part of max_tokens and at least 1,024; below that there is no room to think.
            let budget = min(share, maxTokens - max(1_024, maxTokens / 4))
            if budget >= 1_024 { thinking = ["type": "enabled", "budget_tokens": .int(Int64(budget))] }
        }
    }
}
