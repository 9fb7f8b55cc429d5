import Configuration
import Permissions
import Support
import SystemPackage
import Testing

@Suite("Permission rules")
struct PermissionRulesTests {
    private func layer(_ json: JSON, _ authority: PermissionLayer.Authority = .overrides, name: String = "user")
        -> PermissionLayer
    {
        PermissionLayer(name: name, authority: authority, config: PermissionConfig(json: json) { "\(name):\($0)" })
    }

    private func rules(_ layers: [PermissionLayer], agents: [AgentDefinition] = []) -> PermissionRules {
        PermissionRules(layers: layers, agents: agents, workspace: "/w", home: "/home/u")
    }

    private func action(
        _ json: JSON, _ permission: String, _ resource: String, agent: String = "build"
    ) -> PermissionAction {
        rules([layer(json)]).decide(permission, resource, agent: agent).action
    }

    @Test(
        "The defaults are those of the contract",
        arguments: [
            ("read", "src/a.swift", PermissionAction.allow), ("read", ".env", .ask), ("read", "x/prod.env", .ask),
            ("read", ".env.local", .ask), ("read", ".env.example", .allow), ("edit", "a", .ask), ("bash", "ls", .ask),
            ("external_directory", "/etc/*", .ask), ("webfetch", "https://a", .ask), ("server__tool", "*", .ask),
            ("custom__x", "*", .ask), ("glob", "**", .allow), ("task", "explore", .allow), ("doom_loop", "bash", .ask),
        ])
    func defaults(permission: String, resource: String, expected: PermissionAction) {
        let decision = rules([]).decide(permission, resource, agent: "build")
        #expect(decision.action == expected)
        #expect(decision.source == "built-in")
    }

    @Test("The most literal pattern wins, whatever the order; on a tie the stricter action")
    func specificity() {
        let table: JSON = ["bash": ["*": "allow", "git *": "ask", "git push *": "deny", "git push origin *": "allow"]]
        #expect(action(table, "bash", "ls -l") == .allow)
        #expect(action(table, "bash", "git") == .ask)
        #expect(action(table, "bash", "git log") == .ask)
        #expect(action(table, "bash", "git push x") == .deny)
        #expect(action(table, "bash", "git push origin main") == .allow)
        #expect(action(["bash": ["a*": "allow", "*b": "deny"]], "bash", "ab") == .deny)
    }

    @Test("An exact permission name beats a wildcard name, however literal its pattern")
    func exactName() {
        let table: JSON = [
            "*": ["rm -rf build": "allow"], "bash": ["*": "deny"], "github__*": "allow", "github__delete": "deny",
        ]
        #expect(action(table, "bash", "rm -rf build") == .deny)
        #expect(action(table, "github__list", "*") == .allow)
        #expect(action(table, "github__delete", "*") == .deny)
    }

    @Test("A single action stands for everything")
    func single() {
        #expect(action("allow", "bash", "rm") == .allow)
        #expect(action("deny", "read", "x") == .deny)
        #expect(action(["mcp": "allow"], "server__tool", "*") == .allow)
        #expect(action(["mcp": "allow"], "custom__tool", "*") == .ask)
    }

    @Test("Paths match by their relative and absolute form, ~ and $HOME expand")
    func paths() {
        #expect(action(["edit": ["src/*": "allow"]], "edit", "/w/src/a") == .allow)
        #expect(action(["edit": ["/w/src/*": "allow"]], "edit", "src/a") == .allow)
        #expect(action(["external_directory": ["~/x/*": "allow"]], "external_directory", "/home/u/x/y") == .allow)
        #expect(action(["edit": ["$HOME/*": "deny"]], "edit", "/home/u/f") == .deny)
        #expect(action(["edit": ["src/*": "allow"]], "edit", "/other/src/a") == .ask)
        #expect(action(["bash": ["src/*": "allow"]], "bash", "/w/src/a") == .ask)
    }

