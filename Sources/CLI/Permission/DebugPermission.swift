import App
package import ArgumentParser
import Configuration
import Permissions
import Support
import SystemPackage

/// `codetether debug permission`
package struct DebugPermission: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "permission", abstract: "Print every rule in force, its source, and the saved approvals.")

    @Option(help: ArgumentHelp("The agent whose rules to include.", valueName: "name"))
    var agent: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let name = try PermissionAgent.name(agent, runtime)
            let rules = PermissionRules(config: runtime.config, agents: runtime.agents).all(agent: name)
            let saved = try await PermissionProbe.savedApprovals(runtime)
            let json: JSON = [
                "agent": .string(name), "workspace": .string(runtime.config.realWorkspace.string),
                "trusted": .bool(runtime.config.isTrusted),
                "layers": .array(
                    runtime.config.permissionLayers.map {
                        ["name": .string($0.name), "authority": .string(Self.name(of: $0.authority))]
                    }),
                "rules": .array(
                    rules.map { layer, rule in
                        [
                            "layer": .string(layer), "permission": .string(rule.permission),
                            "pattern": .string(rule.pattern), "action": .string(rule.action.rawValue),
                            "source": .string(rule.source),
                        ]
                    }),
                "saved": .array(saved.map(\.json)),
            ]
            try await launch.output.render(.value(json, text: json.text(.pretty)), as: format.value)
        }
    }

    private static func name(of authority: PermissionLayer.Authority) -> String {
        switch authority {
        case .overrides: "overrides"
        case .tightens: "tightens"
        case .tightensOrAllowsAsks: "tightens, may allow asks"
        }
    }
}
