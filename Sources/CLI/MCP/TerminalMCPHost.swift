import MCP
import Support
import SystemPackage

/// Answers what a server asks while a command uses it: questions go to the terminal when there is one; a model is never lent.
struct TerminalMCPHost: MCPHost {
    let launch: Launch
    let directory: FilePath

    var canElicit: Bool { Terminal.isTTY(.standardInput) && Terminal.isTTY(.standardError) }
    var canSample: Bool { false }
    var roots: [(uri: String, name: String)] {
        let path = PercentEncoding.segment(directory.string, keepSlash: true)
        return [("file://\(path)", directory.lastComponent?.string ?? "/")]
    }

    func elicit(server: String, _ params: JSON) async -> JSON {
        let output = launch.output
        let message = HostileText.escaped(String((params["message"]?.stringValue ?? "").prefix(2000)), multiline: true)
        output.note("'\(server)' asks: \(message)")
        if params["mode"]?.stringValue == "url" {
            let url = HostileText.escaped(params["url"]?.stringValue ?? "", multiline: false)
            output.note("It wants you to open this address yourself: \(url)")
            output.prompt("Done there? [y/N] ")
            let answer = await line()
            return ["action": answer?.lowercased().hasPrefix("y") == true ? "accept" : "decline"]
        }
        var content: JSONObject = [:]
        for (key, field) in params["requestedSchema"]?["properties"]?.objectValue ?? [:] {
            let title = HostileText.escaped(field["title"]?.stringValue ?? key, multiline: false)
            let choices = (field["enum"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "|")
            let fallback = field["default"].map { $0.stringValue ?? $0.text() }
            output.prompt(
                "  \(title)\(choices.isEmpty ? "" : " (\(HostileText.escaped(choices, multiline: false)))")\(fallback.map { " [\(HostileText.escaped($0, multiline: false))]" } ?? ""): "
            )
            guard let answer = await line() else { return ["action": "cancel"] }
            let text = answer.isEmpty ? fallback ?? "" : answer
            if text.isEmpty { continue }
            switch field["type"]?.stringValue {
            case "boolean": content[key] = .bool(["y", "yes", "true", "1"].contains(text.lowercased()))
            case "integer": content[key] = Int64(text).map { .int($0) } ?? .string(text)
            case "number": content[key] = Double(text).map { .double($0) } ?? .string(text)
            case "array": content[key] = .array(text.split(separator: ",").map { .string(String($0)) })
            default: content[key] = .string(text)
            }
        }
        output.prompt("Send this to '\(server)'? [y/N] ")
        guard let answer = await line() else { return ["action": "cancel"] }
        guard answer.lowercased().hasPrefix("y") else { return ["action": "decline"] }
        return ["action": "accept", "content": .object(content)]
    }

    func sample(server: String, _ params: JSON) async throws(MCPError) -> JSON {
        throw MCPError(.unavailable, "Sampling is not offered by this command.")
    }

    private func line() async -> String? { (try? await BlockingWork.run { Terminal.readLine() }) ?? nil }
}
