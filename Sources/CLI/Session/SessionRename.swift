import App
package import ArgumentParser
import Configuration
import Credentials
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether session rename ID TITLE`
package struct SessionRename: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a session another title.")

    @Argument(help: "The session's id.")
    var id: String
    @Argument(help: "The title, 1 to 500 bytes.")
    var title: [String]
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let info = try await runtime.sessions().rename(id, to: title.joined(separator: " "))
            switch format.value {
            case .table: launch.output.note("Renamed \(info.id).")
            case .json, .jsonl:
                try await launch.output.render(.value(try SessionCommand.json(info), text: ""), as: format.value)
            }
        }
    }
}
