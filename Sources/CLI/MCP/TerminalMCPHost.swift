import MCP
import Support
import SystemPackage
import Tools

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
        guard let fields = ElicitationForm.fields(params) else { return ["action": "decline"] }
        let output = launch.output
        let form = TerminalForm(write: { output.prompt($0) }, line: { await Terminal.line() })
        switch await form.fill(ElicitationForm.title(server, params), fields) {
        case .filled(let answer): return ElicitationForm.result(params, answer)
        case .declined: return ["action": "decline"]
        case .dismissed: return ["action": "cancel"]
        }
    }

    func sample(server: String, _ params: JSON) async throws(MCPError) -> JSON {
        throw .server(-1, "Sampling is not offered by this command.", nil)
    }
}
