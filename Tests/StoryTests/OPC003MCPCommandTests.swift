import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-003 Prompts of MCP servers as commands, resources as mentions")
struct OPC003MCPCommandTests {
    /// The model `m` with pictures.
    private static let withPictures: JSONObject = [
        "provider": [
            "mock": [
                "models": [
                    "m": [
                        "attachment": true, "modalities": ["input": ["text", "image"]],
                        "limit": ["context": 128_000, "output": 8_192],
                    ]
                ]
            ]
        ]
    ]

    private static func user(_ world: StoryWorld) -> [String] { world.server.requests.last?.userTexts ?? [] }

    @Test("OPC-003.2 run --command runs a prompt of a server, in both generations", arguments: [[], ["--modern"]])
    func runs(_ flags: [String]) async throws {
        try await StoryWorld.with([.text("Done.")]) { world in
            try await OPC003MCPAgentTests.add(world, flags)
            let (result, json) = try await world.run("--command", "peer:review", "file=a b.swift")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["text"] == "Done.")
            #expect(Self.user(world).contains("Review a b.swift."), "\(Self.user(world))")
            let id = try #require(json["sessionID"]?.stringValue)
            #expect(try await world.show(id).users == ["Review a b.swift."])
        }
    }

    @Test("OPC-003.2 words are arguments by position or name, each one argument, and are expanded by nobody")
    func arguments() async throws {
        try await StoryWorld.with([.text("Done.")]) { world in
            try await OPC003MCPAgentTests.add(world)
            let result = try await world.cli.run(
                ["run", "--command", "peer:pair", "second=$(touch made) @peer:memo://one", "--", "$1 {{first}} !`id`"])
            #expect(result.code == 0, "\(result.story)")
            #expect(
                Self.user(world) == [
                    #"{"first": "$1 {{first}} !`id`", "second": "$(touch made) @peer:memo://one"}"#
                ])
            #expect(!world.workspace.exists("made"))
        }
    }

    @Test(
        "OPC-003.2 what is wrong with a command is told before there is a session",
        arguments: [
            (["peer:pair"], 64, "CommandArgumentError", "first, second"),
            (["peer:pair", "a"], 64, "CommandArgumentError", "the argument second"),
            (["peer:pair", "a", "b", "c", "d"], 64, "CommandArgumentError", "but 4 were given"),
            (["peer:pair", "first=1", "first=2"], 64, "CommandArgumentError", "given twice"),
            (["peer:reveiw"], 66, "CommandNotFoundError", "\"peer:review\""),
            (["review"], 66, "CommandNotFoundError", "\"peer:review\""),
            (["none:review"], 66, "CommandNotFoundError", "\"peer:review\""),
            (["off:x"], 69, "McpConnectError", "mcp enable off"),
            (["dead:x"], 69, "McpSpawnError", "dead"),
            (["shared:x"], 77, "McpAuthRequiredError", "mcp approve shared"),
        ])
    func refuses(words: [String], code: Int32, name: String, hint: String) async throws {
        let project = #"{"mcpServers":{"shared":{"command":"touch","args":["made"]}}}"#
        try await StoryWorld.with([], files: [".mcp.json": project]) { world in
            try await OPC003MCPAgentTests.add(world)
            #expect(try await world.cli.run("mcp", "add", "off", "--", "false").code == 0)
            #expect(try await world.cli.run("mcp", "disable", "off").code == 0)
            #expect(try await world.cli.run("mcp", "add", "dead", "--", "false").code == 0)
            let result = try await world.cli.run(["run", "--json", "--command"] + words)
            #expect(result.code == code, "\(result.story)")
            #expect(try result.json()["error"]?["name"]?.stringValue == name, "\(result.story)")
            #expect(result.err.contains(hint), "\(result.err)")
            #expect(try await world.sessions().isEmpty)
            #expect(world.server.requests.isEmpty)
            #expect(!world.workspace.exists("made"))
        }
    }

    @Test("OPC-003.2 command list, show, render and run are the same commands")
    func commands() async throws {
        try await StoryWorld.with([.text("Done.")]) { world in
            #expect(try await world.cli.run("command", "list", "--json").json() == [])
            try await OPC003MCPAgentTests.add(world)
            let list = try await world.cli.run("command", "list", "--json").json().arrayValue ?? []
            #expect(list.compactMap { $0["name"]?.stringValue } == ["peer:pair", "peer:review", "peer:tour"])
            let show = try await world.cli.run("command", "show", "peer:pair")
            #expect(show.out.contains("first: The first one") && show.out.contains("third (optional)"), "\(show.story)")
            let render = try await world.cli.run("command", "render", "peer:review", "a b")
            #expect(render.out == "Review a b.\n", "\(render.story)")
            #expect(try await world.cli.run("command", "show", "peer:none").code == 66)
            #expect(try await world.cli.run("command", "render", "peer:review").code == 64)
            #expect(world.server.requests.isEmpty, "no model was asked")
            let run = try await world.cli.run("command", "run", "peer:review", "c", "--format", "json")
            #expect(run.code == 0, "\(run.story)")
            #expect(try run.json()["text"] == "Done.")
            #expect(Self.user(world) == ["Review c."])
        }
    }

    @Test(
        "OPC-003.2 a server that never answers, and one that cannot be started, do not keep the others' commands away")
    func mute() async throws {
        try await StoryWorld.with([]) { world in
            try await OPC003MCPAgentTests.add(world)
            let add = try await world.cli.run(
                "mcp", "add", "mute", "--timeout", "3600000", "--", MCPWorld.python, MCPWorld.script, "stdio",
                "--mute-prompts")
            #expect(add.code == 0, "\(add.story)")
            #expect(try await world.cli.run("mcp", "add", "dead", "--", "false").code == 0)
            let list = try await world.cli.run("command", "list", "--json")
            #expect(list.code == 0, "its own limit is an hour: \(list.story)")
            #expect(try list.json().arrayValue?.count == 3, "\(list.story)")
        }
    }

    @Test("OPC-003.2 a server that wants a login is told with 77 and the next command")
    func login() async throws {
        try await MCPWorld.http(["--oauth"]) { url in
            try await StoryWorld.with([]) { world in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                let result = try await world.cli.run("run", "--json", "--command", "peer:review", "a")
                #expect(result.code == 77, "\(result.story)")
                #expect(try result.json()["error"]?["name"] == "McpAuthRequiredError", "\(result.story)")
            }
        }
    }

    @Test("OPC-003.2 pictures, embedded resources, links and both roles of a prompt reach the model")
    func contents() async throws {
        try await StoryWorld.with([.text("Done.")], config: [:]) { world in
            var config =
                StoryWorld.config(baseURL: world.server.baseURL(.openAIChat), wire: .openAIChat)
                .objectValue ?? [:]
            var provider = config["provider"]?["mock"]?.objectValue ?? [:]
            provider["models"] = Self.withPictures["provider"]?["mock"]?["models"]
            config["provider"] = ["mock": .object(provider)]
            try world.home.write(config: .object(config))
            try await OPC003MCPAgentTests.add(world)
            let (result, json) = try await world.run("--command", "peer:tour")
            #expect(result.code == 0, "\(result.story)")
            let texts = Self.user(world)
            #expect(texts.first?.hasPrefix("User:\nWhat is this?\n\nAssistant:\nA pixel.") == true, "\(texts)")
            #expect(texts.first?.contains("[Resource link of the MCP server peer: memo://linked]") == true, "\(texts)")
            #expect(texts.contains { $0.contains("<file name=\"peer:memo://inside\">\nembedded words") }, "\(texts)")
            #expect(world.server.requests.last?.text.contains("image_url") == true)
            let id = try #require(json["sessionID"]?.stringValue)
            let files = try await world.show(id).messages.first { $0["type"] == "user" }?["files"]?.arrayValue ?? []
            #expect(files.compactMap { $0["mime"]?.stringValue } == ["image/png", "text/plain"])
        }
    }

    @Test("OPC-003.2 what is piped in follows the command's message, and is no place for mentions")
    func pipes() async throws {
        try await StoryWorld.with([.text("Done."), .text("Done.")]) { world in
            try await OPC003MCPAgentTests.add(world)
            let command = try await world.cli.run(
                ["run", "--command", "peer:review", "a"], input: "@peer:memo://one\n")
            #expect(command.code == 0, "\(command.story)")
            #expect(Self.user(world) == ["Review a.\n@peer:memo://one\n"])
            let plain = try await world.cli.run(["run", "Look"], input: "@peer:memo://one\n")
            #expect(plain.code == 0, "\(plain.story)")
            #expect(Self.user(world) == ["Look\n@peer:memo://one\n"], "data does not read resources")
        }
    }

    @Test("OPC-003.3 a mentioned resource is attached to the message; its text stays as it was typed")
    func mentions() async throws {
        try await StoryWorld.with([.text("Milk.")]) { world in
            try await OPC003MCPAgentTests.add(world)
            let (result, json) = try await world.run("What is in @peer:memo://one, and again @peer:memo://one?")
            #expect(result.code == 0, "\(result.story)")
            #expect(
                Self.user(world) == [
                    "What is in @peer:memo://one, and again @peer:memo://one?\n\n"
                        + "<file name=\"peer:memo://one\">\nremember the milk\n</file>"
                ], "\(Self.user(world))")
            let id = try #require(json["sessionID"]?.stringValue)
            let message = try await world.show(id).messages.first { $0["type"] == "user" }
            let file = message?["files"]?[0]
            #expect(message?["files"]?.arrayValue?.count == 1)
            #expect(file?["source"] == ["type": "uri", "uri": "memo://one"])
            #expect(file?["mention"] == ["start": 11, "end": 27, "text": "@peer:memo://one"], "\(file?.text() ?? "")")
        }
    }

    @Test("OPC-003.3 what cannot be attached stays text with a notice, and nothing that is not approved is contacted")
    func notices() async throws {
        let project = #"{"mcpServers":{"shared":{"command":"touch","args":["made"]}}}"#
        let text =
            "@peer:memo://none @other:memo://one @shared:memo://x @peer:memo://zip @off:memo://y me@peer:memo://one"
        try await StoryWorld.with([.text("Nothing.")], files: [".mcp.json": project]) { world in
            try await OPC003MCPAgentTests.add(world)
            #expect(try await world.cli.run("mcp", "add", "off", "--", "touch", "made").code == 0)
            #expect(try await world.cli.run("mcp", "disable", "off").code == 0)
            let (result, _) = try await world.run(text)
            #expect(result.code == 0, "\(result.story)")
            #expect(Self.user(world) == [text])
            for words in [
                "@peer:memo://none stays text", "no MCP server 'other'", "mcp approve shared", "binary, not passed on",
                "mcp enable off",
            ] {
                #expect(result.err.contains(words), "\(words): \(result.err)")
            }
            #expect(!world.workspace.exists("made"))
        }
    }

    @Test("OPC-003.3 a rule that denies a resource holds for mentions too; one that asks is answered by the mention")
    func permission() async throws {
        let rules: JSONObject = ["permission": ["mcp": ["peer memo://one": "deny", "*": "ask"]]]
        try await StoryWorld.with([.text("No.")], config: rules) { world in
            try await OPC003MCPAgentTests.add(world)
            let (result, _) = try await world.run("@peer:memo://one @peer:memo://picture")
            #expect(result.code == 0, "\(result.story)")
            #expect(result.err.contains("\"peer memo://one\" = deny"), "\(result.err)")
            #expect(!world.server.requests.contains { $0.text.contains("remember the milk") })
            #expect(Self.user(world).last?.contains("peer:memo://picture (image/png)") == true, "\(Self.user(world))")
        }
    }
}

