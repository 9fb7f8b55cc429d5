import Configuration
import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Instructions, skills and agents")
struct DiscoveryTests {
    @Test("The first name that exists is used in every folder, the user's file comes first, then patterns")
    func instructions() async throws {
        try await ConfigFixture.with(files: [
            "home/.config/codetether/AGENTS.md": "user", "repo/CLAUDE.md": "not used", "repo/AGENTS.md": "root",
            "repo/sub/AGENTS.md": "near", "repo/docs/a.md": "A", "repo/docs/b.txt": "B", "repo/docs/x/c.md": "C",
            "home/.config/codetether/codetether.jsonc":
                #"{"instructions":["docs/**/*.md","AGENTS.md","https://x/y.md"]}"#,
        ]) { fixture in
            let files = Instructions.discover(try fixture.load(in: "sub"))
            #expect(files.map(\.text) == ["user", "root", "near", "A", "C"])
        }
    }

    @Test("A link out of the workspace and an oversized file do not get in whole")
    func hostile() async throws {
        try await ConfigFixture.with(files: [
            "secret": "key", "repo/sub/CLAUDE.md": "linked is out",
            "repo/sub/AGENTS.md": String(repeating: "é", count: 40_000),
        ]) { fixture in
            let link = fixture.repo.appending("AGENTS.md")
            #expect(symlink(fixture.workspace.path.appending("secret").string, link.string) == 0)
            let files = Instructions.discover(try fixture.load(in: "sub"))
            #expect(files.count == 1)
            #expect(files.first?.text.hasSuffix("[cut at 65536 bytes]") == true)
            #expect(files.first?.text.contains("\u{FFFD}") == false)
        }
    }

    @Test("Skills are found in order, later ones win, bad ones are reported")
    func skills() async throws {
        func skill(_ name: String, _ text: String) -> String {
            "---\nname: \(name)\ndescription: \(text)\n---\nDo it.\n"
        }
        try await ConfigFixture.with(files: [
            "home/.claude/skills/a/SKILL.md": skill("a", "claude"),
            "home/.config/codetether/skills/a/SKILL.md": skill("a", "config"),
            "repo/.codetether/skills/group/b/SKILL.md": skill("b", "project"),
            "repo/.codetether/skills/bad/SKILL.md": skill("Bad Name", "x"),
            "repo/.codetether/skills/long/SKILL.md": skill("long", String(repeating: "x", count: 1_025)),
            "repo/extra/c/SKILL.md": skill("c", "path"),
            "repo/codetether.jsonc": #"{"skills":{"paths":["extra"]}}"#,
        ]) { fixture in
            let result = Skills.discover(try fixture.load())
            #expect(result.skills.map { "\($0.name)=\($0.description)" } == ["a=config", "b=project", "c=path"])
            #expect(result.problems.count == 2)
            #expect(try result.skills[0].body() == "Do it.\n")
        }
    }

    private static let builtIn = [
        AgentDefinition(name: "build", description: "B", mode: .primary, source: .builtIn),
        AgentDefinition(
            name: "plan", description: "P", mode: .primary, prompt: "plan", steps: 80,
            permission: PermissionConfig(entries: [("edit", [("*", .deny)])]), tools: ["bash": false], source: .builtIn),
    ]

    @Test("Agent files and config entries change what they give; broken files are reported and skipped")
    func agents() async throws {
        try await ConfigFixture.with(files: [
            "home/.config/codetether/agents/review.md":
                "---\ndescription: Reviews\nmode: subagent\nmodel: a/b\nsteps: 5\npermission:\n  edit: deny\n---\nYou review.\n",
            "home/.config/codetether/agents/broken.md": "---\nmodle: x\n---\n",
            "home/.config/codetether/agents/Bad Name.md": "x",
            "repo/codetether.jsonc": #"{"agent":{"build":{"description":"Ours","steps":9}}}"#,
        ]) { fixture in
            let result = AgentDefinitions.load(try fixture.load(), builtIn: Self.builtIn)
            #expect(result.agents.map(\.name) == ["build", "plan", "review"])
            #expect(result.agents[0].description == "Ours" && result.agents[0].steps == 9)
            let review = result.agents[2]
            #expect(review.prompt == "You review." && review.mode == .subagent && review.model == "a/b")
            #expect(review.permission.rules.map(\.action) == [.deny])
            #expect(result.problems.count == 2)
            #expect(result.problems.contains { $0.contains("“modle” is unknown. Did you mean “model”?") })
        }
    }

    @Test("A repository may tighten a known agent, not loosen it")
    func projectAgents() async throws {
        try await ConfigFixture.with(files: [
            "repo/.codetether/agents/plan.md":
                "---\npermission:\n  edit: allow\n  bash: deny\ntools:\n  bash: true\n  webfetch: false\n---\n"
        ]) { fixture in
            let plan = try #require(
                AgentDefinitions.load(try fixture.load(trusted: false), builtIn: Self.builtIn).agents.last)
            #expect(plan.permission == Self.builtIn[1].permission)
            #expect(plan.projectPermission.rules.count == 2)
            #expect(plan.tools == ["bash": false, "webfetch": false])
            #expect(plan.prompt == "plan")
        }
    }

    @Test("Of an agent's tool rules the most literal match wins, a denial on a tie")
    func offers() {
        var agent = Self.builtIn[0]
        agent.tools = ["*": false, "read": true, "web*": true, "websearch": false]
        #expect(agent.offers("read") && agent.offers("webfetch"))
        #expect(!agent.offers("websearch") && !agent.offers("bash"))
        #expect(Self.builtIn[0].offers("anything"))
    }
}
