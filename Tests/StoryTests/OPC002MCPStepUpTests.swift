import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-002 Who we are at authorization servers, and asking for more")
struct OPC002MCPStepUpTests {
    static let document = "https://codetether.example/oauth/client.json"

    // MARK: Client id

    @Test(
        "OPC-002.1 the client id is the configured one, else the metadata document where the server reads such, else registered",
        arguments: [
            (["--client-id", "mine", "--client-metadata-url", document], "1", "mine", 0),
            (["--client-metadata-url", document], "1", document, 0), (["--client-metadata-url", document], "", nil, 1),
            ([], "1", nil, 1),
        ] as [([String], String, String?, Int)])
    func clientID(options: [String], supports: String, expected: String?, registrations: Int) async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("peer.log")
            try await MCPWorld.http(["--oauth"], environment: ["MCP_PEER_LOG": log.string, "CIMD": supports]) { url in
                #expect(try await world.cli.run(["mcp", "add", "peer", "--url", url] + options).code == 0)
                let login = try await OPC002MCPLoginTests.login(world)
                #expect(login.code == 0, "\(login.story)")
                let seen = try MCPWorld.log(log)
                #expect(seen.compactMap { $0["register"] }.count == registrations)
                let authorize = try #require(seen.compactMap { $0["authorize"] }.first)
                if let expected { #expect(authorize["client_id"]?.stringValue == expected) }
                #expect(authorize["redirect_uri"]?.stringValue?.hasPrefix("http://127.0.0.1:") == true)
                let token = try #require(seen.compactMap { $0["token"] }.first)
                #expect(token["client_id"] == authorize["client_id"])
                #expect(try await world.cli.run("mcp", "test", "peer").code == 0)
            }
        }
    }

    @Test(
        "OPC-002.1 a server that neither registers nor reads documents wants a client id, and the message says how to give it"
    )
    func noClientID() async throws {
        try await StoryWorld.with([]) { world in
            for (supports, hint) in [("", "--client-id"), ("1", "--client-metadata-url")] {
                try await MCPWorld.http(["--oauth"], environment: ["NO_REGISTER": "1", "CIMD": supports]) { url in
                    #expect(try await world.cli.run("mcp", "add", "peer\(supports)", "--url", url).code == 0)
                    let result = try await world.cli.run("mcp", "auth", "peer\(supports)", "--no-browser")
                    #expect(result.code == 77, "\(result.story)")
                    #expect(result.err.contains(hint), "\(result.story)")
                }
            }
        }
    }

    @Test(
        "OPC-002.1 a metadata document is at an https address with a path",
        arguments: [
            "http://a.example/c.json", "https://a.example", "https://a.example/", "https://a.example/x/../c", "c.json",
        ])
    func badDocument(_ address: String) async throws {
        try await StoryWorld.with([]) { world in
            let result = try await world.cli.run(
                "mcp", "add", "peer", "--url", "https://b.example/mcp", "--client-metadata-url", address)
            #expect(result.code == 78, "\(result.story)")
            #expect(result.err.contains("client_metadata_url"), "\(result.story)")
        }
    }

    // MARK: Step-up

    static let add = ["mcp", "call", "peer", "add", "--arguments", #"{"a":1,"b":2}"#]

    @Test(
        "OPC-002.1 a tool that wants more rights says so; the next login asks for old and new scopes, and the tool works"
    )
    func stepUp() async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("peer.log")
            try await MCPWorld.http(["--oauth"], environment: ["MCP_PEER_LOG": log.string, "STEP_UP": "1"]) { url in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                #expect(try await OPC002MCPLoginTests.login(world).code == 0)
                let refused = try await world.cli.run(Self.add)
                #expect(refused.code == 77, "\(refused.story)")
                #expect(refused.err.contains("'admin'") && refused.err.contains("codetether mcp auth peer"))
                #expect(try MCPWorld.log(log).filter { $0["refused"] != nil }.count == 1, "it is not tried again")
                #expect(try await world.cli.run("mcp", "test", "peer").code == 0, "the rest still works")
                #expect(try await OPC002MCPLoginTests.login(world).code == 0)
                let asked = try MCPWorld.log(log).compactMap { $0["authorize"]?["scope"]?.stringValue }
                #expect(asked == ["mcp", "mcp admin"])
                let call = try await world.cli.run(Self.add)
                #expect(call.code == 0, "\(call.story)")
                #expect(call.out.trimmingEnd == "3")
            }
        }
    }

    @Test("OPC-002.1 a right that was asked for and not given is a final refusal: no further login is suggested")
    func stepUpEnds() async throws {
        try await StoryWorld.with([]) { world in
            let log = world.home.path.appending("peer.log")
            let variables = ["MCP_PEER_LOG": log.string, "STEP_UP": "1", "NO_GRANT": "1"]
            try await MCPWorld.http(["--oauth"], environment: variables) { url in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                #expect(try await OPC002MCPLoginTests.login(world).code == 0)
                #expect(try await world.cli.run(Self.add).code == 77)
                #expect(try await OPC002MCPLoginTests.login(world).code == 0)
                let final = try await world.cli.run(Self.add)
                #expect(final.code == 77, "\(final.story)")
                #expect(final.err.contains("another login would not help"), "\(final.story)")
                #expect(!final.err.contains("codetether mcp auth"), "\(final.story)")
                #expect(try MCPWorld.log(log).filter { $0["refused"] != nil }.count == 2)
            }
        }
    }

    @Test("OPC-002.1 a run whose tool wants more rights goes on, and the model is told what the user can do")
    func stepUpInRun() async throws {
        try await StoryWorld.with([.call("peer__add", ["a": 1, "b": 2], id: "call_a"), .text("Log in.")]) { world in
            try await MCPWorld.http(["--oauth"], environment: ["STEP_UP": "1"]) { url in
                #expect(try await world.cli.run("mcp", "add", "peer", "--url", url).code == 0)
                #expect(try await OPC002MCPLoginTests.login(world).code == 0)
                let (result, json) = try await world.run("Add")
                #expect(result.code == 0, "\(result.story)")
                #expect(json["toolCalls"]?[0]?["status"] == "error")
                #expect(world.server.agentRequests.last?.text.contains("codetether mcp auth peer") == true)
            }
        }
    }
}
