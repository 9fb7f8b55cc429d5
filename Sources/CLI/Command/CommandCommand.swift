package import ArgumentParser

/// `codetether command …`
package struct CommandCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "command", abstract: "List and run commands: the prompts of MCP servers.",
        subcommands: [CommandList.self, CommandShow.self, CommandRender.self, CommandRun.self])

    package init() {}
}
