import Configuration
import Permissions
import Support
import SystemPackage
import Testing

@Suite("Rules for many resources of one permission")
struct PreparedRulesTests {
    private static let permissions = ["read", "*", "re*", "edit", "mcp", "server__tool", "server__*"]
    private static let patterns = [
        "*", "*.env", "*.env.*", "*.env.example", "src/*", "/w/src/*", "~/*", "?.env", "src/a.env", "a b *",
    ]
    private static let resources = [
        ".env", "a.env", "src/a.env", "/w/src/a.env", "src/.env.example", "/home/u/x", "README.md", ".", "a b", "é.env",
    ]

    @Test("They answer as the single question does, whatever the tables", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func sameAnswers(seed: UInt64) {
        var chance = Chance(state: seed)
        for _ in 0..<200 {
            func table() -> [ConfiguredRule] {
                (0..<Int(chance.next() % 6)).map { _ in
                    ConfiguredRule(
                        permission: chance.pick(Self.permissions), pattern: chance.pick(Self.patterns),
                        action: chance.pick(PermissionAction.allCases), source: "test")
                }
            }
            let authorities: [PermissionLayer.Authority] = [.overrides, .tightens, .tightensOrAllowsAsks]
            let layers = (0..<Int(chance.next() % 4)).map { index in
                PermissionLayer(
                    name: "\(index)", authority: chance.pick(authorities), config: PermissionConfig(rules: table()))
            }
            var agents: [AgentDefinition] = []
            for name in ["build", "caller"] {
                var agent = AgentDefinition(name: name, description: "", mode: .primary, source: .builtIn)
                agent.permission = PermissionConfig(rules: table())
                agents.append(agent)
            }
            let rules = PermissionRules(layers: layers, agents: agents, workspace: "/w", home: "/home/u")
            let session = table()
            for permission in ["read", "edit", "server__tool", "custom__x"] {
                let prepared = rules.prepared(
                    permission, agent: "build", callers: ["caller"], sessionRules: session)
                for resource in Self.resources {
                    let expected = rules.decide(
                        permission, resource, agent: "build", callers: ["caller"], sessionRules: session)
                    #expect(prepared.action(of: resource) == expected.action, "\(permission) \(resource) \(layers)")
                }
            }
        }
    }
}

private struct Chance {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }

    mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }
}
