package import Support

extension OpenAIResponses {
    package static func body(for request: ModelRequest) throws(ProviderError) -> JSON {
        let quirks = request.model.route.quirks
        let names = WireAPI.openAIResponses.names(of: request)
        var body = JSONObject()
        body["model"] = .string(request.model.wireID)
        body["stream"] = .bool(true)
        body["store"] = .bool(false)
        body["max_output_tokens"] = .int(Int64(max(request.sentMaxTokens, 16)))
        if let temperature = request.sentTemperature { body["temperature"] = .double(temperature) }
        if request.model.capabilities.reasoning {
            var reasoning = JSONObject()
            if let effort = request.sentEffort { reasoning["effort"] = .string(effort) }
            if request.sentEffort != "none" { reasoning["summary"] = "auto" }
            body["reasoning"] = .object(reasoning)
            body["include"] = ["reasoning.encrypted_content"]
        }
        if quirks.promptCacheKey, !request.sessionID.isEmpty { body["prompt_cache_key"] = .string(request.sessionID) }
        for member in quirks.extraBody { body[member.key] = member.value }
        let system = request.systemBlocks
        if !system.isEmpty { body["instructions"] = .string(system.joined(separator: "\n\n")) }
        let tools = request.sentTools
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.map { tool in
                    [
                        "type": "function", "name": .string(names.wire(tool.name)),
                        "description": .string(tool.description), "parameters": tool.inputSchema, "strict": false,
                    ]
                })
            body["parallel_tool_calls"] = .bool(true)
            switch request.toolChoice {
            case .auto: body["tool_choice"] = "auto"
            case .required: body["tool_choice"] = "required"
            case .none: body["tool_choice"] = "none"
            case .named(let name): body["tool_choice"] = ["type": "function", "name": .string(names.wire(name))]
            }
        }
        var input: [JSON] = []
        for message in request.messages { add(message, names: names, to: &input) }
        body["input"] = .array(input)
        return .object(body)
    }

    private static func add(_ message: ModelMessage, names: ToolNames, to input: inout [JSON]) {
        switch message.role {
        case .user:
            let parts = message.content.compactMap(part)
            if !parts.isEmpty { input.append(["type": "message", "role": "user", "content": .array(parts)]) }
        case .assistant:
            for item in message.content {
                switch item {
                case .text(let text):
                    guard !text.isEmpty else { continue }
                    input.append([
                        "type": "message", "role": "assistant",
                        "content": [["type": "output_text", "text": .string(text)]],
                    ])
                case .reasoning(_, let native):
                    if let item = WireText.native(native, api: .openAIResponses)?["item"] { input.append(item) }
                case .toolCall(let id, let name, let arguments):
                    input.append([
                        "type": "function_call", "call_id": .string(WireIDs.legal(id)),
                        "name": .string(names.wire(name)), "arguments": .string(arguments.text()),
                    ])
                case .image, .file, .toolResult: continue
                }
            }
        case .tool:
            for case .toolResult(let id, _, let content, let isError) in message.content {
                let result = ResultContent(content)
                var text = result.text
                if text.isEmpty, !result.hasAttachments { text = "(no output)" }
                if isError, !text.hasPrefix("Error"), !text.hasPrefix("{\"error\":") { text = "Error: " + text }
                let output: JSON
                if result.hasAttachments {
                    var parts: [JSON] = text.isEmpty ? [] : [["type": "input_text", "text": .string(text)]]
                    parts += result.images.map { image($0.mime, $0.base64) }
                    parts += result.documents.map { file($0.mime, $0.name, $0.base64) }
                    output = .array(parts)
                } else {
                    output = .string(text)
                }
                input.append([
                    "type": "function_call_output", "call_id": .string(WireIDs.legal(id)), "output": output,
                ])
            }
        }
    }

    private static func part(_ content: ModelContent) -> JSON? {
        switch content {
        case .text(let text): text.isEmpty ? nil : ["type": "input_text", "text": .string(text)]
        case .image(let mime, let base64): image(mime, base64)
        case .file(let mime, let name, let base64): file(mime, name, base64)
        case .reasoning, .toolCall, .toolResult: nil
        }
    }

    private static func image(_ mime: String, _ base64: String) -> JSON {
        ["type": "input_image", "image_url": .string(WireText.dataURL(mime: mime, base64: base64))]
    }

    private static func file(_ mime: String, _ name: String, _ base64: String) -> JSON {
        [
            "type": "input_file", "filename": .string(name),
            "file_data": .string(WireText.dataURL(mime: mime, base64: base64)),
        ]
    }
}
