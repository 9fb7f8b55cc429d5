package import ArgumentParser
import Configuration
import Support

/// `codetether agent show NAME`
package struct AgentShow: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one agent with its prompt, permissions and tools.")

    @Argument(help: "The agent's name.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let agents = try AgentCommand.load(launch, global.values)
        guard let agent = agents.first(where: { $0.name == name }) else {
            let names = agents.filter { !$0.hidden }.map(\.name)
            let hint = Suggestion.nearest(to: name, in: names).map { "Did you mean \($0)?" }
            throw CLIError(
                .notFound,
                "There is no agent \(name). \(hint ?? "The agents are \(names.joined(separator: ", ")).")")
        }
        try await launch.output.render(.value(AgentCommand.json(agent), text: Self.text(agent)), as: format.value)
    }

    private static func text(_ agent: AgentDefinition) -> String {
        var fields = [
            ("name", agent.name), ("description", agent.description), ("mode", agent.mode.rawValue),
            ("source", agent.source.description), ("model", agent.model ?? "the session's"),
            ("steps", agent.steps.map(String.init) ?? "the general limit"),
        ]
        if let temperature = agent.temperature { fields.append(("temperature", "\(temperature)")) }
        let off = agent.tools.filter { !$0.value }.keys.sorted()
        if !off.isEmpty { fields.append(("not offered", off.joined(separator: ", "))) }
        for rule in agent.permission.rules + agent.projectPermission.rules {
            fields.append(
                ("permission", "\(rule.permission) \"\(rule.pattern)\" = \(rule.action.rawValue) (\(rule.source))"))
        }
        let rows = fields.map { OutputTable.Row(json: .null, cells: [$0.0, $0.1]) }
        let head = TableLayout(OutputTable(columns: [], rows: rows), width: nil).text
        return agent.prompt.map { head + "\n" + HostileText.escaped($0, multiline: true) } ?? head
    }
}
