import Schema
import Support

/// OpenCode 1.x: `{info, messages:[{info, parts[]}]}`, and the flat list that its shares give.
enum OpenCodeLegacy {
    static func document(_ node: TransferNode) throws(TransferError) -> TransferDocument {
        let info = try node.required("info")
        var messages: [TransferMessage] = []
        var seen = Set<String>()
        for element in try node.list("messages") {
            let message = try element.required("info")
            let id = try message.text("id")
            guard seen.insert(id).inserted else { throw message.fault("the id \"\(id)\" comes twice") }
            messages += try OpenCodeLegacyMessage.read(message, try element.list("parts"))
        }
        return try finish(info, messages)
    }

    /// `[{type:"session"|"message"|"part"|…, data}]`; the last of an id counts.
    static func share(_ elements: [TransferNode], _ node: TransferNode) throws(TransferError) -> TransferDocument {
        guard let first = elements.first else {
            throw node.fault("the list is empty; a session is wanted")
        }
        guard first["type"] != nil, first["data"] != nil else {
            throw first.fault("the members \"type\" and \"data\" of a share are missing")
        }
        var info: TransferNode?
        var order: [String] = []
        var messages: [String: TransferNode] = [:]
        var partOrder: [String: [String]] = [:]
        var parts: [String: TransferNode] = [:]
        for element in elements {
            let data = try element.required("data")
            switch try element.text("type") {
            case "session": info = data
            case "message":
                let id = try data.text("id")
                if messages.updateValue(data, forKey: id) == nil { order.append(id) }
            case "part":
                let id = try data.text("id")
                if parts.updateValue(data, forKey: id) == nil {
                    partOrder[try data.text("messageID"), default: []].append(id)
                }
            default: continue
            }
        }
        guard let info else { throw node.fault("the share has no element of the type \"session\"") }
        var result: [TransferMessage] = []
        for id in order {
            guard let message = messages[id] else { continue }
            result += try OpenCodeLegacyMessage.read(message, (partOrder[id] ?? []).compactMap { parts[$0] })
        }
        return try finish(info, result)
    }

    private static func finish(
        _ info: TransferNode, _ messages: [TransferMessage]
    ) throws(TransferError) -> TransferDocument {
        let time = try info.required("time")
        var model: ModelRef?
        var agent: String?
        for case .assistant(let message) in messages.map(\.message) {
            model = message.model
            agent = message.agent
        }
        var session = TransferSession.foreign(
            id: try info.text("id"), title: try info.optionalText("title"), agent: agent, model: model,
            directory: try info.optionalText("directory") ?? "", created: try time.milliseconds("created"),
            updated: try time.milliseconds("updated"), parentID: try info.optionalText("parentID"), messages: messages)
        session.info.time.archived = try time.optionalMilliseconds("archived")
        return TransferDocument(format: .opencode1, session: session)
    }
}

/// One message of OpenCode 1.x with its parts.
enum OpenCodeLegacyMessage {
    /// - Returns: the message, and one for text that a program added to it.
    static func read(_ info: TransferNode, _ parts: [TransferNode]) throws(TransferError) -> [TransferMessage] {
        let role = try info.text("role")
        switch role {
        case "user": return try user(info, parts)
        case "assistant": return [TransferMessage(try assistant(info, parts))]
        default: throw (info["role"] ?? info).fault("\"\(role)\" is no role; user and assistant are")
        }
    }

    private static func user(_ info: TransferNode, _ parts: [TransferNode]) throws(TransferError) -> [TransferMessage] {
        let id = try info.text("id")
        let time = MessageTime(created: try info.required("time").milliseconds("created"))
        var texts: [String] = []
        var added: [String] = []
        var files: [PromptFile] = []
        var agents: [PromptAgent] = []
        for part in parts {
            switch try part.text("type") {
            case "text":
                let text = try part.text("text")
                if part["synthetic"]?.json.boolValue == true { added.append(text) } else { texts.append(text) }
            case "file":
                files.append(
                    PromptFile(
                        url: try part.text("url"), mime: try part.text("mime"),
                        name: try part.optionalText("filename")))
            case "agent": agents.append(PromptAgent(name: try part.text("name")))
            default: continue
            }
        }
        var result: [TransferMessage] = []
        if !texts.isEmpty || !files.isEmpty || !agents.isEmpty || added.isEmpty {
            result.append(
                TransferMessage(
                    .user(
                        .init(
                            id: id, time: time, text: texts.joined(separator: "\n"),
                            files: files.isEmpty ? nil : files, agents: agents.isEmpty ? nil : agents))))
        }
        if !added.isEmpty {
            result.append(
                TransferMessage(
                    .synthetic(.init(id: "\(id)/synthetic", time: time, text: added.joined(separator: "\n")))))
        }
        return result
    }

