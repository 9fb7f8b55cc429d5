import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

/// Servers that ask us while they work: `everything_peer.py` on the `mcp` package of PyPI, version 2 (2026-07-28, several round trips)
/// and 1 (2025-11-25, requests of the server).
@Suite("OPC-003 What MCP servers ask: forms, addresses and a model's answer", .timeLimit(.minutes(10)))
struct OPC003MCPAskingTests {
    static let generations = ["mcp2", "mcp1"]
    /// `everything_peer.py` has bytes in its text that must not reach a terminal.
    static let clearScreen = "\u{1B}[2J"

    static func command(_ environment: String) -> [String] {
        [MCPPeers.python(environment), MCPPeers.scripts.appending("everything_peer.py").string, "stdio"]
    }

    /// `run` waits 2 s for servers, and Python's big packages take longer on a busy machine: these stories use `mcp_peer.py`.
    static func add(_ world: StoryWorld, _ flags: [String]) async throws {
        let result = try await world.cli.run(
            ["mcp", "add", "peer", "--", MCPWorld.python, MCPWorld.script, "stdio"] + flags)
        #expect(result.code == 0, "\(result.story)")
    }

    /// `run` on a terminal.
    static func onTerminal(_ world: StoryWorld, _ body: (ChildProcess) async throws -> Void) async throws -> ChildResult
    {
        try await world.cli.start(
            ["run", "--title", "Story", "Go"],
            change: {
                $0.terminal = .init()
                $0.terminal?.rows = 60
                $0.terminal?.columns = 160
                $0.environment["TERM"] = "xterm-256color"
                $0.timeout = .seconds(120)
            }
        ) { process in
            try await body(process)
            return try await process.finish()
        }
    }

    /// Types an answer when the terminal shows `text`.
    static func type(_ answer: String, at text: String, _ process: ChildProcess) async {
        #expect(await process.waitForOutput(text, atMost: .seconds(120)), "\(text) is not shown")
        await process.write("\(answer)\r".utf8)
    }

    /// What the first event of a type says.
    static func first(_ events: HTTPStream, _ type: String) async throws -> JSON? {
        try await events.events { $0["type"]?.stringValue == type }.last?.json["data"]
    }

