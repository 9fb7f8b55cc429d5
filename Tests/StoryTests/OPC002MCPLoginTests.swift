import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-002 Logging in at MCP servers")
struct OPC002MCPLoginTests {
    /// Logs in by following the printed address as a browser would.
    static func login(_ world: StoryWorld, _ name: String = "peer") async throws -> ChildResult {
        try await world.cli.start(["mcp", "auth", name, "--no-browser"]) { child in
            #expect(await child.waitForError("/authorize?"))
            let address = try #require(
                String(decoding: child.state.state.stderr, as: UTF8.self).split(separator: "\n").first {
                    $0.hasPrefix("http")
                })
            let browser = try await ChildProcess.run(
                ChildOptions(
                    "/usr/bin/curl", ["-sS", "-L", "--max-time", "20", String(address)], directory: "/",
                    environment: ["PATH": "/usr/bin:/bin"]))
            #expect(browser.code == 0, "\(browser.story)")
            return try await child.finish()
        }
    }

    @Test("OPC-002.1 mcp auth finds the authorization server, registers, logs in with PKCE and says so")
    func logsIn() async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("peer.log")
            try await MCPWorld.http(["--oauth"], environment: ["MCP_PEER_LOG": log.string]) { url in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                let result = try await Self.login(world)
                #expect(result.code == 0, "\(result.story)")
                #expect(result.out.contains("Logged in"))
                #expect(try await world.cli.run("mcp", "test", "peer").code == 0)
                let seen = try MCPWorld.log(log)
                let registered = seen.compactMap { $0["register"] }.first
                #expect(registered?["application_type"] == "native")
                #expect(
                    seen.contains { $0["token"]?["resource"]?.stringValue == url }, "the token is asked for this server"
                )
            }
        }
    }

    @Test("OPC-002.1 A server without PKCE, an answer of another issuer and a program are refused with a sentence")
    func refuses() async throws {
        try await StoryWorld.with([]) { world in
            try await MCPWorld.http(["--oauth"], environment: ["NO_PKCE": "1"]) { url in
                #expect(try await world.cli.run("mcp", "add", "weak", "--url", url).code == 0)
                let result = try await world.cli.run("mcp", "auth", "weak", "--no-browser")
                #expect(result.code == 77, "\(result.story)")
                #expect(result.err.contains("S256"))
            }
            try await MCPWorld.http(["--oauth"], environment: ["WRONG_ISS": "http://127.0.0.1:9"]) { url in
                #expect(try await world.cli.run("mcp", "add", "mixed", "--url", url).code == 0)
                let result = try await Self.login(world, "mixed")
                #expect(result.code == 77, "\(result.story)")
                #expect(result.err.contains("another authorization server"))
            }
            #expect(try await world.cli.run("mcp", "add", "local", "--", "true").code == 0)
            #expect(try await world.cli.run("mcp", "auth", "local").code == 78)
        }
    }

    @Test("OPC-002.2 the login is stored 0600, reused by the next process, and refreshed once without asking again")
    func reuses() async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("peer.log")
            try await MCPWorld.http(
                ["--oauth"],
                environment: ["MCP_PEER_LOG": log.string, "TOKEN_SECONDS": "2", "REFRESHED_SECONDS": "3600"]
            ) {
                url in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                #expect(try await Self.login(world).code == 0)
                let store = world.home.path.appending("data/mcp-auth.json")
                #expect(try FileIO.stat(store).mode & 0o777 == 0o600)
                // The token lives for 2 s and is refreshed when less than a minute is left: one process refreshes for all of them.
                let calls = try await withThrowingTaskGroup(of: Int32?.self) { group in
                    for _ in 0..<4 { group.addTask { try await world.cli.run("mcp", "test", "peer").code } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(calls == [0, 0, 0, 0])
                let logins = try MCPWorld.log(log).filter { $0["token"]?["grant_type"] == "authorization_code" }
                #expect(logins.count == 1)
                let refreshes = try MCPWorld.log(log).filter { $0["token"]?["grant_type"] == "refresh_token" }
                #expect(refreshes.count == 1)
            }
        }
    }

    @Test("OPC-002.3 mcp logout removes the stored login and revokes it")
    func logsOut() async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("peer.log")
            try await MCPWorld.http(["--oauth"], environment: ["MCP_PEER_LOG": log.string]) { url in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                #expect(try await world.cli.run("mcp", "logout", "peer").code == 66)
                #expect(try await Self.login(world).code == 0)
                #expect(try await world.cli.run("mcp", "logout", "peer").code == 0)
                let store = try FileIO.read(world.home.path.appending("data/mcp-auth.json"))
                #expect(!String(decoding: store, as: UTF8.self).contains("access"))
                #expect(try MCPWorld.log(log).contains { $0["revoke"] != nil })
                let test = try await world.cli.run("mcp", "test", "peer", "--json")
                #expect(test.code == 77, "\(test.story)")
            }
        }
    }

    @Test(
        "OPC-002.4 the status is needs_auth before, connected after, expired when the server takes it no longer, each with the next command"
    )
    func status() async throws {
        try await StoryWorld.with([]) { world in
            func row() async throws -> JSON? { try await world.cli.run("mcp", "list", "--json").json()[0] }
            let port = try await MCPWorld.http(["--oauth"]) { url async throws in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                #expect(try await row()?["status"] == "needs_auth")
                #expect(try await row()?["hint"] == "codetether mcp auth peer")
                #expect(try await Self.login(world).code == 0)
                #expect(try await row()?["status"] == "connected")
                return url
            }
            // The same address, but a server that never gave these tokens.
            let number = port.split(separator: ":").last?.split(separator: "/").first.map(String.init) ?? ""
            var options = ChildOptions(
                FilePath(MCPWorld.python), [MCPWorld.script, "http", number, "--oauth"], directory: "/",
                environment: ["PATH": "/usr/bin:/bin"])
            options.timeout = .seconds(60)
            try await ChildProcess.with(options) { child in
                #expect(await child.waitForError("\n"))
                let expired = try await row()
                #expect(expired?["status"] == "expired", "\(expired?.text() ?? "")")
                #expect(expired?["hint"] == "codetether mcp auth peer")
            }
        }
    }
}