    private static func assistant(
        _ info: TransferNode, _ parts: [TransferNode]
    ) throws(TransferError) -> SessionMessage {
        let id = try info.text("id")
        let time = try info.required("time")
        let created = try time.milliseconds("created")
        let model = ModelRef(id: try info.text("modelID"), providerID: try info.text("providerID"))
        var content: [ContentItem] = []
        for part in parts {
            if let item = try OpenCodeLegacyPart.read(part, created: created) { content.append(item) }
        }
        let tokens = try info["tokens"].map { node throws(TransferError) in try usage(node) }
        if info["summary"]?.json.boolValue == true {
            let summary = content.compactMap { if case .text(let item) = $0 { item.text } else { nil } }
            return .compaction(
                .init(
                    id: id, time: .init(created: created), status: .completed, reason: .auto, model: model,
                    summary: summary.joined(separator: "\n"), cost: info["cost"]?.json.doubleValue, tokens: tokens))
        }
        var message = AssistantMessage(
            id: id, time: .init(created: created, completed: try time.optionalMilliseconds("completed")),
            agent: try info.firstText("agent", "mode") ?? "build", model: model,
            content: content, cost: info["cost"]?.json.doubleValue, tokens: tokens)
        if let finish = try info.optionalText("finish") {
            message.finish = FinishReason(rawValue: finish) ?? .unknown
            if message.finish == .unknown { message.rawFinish = finish }
        }
        if let error = info["error"] {
            let inner = try error["data"]?.optionalText("message")
            let outer = try error.optionalText("message")
            message.error = StructuredError(
                type: try error.optionalText("name") ?? "unknown", message: inner ?? outer ?? "It failed.")
            message.finish = .error
        }
        return .assistant(message)
    }

    private static func usage(_ node: TransferNode) throws(TransferError) -> TokenUsage {
        TokenUsage(
            input: try node.count("input"), output: try node.count("output"), reasoning: try node.count("reasoning"),
            cache: TokenCache(
                read: try node["cache"]?.count("read") ?? 0, write: try node["cache"]?.count("write") ?? 0))
    }
}

/// One part of an answer of OpenCode 1.x.
enum OpenCodeLegacyPart {
    /// Marks of snapshots and steps say nothing outside the home they come from.
    private static let marks: Set<String> = ["step-start", "step-finish", "snapshot", "patch", "retry", "compaction"]

    /// - Returns: nil for marks. Types of later versions are kept as they are.
    static func read(_ part: TransferNode, created: Int64) throws(TransferError) -> ContentItem? {
        let type = try part.text("type")
        let partID = try part.optionalText("id")
        switch type {
        case "text": return .text(.init(partID: partID, text: try part.text("text")))
        case "reasoning":
            let time = try part["time"].map { node throws(TransferError) in
                ReasoningTime(
                    created: try node.optionalMilliseconds("start") ?? created,
                    completed: try node.optionalMilliseconds("end"))
            }
            return .reasoning(.init(partID: partID, text: try part.text("text"), time: time))
        case "tool":
            let state = try part.required("state")
            let start = try state["time"]?.optionalMilliseconds("start") ?? created
            return .tool(
                .init(
                    partID: partID, id: try part.text("callID"), name: try part.text("tool"), state: try read(state),
                    time: .init(created: start, ran: start, completed: try state["time"]?.optionalMilliseconds("end"))
                ))
        default:
            guard !marks.contains(type), var object = part.json.objectValue else { return nil }
            if let partID { object["partID"] = .string(partID) }
            return .unknown(.object(object))
        }
    }

    private static func read(_ state: TransferNode) throws(TransferError) -> ToolState {
        let input = state["input"]?.json ?? .object([:])
        let metadata = state["metadata"]?.json
        switch try state.text("status") {
        case "completed":
            var content: [ToolContent] = [.text(try state.text("output"))]
            for file in state["attachments"]?.elements ?? [] {
                content.append(
                    .file(
                        uri: try file.text("url"), mime: try file.text("mime"),
                        name: try file.optionalText("filename")))
            }
            return .completed(input: input, content: content, metadata: metadata)
        case "error":
            return .error(
                input: input, error: .init(type: "tool", message: try state.text("error")), content: nil,
                metadata: metadata)
        // Both become errors: nobody runs them here.
        case "pending", "running": return .running(input: input, metadata: metadata ?? .object([:]))
        case let status: throw (state["status"] ?? state).fault("\"\(status)\" is no status of a tool call")
        }
    }
}
