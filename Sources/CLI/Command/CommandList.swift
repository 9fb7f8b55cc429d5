import App
package import ArgumentParser
import Support
import Templates

/// `codetether command list`
package struct CommandList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the commands that can be run here now.", aliases: ["ls"])

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let commands = try await runtime.commands().list()
            if commands.isEmpty, format.value == .table {
                launch.output.note(
                    "No commands: no connected MCP server offers prompts. codetether mcp list shows the servers.")
            }
            try await launch.output.render(
                .rows(
                    OutputTable(
                        columns: [.init("COMMAND"), .init("ARGUMENTS"), .init("DESCRIPTION", isFlexible: true)],
                        rows: commands.map { command in
                            OutputTable.Row(
                                json: command.json,
                                cells: [
                                    HostileText.escaped(command.name, multiline: false), command.argumentText,
                                    HostileText.escaped(
                                        String((command.description ?? "").prefix { $0 != "\n" }), multiline: false),
                                ])
                        })), as: format.value)
        }
    }
}

extension CommandDefinition {
    /// `file [style]`: those in brackets may be left out. Safe to show.
    fileprivate var argumentText: String {
        HostileText.escaped(
            arguments.map { $0.isRequired ? $0.name : "[\($0.name)]" }.joined(separator: " "), multiline: false)
    }
}

/// `codetether command show NAME`
package struct CommandShow: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a command with its arguments.")

    @Argument(help: "The command.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let command = try await runtime.commands().command(name)
            var lines = ["\(command.name) (\(command.origin.word))"]
            if let description = command.description { lines.append(description) }
            for argument in command.arguments {
                lines.append(
                    "  \(argument.name)\(argument.isRequired ? "" : " (optional)")\(argument.description.map { ": \($0)" } ?? "")"
                )
            }
            try await launch.output.render(
                .value(
                    command.json, text: lines.map { HostileText.escaped($0, multiline: false) }.joined(separator: "\n")),
                as: format.value)
        }
    }
}
