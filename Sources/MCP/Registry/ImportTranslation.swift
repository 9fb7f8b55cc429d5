import Support

/// Turns one entry of another program into ours, and remembers what could not be kept. A value: one for each entry.
struct ImportTranslation {
    /// The descriptions of VS Code's `inputs` by id.
    let inputs: [String: String]
    /// Why the entry as a whole cannot be taken over.
    private(set) var problem: String?
    private var leftOut: [String] = []
    /// Variables and headers that want a value that only a person has.
    private var wanted: [(option: String, input: String)] = []

    init(inputs: [String: String]) { self.inputs = inputs }

    private static let ignored: Set<String> = ["name", "description", "icon", "gallery", "version", "isActive"]
    private static let known: Set<String> = [
        "command", "args", "env", "environment", "cwd", "type", "transport", "url", "serverUrl", "headers", "oauth",
        "timeout", "disabled", "enabled",
    ]

    /// The entry as it will stand in `mcp.json`.
    mutating func definition(_ object: JSONObject) -> JSONObject {
        var made: JSONObject = [:]
        let type = (object["type"] ?? object["transport"])?.stringValue
        let address = object["url"] ?? object["serverUrl"]
        if let address, type != "stdio", type != "local" {
            made["type"] = type == "sse" ? "sse" : "http"
            made["url"] = translated(address)
            made["headers"] = texts(object["headers"], option: "--header", separator: ": ")
            made["oauth"] = oauth(object["oauth"])
        } else {
            // One that is unknown here is refused when the entry is read.
            if let type, type != "stdio", type != "local" { made["type"] = .string(type) }
            var words = object["command"]?.arrayValue ?? object["command"].map { [$0] } ?? []
            if !words.isEmpty { made["command"] = translated(words.removeFirst()) }
            words += object["args"]?.arrayValue ?? []
            if !words.isEmpty { made["args"] = .array(words.map { translated($0) }) }
            made["env"] = texts(object["env"] ?? object["environment"], option: "--env", separator: "=")
            let folder = object["cwd"].map { translated($0) }
            if let folder, folder != ".", !folder.isNull { made["cwd"] = folder }
        }
        if let timeout = object["timeout"]?.intValue, (1...3_600_000).contains(timeout) {
            made["timeout"] = .int(timeout)
        } else if object["timeout"] != nil {
            leftOut.append("timeout")
        }
        if object["disabled"]?.boolValue ?? (object["enabled"]?.boolValue == false) { made["disabled"] = true }
        leftOut += object.map(\.key).filter { !Self.known.contains($0) && !Self.ignored.contains($0) }
        return made
    }

    /// What is different, with the commands that add what is missing.
    func notes(for name: String) -> [String] {
        var notes: [String] = []
        for (option, input) in wanted.prefix(16) {
            let about = inputs[input].map { $0.isEmpty ? "" : " (\(shown($0)))" } ?? ""
            notes.append(
                "The input \"\(shown(input))\"\(about) was left out. Give it: codetether mcp update \(name) \(option)")
        }
        if !leftOut.isEmpty {
            notes.append("Left out, unknown here: \(leftOut.prefix(16).map(shown).joined(separator: ", ")).")
        }
        return notes
    }

    /// Texts by name; those that want an input are left out, to be given later.
    private mutating func texts(_ json: JSON?, option: String, separator: String) -> JSON? {
        guard let json, !json.isNull else { return nil }
        guard let object = json.objectValue else { return json }
        var made: JSONObject = [:]
        for (key, value) in object {
            if let text = value.stringValue, let input = Self.input(in: text) {
                wanted.append(("\(option) '\(shown(key))\(separator)…'", input))
            } else {
                made[key] = translated(value)
            }
        }
        return made.isEmpty ? nil : .object(made)
    }

    private mutating func oauth(_ json: JSON?) -> JSON? {
        switch json {
        case .object(let object):
            var made: JSONObject = [:]
            for (key, value) in object { made[key] = translated(value) }
            return .object(made)
        case .bool(let flag): return .bool(flag)
        default: return nil
        }
    }

    /// The input that a text wants.
    private static func input(in text: String) -> String? {
        guard let start = text.firstRange(of: "${input:"), let end = text[start.upperBound...].firstIndex(of: "}")
        else { return nil }
        return String(text[start.upperBound..<end])
    }

    private mutating func translated(_ json: JSON) -> JSON {
        guard let text = json.stringValue else { return json }
        return .string(translated(text))
    }

    /// A text with our variables. What has no counterpart makes the entry unusable.
    private mutating func translated(_ text: String) -> String {
        var out = ""
        var rest = Substring(text)
        while let brace = rest.firstIndex(of: "{"), let end = rest[brace...].firstIndex(of: "}") {
            let isDollar = brace > rest.startIndex && rest[rest.index(before: brace)] == "$"
            let inner = rest[rest.index(after: brace)..<end]
            let before = rest[..<(isDollar ? rest.index(before: brace) : brace)]
            let whole = rest[before.endIndex...end]
            out += before
            if isDollar {
                out += dollar(String(inner), whole)
            } else if inner.hasPrefix("env:") {
                out += "${\(inner.dropFirst(4))}"
            } else if inner.hasPrefix("file:") {
                refuse(whole)
            } else {
                out += whole
            }
            rest = rest[rest.index(after: end)...]
        }
        return out + rest
    }

    private mutating func dollar(_ inner: String, _ whole: Substring) -> String {
        if inner.hasPrefix("env:") { return "${\(inner.dropFirst(4))}" }
        switch inner {
        case "workspaceFolder", "workspaceRoot": return "."
        case "userHome": return "${HOME}"
        case "pathSeparator", "/": return "/"
        default: break
        }
        let isForeign = inner.firstIndex(of: ":").map { !inner[$0...].hasPrefix(":-") } ?? false
        if isForeign || inner == "workspaceFolderBasename" { refuse(whole) }
        return String(whole)
    }

    private mutating func refuse(_ variable: Substring) {
        problem =
            problem
            ?? "It uses \(shown(String(variable))), which has no counterpart here. Add it yourself: codetether mcp add."
    }

    private func shown(_ text: String) -> String { HostileText.escaped(String(text.prefix(200)), multiline: false) }
}
