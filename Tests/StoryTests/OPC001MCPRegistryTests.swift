import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-001 MCP servers: registry and command line")
struct OPC001MCPRegistryTests {
    @Test("OPC-001.1 mcp add, get, update, disable, enable, test, call and remove manage a server")
    func manages() async throws {
        try await StoryWorld.with([]) { world in
            let cli = world.cli
            let add = try await cli.run(
                "mcp", "add", "peer", "--env", "TOKEN=hush", "--", MCPWorld.python, MCPWorld.script, "stdio")
            #expect(add.code == 0, "\(add.story)")
            let again = try await cli.run("mcp", "add", "peer", "--", "true")
            #expect(again.code == 78, "a taken name is refused: \(again.story)")
            #expect(again.err.contains("update"))
            let get = try await cli.run("mcp", "get", "peer", "--json")
            #expect(try get.json()["type"] == "stdio")
            #expect(!get.out.contains("hush"), "values of variables are hidden")
            let test = try await cli.run("mcp", "test", "peer", "--json")
            #expect(test.code == 0, "\(test.story)")
            #expect(try test.json()["status"] == "connected")
            let call = try await cli.run("mcp", "call", "peer", "add", "--arguments", #"{"a":2,"b":40}"#)
            #expect(call.code == 0, "\(call.story)")
            #expect(call.out.trimmingEnd == "42")
            let boom = try await cli.run("mcp", "call", "peer", "boom")
            #expect(boom.code == 1, "\(boom.story)")
            #expect(boom.err.contains("it broke"))
            let unknown = try await cli.run("mcp", "call", "peer", "nothing", "--json")
            #expect(unknown.code == 66, "\(unknown.story)")
            #expect(try unknown.json()["error"]?["name"] == "McpToolNotFoundError")
            #expect(try await cli.run("mcp", "disable", "peer").code == 0)
            #expect(try await cli.run("mcp", "test", "peer").code == 69)
            #expect(try await cli.run("mcp", "enable", "peer").code == 0)
            let update = try await cli.run("mcp", "update", "peer", "--timeout", "9000")
            #expect(update.code == 0, "\(update.story)")
            #expect(
                try await cli.run("mcp", "get", "peer", "--json").json()["definition"]?["timeout"]?.intValue == 9000)
            #expect(try await cli.run("mcp", "remove", "peer").code == 0)
            let gone = try await cli.run("mcp", "get", "peer", "--json")
            #expect(gone.code == 66, "\(gone.story)")
            #expect(try gone.json()["error"]?["name"] == "McpServerNotFoundError")
        }
    }

