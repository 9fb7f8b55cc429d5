import Schema
import Support

/// Transcripts of Claude Code: a JSON object a line, with `type`, `sessionId`, `uuid`, `timestamp` and `message`.
///
/// Lines are taken in the order of the file. An answer whose blocks stand on several lines (the same `message.id`) becomes one
/// message. Lines of subagents (`isSidechain`) are left out unless there are no others. A cut last line is left out.
struct ClaudeCodeTranscript: TransferBuilder {
    private static let types: Set<String> = [
        "user", "assistant", "summary", "system", "file-history-snapshot", "queue-operation", "custom-title",
        "ai-title",
        "progress",
    ]

    private var main = ConversationBuilder()
    private var side = ConversationBuilder()
    private var session: String?
    private var directory = ""
    private var title: String?
    private var sideLines = 0
    private var mainLines = 0
    private var firstTime: Int64?
    private var lastTime: Int64?
    private var warnings: [String] = []

    let allowsBrokenEnd = true

    static func starts(with node: TransferNode) -> Bool {
        guard let type = node.json["type"]?.stringValue, types.contains(type) else { return false }
        return node["sessionId"] != nil || node["leafUuid"] != nil || node["parentUuid"] != nil || node["uuid"] != nil
            || node["messageId"] != nil
    }

    mutating func warn(_ sentence: String) { warnings.append(sentence) }

    mutating func add(_ node: TransferNode) throws(TransferError) {
        let type = try node.text("type")
        if session == nil { session = try node.optionalText("sessionId") }
        switch type {
        case "summary": title = try node.optionalText("summary") ?? title
        case "custom-title": title = try node.optionalText("customTitle") ?? title
        case "ai-title": if title == nil { title = try node.optionalText("aiTitle") }
        case "user", "assistant":
            var time: Int64?
            if let text = try node.optionalText("timestamp") {
                guard let value = TransferTime.milliseconds(text) else {
                    throw (node["timestamp"] ?? node).fault("\"\(text)\" is no time")
                }
                time = value
                firstTime = min(firstTime ?? value, value)
                lastTime = max(lastTime ?? value, value)
            }
            if let path = try node.optionalText("cwd"), directory.isEmpty { directory = path }
            let message = try node.required("message")
            if node["isSidechain"]?.json.boolValue == true {
                sideLines += 1
                try Self.add(node, message, type, time, to: &side)
            } else {
                mainLines += 1
                try Self.add(node, message, type, time, to: &main)
            }
        default: return
        }
    }

    mutating func finish() throws(TransferError) -> TransferDocument {
        main.close()
        side.close()
        if sideLines > 0, mainLines > 0 {
            warnings.append("\(sideLines) lines of subagents were left out; Claude Code keeps them apart.")
        }
        let builder = mainLines > 0 ? main : side
        guard let session, mainLines + sideLines > 0 else {
            throw TransferError(
                .malformed, path: "$", "The transcript of Claude Code has no message; there is nothing to import.")
        }
        if builder.lost > 0 { warnings.append("\(builder.lost) tool results without a call were left out.") }
        let result = TransferSession.foreign(
            id: session, title: title ?? TransferSession.title(of: builder.messages), agent: "build",
            model: builder.model.id == "unknown" ? nil : builder.model, directory: directory, created: firstTime,
            updated: lastTime, messages: builder.messages)
        return TransferDocument(format: .claudeCode, session: result, warnings: warnings)
    }

    private static func add(
        _ node: TransferNode, _ message: TransferNode, _ type: String, _ time: Int64?,
        to builder: inout ConversationBuilder
    ) throws(TransferError) {
        let id = try node.optionalText("uuid")
        if type == "assistant" { return try answer(message, id: id, time, to: &builder) }
        let content = try message.required("content")
        var texts: [String] = []
        var files: [PromptFile] = []
        if let text = content.string {
            texts.append(text)
        } else {
            guard let blocks = content.elements else { throw content.wrong("a string or an array") }
            for block in blocks {
                switch try block.text("type") {
                case "text": texts.append(try block.text("text"))
                case "image", "document":
                    if let file = try file(block) { files.append(file) }
                case "tool_result":
                    builder.result(
                        try block.text("tool_use_id"), content: try result(block["content"]),
                        isError: block["is_error"]?.json.boolValue ?? false, at: time)
                default: continue
                }
            }
        }
        guard !texts.isEmpty || !files.isEmpty else { return }
        let text = texts.joined(separator: "\n")
        if node["isCompactSummary"]?.json.boolValue == true {
            builder.summary(text, id: id, at: time)
        } else if node["isMeta"]?.json.boolValue == true {
            builder.synthetic(text, id: id, at: time)
        } else {
            builder.user(text, files: files, id: id, at: time)
        }
    }

    private static func answer(
        _ message: TransferNode, id: String?, _ time: Int64?, to builder: inout ConversationBuilder
    ) throws(TransferError) {
        if let model = try message.optionalText("model"), model != "<synthetic>" {
            builder.use(ModelRef(id: model, providerID: "anthropic"))
        }
        builder.answer(id: try message.optionalText("id") ?? id, at: time)
        let content = try message.required("content")
        if let text = content.string {
            builder.text(text, at: time)
        } else {
            guard let blocks = content.elements else { throw content.wrong("a string or an array") }
            for block in blocks {
                switch try block.text("type") {
                case "text": builder.text(try block.text("text"), at: time)
                case "thinking": builder.reasoning(try block.text("thinking"), at: time)
                case "tool_use", "server_tool_use":
                    builder.call(
                        try block.text("id"), name: try block.text("name"), input: block["input"]?.json ?? .object([:]),
                        at: time)
                default: continue
                }
            }
        }
        if let usage = message["usage"], usage.isObject {
            builder.usage(
                TokenUsage(
                    input: try usage.count("input_tokens"), output: try usage.count("output_tokens"), reasoning: 0,
                    cache: TokenCache(
                        read: try usage.count("cache_read_input_tokens"),
                        write: try usage.count("cache_creation_input_tokens"))))
        }
        switch try message.optionalText("stop_reason") {
        case "max_tokens"?: builder.finish(.length, raw: "max_tokens")
        case "refusal"?: builder.finish(.contentFilter, raw: "refusal")
        case "end_turn"?: builder.finish(.stop, raw: "end_turn")
        default: return
        }
    }

    private static func file(_ block: TransferNode) throws(TransferError) -> PromptFile? {
        guard let source = block["source"] else { return nil }
        if try source.optionalText("type") == "base64" {
            return PromptFile(
                data: try source.text("data"), mime: try source.text("media_type"), source: .inline,
                name: try block.optionalText("title"))
        }
        guard let url = try source.optionalText("url") else { return nil }
        return PromptFile(
            data: "", mime: try source.optionalText("media_type") ?? "application/octet-stream", source: .uri(url))
    }

    private static func result(_ node: TransferNode?) throws(TransferError) -> [ToolContent] {
        guard let node else { return [] }
        if let text = node.string { return [.text(text)] }
        guard let blocks = node.elements else { throw node.wrong("a string or an array") }
        var content: [ToolContent] = []
        for block in blocks {
            switch try block.text("type") {
            case "text": content.append(.text(try block.text("text")))
            case "image":
                guard let source = block["source"], let data = try source.optionalText("data") else { continue }
                let mime = try source.optionalText("media_type") ?? "image/png"
                content.append(.file(uri: "data:\(mime);base64,\(data)", mime: mime, name: nil))
            default: content.append(.unknown(block.json))
            }
        }
        return content
    }
}
