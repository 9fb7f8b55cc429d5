import Support
import SystemPackage
import TestSupport
import Testing

/// Peers that other people wrote: the `mcp` package of PyPI, version 2 (both generations) and 1. `scripts/python-env` makes them.
enum MCPPeers {
    static let scripts = FilePath(#filePath).removingLastComponent().appending("Peers")

    /// `mcp1` or `mcp2`.
    static func python(_ name: String) -> String {
        (try? TestPython.path(name))?.string ?? "/no \(name): run scripts/python-env"
    }

    /// Runs `body` while a peer listens; its port.
    static func listening<Result: Sendable>(
        _ name: String, _ transport: String, _ body: (Int) async throws -> Result
    ) async throws -> Result {
        var options = ChildOptions(
            FilePath(python(name)), [scripts.appending("everything_peer.py").string, transport], directory: "/",
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"])
        options.timeout = .seconds(120)
        return try await ChildProcess.with(options) { child in
            #expect(await child.waitForError("startup complete", atMost: .seconds(60)))
            let first = child.state.state.stderr.split(separator: 0x0A).first.map {
                String(decoding: $0, as: UTF8.self)
            }
            let port = try #require(Int(first ?? ""))
            return try await body(port)
        }
    }
}

@Suite("OPC-003 MCP with peers of other people")
struct OPC003MCPPeerTests {
    /// Environment, transport, and the version that is agreed on.
    static let peers: [(String, String, String)] = [
        ("mcp2", "stdio", "2026-07-28"), ("mcp2", "http", "2026-07-28"), ("mcp2", "sse", "2025-11-25"),
        ("mcp1", "stdio", "2025-11-25"), ("mcp1", "http", "2025-11-25"), ("mcp1", "sse", "2025-11-25"),
    ]

    @Test(
        "OPC-003.1 tools, progress, images, resources and prompts work with the mcp package of PyPI, in both generations over three transports",
        arguments: peers)
    func features(environment: String, transport: String, version: String) async throws {
        try await ServeWorld.with { world in
            if transport == "stdio" {
                let script = MCPPeers.scripts.appending("everything_peer.py").string
                try await Self.exercise(
                    world,
                    ["type": "local", "command": [.string(MCPPeers.python(environment)), .string(script), "stdio"]],
                    version)
            } else {
                try await MCPPeers.listening(environment, transport) { port in
                    let url = "http://127.0.0.1:\(port)/\(transport == "http" ? "mcp" : "sse")"
                    // The transport is found out: nothing says that it is the old one.
                    try await Self.exercise(world, ["type": "remote", "url": .string(url)], version)
                }
            }
        }
    }

    private static func exercise(_ world: ServeWorld, _ config: JSON, _ version: String) async throws {
        let http = world.http
        func call(_ tool: String, _ arguments: JSON = [:]) async throws -> JSON? {
            let reply = try await http.send(
                "POST", "/api/mcp/peer/tools/\(tool)/call", json: ["arguments": arguments])
            #expect(reply.status == 200, "\(tool): \(reply.text)")
            return try reply.json()["data"]
        }
        #expect(try await http.send("PUT", "/api/experimental/mcp/peer", json: ["config": config]).status == 204)
        #expect(try await http.send("POST", "/api/mcp/peer/connect").status == 204)
        let row = try await http.send("GET", "/api/mcp/peer").json()["data"]
        #expect(row?["status"]?["status"] == "connected", "\(row?.text() ?? "")")
        #expect(row?["protocol"]?.stringValue == version)
        #expect(try await call("add", ["a": 40, "b": 2])?["content"]?[0]?["text"] == "42")
        let boom = try await call("boom")
        #expect(boom?["isError"] == true)
        #expect(boom?["content"]?[0]?["text"]?.stringValue?.contains("boom") == true)
        #expect(try await call("slow", ["steps": 2])?["content"]?[0]?["text"] == "done")
        #expect(try await call("picture")?["content"]?[0]?["mimeType"] == "image/png")
        #expect(try await call("grow")?["content"]?[0]?["text"] == "grown")
        #expect(try await call("late")?["content"]?[0]?["text"] == "I am late")
        let resources = try await http.send("GET", "/api/mcp/peer/resources").json()["data"]?.arrayValue ?? []
        #expect(resources.contains { $0["uriTemplate"] == "mem://user/{id}" }, "\(resources.map { $0.text() })")
        let text = try await http.send("GET", "/api/mcp/peer/resources/read?uri=mem://user/7")
        #expect(try text.json()["data"]?["contents"]?[0]?["text"] == "user 7", "\(text.text)")
        let blob = try await http.send("GET", "/api/mcp/peer/resources/read?uri=mem://bin")
        #expect(try blob.json()["data"]?["contents"]?[0]?["blob"] == "AAECAwQFBgc=", "\(blob.text)")
        // Version 1 of the package answers with the code 0, which says nothing: its lists tell.
        let none = try await http.send("GET", "/api/mcp/peer/resources/read?uri=mem://none")
        #expect(none.status == 404, "\(none.text)")
        let prompts = try await http.send("GET", "/api/mcp/peer/prompts").json()["data"]
        #expect(prompts?[0]?["name"] == "review")
        #expect(prompts?[0]?["arguments"]?[0]?["required"] == true)
        let commands = try await http.send("GET", "/api/command").json()["data"]
        #expect(commands?[0]?["name"] == "peer:review", "\(commands?.text() ?? "")")
        #expect(commands?[0]?["arguments"]?[1]?["required"] == false)
    }

    @Test(
        "OPC-003.1 the mcp package of PyPI, version 1 and 2, uses our tools over a pipe and over HTTP",
        arguments: ["mcp1", "mcp2"])
    func serves(environment: String) async throws {
        let rules: JSONObject = ["permission": ["read": "allow", "bash": "ask"]]
        try await ServeWorld.with(config: rules, files: ["a.txt": "forty-two\n"]) { world in
            let driver = MCPPeers.scripts.appending("drive_server.py").string
            let ways: [[String]] = [
                ["stdio", try CLIProcess.binary().string, "mcp", "serve"],
                ["http", "http://127.0.0.1:\(world.port)/mcp", world.token],
            ]
            for way in ways {
                var options = ChildOptions(
                    FilePath(MCPPeers.python(environment)), [driver, "a.txt"] + way,
                    directory: world.story.workspace.path,
                    environment: [
                        "PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
                        "CODETETHER_HOME": world.story.home.path.string,
                    ])
                options.timeout = .seconds(60)
                let result = try await ChildProcess.run(options)
                #expect(result.code == 0, "\(result.story)")
                let seen = try JSON(parsing: result.stdout)
                #expect(seen["version"]?.stringValue == (environment == "mcp2" ? "2026-07-28" : "2025-11-25"))
                #expect(seen["text"]?.stringValue?.contains("forty-two") == true)
                #expect(seen["denied"]?.stringValue?.contains("PermissionDeniedError") == true)
                #expect(!world.story.workspace.exists("made"))
            }
        }
    }

    @Test(
        "OPC-003.1 what we send and what the server answers fits the schema of the version that is spoken",
        arguments: [
            ("mcp2", "mcp-2026-07-28", "ClientRequest", "ClientNotification"),
            ("mcp1", "mcp-2025-11-25", "ClientRequest", "ClientNotification"),
        ])
    func wire(environment: String, specification: String, request: String, notification: String) async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("wire.log")
            let tee = MCPPeers.scripts.appending("tee_peer.py").string
            let script = MCPPeers.scripts.appending("everything_peer.py").string
            let add = try await world.cli.run(
                "mcp", "add", "peer", "--", "/usr/bin/python3", tee, log.string, MCPPeers.python(environment), script,
                "stdio")
            #expect(add.code == 0, "\(add.story)")
            for command in [
                ["call", "peer", "add", "--arguments", #"{"a":1,"b":2}"#], ["prompt", "peer", "review", "path=a"],
                ["read", "peer", "mem://text"], ["resources", "peer"],
            ] {
                let result = try await world.cli.run(["mcp"] + command)
                #expect(result.code == 0, "\(result.story)")
            }
            let specs = SourceTree.root.appending("Tests").appending("ConformanceTests").appending("x")
            let schema = try JSONSchemaValidator(spec: "\(specification).schema.json", file: specs.string)
            let methods = Set(["server/discover", "initialize"])
            var count = 0
            for line in try FileIO.read(log).split(separator: 0x0A) {
                let message = try JSON(parsing: Array(line.dropFirst(2)))
                guard line.first == UInt8(ascii: ">") else { continue }
                let method = message["method"]?.stringValue ?? ""
                // Asking an old server for the newer generation is no message of its schema.
                if environment == "mcp1", method == "server/discover" { continue }
                let type = message["id"] == nil ? notification : request
                #expect(schema.violations(of: message, as: type) == [], "\(message.text())")
                count += methods.contains(method) ? 0 : 1
            }
            #expect(count >= 4)
        }
    }
}
