package import Credentials
import Support

/// What is taken out of a session before it leaves: configured keys, whatever has the shape of a token, and local paths.
package struct ShareRedaction: Sendable {
    let secrets: [Secrets]
    let hidden: [String]
    let workspaces: [String]

    /// - Parameters:
    ///   - secrets: all that are known.
    ///   - hidden: absolute directories whose names tell something: the home, data and state directories.
    ///   - workspaces: absolute directories in which paths become relative, beside the session's own.
    package init(secrets: [Secrets], hidden: [String] = [], workspaces: [String] = []) {
        self.secrets = secrets
        self.hidden = hidden
        self.workspaces = workspaces
    }

    func redactor(directories: [String]) -> ShareRedactor {
        ShareRedactor(secrets: secrets, paths: LocalPaths(workspaces: directories + workspaces, hidden: hidden))
    }
}

/// Redacts the values of one session and counts what it took out.
struct ShareRedactor: Sendable {
    private static let pathKeys: Set<String> = [
        "directory", "path", "filePath", "filepath", "file", "cwd", "workdir", "uri", "subpath", "resource",
    ]

    let secrets: [Secrets]
    let paths: LocalPaths
    /// Secrets taken out so far.
    private(set) var secretCount = 0
    /// Paths taken out so far.
    private(set) var pathCount = 0

    init(secrets: [Secrets], paths: LocalPaths) {
        self.secrets = secrets
        self.paths = paths
    }

    /// The value as it may leave.
    mutating func redacted(_ json: JSON) -> JSON {
        var value = json
        for known in secrets { value = known.redact(value) }
        secretCount += max(0, Self.marks(in: value) - Self.marks(in: json))
        return clean(value, key: "")
    }

    /// The text as it may leave.
    mutating func redacted(_ text: String) -> String { redacted(.string(text)).stringValue ?? "" }

    private mutating func clean(_ json: JSON, key: String) -> JSON {
        switch json {
        case .string(let text):
            if Self.pathKeys.contains(key), text.utf8.first == UInt8(ascii: "/") {
                let (path, isInside) = paths.whole(text)
                if path != text { pathCount += 1 }
                return .string(isInside ? paths.redact(path, &pathCount) : path)
            }
            return .string(paths.redact(text, &pathCount))
        case .array(let values): return .array(values.map { clean($0, key: key) })
        case .object(let object):
            var result = JSONObject()
            for (name, value) in object {
                var shown = paths.redact(name, &pathCount)
                for known in secrets { shown = known.redact(shown) }
                result[shown] = clean(value, key: name)
            }
            return .object(result)
        default: return json
        }
    }

    private static let mark = Array(Secrets.replacement.utf8)

    private static func marks(in text: String) -> Int {
        guard text.utf8.contains(0x5B) else { return 0 }
        let bytes = Array(text.utf8)
        return bytes.indices.reduce(0) { $0 + (bytes[$1] == 0x5B && bytes[$1...].starts(with: mark) ? 1 : 0) }
    }

    private static func marks(in json: JSON) -> Int {
        switch json {
        case .string(let text): marks(in: text)
        case .array(let values): values.reduce(0) { $0 + marks(in: $1) }
        case .object(let object): object.values.reduce(0) { $0 + marks(in: $1) }
        default: 0
        }
    }
}