@Suite("OPC-003 Commands and mentions by the HTTP API")
struct OPC003MCPCommandRouteTests {
    private static func withPeer(_ script: [Turn], _ body: (ServeWorld, String) async throws -> Void) async throws {
        try await ServeWorld.with(script) { world in
            let add = try await world.http.send(
                "PUT", "/api/experimental/mcp/peer", json: OPC003MCPRouteTests.local)
            #expect(add.status == 204, "\(add.text)")
            #expect(try await world.http.send("POST", "/api/mcp/peer/connect").status == 204)
            try await body(world, try await world.session())
        }
    }

    @Test("OPC-003.2 commands are listed and run by the API as 2.1 has them")
    func commands() async throws {
        try await Self.withPeer([.text("Done.")]) { world, session in
            let list = try await world.http.send("GET", "/api/command").json()["data"]?.arrayValue ?? []
            #expect(list.compactMap { $0["name"]?.stringValue } == ["peer:pair", "peer:review", "peer:tour"])
            #expect(list[1]["description"] == "Reviews a file.")
            #expect(list[1]["arguments"]?[0] == ["name": "file", "required": true])
            let path = "/api/session/\(session)/command"
            let run = try await world.http.send(
                "POST", path,
                json: [
                    "name": "peer:pair", "text": "\"a b\" and the rest", "delivery": "queue",
                    "files": [["uri": "data:text/plain,extra%20words", "name": "note"]],
                ])
            #expect(run.status == 204, "\(run.text)")
            #expect(try await world.http.send("POST", "/api/session/\(session)/wait").status == 204)
            let messages = try await world.messages(session)
            let user = try #require(messages.first { $0["type"] == "user" })
            #expect(user["text"]?.stringValue == #"{"first": "a b", "second": "and", "third": "the rest"}"#)
            #expect(user["metadata"]?["command"]?["name"] == "peer:pair")
            let seen = world.story.server.requests.last?.userTexts ?? []
            #expect(
                seen.last?.hasSuffix("<file name=\"note\">\nextra words\n</file>") == true,
                "a model reads text as text: \(seen)")
            #expect(messages.contains { $0["type"] == "assistant" })
        }
    }

    private static let wrong: [(JSON, Int, String)] = [
        (["name": "peer:pair", "text": "a"], 400, "InvalidRequestError"),
        (["name": "peer:none", "text": ""], 404, "CommandNotFoundError"),
        (["name": "x", "text": ""], 404, "CommandNotFoundError"), (["name": "peer:tour"], 400, "InvalidRequestError"),
        (["name": "off:x", "text": ""], 500, "CommandExecutionError"), (["text": "a"], 400, "InvalidRequestError"),
        (["name": "peer:review", "text": "a", "arguments": "a"], 400, "InvalidRequestError"),
    ]

    @Test("OPC-003.2 what is wrong with a command has 2.1's errors, and leaves the inbox empty", arguments: wrong)
    func refuses(body: JSON, status: Int, tag: String) async throws {
        try await Self.withPeer([]) { world, session in
            let off: JSON = ["config": ["type": "local", "command": ["false"], "enabled": false]]
            #expect(try await world.http.send("PUT", "/api/experimental/mcp/off", json: off).status == 204)
            let path = "/api/session/\(session)/command"
            let reply = try await world.http.send("POST", path, json: body)
            #expect(reply.status == status, "\(reply.text)")
            #expect(try reply.json()["_tag"]?.stringValue == tag, "\(reply.text)")
            #expect(try await world.stranger.send("POST", path, json: body).status == 401)
            #expect(try await world.http.send("GET", "/api/session/\(session)/inbox").json()["data"] == [])
            let none = try await world.http.send(
                "POST", "/api/session/ses_none/command", json: ["name": "peer:tour", "text": ""])
            #expect(none.status == 404, "\(none.text)")
        }
    }

    @Test("OPC-003.3 a prompt's mentions are attached; what stays text is told in the message's metadata")
    func mentions() async throws {
        try await Self.withPeer([.text("Milk.")]) { world, session in
            let answer = try await world.ask(
                session, "@peer:memo://one and @peer:memo://none", ["metadata": ["mine": 1]])
            #expect(answer.status == 200, "\(answer.text)")
            let user = try #require(try await world.messages(session).first { $0["type"] == "user" })
            #expect(user["files"]?.arrayValue?.count == 1)
            #expect(user["files"]?[0]?["data"] == "remember the milk", "\(user.text())")
            #expect(user["files"]?[0]?["mention"]?["text"] == "@peer:memo://one")
            #expect(user["metadata"]?["mine"] == 1)
            #expect(
                user["metadata"]?["notices"]?[0]?.stringValue?.hasPrefix("@peer:memo://none stays text") == true,
                "\(user.text())")
            #expect(world.story.server.requests.last { !$0.tools.isEmpty }?.text.contains("remember the milk") == true)
        }
    }

    @Test("OPC-003.2 a server that wants an approval keeps its own error, and is not started")
    func approval() async throws {
        let project = #"{"mcpServers":{"shared":{"command":"touch","args":["made"]}}}"#
        try await ServeWorld.with(files: [".mcp.json": project]) { world in
            let path = "/api/session/\(try await world.session())/command"
            let reply = try await world.http.send("POST", path, json: ["name": "shared:x", "text": ""])
            #expect(reply.status == 409, "\(reply.text)")
            #expect(try reply.json()["_tag"] == "McpAuthRequiredError", "\(reply.text)")
            #expect(reply.text.contains("mcp approve shared"))
            #expect(try await world.http.send("GET", "/api/command").json()["data"] == [])
            #expect(!world.story.workspace.exists("made"))
        }
    }

    @Test("OPC-003.4 a changed list of prompts is told by command.updated and used without a restart")
    func changes() async throws {
        try await Self.withPeer([]) { world, _ in
            let live = try await world.http.open("GET", "/api/event")
            #expect(try await live.event()?.json["type"] == "server.connected")
            let grow = try await world.http.send("POST", "/api/mcp/peer/tools/grow/call", json: [:])
            #expect(grow.status == 200, "\(grow.text)")
            let seen = try await live.events { $0["type"] == "command.updated" }
            #expect(seen.last?.json["type"] == "command.updated")
            let list = try await world.http.send("GET", "/api/command").json()["data"]?.arrayValue ?? []
            #expect(list.contains { $0["name"] == "peer:grown" }, "\(list.map { $0.text() })")
        }
    }

    @Test("OPC-003.2 opencode-python-sdk, unchanged, lists and runs commands")
    func sdk() async throws {
        try await StoryWorld.with([.text("Done.")]) { story in
            try await OPC003MCPAgentTests.add(story)
            let script = MCPPeers.scripts.appending("sdk_commands.py").string
            var options = try story.cli.options([])
            options.executable = try TestPython.path()
            options.arguments = [script, try CLIProcess.binary().string, story.workspace.path.string]
            options.timeout = .seconds(120)
            let result = try await ChildProcess.run(options)
            #expect(result.code == 0, "\(result.story)")
            let seen = try result.json()
            #expect(seen["commands"] == ["peer:pair", "peer:review", "peer:tour"], "\(result.out)")
            #expect(seen["users"] == ["Review a b."], "\(result.out)")
            #expect(seen["answers"] == ["Done."])
            #expect(seen["unknown"] == "CommandNotFoundError", "\(result.out)")
            #expect(seen["missing"] == "InvalidRequestError")
        }
    }
}
