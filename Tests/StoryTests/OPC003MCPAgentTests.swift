import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-003 Tools, prompts and resources of MCP servers")
struct OPC003MCPAgentTests {
    static func add(_ world: StoryWorld, _ flags: [String] = []) async throws {
        let result = try await world.cli.run(
            ["mcp", "add", "peer", "--", MCPWorld.python, MCPWorld.script, "stdio"] + flags)
        #expect(result.code == 0, "\(result.story)")
    }

    @Test("OPC-003.1 connected servers give the agent their tools, in both generations", arguments: [[], ["--modern"]])
    func tools(_ flags: [String]) async throws {
        try await StoryWorld.with([.call("peer__add", ["a": 20, "b": 22], id: "call_a"), .text("It is 42.")]) { world in
            try await Self.add(world, flags)
            let (result, json) = try await world.run("Add")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["toolCalls"]?[0]?["status"] == "completed", "\(result.story)")
            let request = try #require(world.server.requests.last)
            #expect(request.text.contains("42"), "the model got the tool's answer")
            #expect(request.text.contains("peer__add"))
        }
    }

    @Test("OPC-003.1 a tool asks before it runs; without anybody to ask the call is denied and the run ends with 77")
    func asks() async throws {
        try await StoryWorld.with(
            [.call("peer__add", ["a": 1, "b": 1], id: "call_a"), .text("Not allowed.")],
            config: ["permission": ["read": "allow"]]
        ) { world in
            try await Self.add(world)
            let (result, json) = try await world.run("Add")
            #expect(result.code == 77, "\(result.story)")
            #expect(json["toolCalls"]?[0]?["status"] == "denied")
            #expect(world.server.requests.last?.text.contains("PermissionDeniedError") == true)
        }
    }

    @Test("OPC-003.1 the server's program gets only the variables it may have")
    func environment() async throws {
        try await StoryWorld.with([]) { world in
            try await Self.add(world)
            let result = try await world.cli.run("mcp", "call", "peer", "environment")
            #expect(result.code == 0, "\(result.story)")
            #expect(result.out.contains("PATH"))
            #expect(!result.out.contains("MOCK_API_KEY"))
            #expect(!result.out.contains("CODETETHER_HOME"))
        }
    }

    @Test("OPC-003.2 prompts are listed and filled in")
    func prompts() async throws {
        try await StoryWorld.with([]) { world in
            try await Self.add(world)
            let list = try await world.cli.run("mcp", "prompts", "peer", "--json")
            #expect(try list.json()[0]?["name"] == "review", "\(list.story)")
            let prompt = try await world.cli.run("mcp", "prompt", "peer", "review", "file=a.swift")
            #expect(prompt.out.trimmingEnd == "Review a.swift.", "\(prompt.story)")
            let missing = try await world.cli.run("mcp", "prompt", "peer", "review")
            #expect(missing.code == 66, "\(missing.story)")
        }
    }

    @Test("OPC-003.3 resources are listed and read by the command line")
    func resources() async throws {
        try await MCPWorld.http { url in
            try await StoryWorld.with([]) { world in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                let list = try await world.cli.run("mcp", "resources", "peer", "--json")
                #expect(try list.json()[0]?["uri"] == "memo://one", "\(list.story)")
                #expect(try list.json()[1]?["uriTemplate"] == "memo://{name}")
                let read = try await world.cli.run("mcp", "read", "peer", "memo://one", "--json")
                #expect(try read.json()["contents"]?[0]?["text"] == "remember the milk", "\(read.story)")
                #expect(try await world.cli.run("mcp", "read", "peer", "memo://none").code == 66)
            }
        }
    }

    @Test("OPC-003.4 a changed tool list is taken over within the run, without a restart")
    func changes() async throws {
        try await StoryWorld.with(
            [
                .call("peer__grow", [:], id: "call_g"), .call("peer__grown", [:], id: "call_n"), .text("Done."),
            ], wantsSameTools: false
        ) { world in
            try await Self.add(world)
            let (result, json) = try await world.run("Grow")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["toolCalls"]?[1]?["status"] == "completed", "\(result.story)")
            #expect(world.server.requests.last?.text.contains("I am new") == true)
        }
    }

    @Test("OPC-003.1 progress restarts the clock of a call, and a slow server does not hold up the first request")
    func progress() async throws {
        try await StoryWorld.with([.text("Hello.")]) { world in
            try await Self.add(world)
            #expect(try await world.cli.run("mcp", "update", "peer", "--timeout", "1500").code == 0)
            let call = try await world.cli.run("mcp", "call", "peer", "slow", "--arguments", #"{"steps":14}"#)
            #expect(call.code == 0, "2.1 s of progress with a limit of 1.5 s: \(call.story)")
            #expect(try await world.cli.run("mcp", "add", "mute", "--", "/bin/sleep", "60").code == 0)
            let (result, _) = try await world.run("Hi")
            #expect(result.code == 0, "\(result.story)")
        }
    }
}
