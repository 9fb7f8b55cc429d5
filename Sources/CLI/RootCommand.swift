package import ArgumentParser

/// `codetether`.
package struct RootCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "codetether",
        abstract: "An AI coding agent for the terminal.",
        usage: "codetether [--cwd <dir>] [--config <file>] [--log-level <level>] [--print-logs] [--no-color] <command>",
        version: "codetether \(CommandLineEntry.version)",
        subcommands: [
            RunCommand.self, ModelsCommand.self, SessionCommand.self, ConfigCommand.self, AgentCommand.self,
            DebugCommand.self,
            CompletionsCommand.self,
        ])

    /// Shown in the help; `GlobalValues.takeLeading` reads them.
    @OptionGroup(title: "Global options")
    var options: RootOptions

    package init() {}

    package func run() async throws {
        let output = Launch.current.output
        output.note(RootCommand.helpMessage())
        throw ExitCode(ExitStatus.usage.rawValue)
    }
}

/// The global options as the root shows them. A type of its own: ArgumentParser gives a subcommand the parent's values of a
/// group of the same type, and would ignore what stands after the command.
package struct RootOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Work in this directory.", valueName: "dir"))
    var cwd: String?
    @Option(help: ArgumentHelp("Read this configuration file too.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("trace, debug, info, warning or error.", valueName: "level"))
    var logLevel: LogLevel?
    @Flag(help: "Write log lines to stderr too.")
    var printLogs = false
    @Flag(help: "No colour.")
    var noColor = false

    package init() {}
}
