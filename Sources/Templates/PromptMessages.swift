import Schema
import Support

/// Turns the messages of an MCP prompt (`{messages:[{role, content}]}`) into one user message.
///
/// Texts follow each other with a blank line between them. When the server speaks for the assistant too, each message is headed by
/// who says it. Pictures and embedded resources become attachments, links a line that names them; what no model reads is named in
/// the text.
enum PromptMessages {
    /// Text of a message, bytes.
    static let maxText = 1 << 20
    /// Attachments of a message.
    static let maxFiles = 64
    /// The same, bytes together.
    static let maxFileBytes = 20 << 20

    /// - Throws: `failed` for a prompt that is empty or larger than the limits.
    static func message(_ result: JSON, command: String, server: String) throws(CommandError) -> CommandMessage {
        let messages = result["messages"]?.arrayValue ?? []
        let isConversation = messages.contains { $0["role"] == "assistant" }
        var texts: [String] = []
        var files: [PromptFile] = []
        for message in messages {
            var lines: [String] = []
            // One item; servers of the first version sent lists too.
            for item in message["content"]?.arrayValue ?? [message["content"] ?? .null] {
                switch part(item, server: server) {
                case .text(let text): lines.append(text)
                case .file(let file): files.append(file)
                }
            }
            guard !lines.isEmpty else { continue }
            if isConversation { lines.insert(message["role"] == "assistant" ? "Assistant:" : "User:", at: 0) }
            texts.append(lines.joined(separator: "\n"))
        }
        let text = texts.joined(separator: "\n\n")
        guard text.utf8.count <= maxText, files.count <= maxFiles,
            files.reduce(0, { $0 + $1.data.utf8.count }) <= maxFileBytes / 3 * 4
        else {
            throw CommandError(
                .failed,
                "\(command) gave more than a message may hold (1 MiB of text, \(maxFiles) files of 20 MiB together); ask it for less."
            )
        }
        guard !files.isEmpty || !text.utf8.allSatisfy({ $0 <= 0x20 }) else {
            throw CommandError(.failed, "\(command) gave an empty message; nothing was sent to a model.")
        }
        return CommandMessage(text: text, files: files)
    }

    private static func part(_ item: JSON, server: String) -> ResourceContent.Part {
        let mime = item["mimeType"]?.stringValue ?? ""
        switch item["type"]?.stringValue {
        case "text": return .text(item["text"]?.stringValue ?? "")
        case "image":
            return ResourceContent.binary(
                item["data"]?.stringValue ?? "", mime: mime, name: "image of \(server)", source: .inline)
        case "resource": return ResourceContent.part(item["resource"] ?? .null, server: server)
        case "resource_link":
            let uri = item["uri"]?.stringValue ?? ""
            return .text("[Resource \(item["name"]?.stringValue ?? uri) of the MCP server \(server): \(uri)]")
        case let type:
            return .text("[\(ResourceContent.plain(type ?? "something unknown")) \(mime): not passed on]")
        }
    }
}
