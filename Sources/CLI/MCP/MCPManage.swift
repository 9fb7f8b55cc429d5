import App
package import ArgumentParser
import MCP
import Support

/// `codetether mcp remove NAME`
package struct MCPRemove: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take a server out of its file. Its login stays; see logout.", aliases: ["rm"])

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let registry = runtime.mcpRegistry
            let entry: MCPServerEntry
            do { entry = try MCPLookup.entry(name, runtime) } catch let error as MCPError where error.kind == .config {
                throw CLIError(.configuration, "\(error.message) Correct or remove it in that file.")
            }
            try registry.remove(entry)
            try await launch.output.render(
                .value(["name": .string(name), "removed": true], text: "Removed '\(name)' from \(entry.file)."),
                as: format.value)
        }
    }
}

/// What `enable` and `disable` share.
enum MCPSwitch {
    static func set(_ name: String, isDisabled: Bool, _ format: OutputFormat, _ globals: GlobalValues) async throws {
        let launch = Launch.current
        try await launch.withRuntime(globals) { runtime in
            let registry = runtime.mcpRegistry
            let entry = try MCPLookup.entry(name, runtime)
            var object = try registry.definition(entry).objectValue ?? [:]
            _ = object.removeValue(forKey: "enabled")
            if isDisabled { object["disabled"] = true } else { _ = object.removeValue(forKey: "disabled") }
            try registry.update(entry, .object(object))
            try await launch.output.render(
                .value(
                    ["name": .string(name), "disabled": .bool(isDisabled)],
                    text: "'\(name)' is \(isDisabled ? "disabled" : "enabled")."), as: format)
        }
    }
}

/// `codetether mcp enable NAME`
package struct MCPEnable: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(commandName: "enable", abstract: "Use a server again.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws { try await MCPSwitch.set(name, isDisabled: false, format.value, global.values) }
}

/// `codetether mcp disable NAME`
package struct MCPDisable: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Keep a server in its file, but do not use it.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws { try await MCPSwitch.set(name, isDisabled: true, format.value, global.values) }
}

/// `codetether mcp approve NAME`
package struct MCPApprove: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve a server of this project as it is written now; a change of it asks again.")

    @Argument(help: "The server, as .mcp.json names it.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let entry = try runtime.mcpRegistry.approve(name)
            let what = HostileText.escaped(entry.commandLine ?? entry.url ?? "", multiline: false)
            try await launch.output.render(
                .value(
                    ["name": .string(name), "approved": .string(what), "hash": .string(entry.hash)],
                    text: "Approved '\(name)': \(what)"), as: format.value)
        }
    }
}

/// `codetether mcp get NAME`
package struct MCPGet: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show the definition of a server; values of headers and variables are hidden.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let entry = try MCPLookup.entry(name, runtime)
            let definition = MCPRedaction.definition(try runtime.mcpRegistry.definition(entry))
            var json: JSONObject = [
                "name": .string(name), "type": .string(entry.type), "scope": .string(entry.scope.rawValue),
                "file": .string(entry.file), "approved": .bool(entry.isApproved), "disabled": .bool(entry.isDisabled),
            ]
            json["command"] = entry.commandLine.map { .string($0) }
            json["url"] = entry.url.map { .string(MCPRedaction.url($0)) }
            json["definition"] = definition
            let text = """
                \(name) (\(entry.type), \(entry.scope.rawValue), \(entry.file))\(entry.isApproved ? "" : " not approved")\(entry.isDisabled ? " disabled" : "")
                \(HostileText.escaped(definition.text(.pretty), multiline: true))
                """
            try await launch.output.render(.value(.object(json), text: text), as: format.value)
        }
    }
}
