import Support
import TestSupport
import Testing

@Suite("Failures end as the contract says, with the turn saved")
struct FailureStoryTests {
    /// Runs one prompt; the session must hold it afterwards and `-c` must work.
    private func fails(
        _ script: [Turn], code: Int32, requests: ClosedRange<Int>, wire: ModelProtocol = .openAIChat,
        at location: SourceLocation = #_sourceLocation, _ check: (JSON) throws -> Void = { _ in }
    ) async throws {
        try await StoryWorld.with(script, wire: wire, at: location) { world in
            let (result, json) = try await world.run("Say something")
            #expect(result.code == code, "\(result.story)", sourceLocation: location)
            #expect(
                requests.contains(world.server.requests.count), "\(world.server.requests.count) requests",
                sourceLocation: location)
            #expect(
                json.at("error", "name")?.stringValue?.isEmpty == false, "\(result.story)", sourceLocation: location)
            #expect(json.at("error", "message")?.stringValue?.contains(" ") == true, sourceLocation: location)
            #expect(!result.err.isEmpty, "stderr says nothing", sourceLocation: location)
            try check(json)
            let id = try #require(json["sessionID"]?.stringValue, sourceLocation: location)
            let stored = try await world.show(id)
            #expect(stored.users == ["Say something"], sourceLocation: location)
            #expect(stored.info["outcome"] == "failed", sourceLocation: location)
            let again: @Sendable (RecordedRequest) -> Bool = { $0.userTexts.contains { $0.contains("Try again") } }
            world.server.append(Turn.text("Better now.").when(again))
            let (next, more) = try await world.runOverLeftovers("-c", "Try again")
            #expect(next.code == 0, "\(next.story)", sourceLocation: location)
            #expect(more["text"] == "Better now.", sourceLocation: location)
        }
    }

    private static let first: @Sendable (RecordedRequest) -> Bool = { request in
        !request.userTexts.contains { $0.contains("Try again") }
    }

    private func repeated(_ turn: Turn, _ count: Int = 12) -> [Turn] {
        Array(repeating: turn.when(Self.first), count: count)
    }

    @Test("A 401 ends with 77 after one request", arguments: ModelProtocol.allCases)
    func unauthorized(wire: ModelProtocol) async throws {
        try await fails(repeated(.status(401, message: "Bad key.")), code: 77, requests: 1...1, wire: wire)
    }

    @Test("A 403 ends with 77 after one request")
    func forbidden() async throws {
        try await fails(repeated(.status(403, message: "Not for you.")), code: 77, requests: 1...1)
    }

    @Test("A 400 ends with 1 after one request and the provider's words are told")
    func badRequest() async throws {
        try await fails(repeated(.status(400, message: "No such parameter zeta.")), code: 1, requests: 1...1) { json in
            #expect(json.at("error", "message")?.stringValue?.contains("zeta") == true, "\(json.text())")
        }
    }

    @Test("A 429 that stays is tried again and ends with 75", arguments: ModelProtocol.allCases)
    func rateLimited(wire: ModelProtocol) async throws {
        let turn = Turn.status(429, headers: [(name: "retry-after", value: "0")], message: "Slow down.")
        try await fails(repeated(turn), code: 75, requests: 2...7, wire: wire)
    }

    @Test("A Retry-After over 120 s ends the turn at once with 75")
    func longRetryAfter() async throws {
        let turn = Turn.status(429, headers: [(name: "retry-after", value: "121")], message: "Come back later.")
        try await fails(repeated(turn), code: 75, requests: 1...1)
    }

    @Test("A 500 that stays is tried again and ends with 69", arguments: ModelProtocol.allCases)
    func serverError(wire: ModelProtocol) async throws {
        try await fails(repeated(.status(500, message: "Broken.")), code: 69, requests: 2...7, wire: wire)
    }

    @Test("A stream that is always cut ends with 69", arguments: ModelProtocol.allCases)
    func cutStream(wire: ModelProtocol) async throws {
        try await fails(repeated(Turn.deltas(40).cut(after: 700)), code: 69, requests: 2...7, wire: wire)
    }

    @Test("A connection closed without an answer ends with 69")
    func hangUp() async throws {
        try await fails(repeated(.hangUp), code: 69, requests: 2...7)
    }

    @Test(
        "A stream that is cut once is asked for again and its beginning is not kept twice",
        arguments: ModelProtocol.allCases)
    func cutOnce(wire: ModelProtocol) async throws {
        try await StoryWorld.with([Turn.deltas(40).cut(after: 700), .text("All ", "fine.")], wire: wire) { world in
            let (result, json) = try await world.run("Say something")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["text"] == "All fine.")
            let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
            #expect(stored.answers == ["All fine."])
            #expect(world.server.requests.count == 2)
        }
    }

    @Test("A 429 and a 500 that pass are retried, and Retry-After is waited for")
    func passingFailures() async throws {
        try await StoryWorld.with([
            .status(429, headers: [(name: "retry-after", value: "1")]), .status(500), .text("Fine."),
        ]) { world in
            let clock = ContinuousClock()
            let start = clock.now
            let (result, events) = try await world.events("Say something")
            #expect(result.code == 0, "\(result.story)")
            #expect(clock.now - start >= .seconds(1))
            #expect(events.of("session.retry.scheduled").count == 2)
            #expect(events.types.last != "session.execution.failed")
        }
    }

    @Test(
        "Arguments that are no JSON fail that call only; the turn goes on and is saved",
        arguments: [ModelProtocol.openAIChat, .openAIResponses, .anthropic, .bedrock])
    func malformedArguments(wire: ModelProtocol) async throws {
        try await StoryWorld.with([.malformedCall("write"), .text("Sorry.")], wire: wire) { world in
            let (result, json) = try await world.run("Write a")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["text"] == "Sorry.")
            #expect(json["toolCalls"]?[0]?["status"] == "error")
            #expect(!world.workspace.exists("a.txt"))
            #expect(world.server.agentRequests.last?.toolResults.count == 1)
            let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
            #expect(stored.toolStates == ["error"])
        }
    }

    @Test(
        "An unknown tool fails that call only and the model is told which tools there are",
        arguments: ModelProtocol.allCases)
    func unknownTool(wire: ModelProtocol) async throws {
        try await StoryWorld.with([.unknownTool("launch_rocket"), .text("Sorry.")], wire: wire) { world in
            let (result, json) = try await world.run("Fly")
            #expect(result.code == 0, "\(result.story)")
            let answer = world.server.agentRequests.last?.toolResults.first?.text ?? ""
            #expect(answer.contains("launch_rocket") && answer.contains("read"), "\(answer)")
            let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
            #expect(stored.toolStates == ["error"])
            #expect(stored.answers == ["Sorry."])
        }
    }

    @Test("A provider that refuses the connection is tried three times and ends with 69")
    func refused() async throws {
        try await StoryWorld.with([]) { world in
            // Port 1 of the loopback: nothing listens there.
            try world.home.write(config: StoryWorld.config(baseURL: "http://127.0.0.1:1/v1", wire: .openAIChat))
            let (result, json) = try await world.run("Hello")
            #expect(result.code == 69, "\(result.story)")
            #expect(json.at("error", "message")?.stringValue?.contains("127.0.0.1:1") == true, "\(json.text())")
            #expect(try await world.show(try #require(json["sessionID"]?.stringValue)).users == ["Hello"])
        }
    }

    @Test("Without a key the run ends with 77 and says which variable it looked for")
    func noKey() async throws {
        try await StoryWorld.with([]) { world in
            var bare = world.cli
            bare.environment = [:]
            let result = try await bare.run("run", "Hello")
            #expect(result.code == 77, "\(result.story)")
            #expect(result.err.contains("MOCK_API_KEY"), "\(result.story)")
            #expect(world.server.requests.isEmpty)
        }
    }

    @Test("--max-steps ends the turn with 75 and saves what was done")
    func stepLimit() async throws {
        let turns = (0..<6).map { Turn.call("write", ["filePath": .string("f\($0).txt"), "content": "x\n"]) }
        try await StoryWorld.with(turns + [.text("Out of steps.")]) { world in
            let (result, json) = try await world.run("--max-steps", "2", "Write many")
            #expect(result.code == 75, "\(result.story)")
            let steps = try #require(json["steps"]?.intValue)
            #expect(steps <= 3)
            #expect(world.workspace.exists("f0.txt") && !world.workspace.exists("f3.txt"))
            let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
            #expect(stored.toolStates.allSatisfy { $0 != "running" && $0 != "streaming" })
        }
    }
}

extension StoryWorld {
    /// A run whose request takes the turn that suits it, whatever is left of the script before it.
    func runOverLeftovers(_ arguments: String...) async throws -> (result: ChildResult, json: JSON) {
        let result = try await cli.run(["run", "--format", "json"] + arguments)
        return (result, try result.json())
    }
}
