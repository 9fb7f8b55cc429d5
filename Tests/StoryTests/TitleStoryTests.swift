import Support
import TestSupport
import Testing

@Suite("Titles")
struct TitleStoryTests {
    private static let isMain: @Sendable (RecordedRequest) -> Bool = { $0.userTexts.contains { $0.contains("Fix") } }

    private func title(_ cli: CLIProcess, _ arguments: String...) async throws -> (title: String?, json: JSON) {
        let result = try await cli.run(["run", "--format", "json"] + arguments)
        #expect(result.code == 0, "\(result.story)")
        let json = try result.json()
        let shown = try await cli.run("session", "show", try #require(json["sessionID"]?.stringValue), "--json")
        return (StoredSession(try shown.json()).info["title"]?.stringValue, json)
    }

    @Test("With a small model the session gets its title from it, beside the first turn only, and pays for it apart")
    func small() async throws {
        try await StoryWorld.with(
            [.text("Done."), .text("More.")], config: ["small_model": "mock/m"]
        ) { world in
            let (title, json) = try await title(world.cli, "Fix the parser of dates")
            #expect(title == "Scripted title")
            #expect(json["text"] == "Done." && json["steps"] == 1)
            #expect((json.at("overhead", "usage", "input")?.intValue ?? 0) > 0)
            let requests = world.server.requests.count
            _ = try await self.title(world.cli, "-c", "Fix more")
            #expect(world.server.requests.count == requests + 1)
        }
    }

    @Test("Without a small model the first line is the title, and nothing is asked for it")
    func none() async throws {
        try await StoryWorld.with([.text("Done.")]) { (world) async throws in
            #expect(try await title(world.cli, "Fix the parser of dates").title == "Fix the parser of dates")
            #expect(world.server.requests.count == 1)
        }
    }

    @Test("A title that a person gave stays, and no model is asked")
    func given() async throws {
        try await StoryWorld.with([.text("Done.")], config: ["small_model": "mock/m"]) { (world) async throws in
            #expect(try await title(world.cli, "--title", "Mine", "Fix it").title == "Mine")
            #expect(world.server.requests.count == 1)
        }
    }

    @Test("A small model that never answers holds nobody up: the run ends with the first line as its title")
    func silent() async throws {
        let gate = Gate()
        try await ScriptedModelServer.withServer(
            [.text("Done.")], sideTurn: .stalled("Never", at: gate, then: " seen")
        ) { server in
            let config = StoryWorld.config(
                baseURL: server.baseURL(.openAIChat), wire: .openAIChat, extra: ["small_model": "mock/m"])
            try await CodetetherHome.with(config: config) { home in
                try await TempWorkspace.with { (workspace) async throws in
                    let cli = CLIProcess(
                        home: home, directory: workspace.path, environment: ["MOCK_API_KEY": "k"])
                    #expect(try await title(cli, "Fix the parser").title == "Fix the parser")
                }
            }
            gate.open()
        }
    }
}
