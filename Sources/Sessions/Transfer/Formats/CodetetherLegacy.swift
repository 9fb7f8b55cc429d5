import Schema
import Support

/// Session files of codetether 0.1.5: `{id,title,created_at,updated_at,messages[{role,content[]}],agent,metadata}`.
enum CodetetherLegacy {
    static func document(_ node: TransferNode) throws(TransferError) -> TransferDocument {
        let id = try node.text("id")
        let created = try time(node, "created_at")
        let updated = try time(node, "updated_at")
        var builder = ConversationBuilder()
        builder.agent = try node.optionalText("agent") ?? "build"
        builder.clock = created ?? 0
        let metadata = node["metadata"]
        if let model = try metadata?.optionalText("model") { builder.use(ModelRef(foreign: model)) }
        for message in try node.list("messages") { try add(message, to: &builder) }
        builder.close()
        var session = TransferSession.foreign(
            id: id, title: try node.optionalText("title"), agent: builder.agent, model: builder.model,
            directory: try metadata?.optionalText("directory") ?? "", created: created, updated: updated,
            messages: builder.messages)
        if let usage = node["usage"] {
            session.info.tokens = TokenUsage(
                input: try usage.count("prompt_tokens"), output: try usage.count("completion_tokens"), reasoning: 0,
                cache: TokenCache(
                    read: try usage.count("cache_read_tokens"), write: try usage.count("cache_write_tokens")))
        }
        session.info.title = session.info.title ?? TransferSession.title(of: builder.messages)
        let warnings = builder.lost == 0 ? [] : ["\(builder.lost) tool results without a call were left out."]
        return TransferDocument(format: .codetether01, session: session, warnings: warnings)
    }

    private static func time(_ node: TransferNode, _ key: String) throws(TransferError) -> Int64? {
        guard let text = try node.optionalText(key) else { return nil }
        guard let value = TransferTime.milliseconds(text) else {
            throw (node[key] ?? node).fault("\"\(text)\" is no time")
        }
        return value
    }

    private static func add(_ node: TransferNode, to builder: inout ConversationBuilder) throws(TransferError) {
        let role = try node.text("role")
        let parts = try node.list("content")
        switch role {
        case "system": builder.system(try texts(parts))
        case "user":
            var files: [PromptFile] = []
            for part in parts {
                if let file = try file(part) { files.append(file) }
            }
            builder.user(try texts(parts), files: files)
        case "assistant":
            builder.answer(id: nil)
            for part in parts { try addAnswer(part, to: &builder) }
        case "tool":
            for part in parts where part["type"]?.string == "tool_result" {
                builder.result(
                    try part.text("tool_call_id"), content: [.text(try part.text("content"))], isError: false)
            }
        default: throw (node["role"] ?? node).fault("\"\(role)\" is no role; system, user, assistant and tool are")
        }
    }

    private static func addAnswer(_ part: TransferNode, to builder: inout ConversationBuilder) throws(TransferError) {
        switch try part.text("type") {
        case "text":
            let text = try part.text("text")
            if !text.isEmpty { builder.text(text) }
        case "tool_call":
            let arguments = try part.text("arguments")
            builder.call(
                try part.text("id"), name: try part.text("name"),
                input: (try? JSON(parsing: arguments)) ?? .string(arguments))
        default: return
        }
    }

    private static func texts(_ parts: [TransferNode]) throws(TransferError) -> String {
        var texts: [String] = []
        for part in parts where try part.text("type") == "text" { texts.append(try part.text("text")) }
        return texts.joined(separator: "\n")
    }

    private static func file(_ part: TransferNode) throws(TransferError) -> PromptFile? {
        switch try part.text("type") {
        case "image":
            return PromptFile(
                url: try part.text("url"), mime: try part.optionalText("mime_type") ?? "image/png", name: nil)
        case "file":
            return PromptFile(
                url: try part.text("path"), mime: try part.optionalText("mime_type") ?? "text/plain", name: nil)
        default: return nil
        }
    }
}

extension ModelRef {
    /// `provider/model`; a name without a provider gets `unknown`.
    init(foreign text: String, providerID: String = "unknown") {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        self = parts.count == 2 ? Self(id: parts[1], providerID: parts[0]) : Self(id: text, providerID: providerID)
    }
}

extension PromptFile {
    /// A file behind an address: the bytes of a `data:` address, else a reference without bytes.
    init(url: String, mime: String, name: String?) {
        let mark = ";base64,"
        if url.utf8.starts(with: "data:".utf8), let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")),
            url[...comma].hasSuffix(mark)
        {
            self.init(data: String(url[url.utf8.index(after: comma)...]), mime: mime, source: .inline, name: name)
        } else {
            self.init(data: "", mime: mime, source: .uri(url), name: name)
        }
    }
}