    @Test("A later layer that matches wins; a project only tightens, a trusted one may also allow asks")
    func layers() {
        let user = layer(["bash": ["*": "allow", "rm *": "deny"], "edit": "ask"])
        let managed = layer(["bash": ["curl *": "deny"]], name: "managed")
        func decide(_ project: PermissionLayer.Authority, _ permission: String, _ text: String) -> PermissionDecision {
            rules([
                user, layer(["bash": ["ls *": "ask", "rm *": "allow"], "edit": "allow"], project, name: "project"),
                managed,
            ])
            .decide(permission, text, agent: "build")
        }
        for authority in [PermissionLayer.Authority.tightens, .tightensOrAllowsAsks] {
            #expect(decide(authority, "bash", "rm x").action == .deny)
            #expect(decide(authority, "bash", "ls x").action == .ask)
            #expect(
                decide(authority, "bash", "ls x").source == "project:bash[\"ls *\"]"
                    || decide(authority, "bash", "ls x").source == "project:bash.ls *")
            #expect(decide(authority, "bash", "curl x").action == .deny)
            #expect(decide(authority, "bash", "curl x").source.hasPrefix("managed"))
        }
        #expect(decide(.tightens, "edit", "a").action == .ask)
        #expect(decide(.tightensOrAllowsAsks, "edit", "a").action == .allow)
    }

    @Test("An agent only tightens, and may at most what its callers may")
    func agents() {
        let plan = AgentDefinition(
            name: "plan", description: "", mode: .primary,
            permission: PermissionConfig(entries: [("edit", [("*", .deny)])]),
            source: .builtIn)
        var loose = plan
        loose.name = "loose"
        loose.permission = PermissionConfig(entries: [("*", [("*", .allow)])])
        loose.projectPermission = PermissionConfig(entries: [("bash", [("*", .deny)])])
        let rules = rules([layer(["edit": "allow"])], agents: [plan, loose])
        #expect(rules.decide("edit", "a", agent: "build").action == .allow)
        #expect(rules.decide("edit", "a", agent: "plan").action == .deny)
        #expect(rules.decide("edit", "a", agent: "plan").source == "built-in")
        #expect(rules.decide("edit", "a", agent: "plan").ruleText == "edit \"*\" = deny (agent plan)")
        #expect(rules.decide("edit", "a", agent: "build", callers: ["plan"]).action == .deny)
        #expect(rules.decide("webfetch", "a", agent: "loose").action == .ask)
        #expect(rules.decide("bash", "a", agent: "loose").action == .deny)
        #expect(rules.deniesEverything("edit", agent: "plan"))
        #expect(!rules.deniesEverything("edit", agent: "build"))
    }

    @Test("A pattern dir/* of external_directory covers the directory itself, not its neighbours")
    func outsideDirectory() {
        let table: JSON = ["external_directory": ["/data/*": "allow"]]
        #expect(action(table, "external_directory", "/data") == .allow)
        #expect(action(table, "external_directory", "/data/a/b") == .allow)
        #expect(action(table, "external_directory", "/data2") == .ask)
        #expect(action(table, "external_directory", "/") == .ask)
    }

    @Test("Rules of a session only tighten")
    func sessionRules() {
        let rules = rules([layer(["bash": "allow", "edit": "ask"])])
        func decide(_ permission: String, _ action: PermissionAction) -> PermissionDecision {
            rules.decide(
                permission, "x", agent: "build",
                sessionRules: [ConfiguredRule(permission: "*", pattern: "*", action: action, source: "session")])
        }
        #expect(decide("bash", .deny).action == .deny && decide("bash", .deny).source == "session")
        #expect(decide("edit", .allow).action == .ask)
    }

    @Test("What cannot be known is asked about when a rule could refuse it, and passes when none could")
    func cautions() {
        let caution = PermissionCaution(pattern: "eval $x", reason: "eval runs text", permissions: ["bash", "edit"])
        func decide(_ layers: [PermissionLayer], agent: String = "build") -> PermissionAction {
            let plan = AgentDefinition(
                name: "plan", description: "", mode: .primary,
                permission: PermissionConfig(entries: [("edit", [("*", .deny)])]), source: .builtIn)
            return rules(layers, agents: [plan]).decide(caution, of: "bash", agent: agent).action
        }
        #expect(decide([layer("allow")]) == .allow)
        #expect(decide([layer("allow")], agent: "plan") == .ask)
        #expect(decide([layer(["bash": "allow"])]) == .ask, "edit still asks by default")
        #expect(decide([layer(["bash": ["*": "allow", "rm *": "deny"], "edit": "allow"])]) == .ask)
        #expect(decide([layer(["bash": ["*": "deny"]])]) == .deny)
        #expect(decide([layer("allow"), layer(["edit": ["secret/*": "deny"]], name: "managed")]) == .ask)
        #expect(decide([layer(["*": "ask", "bash": "allow", "edit": "allow"])]) == .allow)
    }

    @Test("A table with one exception is not a complete denial")
    func notEverything() {
        #expect(!rules([layer(["bash": ["*": "deny", "git *": "allow"]])]).deniesEverything("bash", agent: "build"))
        #expect(rules([layer(["bash": ["*": "deny", "git *": "deny"]])]).deniesEverything("bash", agent: "build"))
    }
}
