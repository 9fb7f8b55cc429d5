import App
package import ArgumentParser
import Sessions
import Snapshots
import Support

/// `codetether session unrevert ID`
package struct SessionUnrevert: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "unrevert", abstract: "Take back a revert that no prompt has made final yet.")

    @Argument(help: "The session's id.")
    var id: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let report = try await RevertService(runtime.undoService(of: id)).clear(id)
            var object: JSONObject = ["sessionID": .string(id)]
            object["checkpoint"] = report?.checkpoint.map { .string($0) } ?? .null
            object["files"] = .array(report?.files.map(\.json) ?? [])
            let text = report.map { UndoOutput.text($0, verb: "redo") } ?? "Nothing is reverted any more.\n"
            try await launch.output.render(.value(.object(object), text: text), as: format.value)
        }
    }
}