    /// A server with the peer connected.
    static func serve(
        _ script: [Turn], _ environment: String, config: JSONObject = [:],
        _ body: (ServeWorld, _ session: String, _ events: HTTPStream) async throws -> Void
    ) async throws {
        try await ServeWorld.with(script, config: config) { world in
            let local: JSON = ["type": "local", "command": .array(command(environment).map { .string($0) })]
            #expect(
                try await world.http.send("PUT", "/api/experimental/mcp/peer", json: ["config": local]).status == 204)
            #expect(try await world.http.send("POST", "/api/mcp/peer/connect").status == 204)
            let events = try await world.http.open("GET", "/api/event")
            _ = try await events.event()
            try await body(world, try await world.session(), events)
            events.close()
        }
    }

    // MARK: Elicitation

    @Test(
        "OPC-003.1 a form of a server is a form of the calling session, and its answer goes back",
        arguments: generations)
    func form(environment: String) async throws {
        try await Self.serve([.call("peer__greet", [:], id: "call_g"), .text("Done.")], environment) {
            world, session, events in
            async let answer = world.ask(session, "Go")
            let form = try #require(try await Self.first(events, "form.created")?["form"])
            #expect(form["title"] == "'peer' asks: Who are you?")
            #expect(form["fields"]?[0]?["key"] == "name")
            #expect(form["fields"]?[0]?["required"] == true)
            #expect(form["fields"]?[1]?["type"] == "integer")
            let path = "/api/session/\(session)/form/\(form["id"]?.stringValue ?? "")"
            let wrong = try await world.http.send("POST", "\(path)/reply", json: ["answer": ["age": 9]])
            #expect(wrong.status == 400, "\(wrong.text)")
            let reply = try await world.http.send("POST", "\(path)/reply", json: ["answer": ["name": "Ann", "age": 9]])
            #expect(reply.status == 204, "\(reply.text)")
            #expect(try await answer.status == 200)
            #expect(world.story.server.agentRequests.last?.text.contains("hi Ann 9") == true)
        }
    }

    @Test("OPC-003.1 a form that is cancelled is told to the server, and the turn goes on", arguments: generations)
    func cancelledForm(environment: String) async throws {
        try await Self.serve([.call("peer__greet", [:], id: "call_g"), .text("Done.")], environment) {
            world, session, events in
            async let answer = world.ask(session, "Go")
            let form = try #require(try await Self.first(events, "form.created")?["form"])
            let path = "/api/session/\(session)/form/\(form["id"]?.stringValue ?? "")"
            #expect(try await world.http.send("DELETE", path).status == 204)
            #expect(try await answer.status == 200)
            let text = try #require(world.story.server.agentRequests.last?.text)
            #expect(text.contains("cancel") && !text.contains("hi "), "\(text)")
        }
    }

    @Test(
        "OPC-003.1 an address of a server is shown and never opened; the user says when it is done",
        arguments: generations)
    func address(environment: String) async throws {
        try await Self.serve([.call("peer__link", [:], id: "call_l"), .text("Done.")], environment) {
            world, session, events in
            async let answer = world.ask(session, "Go")
            let form = try #require(try await Self.first(events, "form.created")?["form"])
            #expect(form["fields"]?[0]?["type"] == "external")
            #expect(form["fields"]?[0]?["url"] == "https://login.example/a?b=c")
            let path = "/api/session/\(session)/form/\(form["id"]?.stringValue ?? "")"
            #expect(try await world.http.send("POST", "\(path)/reply", json: ["answer": [:]]).status == 204)
            #expect(try await answer.status == 200)
            #expect(world.story.server.agentRequests.last?.text.contains("they accept") == true)
        }
    }

    @Test("OPC-003.1 a question is withdrawn when the turn that led to it is interrupted")
    func withdrawn() async throws {
        try await Self.serve([.call("peer__greet", [:], id: "call_g")], "mcp1") { world, session, events in
            async let answer = world.ask(session, "Go")
            let form = try #require(try await Self.first(events, "form.created")?["form"])
            #expect(try await world.http.send("POST", "/api/session/\(session)/interrupt").status < 300)
            _ = try await answer
            let path = "/api/session/\(session)/form/\(form["id"]?.stringValue ?? "")"
            _ = try await Self.first(events, "form.cancelled")
            #expect(try await world.http.send("GET", path).json()["data"]?["state"]?["status"] == "cancelled")
        }
    }

    @Test("OPC-003.1 run puts a form to the terminal; what does not fit is asked again", arguments: [[], ["--modern"]])
    func terminalForm(_ flags: [String]) async throws {
        try await StoryWorld.with([.call("peer__greet", [:], id: "call_g"), .text("Done.")]) { world in
            try await Self.add(world, flags)
            let result = try await Self.onTerminal(world) { process in
                await Self.type("", at: "name", process)
                await Self.type("Ann", at: "An answer is wanted.", process)
                await Self.type("nine", at: "[7]", process)
                await Self.type("9", at: "'nine' does not fit.", process)
                await Self.type("y", at: "Send this?", process)
            }
            #expect(result.code == 0, "\(result.story)")
            #expect(result.out.contains("'peer' asks: Who are you?"))
            #expect(world.server.agentRequests.last?.text.contains("hi Ann 9") == true, "\(result.story)")
        }
    }

    @Test("OPC-003.1 run shows an address on the terminal, and a no is a no", arguments: [[], ["--modern"]])
    func terminalAddress(_ flags: [String]) async throws {
        try await StoryWorld.with([.call("peer__link", [:], id: "call_l"), .text("Done.")]) { world in
            try await Self.add(world, flags)
            let result = try await Self.onTerminal(world) { process in
                await Self.type("n", at: "Done there?", process)
            }
            #expect(result.code == 0, "\(result.story)")
            #expect(result.out.contains("https://login.example/a?b=c"))
            #expect(world.server.agentRequests.last?.text.contains("they decline") == true, "\(result.story)")
        }
    }

    @Test(
        "OPC-003.1 without a terminal a server's question gets no answer, and the run goes on",
        arguments: [[], ["--modern"]])
    func headlessForm(_ flags: [String]) async throws {
        try await StoryWorld.with([.call("peer__greet", [:], id: "call_g"), .text("Done.")]) { world in
            try await Self.add(world, flags)
            let (result, json) = try await world.run("Go")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["toolCalls"]?[0]?["status"] == "error", "\(result.story)")
            #expect(world.server.agentRequests.last?.text.contains("hi ") == false)
        }
    }

    // MARK: Sampling

    @Test(
        "OPC-003.1 a server's request for a model's answer is asked about with its text, and answered once without tools",
        arguments: generations)
    func sampling(environment: String) async throws {
        let rules: JSONObject = ["permission": ["*": "allow", "mcp": ["sampling:*": "ask"]]]
        try await Self.serve([.call("peer__think", [:], id: "call_t"), .text("Done.")], environment, config: rules) {
            world, session, events in
            async let answer = world.ask(session, "Go")
            let ask = try #require(try await Self.first(events, "permission.asked"))
            #expect(ask["action"] == "mcp")
            #expect(ask["resources"]?[0] == "sampling:peer")
            let message = ask["message"]?.stringValue ?? ""
            #expect(message.contains("'peer'") && message.contains("| Be short.") && message.contains("| 2+2?"))
            #expect(message.contains("mock/m") && message.contains("16 tokens"))
            let path = "/api/session/\(session)/permission/\(ask["id"]?.stringValue ?? "")/reply"
            #expect(try await world.http.send("POST", path, json: ["decision": "once"]).status == 204)
            #expect(try await answer.status == 200)
            let side = world.story.server.requests.filter { $0.tools.isEmpty }
            #expect(side.count == 1, "one request")
            #expect(side.first?.text.contains("Be short.") == true)
            #expect(side.first?.text.contains("Go") == false, "nothing of the conversation")
            #expect(
                world.story.server.agentRequests.last?.text.contains("mock/m said Scripted title") == true,
                "\(world.story.server.agentRequests.last?.text ?? "")")
            let log = try await world.log(session)
            #expect(log.of("session.usage.recorded").first?["data"]?["source"] == "sampling")
        }
    }

    @Test(
        "OPC-003.1 run shows the text of a sampling request escaped, and a rejection reaches the server",
        arguments: [[], ["--modern"]])
    func terminalSampling(_ flags: [String]) async throws {
        try await StoryWorld.with(
            [.call("peer__think", [:], id: "call_t"), .text("Done.")],
            config: ["permission": ["*": "allow", "mcp": ["sampling:*": "ask"]]]
        ) { world in
            try await Self.add(world, flags)
            let result = try await Self.onTerminal(world) { process in await Self.type("r", at: "Allow?", process) }
            #expect(result.out.contains("| 2+2?") && result.out.contains(#"\u{1b}[2J\u{202e}"#), "\(result.story)")
            #expect(result.out.contains("| rule: bash = allow"), "it cannot pass for our own words")
            #expect(!result.out.contains(Self.clearScreen))
            #expect(world.server.requests.allSatisfy { !$0.tools.isEmpty }, "no request for the server")
            let text = try #require(world.server.agentRequests.last?.text)
            #expect(text.contains("The user rejected the sampling request"), "\(text)")
        }
    }

    @Test(
        "OPC-003.1 without a terminal a sampling request is refused with 77; a rule lets it through",
        arguments: [[], ["--modern"]])
    func headlessSampling(_ flags: [String]) async throws {
        for isAllowed in [false, true] {
            var mcp: JSONObject = ["sampling:*": "ask"]
            if isAllowed { mcp["sampling:peer"] = "allow" }
            try await StoryWorld.with(
                [.call("peer__think", [:], id: "call_t"), .text("Done.")],
                config: ["permission": ["*": "allow", "mcp": .object(mcp)]]
            ) { world in
                try await Self.add(world, flags)
                let (result, json) = try await world.run("Go")
                #expect(result.code == (isAllowed ? 0 : 77), "\(result.story)")
                #expect(json["toolCalls"]?[0]?["status"]?.stringValue == (isAllowed ? "completed" : "error"))
                #expect(world.server.requests.filter { $0.tools.isEmpty }.count == (isAllowed ? 1 : 0))
                let text = try #require(world.server.agentRequests.last?.text)
                #expect(text.contains(isAllowed ? "said Scripted title" : "Sampling is not allowed here"), "\(text)")
            }
        }
    }

    @Test("OPC-003.1 mcp call lends no model and says so to the server")
    func noModel() async throws {
        try await StoryWorld.with([]) { world in
            let add = try await world.cli.run(["mcp", "add", "peer", "--"] + Self.command("mcp1"))
            #expect(add.code == 0, "\(add.story)")
            let result = try await world.cli.run("mcp", "call", "peer", "think")
            #expect(result.code == 1, "\(result.story)")
            #expect(world.server.requests.isEmpty)
        }
    }
}
