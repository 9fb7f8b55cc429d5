package import ArgumentParser
import Configuration
import Credentials
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether debug …`: JSON, read-only, secrets redacted.
package struct DebugCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "Look inside; JSON, read-only.",
        subcommands: [
            DebugPaths.self, DebugConfig.self, DebugPermission.self, DebugDoctor.self, DebugOpenAPI.self,
            DebugScheduler.self,
        ])

    package init() {}
}

/// `codetether debug paths`
package struct DebugPaths: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "paths", abstract: "Print the directories and files codetether uses.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let paths = AppPaths(environment: launch.environment)
        let directory = try launch.sessionDirectory(global.values)
        let json: JSON = [
            "config": .string(paths.config.string), "data": .string(paths.data.string),
            "state": .string(paths.state.string), "cache": .string(paths.cache.string),
            "home": .string(paths.home.string), "managed": .string(paths.managed.string),
            "configFile": .string(paths.userConfigFile.string), "log": .string(paths.state.appending("log").string),
            "trust": .string(paths.trustFile.string), "directory": .string(directory.string),
            "workspace": .string(Workspace.root(of: directory).string),
        ]
        try await launch.output.render(.value(json, text: json.text(.pretty)), as: format.value)
    }
}

/// `codetether debug config`
package struct DebugConfig: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print the merged configuration and how it came to be.")

    @Flag(help: "Do not redact secrets.")
    var showSecrets = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let loaded = try launch.configuration(global.values)
        let json: JSON = [
            "config": showSecrets ? loaded.config.raw : ConfigRedaction.redacted(loaded),
            "sources": .array(
                loaded.sources.map {
                    [
                        "layer": .string($0.layer.rawValue), "path": .string($0.path.string),
                        "exists": .bool($0.isPresent),
                    ]
                }),
            "permissionLayers": .array(
                loaded.permissionLayers.map { layer in
                    ["name": .string(layer.name), "rules": .array(layer.config.rules.map(Self.rule))]
                }),
            "pending_approval": .array(
                loaded.pendingApproval.map {
                    ["key": .string($0.key), "file": .string($0.file.string), "command": .string($0.command)]
                }),
            "trusted": .bool(loaded.isTrusted), "workspace": .string(loaded.workspace.string),
            "warnings": .array(loaded.warnings.map { .string($0) }),
        ]
        try await launch.output.render(.value(json, text: json.text(.pretty)), as: format.value)
    }

    private static func rule(_ rule: ConfiguredRule) -> JSON {
        [
            "permission": .string(rule.permission), "pattern": .string(rule.pattern),
            "action": .string(rule.action.rawValue), "source": .string(rule.source),
        ]
    }
}
