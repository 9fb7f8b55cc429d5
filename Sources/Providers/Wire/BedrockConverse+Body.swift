import Schema
package import Support

extension BedrockConverse {
    package static func body(for request: ModelRequest) throws(ProviderError) -> JSON {
        let names = WireAPI.bedrock.names(of: request)
        let quirks = request.model.route.quirks
        let marks = request.cacheBreakpoints && quirks.cachePoints
        let maxTokens = request.sentMaxTokens
        let thinking = AnthropicMessages.Thinking(request, maxTokens: maxTokens)
        var body = JSONObject()
        var inference: JSONObject = ["maxTokens": .int(Int64(maxTokens))]
        if let temperature = request.sentTemperature, thinking.thinking == nil {
            inference["temperature"] = .double(temperature)
        }
        body["inferenceConfig"] = .object(inference)
        var extra = JSONObject()
        if request.model.wireID.utf8Contains("anthropic.") {
            if let member = thinking.thinking { extra["thinking"] = member }
            if let effort = thinking.effort { extra["output_config"] = ["effort": .string(effort)] }
        }
        for member in quirks.extraBody { extra[member.key] = member.value }
        if !extra.isEmpty { body["additionalModelRequestFields"] = .object(extra) }
        var tools = request.sentTools.map { tool in
            Self.tool(names.wire(tool.name), tool.description, tool.inputSchema)
        }
        if tools.isEmpty {
            // Calls in the conversation need definitions.
            tools = request.calledToolNames.map { name in
                Self.tool(names.wire(name), "Not available now.", ["type": "object"])
            }
        }
        if !tools.isEmpty {
            if marks, quirks.toolCachePoint { tools.append(cachePoint) }
            var config: JSONObject = ["tools": .array(tools)]
            switch request.toolChoice {
            case .auto, .none: break
            case .required: if thinking.thinking == nil { config["toolChoice"] = ["any": [:]] }
            case .named(let name):
                if thinking.thinking == nil { config["toolChoice"] = ["tool": ["name": .string(names.wire(name))]] }
            }
            body["toolConfig"] = .object(config)
        }
        var system = request.systemBlocks.map { text -> JSON in ["text": .string(text)] }
        if !system.isEmpty {
            if marks { system.append(cachePoint) }
            body["system"] = .array(system)
        }
        body["messages"] = .array(messages(request, names: names, marks: marks))
        return .object(body)
    }

    private static let cachePoint: JSON = ["cachePoint": ["type": "default"]]

    private static func tool(_ name: String, _ description: String, _ schema: JSON) -> JSON {
        [
            "toolSpec": [
                "name": .string(name), "description": .string(description.isEmpty ? name : description),
                "inputSchema": ["json": schema],
            ]
        ]
    }

    private static func messages(_ request: ModelRequest, names: ToolNames, marks: Bool) -> [JSON] {
        var out: [(role: String, blocks: [JSON])] = []
        var documentCount = 0
        for message in request.messages {
            let role = message.role == .assistant ? "assistant" : "user"
            var blocks: [JSON] = []
            for content in message.content {
                if let block = block(content, names: names, documentCount: &documentCount) { blocks.append(block) }
            }
            guard !blocks.isEmpty else { continue }
            if let last = out.indices.last, out[last].role == role {
                out[last].blocks += blocks
            } else {
                out.append((role, blocks))
            }
        }
        if marks {
            for index in out.indices.filter({ out[$0].role == "user" }).suffix(2) {
                out[index].blocks.append(cachePoint)
            }
        }
        return out.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private static func block(_ content: ModelContent, names: ToolNames, documentCount: inout Int) -> JSON? {
        switch content {
        case .text(let text):
            return text.utf8.contains(where: { $0 > 0x20 }) ? ["text": .string(text)] : nil
        case .reasoning(let text, let native):
            guard let native = WireText.native(native, api: .bedrock) else { return nil }
            if let data = native["redactedContent"] { return ["reasoningContent": ["redactedContent": data]] }
            guard let signature = native["signature"] else { return nil }
            return ["reasoningContent": ["reasoningText": ["text": .string(text), "signature": signature]]]
        case .image(let mime, let base64): return image(mime, base64)
        case .file(let mime, let name, let base64): return document(mime, name, base64, &documentCount)
        case .toolCall(let id, let name, let input):
            return [
                "toolUse": [
                    "toolUseId": .string(WireIDs.legal(id)), "name": .string(names.wire(name)),
                    "input": input.objectValue == nil ? .object(JSONObject()) : input,
                ]
            ]
        case .toolResult(let id, _, let content, let isError):
            let result = ResultContent(content)
            var blocks: [JSON] = []
            if !result.text.isEmpty || !result.hasAttachments {
                blocks.append(["text": .string(result.text.isEmpty ? "(no output)" : result.text)])
            }
            blocks += result.images.map { image($0.mime, $0.base64) }
            for file in result.documents { blocks.append(document(file.mime, file.name, file.base64, &documentCount)) }
            var value: JSONObject = ["toolUseId": .string(WireIDs.legal(id)), "content": .array(blocks)]
            if isError { value["status"] = "error" }
            return ["toolResult": .object(value)]
        }
    }

    private static func image(_ mime: String, _ base64: String) -> JSON {
        let format = mime == "image/jpg" ? "jpeg" : String(mime.drop { $0 != "/" }.dropFirst())
        return ["image": ["format": .string(format), "source": ["bytes": .string(base64)]]]
    }

    /// Names are letters, digits, single spaces, hyphens and brackets, and differ within a request.
    private static func document(_ mime: String, _ name: String, _ base64: String, _ count: inout Int) -> JSON {
        count += 1
        let formats = [
            "application/pdf": "pdf", "text/csv": "csv", "text/html": "html", "text/plain": "txt",
            "text/markdown": "md", "application/msword": "doc",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
            "application/vnd.ms-excel": "xls",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        ]
        let clean = name.utf8.map { byte -> UInt8 in
            WireIDs.isWordByte(byte) && byte != UInt8(ascii: "_") ? byte : UInt8(ascii: "-")
        }
        let label = String(decoding: clean.prefix(150), as: UTF8.self) + " \(count)"
        return [
            "document": [
                "format": .string(formats[mime] ?? "txt"), "name": .string(label), "source": ["bytes": .string(base64)],
            ]
        ]
    }
}

extension String {
    /// A byte-wise substring test.
    func utf8Contains(_ other: String) -> Bool {
        let needle = Array(other.utf8)
        guard let first = needle.first else { return true }
        let bytes = Array(utf8)
        guard bytes.count >= needle.count else { return false }
        for start in 0...(bytes.count - needle.count) where bytes[start] == first {
            if bytes[start..<start + needle.count].elementsEqual(needle) { return true }
        }
        return false
    }
}
