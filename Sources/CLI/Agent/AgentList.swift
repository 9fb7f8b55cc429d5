package import ArgumentParser
import Configuration
import Support

/// `codetether agent list`
package struct AgentList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the agents, built-in ones first.")

    @Flag(help: "Hidden agents too.")
    var all = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let agents = try AgentCommand.load(launch, global.values).filter { all || !$0.hidden }
        let rows = agents.map {
            OutputTable.Row(
                json: AgentCommand.json($0), cells: [$0.name, $0.mode.rawValue, $0.source.description, $0.description])
        }
        let columns: [OutputTable.Column] = [
            .init("NAME"), .init("MODE"), .init("SOURCE"), .init("DESCRIPTION", isFlexible: true),
        ]
        try await launch.output.render(.rows(OutputTable(columns: columns, rows: rows)), as: format.value)
    }
}
