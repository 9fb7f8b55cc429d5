import Support

/// Reads the conversation out of a request body, protocol by protocol, and notes what is not as the protocol wants it.
struct ConversationReader {
    private var conversation = Conversation()

    static func read(_ json: JSON, _ wire: ModelProtocol) -> Conversation {
        var reader = ConversationReader()
        switch wire {
        case .openAIChat: reader.readChat(json)
        case .openAIResponses: reader.readResponses(json)
        case .anthropic: reader.readAnthropic(json)
        case .google: reader.readGoogle(json)
        case .bedrock: reader.readBedrock(json)
        }
        return reader.conversation
    }

    private mutating func problem(_ text: String) { conversation.problems.append(text) }

    private func list(_ json: JSON?) -> [JSON] { json?.arrayValue ?? [] }

    /// Text of a string or of an array of `{text}` parts.
    private func text(_ json: JSON?) -> String {
        if let text = json?.stringValue { return text }
        return list(json).compactMap { $0["text"]?.stringValue }.joined()
    }

    private func arguments(_ text: String?) -> JSON? {
        guard let text, let json = try? JSON(parsing: text), json.objectValue != nil else { return nil }
        return json
    }

    // MARK: OpenAI chat completions

    private mutating func readChat(_ json: JSON) {
        if json["stream"]?.boolValue != true { problem("stream is not true") }
        for tool in list(json["tools"]) {
            if tool["type"]?.stringValue != "function" { problem("a tool's type is not function") }
            addTool(tool["function"]?["name"], tool["function"]?["parameters"], tool["function"]?["description"])
        }
        for message in list(json["messages"]) {
            let role = message["role"]?.stringValue ?? ""
            switch role {
            case "system", "developer":
                if !conversation.turns.isEmpty { problem("a \(role) message stands after the first message") }
                conversation.addSystem(text(message["content"]))
            case "user": addUser(message["content"])
            case "assistant":
                var items: [Conversation.Item] = []
                let said = text(message["content"])
                if !said.isEmpty { items.append(.text(said)) }
                for call in list(message["tool_calls"]) {
                    if call["type"]?.stringValue != "function" { problem("a tool call's type is not function") }
                    items.append(
                        .call(
                            id: call["id"]?.stringValue, name: call["function"]?["name"]?.stringValue ?? "",
                            arguments: arguments(call["function"]?["arguments"]?.stringValue)))
                }
                if items.isEmpty { problem("an assistant message has neither content nor tool_calls") }
                conversation.turns.append(Conversation.Turn(role: "assistant", items: items))
            case "tool":
                conversation.add(
                    "tool",
                    .result(id: message["tool_call_id"]?.stringValue ?? "", name: nil, text: text(message["content"])))
                if message["content"] == nil { problem("a tool message has no content") }
            default: problem("role “\(role)” is unknown to chat completions")
            }
        }
    }

    private mutating func addUser(_ content: JSON?) {
        var items: [Conversation.Item] = []
        if let text = content?.stringValue {
            items.append(.text(text))
        } else {
            for part in list(content) {
                let type = part["type"]?.stringValue ?? "?"
                if let text = part["text"]?.stringValue {
                    items.append(.text(text))
                } else {
                    items.append(.other(type))
                }
            }
        }
        if items.isEmpty { problem("a user message is empty") }
        conversation.turns.append(Conversation.Turn(role: "user", items: items))
    }

    // MARK: OpenAI responses

    private mutating func readResponses(_ json: JSON) {
        if json["stream"]?.boolValue != true { problem("stream is not true") }
        conversation.addSystem(text(json["instructions"]))
        for tool in list(json["tools"]) {
            if tool["type"]?.stringValue != "function" { problem("a tool's type is not function") }
            addTool(tool["name"], tool["parameters"], tool["description"])
        }
        for item in list(json["input"]) {
            switch item["type"]?.stringValue ?? "message" {
            case "message":
                switch item["role"]?.stringValue ?? "" {
                case "system", "developer": conversation.addSystem(text(item["content"]))
                case "user": addUser(item["content"])
                case "assistant": conversation.add("assistant", .text(text(item["content"])), merging: true)
                case let role: problem("role “\(role)” is unknown to responses")
                }
            case "function_call":
                conversation.add(
                    "assistant",
                    .call(
                        id: item["call_id"]?.stringValue, name: item["name"]?.stringValue ?? "",
                        arguments: arguments(item["arguments"]?.stringValue)), merging: true)
            case "function_call_output":
                conversation.add(
                    "tool",
                    .result(id: item["call_id"]?.stringValue ?? "", name: nil, text: text(item["output"])))
                if item["output"] == nil { problem("a function_call_output has no output") }
            case let type: conversation.add("assistant", .other(type), merging: true)
            }
        }
    }

    // MARK: Anthropic messages

