import App
package import ArgumentParser
import Schema
import Sessions
import Support

/// `codetether session archive ID…`
package struct SessionArchive: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Hide sessions from lists, without deleting anything.")

    @Argument(help: "The sessions' ids.")
    var ids: [String]
    @Flag(help: "Show them in lists again.")
    var undo = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        for id in ids { try SessionCommand.checkID(id) }
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let sessions = try await runtime.sessions()
            // All or none: an id that is not there is told before anything is hidden.
            for id in ids { _ = try await sessions.get(id) }
            var rows: [OutputTable.Row] = []
            for id in ids {
                let info = try await sessions.archive(id, !undo)
                rows.append(.init(json: try SessionCommand.json(info), cells: [info.id, info.title ?? ""]))
                if format.value == .table { launch.output.note("\(undo ? "Unarchived" : "Archived") \(id).") }
            }
            if format.value != .table {
                try await launch.output.render(.rows(OutputTable(columns: [], rows: rows)), as: format.value)
            }
        }
    }
}
