import Support

/// Takes what a person or a model wrote, and every path, out of an export, so that its shape can be shown to others.
///
/// Kept: ids, types, times, states, counts, costs, names of models, agents and tools, parameter names. Everything else that is
/// text becomes `[redacted:<kind>:<mark>]`, where equal texts of one export have equal marks; a mark tells nothing about the
/// text, because it is salted. Numbers in tool inputs and free data become 0; what a provider wants back is dropped.
struct TransferSanitizer: Sendable {
    private static let kept: Set<String> = [
        "id", "type", "status", "partID", "finish", "rawFinish", "providerID", "modelID", "variant", "agent", "mime",
        "effect", "reason", "outcome", "sessionID", "messageID", "parentID", "shellID", "skill", "name", "format",
        "algorithm", "sha256",
    ]
    private static let paths: Set<String> = [
        "directory", "uri", "file", "files", "path", "subpath", "filePath", "filepath", "cwd", "workdir", "resource",
        "url",
    ]
    /// Free data, where a name says nothing about what is behind it.
    private static let free: Set<String> = ["input", "metadata", "response", "structured"]
    private static let dropped: Set<String> = ["native"]

    private let salt: String

    /// - Parameter salt: makes marks that cannot be guessed from texts; another one for every export.
    init(salt: String) { self.salt = salt }

    /// An info or a message without what it said.
    func sanitized(_ json: JSON) -> JSON { clean(json, key: "", inTool: false, isFree: false) }

    private func clean(_ json: JSON, key: String, inTool: Bool, isFree: Bool) -> JSON {
        switch json {
        case .string(let text): return .string(clean(text, key: key, inTool: inTool, isFree: isFree))
        case .array(let elements):
            return .array(elements.map { clean($0, key: key, inTool: inTool, isFree: isFree) })
        case .object(let object):
            let isTool = object["type"]?.stringValue == "tool"
            var result = JSONObject()
            for (name, value) in object where !Self.dropped.contains(name) {
                let isFree = isFree || (Self.free.contains(name) && key != "tokens")
                let shown = isFree && key != "" && !Self.isIdentifier(name) ? mark("key", name) : name
                result[shown] = clean(value, key: name, inTool: isTool || (inTool && name != "content"), isFree: isFree)
            }
            return .object(result)
        case .int, .double: return isFree ? .int(0) : json
        case .bool, .null: return json
        }
    }

    private func clean(_ text: String, key: String, inTool: Bool, isFree: Bool) -> String {
        guard !text.isEmpty else { return text }
        if !isFree, Self.kept.contains(key), key != "name" || inTool { return text }
        if Self.paths.contains(key) { return mark("path", text) }
        if key == "projectID" { return mark("project", text) }
        return mark(Self.isIdentifier(key) ? key : "text", text)
    }

    private func mark(_ kind: String, _ text: String) -> String {
        let hash = SHA256Hash.hex(of: Array(salt.utf8) + [0] + Array(text.utf8))
        return "[redacted:\(kind):\(hash.prefix(8))]"
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first), name.utf8.count <= 40 else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
    }
}
