package import ArgumentParser
import Configuration
import Credentials
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether config path`: the user's file, or with `--all` every file that counts.
package struct ConfigPath: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "path", abstract: "Print the path of the user's configuration file.")

    @Flag(help: "Print all files that were looked for, lowest precedence first.")
    var all = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        guard all else {
            let file = AppPaths(environment: launch.environment).userConfigFile
            return try await launch.output.render(
                .value(["path": .string(file.string), "exists": .bool(FileIO.exists(file))], text: file.string),
                as: format.value)
        }
        let rows = try launch.configuration(global.values).sources.map { source in
            OutputTable.Row(
                json: [
                    "layer": .string(source.layer.rawValue), "path": .string(source.path.string),
                    "exists": .bool(source.isPresent),
                ],
                cells: [source.layer.rawValue, source.isPresent ? "present" : "missing", source.path.string])
        }
        try await launch.output.render(.rows(OutputTable(columns: [], rows: rows)), as: format.value)
    }
}
