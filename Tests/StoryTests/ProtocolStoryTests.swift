import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Every protocol does the work")
struct ProtocolStoryTests {
    @Test("A run edits a file and -c continues with the whole history", arguments: ModelProtocol.allCases)
    func edits(wire: ModelProtocol) async throws {
        try await StoryWorld.with(
            [
                .call("read", ["filePath": "greeting.txt"]),
                .call(
                    "edit", ["filePath": "greeting.txt", "oldString": "Hello wurld", "newString": "Hello wörld 🌍"]),
                Turn(.stream([.reasoning("It is done."), .text("Fixed "), .text("the greeting. 🌍")])),
                .text("It said hello."),
            ], wire: wire, files: ["greeting.txt": "Hello wurld\nSecond line\n"]
        ) { world in
            let (first, json) = try await world.run("Fix the typo in greeting.txt")
            #expect(first.code == 0, "\(first.story)")
            #expect(json["text"] == "Fixed the greeting. 🌍")
            #expect(try world.workspace.text("greeting.txt") == "Hello wörld 🌍\nSecond line\n")
            #expect(world.workspace.files == ["greeting.txt"])

            let (second, more) = try await world.run("-c", "What did it say before?")
            #expect(second.code == 0, "\(second.story)")
            #expect(more["text"] == "It said hello.")
            #expect(more["sessionID"] == json["sessionID"])
            let requests = world.server.agentRequests
            #expect(requests.count == 4)
            let last = try #require(requests.last)
            #expect(last.userTexts.contains { $0.contains("Fix the typo in greeting.txt") })
            #expect(last.userTexts.contains { $0.contains("What did it say before?") })
            #expect(last.assistantTexts.joined().contains("Fixed the greeting. 🌍"))
            #expect(last.toolResults.count == 2)
            #expect(last.toolResults.first?.text.contains("Hello wurld") == true)
            #expect(last.system.contains(world.workspace.path.string))
            #expect(world.server.unusedTurns == 0)
        }
    }

    @Test("A stream torn into single bytes arrives whole", arguments: ModelProtocol.allCases)
    func tornStream(wire: ModelProtocol) async throws {
        try await StoryWorld.with(
            [
                Turn.call("write", ["filePath": "ü.txt", "content": "naïve – “quoted” \\ 🌍\n"]).chunked(1),
                Turn.text("Grüße ", "aus ", "Köln 🌍", ".").chunked(3),
            ], wire: wire
        ) { world in
            let (result, json) = try await world.run("Write it")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["text"] == "Grüße aus Köln 🌍.")
            #expect(try world.workspace.text("ü.txt") == "naïve – “quoted” \\ 🌍\n")
        }
    }

    @Test("Calls made together are all answered, in their order", arguments: ModelProtocol.allCases)
    func parallelCalls(wire: ModelProtocol) async throws {
        try await StoryWorld.with(
            [
                .calls([
                    (name: "read", arguments: ["filePath": "a.txt"]), (name: "read", arguments: ["filePath": "b.txt"]),
                    (name: "read", arguments: ["filePath": "none.txt"]),
                ]), .text("Read."),
            ], wire: wire, files: ["a.txt": "alpha\n", "b.txt": "beta\n"]
        ) { world in
            let (result, json) = try await world.run("Read both")
            #expect(result.code == 0, "\(result.story)")
            let results = try #require(world.server.agentRequests.last).toolResults
            #expect(results.count == 3)
            #expect(results.first?.text.contains("alpha") == true)
            #expect(results.dropFirst().first?.text.contains("beta") == true)
            #expect(
                json["toolCalls"]?.arrayValue?.compactMap { $0["status"]?.stringValue } == [
                    "completed", "completed", "error",
                ])
        }
    }

    @Test("Usage is read from what the provider reports", arguments: ModelProtocol.allCases)
    func usage(wire: ModelProtocol) async throws {
        let usage = TurnUsage(input: 700, output: 42, cacheRead: 250)
        try await StoryWorld.with([.text("Counted.").usage(usage)], wire: wire) { world in
            let (result, json) = try await world.run("Count")
            #expect(result.code == 0, "\(result.story)")
            #expect(json.at("usage", "input")?.intValue == 700)
            #expect(json.at("usage", "output")?.intValue == 42)
            #expect(json.at("usage", "cacheRead")?.intValue == 250)
        }
    }

    @Test("Five thousand deltas arrive complete", arguments: ModelProtocol.allCases)
    func manyDeltas(wire: ModelProtocol) async throws {
        try await StoryWorld.with([.deltas(5_000)], wire: wire) { world in
            let result = try await world.cli.run("run", "--title", "Story", "Talk")
            #expect(result.code == 0, "\(result.err)")
            #expect(result.out == (0..<5_000).map { "word\($0 % 97) " }.joined() + "\n")
        }
    }
}
