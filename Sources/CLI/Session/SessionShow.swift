import App
package import ArgumentParser
import Schema
import Sessions
import Support

/// `codetether session show ID`
package struct SessionShow: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one session with its conversation.")

    @Argument(help: "The session's id.")
    var id: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let projection = try await runtime.sessions().projection(id)
            let messages = try projection.messages.map { try JSON(encoding: $0) }
            let json: JSON = ["info": try SessionCommand.json(projection.info), "messages": .array(messages)]
            let text = format.value == .table ? Self.text(projection.info, projection.messages) : ""
            try await launch.output.render(.value(json, text: text), as: format.value)
        }
    }

    private static func text(_ info: SessionInfo, _ messages: [SessionMessage]) -> String {
        let fields = [
            ("id", info.id), ("title", info.title ?? ""), ("directory", info.location.directory),
            ("agent", info.agent ?? ""), ("model", info.model.map { "\($0.providerID)/\($0.id)" } ?? ""),
            ("created", PointInTime.text(info.time.created)), ("updated", PointInTime.text(info.time.updated)),
            ("tokens", "\(info.tokens.input) in, \(info.tokens.output) out"), ("messages", String(messages.count)),
        ]
        let rows = fields.filter { !$0.1.isEmpty }.map { OutputTable.Row(json: .null, cells: [$0.0, $0.1]) }
        return TableLayout(OutputTable(columns: [], rows: rows), width: nil).text + messages.compactMap(block).joined()
    }

    private static func block(_ message: SessionMessage) -> String? {
        switch message {
        case .user(let user): return "\n> \(safe(user.text))\n"
        case .assistant(let assistant):
            let parts = assistant.content.compactMap(item)
            let failure = assistant.error.map { ["error: \(safe($0.message))"] } ?? []
            return parts.isEmpty && failure.isEmpty ? nil : "\n" + (parts + failure).joined(separator: "\n") + "\n"
        default: return nil
        }
    }

    private static func item(_ item: ContentItem) -> String? {
        switch item {
        case .text(let text): return text.text.isEmpty ? nil : safe(text.text)
        case .tool(let tool):
            switch tool.state {
            case .completed: return "[\(safe(tool.name)) done]"
            case .error(_, let error, _, _): return "[\(safe(tool.name)) failed: \(safe(error.message))]"
            case .running, .streaming: return "[\(safe(tool.name)) not finished]"
            case .unknown: return "[\(safe(tool.name))]"
            }
        default: return nil
        }
    }

    private static func safe(_ text: String) -> String { HostileText.escaped(text, multiline: true) }
}
