import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

/// `mcp-authlab`: an MCP server with an authorization server whose defects can be switched on one by one.
@Suite("OPC-002 Logins against a server of other people, with and without defects")
struct OPC002MCPAuthlabTests {
    /// Runs `body` with its address.
    static func with<Result: Sendable>(_ flags: [String], _ body: (String) async throws -> Result) async throws
        -> Result
    {
        var options = ChildOptions(
            FilePath(MCPPeers.python("mcp2")),
            ["-u", "-m", "mcp_authlab", "fixture", "--auto-consent", "--port", "0"] + flags.flatMap { ["--flag", $0] },
            directory: "/", environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"])
        options.timeout = .seconds(120)
        return try await ChildProcess.with(options) { child in
            #expect(await child.waitForError("/mcp\n", atMost: .seconds(120)), "\(child.state.state)")
            let words = String(decoding: child.state.state.stderr, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            return try await body(String(try #require(words.first { $0.hasPrefix("http://") })))
        }
    }

    /// `mcp auth` with a browser that follows the address, if there is one.
    static func login(_ world: StoryWorld) async throws -> ChildResult {
        try await world.cli.start(["mcp", "auth", "lab", "--no-browser"]) { child in
            if await child.waitForError("/authorize?", atMost: .seconds(120)) {
                let address = try #require(
                    String(decoding: child.state.state.stderr, as: UTF8.self).split(separator: "\n").first {
                        $0.hasPrefix("http")
                    })
                let browser = ChildOptions(
                    "/usr/bin/curl", ["-sS", "-L", "--max-time", "60", String(address)], directory: "/",
                    environment: ["PATH": "/usr/bin:/bin"])
                _ = try await ChildProcess.run(browser)
            }
            return try await child.finish()
        }
    }

    /// The defect, the exit code of the login, and what the sentence says; 0 where the defect is none of a client's business.
    static let defects: [(String, Int32, String)] = [
        ("", 0, ""), ("no_prm", 0, ""), ("bare_401", 0, ""), ("no_scope_challenge", 0, ""), ("no_error_param", 0, ""),
        ("wrong_resource", 77, "describes the resource"), ("forbid_instead", 0, ""), ("bare_403", 0, ""),
        ("stateless", 0, ""), ("http_as", 77, "TLS"), ("no_pkce", 77, "S256"), ("no_registration", 77, "--client-id"),
        ("no_iss", 0, ""), ("pkce_optional", 0, ""), ("skip_verifier", 0, ""), ("skip_redirect_check", 0, ""),
        ("ignore_resource", 0, ""), ("static_refresh", 0, ""), ("drop_iss", 77, "(iss)"), ("opaque_tokens", 0, ""),
        ("issuer_trailing_slash", 77, "instead of"), ("strict_resource", 0, ""), ("open", 69, "asks for no login"),
        ("skip_signature", 0, ""), ("skip_audience", 0, ""), ("query_tokens", 0, ""), ("session_is_auth", 0, ""),
        ("weak_session", 0, ""), ("ignore_origin", 0, ""), ("wildcard_scopes", 0, ""), ("ignore_version", 0, ""),
    ]

    @Test("OPC-002.1 each defect of a server ends in a login or in the right refusal", arguments: defects)
    func defect(flag: String, code: Int32, words: String) async throws {
        try await Self.with(flag.isEmpty ? [] : [flag]) { url in
            try await StoryWorld.with([]) { world in
                #expect(try await world.cli.run("mcp", "add", "lab", "--url", url).code == 0)
                let result = try await Self.login(world)
                #expect(result.code == code, "\(flag): \(result.story)")
                #expect(result.err.contains(words), "\(flag): \(result.story)")
                let test = try await world.cli.run("mcp", "test", "lab")
                #expect(test.code == (code == 77 ? 77 : 0), "\(flag): \(test.story)")
                let row = try await world.cli.run("mcp", "list", "--json").json()[0]
                #expect(row?["status"]?.stringValue == (code == 77 ? "needs_auth" : "connected"), "\(flag)")
            }
        }
    }

    @Test("OPC-002.1 authlab's tool that wants another scope works after one more login")
    func stepUp() async throws {
        try await Self.with([]) { url in
            try await StoryWorld.with([]) { world in
                #expect(try await world.cli.run("mcp", "add", "lab", "--url", url).code == 0)
                #expect(try await Self.login(world).code == 0)
                let refused = try await world.cli.run("mcp", "call", "lab", "list_secrets")
                #expect(refused.code == 77, "\(refused.story)")
                #expect(refused.err.contains("'mcp:admin'"), "\(refused.story)")
                #expect(try await Self.login(world).code == 0)
                let call = try await world.cli.run("mcp", "call", "lab", "list_secrets")
                #expect(call.code == 0, "\(call.story)")
                #expect(call.out.contains("db-password"))
            }
        }
    }

    @Test("OPC-002.1 a 403 that does not say what is missing is no reason for another login")
    func bare403() async throws {
        try await Self.with(["bare_403"]) { url in
            try await StoryWorld.with([]) { world in
                #expect(try await world.cli.run("mcp", "add", "lab", "--url", url).code == 0)
                #expect(try await Self.login(world).code == 0)
                let refused = try await world.cli.run("mcp", "call", "lab", "list_secrets")
                #expect(refused.code == 69, "\(refused.story)")
                #expect(refused.err.contains("HTTP 403") && !refused.err.contains("mcp auth"), "\(refused.story)")
            }
        }
    }
}