    private mutating func readAnthropic(_ json: JSON) {
        if json["stream"]?.boolValue != true { problem("stream is not true") }
        if (json["max_tokens"]?.intValue ?? 0) < 1 { problem("max_tokens is missing") }
        conversation.addSystem(text(json["system"]))
        for tool in list(json["tools"]) { addTool(tool["name"], tool["input_schema"], tool["description"]) }
        for message in list(json["messages"]) {
            let role = message["role"]?.stringValue ?? ""
            if role != "user" && role != "assistant" { problem("role “\(role)” is unknown to messages") }
            var items: [Conversation.Item] = []
            if let text = message["content"]?.stringValue { items.append(.text(text)) }
            for block in list(message["content"]) {
                switch block["type"]?.stringValue ?? "?" {
                case "text":
                    let text = block["text"]?.stringValue ?? ""
                    if text.isEmpty { problem("a text block is empty, which Anthropic refuses") }
                    items.append(.text(text))
                case "tool_use":
                    let input = block["input"]
                    items.append(
                        .call(
                            id: block["id"]?.stringValue, name: block["name"]?.stringValue ?? "",
                            arguments: input?.objectValue == nil ? nil : input))
                case "tool_result":
                    if items.contains(where: { if case .text = $0 { true } else { false } }) {
                        problem("a tool_result stands after text in its message")
                    }
                    items.append(
                        .result(id: block["tool_use_id"]?.stringValue ?? "", name: nil, text: text(block["content"])))
                case let type: items.append(.other(type))
                }
            }
            if items.isEmpty { problem("a message has no content") }
            conversation.turns.append(Conversation.Turn(role: role, items: items))
        }
    }

    // MARK: Google generateContent

    private mutating func readGoogle(_ json: JSON) {
        conversation.addSystem(text(json["systemInstruction"]?["parts"]))
        for tool in list(json["tools"]) {
            for declaration in list(tool["functionDeclarations"]) {
                addTool(
                    declaration["name"], declaration["parameters"] ?? declaration["parametersJsonSchema"],
                    declaration["description"])
            }
        }
        for content in list(json["contents"]) {
            let role = content["role"]?.stringValue ?? ""
            if role != "user" && role != "model" && role != "function" {
                problem("role “\(role)” is unknown to generateContent")
            }
            var items: [Conversation.Item] = []
            for part in list(content["parts"]) {
                if let call = part["functionCall"] {
                    let input = call["args"] ?? [:]
                    items.append(
                        .call(
                            id: call["id"]?.stringValue, name: call["name"]?.stringValue ?? "",
                            arguments: input.objectValue == nil ? nil : input))
                } else if let result = part["functionResponse"] {
                    if result["response"]?.objectValue == nil { problem("a functionResponse's response is no object") }
                    items.append(
                        .result(
                            id: result["id"]?.stringValue, name: result["name"]?.stringValue ?? "",
                            text: result["response"]?.text() ?? ""))
                } else if let text = part["text"]?.stringValue {
                    items.append(part["thought"]?.boolValue == true ? .other("thought") : .text(text))
                } else {
                    items.append(.other("inlineData"))
                }
            }
            if items.isEmpty { problem("a content has no parts") }
            conversation.turns.append(Conversation.Turn(role: role == "model" ? "assistant" : "user", items: items))
        }
    }

    // MARK: Bedrock converse

    private mutating func readBedrock(_ json: JSON) {
        conversation.addSystem(text(json["system"]))
        for tool in list(json["toolConfig"]?["tools"]) {
            guard let spec = tool["toolSpec"] else { continue }
            addTool(spec["name"], spec["inputSchema"]?["json"], spec["description"])
        }
        for message in list(json["messages"]) {
            let role = message["role"]?.stringValue ?? ""
            if role != "user" && role != "assistant" { problem("role “\(role)” is unknown to converse") }
            var items: [Conversation.Item] = []
            for block in list(message["content"]) {
                if let use = block["toolUse"] {
                    let input = use["input"]
                    items.append(
                        .call(
                            id: use["toolUseId"]?.stringValue, name: use["name"]?.stringValue ?? "",
                            arguments: input?.objectValue == nil ? nil : input))
                } else if let result = block["toolResult"] {
                    items.append(
                        .result(id: result["toolUseId"]?.stringValue ?? "", name: nil, text: text(result["content"])))
                } else if let text = block["text"]?.stringValue {
                    if text.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0a }) { problem("a text block is blank") }
                    items.append(.text(text))
                } else {
                    items.append(.other("block"))
                }
            }
            if items.isEmpty { problem("a message has no content") }
            conversation.turns.append(Conversation.Turn(role: role, items: items))
        }
    }

    private mutating func addTool(_ name: JSON?, _ schema: JSON?, _ description: JSON?) {
        let name = name?.stringValue ?? ""
        if (description?.stringValue ?? "").isEmpty { problem("tool “\(name)” has no description") }
        conversation.tools.append((name, schema ?? .null))
    }
}
