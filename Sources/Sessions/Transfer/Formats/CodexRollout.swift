import Schema
import Support

/// Rollouts of Codex: `{timestamp,type,payload}` a line (`session_meta`, `turn_context`, `response_item`, `event_msg`,
/// `compacted`), and the older form without the envelope. A cut last line is left out.
struct CodexRollout: TransferBuilder {
    private static let envelopes: Set<String> = [
        "session_meta", "turn_context", "response_item", "event_msg", "compacted",
    ]
    private static let items: Set<String> = [
        "message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
        "local_shell_call", "web_search_call",
    ]
    /// How texts begin that Codex itself puts into the mouth of the user.
    private static let programTexts = [
        "<environment_context>", "<user_instructions>", "<permissions instructions>", "# AGENTS.md instructions",
        "<turn_aborted>", "<INSTRUCTIONS>", "<skill>", "<collaboration_mode>",
    ]

    private var builder = ConversationBuilder()
    private var id: String?
    private var provider = "openai"
    private var directory = ""
    private var created: Int64?
    private var updated: Int64?
    private var tokens: TokenUsage?
    private var warnings: [String] = []

    let allowsBrokenEnd = true

    static func starts(with node: TransferNode) -> Bool {
        let type = node.json["type"]?.stringValue ?? ""
        if node["payload"]?.isObject == true, envelopes.contains(type) { return true }
        return node["id"] != nil && node["timestamp"] != nil && node["type"] == nil && node["messages"] == nil
            && node["info"] == nil && (node["git"] != nil || node.json.objectValue?["instructions"] != nil)
    }

    mutating func warn(_ sentence: String) { warnings.append(sentence) }

    mutating func add(_ node: TransferNode) throws(TransferError) {
        var time: Int64?
        if let text = try node.optionalText("timestamp") {
            guard let value = TransferTime.milliseconds(text) else {
                throw (node["timestamp"] ?? node).fault("\"\(text)\" is no time")
            }
            time = value
            created = created ?? value
            updated = max(updated ?? value, value)
        }
        guard let payload = node["payload"] else {
            // The older form: the first line is the session itself.
            if node["type"] == nil, node["id"] != nil { return try meta(node) }
            if let type = try node.optionalText("type"), Self.items.contains(type) { try item(node, type, time) }
            return
        }
        switch try node.text("type") {
        case "session_meta": try meta(payload)
        case "turn_context":
            if let model = try payload.optionalText("model") { builder.use(ModelRef(id: model, providerID: provider)) }
            if directory.isEmpty, let path = try payload.optionalText("cwd") { directory = path }
        case "response_item": try item(payload, try payload.text("type"), time)
        case "event_msg" where payload.json["type"]?.stringValue == "token_count": try usage(payload)
        case "compacted":
            let text = try payload.optionalText("message") ?? ""
            if !text.isEmpty { builder.summary(text, at: time) }
        default: return
        }
    }

    mutating func finish() throws(TransferError) -> TransferDocument {
        builder.close()
        guard let id else {
            throw TransferError(
                .malformed, path: "$", "The rollout of Codex has no session_meta line, which names the session.")
        }
        if builder.lost > 0 { warnings.append("\(builder.lost) tool results without a call were left out.") }
        var session = TransferSession.foreign(
            id: id, title: TransferSession.title(of: builder.messages), agent: "build",
            model: builder.model.id == "unknown" ? nil : builder.model, directory: directory, created: created,
            updated: updated, messages: builder.messages)
        if let tokens { session.info.tokens = tokens }
        return TransferDocument(format: .codex, session: session, warnings: warnings)
    }

    private mutating func meta(_ node: TransferNode) throws(TransferError) {
        if id == nil { id = try node.text("id") }
        if let text = try node.optionalText("cwd") { directory = text }
        if let text = try node.optionalText("model_provider") { provider = text }
        if let text = try node.optionalText("timestamp") { created = TransferTime.milliseconds(text) ?? created }
    }

    private mutating func usage(_ node: TransferNode) throws(TransferError) {
        guard let total = node["info"]?["total_token_usage"] else { return }
        let cached = try total.count("cached_input_tokens")
        let reasoning = try total.count("reasoning_output_tokens")
        tokens = TokenUsage(
            input: max(0, try total.count("input_tokens") - cached),
            output: max(0, try total.count("output_tokens") - reasoning), reasoning: reasoning,
            cache: TokenCache(read: cached, write: 0))
    }

    private mutating func item(_ node: TransferNode, _ type: String, _ time: Int64?) throws(TransferError) {
        switch type {
        case "message": try message(node, time)
        case "reasoning":
            var texts: [String] = []
            for part in (node["summary"]?.elements ?? []) + (node["content"]?.elements ?? []) {
                texts.append(try part.text("text"))
            }
            if !texts.isEmpty { builder.reasoning(texts.joined(separator: "\n\n"), at: time) }
        case "function_call":
            let arguments = try node.text("arguments")
            builder.call(
                try node.text("call_id"), name: try node.text("name"),
                input: (try? JSON(parsing: arguments)) ?? .string(arguments), at: time)
        case "custom_tool_call":
            builder.call(
                try node.text("call_id"), name: try node.text("name"), input: .string(try node.text("input")), at: time)
        case "local_shell_call":
            let id = try node.firstText("call_id", "id") ?? "shell"
            builder.call(id, name: "shell", input: node["action"]?.json ?? .object([:]), at: time)
        case "function_call_output", "custom_tool_call_output":
            let (content, isError) = try output(node.required("output"))
            builder.result(try node.text("call_id"), content: content, isError: isError, at: time)
        default: return
        }
    }

    private mutating func message(_ node: TransferNode, _ time: Int64?) throws(TransferError) {
        var texts: [String] = []
        var files: [PromptFile] = []
        for part in try node.list("content") {
            switch try part.text("type") {
            case "input_text", "output_text", "text": texts.append(try part.text("text"))
            case "input_image":
                if let url = try part.optionalText("image_url") {
                    files.append(PromptFile(url: url, mime: "image/png", name: nil))
                }
            default: continue
            }
        }
        let text = texts.joined(separator: "\n")
        switch try node.text("role") {
        case "assistant":
            if !text.isEmpty { builder.text(text, at: time) }
        case "user":
            let isProgram = files.isEmpty && Self.programTexts.contains { text.utf8.starts(with: $0.utf8) }
            if isProgram { builder.synthetic(text, at: time) } else { builder.user(text, files: files, at: time) }
        default: builder.synthetic(text, at: time)
        }
    }

    /// A string (perhaps JSON with `output` and `metadata.exit_code`), `{content, success}`, or a list of texts.
    private func output(_ node: TransferNode) throws(TransferError) -> ([ToolContent], Bool) {
        if let text = node.string {
            guard let json = try? JSON(parsing: text), let inner = json["output"]?.stringValue else {
                return ([.text(text)], false)
            }
            return ([.text(inner)], (json["metadata"]?["exit_code"]?.intValue ?? 0) != 0)
        }
        if let parts = node.elements {
            var content: [ToolContent] = []
            for part in parts {
                if let text = try part.optionalText("text") {
                    content.append(.text(text))
                } else {
                    content.append(.unknown(part.json))
                }
            }
            return (content, false)
        }
        guard node.isObject else { throw node.wrong("a string, an array or an object") }
        return ([.text(try node.optionalText("content") ?? "")], node["success"]?.json.boolValue == false)
    }
}
