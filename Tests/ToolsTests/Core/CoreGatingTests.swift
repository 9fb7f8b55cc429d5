import Configuration
import Support
import Testing

@testable import Tools

@Suite("Which tools a model is offered")
struct CoreGatingTests {
    private let names = ToolRegistry.builtIn(
        subagents: [SubagentInfo(name: "explore", description: "")], webSearch: true, question: true
    ).names

    private func offered(
        _ id: String, provider: String = "openai", tools: Bool = true, context: Int = 200_000,
        filter: ToolFilter = ToolFilter(agent: "build"), gates: [ToolGate] = [], capabilities: [String] = []
    ) -> [String] {
        ToolGating.offered(
            names,
            model: ToolModel(
                providerID: provider, modelID: id, tools: tools, context: context, capabilities: capabilities),
            filter: filter, gates: gates)
    }

    private func writers(_ names: [String]) -> [String] { names.filter(ToolGating.writers.contains) }

    @Test(
        "ids with gpt- but neither gpt-4 nor oss get apply_patch, all others edit and write",
        arguments: [
            ("gpt-5", true), ("gpt-5.2-codex", true), ("openai/gpt-5-mini", true), ("gpt-6", true), ("gpt-4o", false),
            ("gpt-4.1", false), ("gpt-oss-120b", false), ("claude-sonnet-4-5", false), ("gemini-3-pro", false),
            ("chatgpt", false), ("qwen3", false),
        ])
    func byID(id: String, patches: Bool) {
        #expect(writers(offered(id)) == (patches ? ["apply_patch"] : ["write", "edit", "multiedit"]))
    }

    @Test("with edit denied no writer is offered")
    func editDenied() {
        for id in ["gpt-5", "claude-sonnet-4-5"] {
            let names = offered(id, filter: ToolFilter(agent: "plan", deniedPermissions: ["edit"]))
            #expect(writers(names) == [])
            #expect(names.contains("read") && names.contains("plan_exit") && !names.contains("plan_enter"))
        }
    }

    @Test("a model that cannot call tools gets none")
    func noTools() {
        #expect(offered("gpt-5", tools: false) == [])
    }

    @Test("a small context gets the compact set")
    func compact() {
        #expect(offered("qwen", context: 8_192) == ["read", "write", "edit", "glob", "grep", "bash"])
        #expect(offered("gpt-5", context: 8_192) == ["read", "apply_patch", "glob", "grep", "bash"])
        #expect(offered("qwen", context: 16_385).count > 10)
        #expect(offered("qwen", context: 0).count > 10)
    }

    @Test("the first gate that matches decides, with prefer, deny and fallback")
    func gates() {
        let gates = [
            ToolGate(provider: "other", deny: ["bash"]),
            ToolGate(model: "my-*", prefer: ["apply_patch"], deny: ["webfetch"]),
            ToolGate(model: "*", deny: ["read"]),
        ]
        let mine = offered("my-model", gates: gates)
        #expect(writers(mine) == ["apply_patch"])
        #expect(mine.contains("bash") && mine.contains("read") && !mine.contains("webfetch"))
        let fallback = [
            ToolGate(model: "x", prefer: ["edit"], deny: ["edit"], fallback: ["edit", "apply_patch", "write"])
        ]
        #expect(writers(offered("x", gates: fallback)) == ["apply_patch"])
        #expect(
            !offered("z", gates: [ToolGate(capability: "vision", deny: ["bash"])], capabilities: ["vision"]).contains(
                "bash"))
        #expect(offered("z", gates: [ToolGate(capability: "vision", deny: ["bash"])]).contains("bash"))
    }

    @Test("an agent's tools switch names and wildcards off, an exact name beats a wildcard")
    func filter() {
        #expect(offered("m", filter: ToolFilter(agent: "title", tools: ["*": false])) == [])
        #expect(offered("m", filter: ToolFilter(agent: "a", tools: ["*": false, "read": true])) == ["read"])
        #expect(!offered("m", filter: ToolFilter(agent: "a", tools: ["todo*": false])).contains("todowrite"))
    }

    @Test("websearch, question, task and skill are there only when they can work")
    func availability() {
        let bare = ToolRegistry.builtIn().names
        for name in ["websearch", "question", "task", "skill", "invalid"] { #expect(!bare.contains(name), "\(name)") }
        #expect(names.contains("websearch") && names.contains("question") && names.contains("task"))
    }
}
