import Support
import TestSupport
import Testing

@Suite("OPC-004 Prompt execution")
struct OPC004PromptExecutionTests {
    @Test("OPC-004.3 A prompt adds its messages to the session's history and its tokens to the usage counters")
    func historyAndUsage() async throws {
        try await StoryWorld.with([
            .call("write", ["filePath": "notes.txt", "content": "hello\n"])
                .usage(TurnUsage(input: 1_000, output: 20, reasoning: 5, cacheRead: 300)),
            .text("Written", ".").usage(TurnUsage(input: 400, output: 7, cacheRead: 900)),
            .text("Nothing else.").usage(TurnUsage(input: 50, output: 3)),
        ]) { world in
            let (result, json) = try await world.run("Write the notes")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["text"] == "Written.")
            #expect(json["finish"] == "stop")
            #expect(json["steps"]?.intValue == 2)
            #expect(json.at("usage", "input")?.intValue == 1_400)
            #expect(json.at("usage", "cacheRead")?.intValue == 1_200)
            #expect(json.at("usage", "reasoning")?.intValue == 5)
            #expect(json.at("usage", "output")?.intValue == 27)
            #expect(json["toolCalls"]?[0]?["name"] == "write")
            #expect(json["toolCalls"]?[0]?["status"] == "completed")
            #expect(try world.workspace.text("notes.txt") == "hello\n")

            let id = try #require(json["sessionID"]?.stringValue)
            #expect(id.hasPrefix("ses_") && id.utf8.count == 30)
            let first = try await world.show(id)
            #expect(first.users == ["Write the notes"])
            #expect(first.answers == ["Written."])
            #expect(first.toolStates == ["completed"])
            #expect(first.info.at("tokens", "input")?.doubleValue == 1_400)
            #expect(first.info.at("tokens", "cache", "read")?.doubleValue == 1_200)
            #expect(first.info.at("usage", "requests")?.intValue == 2)

            let (next, more) = try await world.run("-c", "Anything else?")
            #expect(next.code == 0, "\(next.story)")
            #expect(more["sessionID"]?.stringValue == id)
            #expect(more.at("usage", "input")?.intValue == 50, "a run reports its own work")
            let second = try await world.show(id)
            #expect(second.users == ["Write the notes", "Anything else?"])
            #expect(second.answers == ["Written.", "Nothing else."])
            #expect(second.info.at("tokens", "input")?.doubleValue == 1_450)
            #expect(second.info.at("usage", "requests")?.intValue == 3)
            #expect(second.messages.prefix(first.messages.count).elementsEqual(first.messages))
        }
    }

    @Test("The cost of a session is what its tokens cost at the model's prices")
    func cost() async throws {
        try await StoryWorld.with([.text("Hi.").usage(TurnUsage(input: 1_000_000, output: 100_000))]) { world in
            var config = try JSON(parsing: TestFiles.read(world.home.configFile)).objectValue ?? [:]
            config["provider"] = [
                "mock": [
                    "api": "openai-chat", "base_url": .string(world.server.baseURL(.openAIChat)),
                    "env": ["MOCK_API_KEY"],
                    "models": [
                        "m": ["limit": ["context": 128_000, "output": 8_192], "cost": ["input": 3, "output": 15]]
                    ],
                ]
            ]
            try world.home.write(config: .object(config))
            let (result, json) = try await world.run("Hello")
            #expect(result.code == 0, "\(result.story)")
            let cost = try #require(json["cost"]?.doubleValue)
            #expect(abs(cost - 4.5) < 0.000_001)
            let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
            #expect(abs((stored.info["cost"]?.doubleValue ?? 0) - 4.5) < 0.000_001)
        }
    }
}