    @Test(
        "OPC-001.2 entries are in mcp.json (user) and .mcp.json (project), keep what else is there, and survive restarts"
    )
    func persists() async throws {
        try await StoryWorld.with(
            [], files: [".mcp.json": "{\n  // ours\n  \"mcpServers\": {\"foreign\": {\"command\": \"true\"}}\n}\n"]
        ) { world in
            let cli = world.cli
            #expect(
                try await cli.run(
                    "mcp", "add", "mine", "--url", "http://127.0.0.1:9/mcp", "--header", "X-Key: secret-1"
                ).code == 0)
            let project = try await cli.run("mcp", "add", "ours", "--scope", "project", "--", "true", "a b")
            #expect(project.code == 0, "\(project.story)")
            let user = try JSON(parsing: FileIO.read(world.home.path.appending("config/mcp.json")))
            #expect(user["mcpServers"]?["mine"]?["headers"]?["X-Key"] == "secret-1")
            let text = String(decoding: try FileIO.read(world.workspace.path.appending(".mcp.json")), as: UTF8.self)
            #expect(text.contains("// ours"), "comments are kept")
            #expect(text.contains("foreign"))
            let rows = try await cli.run("mcp", "list", "--offline", "--json").json().arrayValue ?? []
            #expect(rows.compactMap { $0["name"]?.stringValue } == ["foreign", "mine", "ours"].sorted())
            #expect(rows.first { $0["name"] == "foreign" }?["status"] == "pending_approval", "nobody approved it")
            #expect(rows.first { $0["name"] == "ours" }?["status"] == "pending", "who adds it approves it")
            #expect(!(try await cli.run("mcp", "list", "--offline", "--json").out.contains("secret-1")))
        }
    }

    @Test("OPC-001.3 list shows type, command or address, status, tool count and the next command")
    func lists() async throws {
        try await MCPWorld.http(["--modern"]) { url in
            try await StoryWorld.with([]) { world in
                let cli = world.cli
                for arguments in [
                    ["local", "--", MCPWorld.python, MCPWorld.script, "stdio"], ["remote", "--url", url],
                    ["off", "--", "true"], ["gone", "--", "/does/not/exist"],
                ] { #expect(try await cli.run(["mcp", "add"] + arguments).code == 0) }
                #expect(try await cli.run("mcp", "disable", "off").code == 0)
                let result = try await cli.run("mcp", "list", "--json")
                #expect(result.code == 0, "\(result.story)")
                let rows = try result.json().arrayValue ?? []
                func row(_ name: String) -> JSON? { rows.first { $0["name"]?.stringValue == name } }
                #expect(row("local")?["type"] == "stdio")
                #expect(row("local")?["status"] == "connected")
                #expect(row("local")?["tools"]?.intValue == 8)
                #expect(row("local")?["command"]?.stringValue?.contains("mcp_peer.py stdio") == true)
                #expect(row("remote")?["type"] == "http")
                #expect(row("remote")?["status"] == "connected")
                #expect(row("remote")?["url"]?.stringValue == url)
                #expect(row("remote")?["server"]?["protocol"] == "2026-07-28")
                #expect(row("off")?["status"] == "disabled")
                #expect(row("gone")?["status"] == "failed")
                #expect(row("gone")?["error"]?["name"] == "McpSpawnError")
                #expect(row("gone")?["hint"]?.stringValue?.contains("mcp debug gone") == true)
            }
        }
    }

    @Test("OPC-001.4 config, spawn, connect and timeout errors are told apart in text, JSON and exit code")
    func errors() async throws {
        try await StoryWorld.with([]) { world in
            let cli = world.cli
            let mcp = world.home.path.appending("config/mcp.json")
            try await world.write(
                mcp,
                #"{"mcpServers":{"bad":{"command":7},"dies":{"command":"/bin/sh","args":["-c","echo last words >&2; exit 3"]},"nobody":{"url":"http://127.0.0.1:1/mcp"},"mute":{"command":"/bin/sleep","args":["60"],"timeout":700}}}"#
            )
            func check(_ name: String, _ code: Int32, _ error: String, _ words: String) async throws {
                let json = try await cli.run("mcp", "test", name, "--json")
                #expect(json.code == code, "\(name): \(json.story)")
                #expect(try json.json()["error"]?["name"]?.stringValue == error, "\(json.story)")
                #expect(json.err.contains(words), "\(json.story)")
            }
            try await check("bad", 78, "McpConfigError", "mcpServers.bad.command")
            try await check("dies", 69, "McpSpawnError", "last words")
            try await check("nobody", 69, "McpConnectError", "127.0.0.1:1")
            try await check("mute", 69, "McpTimeoutError", "did not answer")
            try await check("unknown", 66, "McpServerNotFoundError", "mcp list")
            try await world.write(mcp, "{ nonsense")
            let broken = try await cli.run("mcp", "list")
            #expect(broken.code == 78, "\(broken.story)")
            #expect(broken.err.contains("mcp.json"))
        }
    }

    @Test("OPC-001.4 A server of the project is never started before it is approved, and a changed one asks again")
    func approval() async throws {
        try await StoryWorld.with([]) { world in
            let cli = world.cli
            let file = world.workspace.path.appending(".mcp.json")
            let marker = world.home.path.appending("marker")
            try await world.write(file, #"{"mcpServers":{"evil":{"command":"/usr/bin/touch","args":["\#(marker)"]}}}"#)
            let list = try await cli.run("mcp", "list", "--json")
            #expect(try list.json()[0]?["status"] == "pending_approval")
            #expect(try list.json()[0]?["hint"] == "codetether mcp approve evil")
            #expect(try await cli.run("mcp", "test", "evil").code == 77)
            #expect(!FileIO.exists(marker))
            #expect(try await cli.run("mcp", "approve", "evil").code == 0)
            _ = try await cli.run("mcp", "test", "evil")
            #expect(FileIO.exists(marker))
            try await world.write(file, #"{"mcpServers":{"evil":{"command":"/usr/bin/touch","args":["\#(marker)2"]}}}"#)
            #expect(try await cli.run("mcp", "test", "evil").code == 77)
            #expect(!FileIO.exists(FilePath("\(marker)2")))
        }
    }
}

extension StoryWorld {
    /// Writes a file of the test's world.
    func write(_ file: FilePath, _ text: String) async throws {
        try FileIO.createDirectory(file.removingLastComponent())
        try AtomicFile.write(Array(text.utf8), to: file)
    }
}

extension String {
    /// Without blanks and line ends at the end.
    var trimmingEnd: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
