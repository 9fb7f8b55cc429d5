package import ArgumentParser

/// `codetether config …`
package struct ConfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show and change the configuration.",
        subcommands: [ConfigShow.self, ConfigGet.self, ConfigSet.self, ConfigSchemaCommand.self, ConfigPath.self])

    package init() {}
}
