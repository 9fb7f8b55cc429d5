import Schema
import Support

/// Contents of MCP resources as parts of a user message.
enum ResourceContent {
    /// What becomes of one content.
    enum Part: Equatable {
        case text(String)
        case file(PromptFile)
    }

    /// Text of one resource that is passed on, bytes.
    static let maxText = 256 << 10
    /// Base64 of one picture or document that is passed on, bytes.
    static let maxBase64 = 8 << 20

    private static let readable = ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"]

    /// `{uri, mimeType?, text | blob}`: text (cut at 256 KiB, which is said) and pictures as a file, other bytes as a line that names
    /// them.
    static func part(_ content: JSON, server: String) -> Part {
        let uri = content["uri"]?.stringValue ?? ""
        let mime = content["mimeType"]?.stringValue ?? ""
        let name = plain("\(server):\(uri)")
        guard let text = content["text"]?.stringValue else {
            return binary(content["blob"]?.stringValue ?? "", mime: mime, name: name, source: .uri(uri))
        }
        var data = text
        if text.utf8.count > maxText {
            let bytes = Array(text.utf8.prefix(maxText + 4))
            data = UTF8Text.lossy(bytes[..<UTF8Text.boundary(bytes, atMost: maxText)])
            data += "\n[cut here: the resource has \(text.utf8.count) bytes]"
        }
        var file = PromptFile(
            data: data, mime: mime.hasPrefix("text/") ? plain(mime) : "text/plain", source: .uri(uri), name: name)
        file.description = "resource of the MCP server \(server)\(mime.isEmpty ? "" : ", \(plain(mime))")"
        return .file(file)
    }

    /// A picture or document that models read as a file, anything else as a line that names it.
    static func binary(_ base64: String, mime: String, name: String, source: PromptFileSource) -> Part {
        let kind = mime.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard readable.contains(kind), base64.utf8.count <= maxBase64, let bytes = Base64.decode(base64),
            !bytes.isEmpty
        else {
            return .text(
                "[\(name) (\(plain(mime.isEmpty ? "unknown type" : mime)), \(base64.utf8.count / 4 * 3) bytes): binary, not passed on]"
            )
        }
        return .file(
            PromptFile(
                data: "data:\(kind);base64,\(Base64.encode(bytes))", mime: kind, source: source, name: plain(name)))
    }

    /// One line without quotes, for names.
    static func plain(_ text: String) -> String {
        String(HostileText.escaped(String(text.prefix(500)), multiline: false).map { "\"<>".contains($0) ? "'" : $0 })
    }
}
