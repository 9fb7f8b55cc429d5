package import ArgumentParser

/// `codetether`.
package struct RootCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "codetether",
        abstract: "An AI coding agent for the terminal.",
        usage: "codetether [--cwd <dir>] [--config <file>] [--log-level <level>] [--print-logs] [--no-color] <command>",
        // Not declared as options: ArgumentParser would take them from behind the command too, and the command would not
        // see them. `GlobalValues.takeLeading` reads those before the command.
        discussion: """
            GLOBAL OPTIONS (before or after the command):
              --cwd <dir>           Work in this directory.
              --config <file>       Read this configuration file too.
              --log-level <level>   trace, debug, info, warning or error.
              --print-logs          Write log lines to stderr too.
              --no-color            No colour.
            """,
        version: "codetether \(CommandLineEntry.version)",
        subcommands: [
            RunCommand.self, ServeCommand.self, ModelsCommand.self, SessionCommand.self, ExportCommand.self,
            ImportCommand.self, ShareCommand.self, MCPCommand.self, ConfigCommand.self, AgentCommand.self,
            CommandCommand.self,
            PermissionCommand.self, TrustCommand.self, DebugCommand.self, StorageCommand.self, SchedulerCommand.self,
            UndoCommand.self, RedoCommand.self, WebCommand.self,
            SnapshotCommand.self,
            CompletionsCommand.self,
        ])

    package init() {}

    package func run() async throws {
        let output = Launch.current.output
        output.note(RootCommand.helpMessage())
        throw ExitCode(ExitStatus.usage.rawValue)
    }
}
