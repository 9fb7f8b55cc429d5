import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-001 Transcripts of MCP servers")
struct OPC001MCPDebugTests {
    static let secret = "tok-9f3b5a77c1e24d68"

    @Test(
        "OPC-001.4 mcp debug prints what goes over a pipe, the same every time, and no secret",
        arguments: [[], ["--modern"]])
    func pipe(_ flags: [String]) async throws {
        try await StoryWorld.with([]) { world in
            let add = try await world.cli.run(
                ["mcp", "add", "peer", "--env", "KEY=\(Self.secret)", "--", MCPWorld.python, MCPWorld.script, "stdio"]
                    + flags)
            #expect(add.code == 0, "\(add.story)")
            let first = try await world.cli.run("mcp", "debug", "peer")
            #expect(first.code == 0, "\(first.story)")
            #expect(first.out.contains(#"> {"jsonrpc":"2.0","id":1,"method":"server/discover""#), "\(first.story)")
            #expect(first.out.contains(#""method":"tools/list""#))
            #expect(first.out.contains("\n< {\"jsonrpc\":\"2.0\""))
            #expect(!first.out.contains(Self.secret))
            #expect(try await world.cli.run("mcp", "debug", "peer").out == first.out, "two transcripts can be compared")
            let timed = try await world.cli.run("mcp", "debug", "peer", "--timings", "--json").json()
            #expect(timed["wire"]?[0]?["ms"]?.intValue == 0)
            #expect(timed["wire"]?[0]?["value"]?["method"] == "server/discover")
        }
    }

    @Test("OPC-001.4 mcp debug shows methods, addresses, status lines and headers of HTTP, a login's token hidden")
    func http() async throws {
        try await StoryWorld.with([]) { world in
            try await MCPWorld.http(["--oauth"]) { url in
                let add = try await world.cli.run(
                    "mcp", "add", "peer", "--url", "\(url)?key=\(Self.secret)", "--header", "X-Key: \(Self.secret)")
                #expect(add.code == 0, "\(add.story)")
                let refused = try await world.cli.run("mcp", "debug", "peer")
                #expect(refused.code == 77, "\(refused.story)")
                #expect(refused.out.contains("< HTTP 401") && refused.out.contains("www-authenticate: Bearer"))
                #expect(!refused.out.contains(Self.secret), "\(refused.story)")
                #expect(try await OPC002MCPLoginTests.login(world).code == 0)
                let first = try await world.cli.run("mcp", "debug", "peer")
                #expect(first.code == 0, "\(first.story)")
                #expect(first.out.contains("> POST \(url)?***\n"))
                #expect(first.out.contains("authorization: ***\n") && first.out.contains("x-key: ***\n"))
                #expect(first.out.contains("mcp-session-id: ***\n") && first.out.contains("< HTTP 200\n"))
                let store = try JSON(parsing: FileIO.read(world.home.path.appending("data/mcp-auth.json")))
                let login = try #require(store["logins"]?.objectValue?.first?.value)
                for name in ["accessToken", "refreshToken"] {
                    let token = try #require(login["tokens"]?[name]?.stringValue)
                    #expect(!first.out.contains(token))
                }
                #expect(!first.out.contains(Self.secret))
                #expect(try await world.cli.run("mcp", "debug", "peer").out == first.out)
            }
        }
    }

    @Test("OPC-001.4 mcp debug of a program that says nothing ends with what was sent and why it failed")
    func failure() async throws {
        try await StoryWorld.with([]) { world in
            let add = try await world.cli.run("mcp", "add", "peer", "--", "/bin/sh", "-c", "read x; exit 3")
            #expect(add.code == 0, "\(add.story)")
            let result = try await world.cli.run("mcp", "debug", "peer", "--json")
            #expect(result.code == 69, "\(result.story)")
            #expect(try result.json()["wire"]?[0]?["kind"] == "send")
            #expect(try result.json()["error"]?["name"] == "McpSpawnError")
        }
    }
}
