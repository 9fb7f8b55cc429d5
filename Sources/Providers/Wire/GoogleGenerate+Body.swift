import Schema
package import Support

extension GoogleGenerate {
    package static func body(for request: ModelRequest) throws(ProviderError) -> JSON {
        let names = WireAPI.google.names(of: request)
        let quirks = request.model.route.quirks
        var body = JSONObject()
        let system = request.systemBlocks
        if !system.isEmpty {
            body["systemInstruction"] = ["parts": .array(system.map { ["text": .string($0)] })]
        }
        let tools = request.sentTools
        if !tools.isEmpty {
            let declarations = tools.map { tool -> JSON in
                [
                    "name": .string(names.wire(tool.name)), "description": .string(tool.description),
                    "parametersJsonSchema": tool.inputSchema,
                ]
            }
            body["tools"] = [["functionDeclarations": .array(declarations)]]
            switch request.toolChoice {
            case .auto: break
            case .required: body["toolConfig"] = ["functionCallingConfig": ["mode": "ANY"]]
            case .none: body["toolConfig"] = ["functionCallingConfig": ["mode": "NONE"]]
            case .named(let name):
                body["toolConfig"] = [
                    "functionCallingConfig": ["mode": "ANY", "allowedFunctionNames": [.string(names.wire(name))]]
                ]
            }
        }
        var generation = JSONObject()
        generation["maxOutputTokens"] = .int(Int64(request.sentMaxTokens))
        if let temperature = request.sentTemperature { generation["temperature"] = .double(temperature) }
        if request.model.capabilities.reasoning {
            generation["thinkingConfig"] = thinking(request.sentEffort, levels: quirks.thinkingLevels)
        }
        body["generationConfig"] = .object(generation)
        for member in quirks.extraBody { body[member.key] = member.value }
        body["contents"] = .array(contents(request, names: names))
        return .object(body)
    }

    private static func thinking(_ effort: String?, levels: Bool) -> JSON {
        var config = JSONObject()
        config["includeThoughts"] = .bool(true)
        guard let effort else { return .object(config) }
        if levels {
            let isLow = ["none", "minimal", "low"].contains(effort)
            config["thinkingLevel"] = isLow ? "low" : effort == "medium" ? "medium" : "high"
        } else {
            let budgets: [String: Int64] = ["none": 0, "minimal": 512, "low": 2_048, "medium": 8_192]
            config["thinkingBudget"] = .int(budgets[effort] ?? 24_576)
        }
        return .object(config)
    }

    private static func contents(_ request: ModelRequest, names: ToolNames) -> [JSON] {
        var out: [(role: String, parts: [JSON])] = []
        func add(_ role: String, _ parts: [JSON]) {
            guard !parts.isEmpty else { return }
            if let last = out.indices.last, out[last].role == role {
                out[last].parts += parts
            } else {
                out.append((role, parts))
            }
        }
        for message in request.messages {
            switch message.role {
            case .user: add("user", message.content.compactMap(userPart))
            case .assistant:
                add(
                    "model",
                    modelParts(message.content, names: names, levels: request.model.route.quirks.thinkingLevels))
            case .tool: add("user", resultParts(message.content, names: names))
            }
        }
        return out.map { ["role": .string($0.role), "parts": .array($0.parts)] }
    }

    private static func userPart(_ content: ModelContent) -> JSON? {
        switch content {
        case .text(let text): text.isEmpty ? nil : ["text": .string(text)]
        case .image(let mime, let base64), .file(let mime, _, let base64): inline(mime, base64)
        case .reasoning, .toolCall, .toolResult: nil
        }
    }

    private static func inline(_ mime: String, _ base64: String) -> JSON {
        ["inlineData": ["mimeType": .string(mime), "data": .string(base64)]]
    }

    /// A signature belongs to the part that follows the reasoning item that carries it.
    private static func modelParts(_ content: [ModelContent], names: ToolNames, levels: Bool) -> [JSON] {
        var parts: [JSON] = []
        var signature: JSON?
        var callCount = 0
        for item in content {
            switch item {
            case .reasoning(_, let native):
                signature = WireText.native(native, api: .google)?["thoughtSignature"] ?? signature
            case .text(let text):
                guard !text.isEmpty else { continue }
                var part: JSONObject = ["text": .string(text)]
                part["thoughtSignature"] = signature
                signature = nil
                parts.append(.object(part))
            case .toolCall(let id, let name, let input):
                var call: JSONObject = ["name": .string(names.wire(name))]
                call["args"] = input.objectValue == nil ? .object(JSONObject()) : input
                if !id.isEmpty { call["id"] = .string(WireIDs.legal(id)) }
                var part: JSONObject = ["functionCall": .object(call)]
                if let known = signature {
                    part["thoughtSignature"] = known
                } else if levels, callCount == 0 {
                    // Documented for calls that another model made: Gemini 3 refuses a first call without one.
                    part["thoughtSignature"] = "skip_thought_signature_validator"
                }
                signature = nil
                callCount += 1
                parts.append(.object(part))
            case .image, .file, .toolResult: continue
            }
        }
        return parts
    }

    private static func resultParts(_ content: [ModelContent], names: ToolNames) -> [JSON] {
        var parts: [JSON] = []
        var shown: [JSON] = []
        for case .toolResult(let id, let name, let content, let isError) in content {
            let result = ResultContent(content)
            var text = result.text
            if text.isEmpty { text = result.hasAttachments ? "See the attachment." : "(no output)" }
            let response: JSON = isError ? ["error": .string(text)] : ["output": .string(text)]
            parts.append([
                "functionResponse": [
                    "id": .string(WireIDs.legal(id)), "name": .string(names.wire(name)), "response": response,
                ]
            ])
            shown += result.images.map { inline($0.mime, $0.base64) }
            shown += result.documents.map { inline($0.mime, $0.base64) }
        }
        return parts + shown
    }
}
