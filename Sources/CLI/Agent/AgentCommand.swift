import Agents
package import ArgumentParser
import Configuration
import Providers
import Support

/// `codetether agent …`
package struct AgentCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Show the agents.", subcommands: [AgentList.self, AgentShow.self])

    package init() {}

    /// All agents; broken files are reported on stderr.
    static func load(_ launch: Launch, _ globals: GlobalValues) throws -> [AgentDefinition] {
        let result = AgentDefinitions.load(try launch.configuration(globals), builtIn: BuiltInAgents.all)
        for problem in result.problems { launch.output.note("warning: \(problem)") }
        return result.agents
    }

    /// OpenCode 2.1 `AgentInfo`, with `source` and `tools`.
    static func json(_ agent: AgentDefinition) -> JSON {
        var fields: JSONObject = [
            "id": .string(agent.name), "name": .string(agent.name), "mode": .string(agent.mode.rawValue),
            "hidden": .bool(agent.hidden), "source": .string(agent.source.description),
        ]
        if !agent.description.isEmpty { fields["description"] = .string(agent.description) }
        if let model = agent.model, let slash = model.firstIndex(of: "/") {
            fields["model"] = [
                "providerID": .string(String(model[..<slash])),
                "id": .string(String(model[model.index(after: slash)...])),
            ]
        }
        if let prompt = agent.prompt { fields["system"] = .string(prompt) }
        if let steps = agent.steps { fields["steps"] = .int(Int64(steps)) }
        if let color = agent.color { fields["color"] = .string(color) }
        var body = JSONObject()
        if let temperature = agent.temperature { body["temperature"] = .double(temperature) }
        fields["request"] = ["settings": [:], "headers": [:], "body": .object(body)]
        let rules = agent.permission.rules + agent.projectPermission.rules
        fields["permissions"] = .array(
            rules.map {
                [
                    "action": .string($0.permission), "resource": .string($0.pattern),
                    "effect": .string($0.action.rawValue),
                ]
            })
        var tools = JSONObject()
        for (name, offered) in agent.tools.sorted(by: { $0.key < $1.key }) { tools[name] = .bool(offered) }
        fields["tools"] = .object(tools)
        return .object(fields)
    }
}
