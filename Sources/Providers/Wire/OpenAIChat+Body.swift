package import Support

extension OpenAIChat {
    package static func body(for request: ModelRequest) throws(ProviderError) -> JSON {
        let quirks = request.model.route.quirks
        let names = WireAPI.openAIChat.names(of: request)
        var body = JSONObject()
        body["model"] = .string(request.model.wireID)
        body["stream"] = .bool(true)
        if quirks.streamUsage { body["stream_options"] = ["include_usage": true] }
        body[quirks.maxTokensField] = .int(Int64(request.sentMaxTokens))
        if let temperature = request.sentTemperature { body["temperature"] = .double(temperature) }
        if quirks.reasoningEffort, let effort = request.sentEffort { body["reasoning_effort"] = .string(effort) }
        if quirks.promptCacheKey, !request.sessionID.isEmpty { body["prompt_cache_key"] = .string(request.sessionID) }
        for member in quirks.extraBody { body[member.key] = member.value }
        let tools = request.sentTools
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.map { tool in
                    [
                        "type": "function",
                        "function": [
                            "name": .string(names.wire(tool.name)), "description": .string(tool.description),
                            "parameters": tool.inputSchema,
                        ],
                    ]
                })
            switch request.toolChoice {
            case .auto: break
            case .required: body["tool_choice"] = "required"
            case .none: body["tool_choice"] = "none"
            case .named(let name):
                body["tool_choice"] = ["type": "function", "function": ["name": .string(names.wire(name))]]
            }
        }
        var messages = MessageBuilder(quirks: quirks, names: names)
        messages.add(system: request.systemBlocks)
        for message in request.messages { messages.add(message) }
        if quirks.anthropicCacheMarkers, request.cacheBreakpoints { messages.markCache() }
        body["messages"] = .array(messages.out)
        return .object(body)
    }

    private struct MessageBuilder {
        let quirks: Quirks
        let names: ToolNames
        var out: [JSON] = []

        init(quirks: Quirks, names: ToolNames) {
            self.quirks = quirks
            self.names = names
        }

        mutating func add(system: [String]) {
            guard !system.isEmpty else { return }
            out.append(["role": "system", "content": .string(system.joined(separator: "\n\n"))])
        }

        mutating func add(_ message: ModelMessage) {
            switch message.role {
            case .user: addUser(message.content)
            case .assistant: addAssistant(message.content)
            case .tool: addResults(message.content)
            }
        }

        func callID(_ id: String) -> JSON {
            .string(quirks.nineCharacterCallIDs ? WireIDs.nineCharacters(id) : id)
        }

        mutating func addUser(_ content: [ModelContent]) {
            var texts: [String] = []
            var parts: [JSON] = []
            var onlyText = true
            for item in content {
                switch item {
                case .text(let text) where !text.isEmpty:
                    texts.append(text)
                    parts.append(["type": "text", "text": .string(text)])
                case .image(let mime, let base64):
                    onlyText = false
                    parts.append(Self.image(mime, base64))
                case .file(let mime, let name, let base64):
                    onlyText = false
                    parts.append(Self.file(mime, name, base64))
                case .text, .reasoning, .toolCall, .toolResult: continue
                }
            }
            guard !parts.isEmpty else { return }
            if quirks.assistantAfterTool, out.last?["role"]?.stringValue == "tool" {
                out.append(["role": "assistant", "content": "OK."])
            }
            out.append([
                "role": "user", "content": onlyText ? .string(texts.joined(separator: "\n\n")) : .array(parts),
            ])
        }

        static func image(_ mime: String, _ base64: String) -> JSON {
            [
                "type": "image_url",
                "image_url": ["url": .string(WireText.dataURL(mime: mime, base64: base64))],
            ]
        }

        static func file(_ mime: String, _ name: String, _ base64: String) -> JSON {
            [
                "type": "file",
                "file": [
                    "filename": .string(name), "file_data": .string(WireText.dataURL(mime: mime, base64: base64)),
                ],
            ]
        }

        mutating func addAssistant(_ content: [ModelContent]) {
            var texts: [String] = []
            var reasoning = ""
            var details: [JSON] = []
            var calls: [JSON] = []
            for item in content {
                switch item {
                case .text(let text): if !text.isEmpty { texts.append(text) }
                case .reasoning(let text, let native):
                    guard let native = WireText.native(native, api: .openAIChat) else { continue }
                    reasoning += text
                    details += native["details"]?.arrayValue ?? []
                case .toolCall(let id, let name, let input):
                    calls.append([
                        "id": callID(id), "type": "function",
                        "function": ["name": .string(names.wire(name)), "arguments": .string(input.text())],
                    ])
                case .image, .file, .toolResult: continue
                }
            }
            guard !texts.isEmpty || !calls.isEmpty else { return }
            var message = JSONObject()
            message["role"] = "assistant"
            message["content"] = texts.isEmpty ? .null : .string(texts.joined(separator: "\n\n"))
            if let field = quirks.reasoningField {
                if !details.isEmpty, field == "reasoning_details" {
                    message[field] = .array(details)
                } else if field != "reasoning_details", !reasoning.isEmpty {
                    message[field] = .string(reasoning)
                }
            }
            if !calls.isEmpty { message["tool_calls"] = .array(calls) }
            out.append(.object(message))
        }

        /// Results are text only; what they show follows in a user message.
        mutating func addResults(_ content: [ModelContent]) {
            var shown: [JSON] = []
            for case .toolResult(let id, let name, let content, let isError) in content {
                let result = ResultContent(content)
                var text = result.text
                if text.isEmpty { text = result.hasAttachments ? "See the attachment below." : "(no output)" }
                if isError, !text.hasPrefix("Error"), !text.hasPrefix("{\"error\":") { text = "Error: " + text }
                out.append(["role": "tool", "tool_call_id": callID(id), "content": .string(text)])
                guard result.hasAttachments else { continue }
                shown.append(["type": "text", "text": .string("Attachment of the result of \(name):")])
                for image in result.images { shown.append(Self.image(image.mime, image.base64)) }
                for file in result.documents { shown.append(Self.file(file.mime, file.name, file.base64)) }
            }
            guard !shown.isEmpty else { return }
            if quirks.assistantAfterTool { out.append(["role": "assistant", "content": "OK."]) }
            out.append(["role": "user", "content": .array(shown)])
        }

        /// Anthropic's markers, for gateways that pass them on: system and the last two user or tool messages.
        mutating func markCache() {
            var left = 2
            for index in out.indices.reversed() {
                let role = out[index]["role"]?.stringValue
                let isUser = role == "user" || role == "tool"
                guard role == "system" || (isUser && left > 0) else { continue }
                if isUser { left -= 1 }
                guard case .object(var message) = out[index] else { continue }
                var parts: [JSON]
                switch message["content"] {
                case .string(let text)?: parts = [["type": "text", "text": .string(text)]]
                case .array(let existing)?: parts = existing
                default: continue
                }
                guard let last = parts.indices.last, case .object(var part) = parts[last] else { continue }
                part["cache_control"] = ["type": "ephemeral"]
                parts[last] = .object(part)
                message["content"] = .array(parts)
                out[index] = .object(message)
            }
        }
    }
}
