import App
package import ArgumentParser
import Configuration
import Permissions
import Support

/// `codetether permission explain TOOL INPUT`
package struct PermissionExplain: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what would happen to a tool call, and which rule says so.",
        discussion: """
            TOOL is a tool (bash, read, edit, …) or a permission (external_directory, server__tool). INPUT is its main \
            argument: the command, path, pattern or address; or its arguments as a JSON object. Nothing is run.
            """)

    @Argument(help: "The tool or permission.")
    var tool: String
    @Argument(help: "The command, path, address, or a JSON object of arguments.")
    var input: String
    @Option(help: ArgumentHelp("The agent that calls.", valueName: "name"))
    var agent: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let agent = try PermissionAgent.name(agent, runtime)
            let decision = try await PermissionProbe(runtime).decide(tool, input, agent: agent)
            func safe(_ text: String) -> String { HostileText.escaped(text, multiline: false) }
            let text = """
                \(decision.action.rawValue): \(safe(decision.permission)) \(safe(decision.pattern))
                rule:   \(safe(decision.ruleText))
                source: \(safe(decision.source))
                """
            try await launch.output.render(.value(decision.json, text: text), as: format.value)
        }
    }
}

/// The agent that a question is about.
enum PermissionAgent {
    /// The agent named, else the default one.
    /// - Throws: 66 for an unknown one.
    static func name(_ wanted: String?, _ runtime: Runtime) throws -> String {
        let name = wanted ?? runtime.config.config.defaultAgent ?? "build"
        guard runtime.agents.contains(where: { $0.name == name }) else {
            let known = runtime.agents.filter { !$0.hidden }.map(\.name).joined(separator: ", ")
            throw CLIError(
                .notFound, "There is no agent \"\(HostileText.escaped(name, multiline: false))\". Available: \(known).")
        }
        return name
    }
}
