import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-003 MCP servers by the HTTP API")
struct OPC003MCPRouteTests {
    static let local: JSON = [
        "config": [
            "type": "local", "command": [.string(MCPWorld.python), .string(MCPWorld.script), "stdio"],
        ]
    ]

    @Test("OPC-003.3 servers are added, listed, used, disconnected and removed by the API")
    func manages() async throws {
        try await ServeWorld.with { world in
            let http = world.http
            #expect(try await http.send("GET", "/api/mcp").json()["data"] == [])
            let add = try await http.send("PUT", "/api/experimental/mcp/peer", json: Self.local)
            #expect(add.status == 204, "\(add.text)")
            #expect(try await http.send("POST", "/api/experimental/mcp/peer/connect").status == 204)
            let row = try await http.send("GET", "/api/mcp").json()["data"]?[0]
            #expect(row?["name"] == "peer")
            #expect(row?["status"]?["status"] == "connected", "\(row?.text() ?? "")")
            let one = try await http.send("GET", "/api/mcp/peer").json()["data"]
            #expect(one?["tools"]?.intValue == 8, "\(one?.text() ?? "")")

            let catalogue = try await http.send("GET", "/api/mcp/resource").json()["data"]
            #expect(catalogue?["resources"]?[0]?["uri"] == "memo://one", "\(catalogue?.text() ?? "")")
            #expect(catalogue?["resources"]?[0]?["server"] == "peer")
            #expect(catalogue?["templates"]?[0]?["uriTemplate"] == "memo://{name}")

            let tools = try await http.send("GET", "/api/mcp/peer/tools").json()["data"]?.arrayValue ?? []
            #expect(tools.contains { $0["name"] == "add" && $0["offeredAs"] == "peer__add" })
            let call = try await http.send(
                "POST", "/api/mcp/peer/tools/add/call", json: ["arguments": ["a": 2, "b": 40]])
            #expect(call.status == 200, "\(call.text)")
            #expect(try call.json()["data"]?["content"]?[0]?["text"] == "42")
            #expect(try call.json()["data"]?["isError"] == false)
            let boom = try await http.send("POST", "/api/mcp/peer/tools/boom/call", json: [:])
            #expect(try boom.json()["data"]?["isError"] == true, "a tool's failure is an answer: \(boom.text)")
            #expect(try await http.send("GET", "/api/mcp/peer/prompts").json()["data"]?[0]?["name"] == "review")
            #expect(try await http.send("GET", "/api/mcp/peer/resources").json()["data"]?[0]?["uri"] == "memo://one")
            let read = try await http.send("GET", "/api/mcp/peer/resources/read?uri=memo%3A%2F%2Fone")
            #expect(try read.json()["data"]?["contents"]?[0]?["text"] == "remember the milk", "\(read.text)")

            #expect(try await http.send("POST", "/api/mcp/peer/disconnect").status == 204, "also without experimental/")
            #expect(try await http.send("GET", "/api/mcp/peer").json()["data"]?["status"]?["status"] == "disabled")
            #expect(try await http.send("DELETE", "/api/experimental/mcp/peer").status == 204)
            #expect(try await http.send("GET", "/api/mcp").json()["data"] == [])
        }
    }

    @Test(
        "OPC-003.3 what is not there is 404, what is not right 400, and who is not known 401",
        arguments: [
            ("GET", "/api/mcp/none", 404, "McpServerNotFoundError"),
            ("GET", "/api/mcp/none/tools", 404, "McpServerNotFoundError"),
            ("POST", "/api/mcp/none/connect", 404, "McpServerNotFoundError"),
            ("DELETE", "/api/experimental/mcp/none", 404, "McpServerNotFoundError"),
            ("POST", "/api/mcp/none/auth", 404, "McpServerNotFoundError"),
            ("GET", "/api/mcp/none/auth/callback?state=x&code=y", 404, "IntegrationAttemptNotFoundError"),
            ("GET", "/api/integration/none", 404, "IntegrationNotFoundError"),
            ("GET", "/api/mcp/peer/resources/read", 400, "InvalidRequestError"),
        ])
    func refuses(method: String, path: String, status: Int, tag: String) async throws {
        try await Self.shared { world in
            let reply = try await world.http.send(method, path)
            #expect(reply.status == status, "\(reply.text)")
            #expect(try reply.json()["_tag"]?.stringValue == tag, "\(reply.text)")
            if !path.contains("callback") {
                #expect(try await world.stranger.send(method, path).status == 401)
            }
        }
    }

    private static func shared(_ body: (ServeWorld) async throws -> Void) async throws {
        try await ServeWorld.with { try await body($0) }
    }

    @Test("OPC-003.1 a server that was added while the process runs gives its tools to the next prompt")
    func addedTools() async throws {
        try await ServeWorld.with([.call("peer__add", ["a": 20, "b": 22], id: "call_a"), .text("42")]) { world in
            #expect(try await world.http.send("PUT", "/api/experimental/mcp/peer", json: Self.local).status == 204)
            #expect(try await world.http.send("POST", "/api/mcp/peer/connect").status == 204)
            let session = try await world.session()
            let answer = try await world.ask(session, "Add")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(world.story.server.requests.last { !$0.tools.isEmpty }?.text.contains("42") == true)
        }
    }

    @Test("OPC-002.1 a login by the API goes to the browser and comes back to the server; logout ends it")
    func login() async throws {
        try await MCPWorld.http(["--oauth"]) { url in
            try await ServeWorld.with { world in
                let http = world.http
                let config: JSON = ["config": ["type": "remote", "url": .string(url)]]
                #expect(try await http.send("PUT", "/api/experimental/mcp/peer", json: config).status == 204)
                #expect(try await http.send("POST", "/api/mcp/peer/connect").status == 204)
                let before = try await http.send("GET", "/api/mcp/peer").json()["data"]
                #expect(before?["status"]?["status"] == "needs_auth", "\(before?.text() ?? "")")
                #expect(before?["integrationID"] == "mcp:peer")
                let started = try await http.send("POST", "/api/integration/mcp:peer/connect/oauth", json: [:])
                #expect(started.status == 200, "\(started.text)")
                let attempt = try #require(try started.json()["data"]?["attemptID"]?.stringValue)
                let address = try #require(try started.json()["data"]?["url"]?.stringValue)
                let path = "/api/integration/mcp:peer/connect/oauth/\(attempt)"
                #expect(try await http.send("GET", path).json()["data"]?["status"] == "pending")
                let browser = try await ChildProcess.run(
                    ChildOptions(
                        "/usr/bin/curl", ["-sS", "-L", "--max-time", "20", address], directory: "/",
                        environment: ["PATH": "/usr/bin:/bin"]))
                #expect(browser.out.contains("received the answer"), "\(browser.story)")
                var status: JSON?
                for _ in 0..<200 {
                    status = try await http.send("GET", path).json()["data"]?["status"]
                    if status != "pending" { break }
                }
                #expect(status == "complete")
                #expect(try await http.send("POST", "/api/mcp/peer/connect").status == 204)
                #expect(try await http.send("GET", "/api/mcp/peer").json()["data"]?["status"]?["status"] == "connected")
                let row = try await http.send("GET", "/api/integration/mcp:peer").json()["data"]
                #expect(row?["connections"]?[0]?["method"] == "oauth", "\(row?.text() ?? "")")
                #expect(try await http.send("DELETE", "/api/mcp/peer/auth").status == 204)
                let after = try await http.send("GET", "/api/mcp/peer").json()["data"]
                #expect(after?["status"]?["status"] == "needs_auth", "\(after?.text() ?? "")")
            }
        }
    }

    @Test(
        "Keys sent to the API are stored 0600 beside entries that we do not know, used at once, hidden in lists and removed"
    )
    func credentials() async throws {
        try await ServeWorld.with([.text("Hello.")], environment: ["MOCK_API_KEY": ""]) { world in
            let file = world.story.home.path.appending("data/auth.json")
            try await world.story.write(file, #"{"other":{"type":"wellknown","token":"keep me"}}"#)
            let key = StoryWorld.canary.replacingDashes
            let http = world.http
            let row = try await http.send("GET", "/api/integration/mock").json()["data"]
            #expect(row?["connections"] == [], "\(row?.text() ?? "")")
            let connect = try await http.send("POST", "/api/integration/mock/connect/key", json: ["key": .string(key)])
            #expect(connect.status == 204, "\(connect.text)")
            #expect(try FileIO.stat(file).mode & 0o777 == 0o600)
            let stored = try JSON(parsing: FileIO.read(file))
            #expect(stored["mock"] == ["type": "api", "key": .string(key)])
            #expect(stored["other"]?["token"] == "keep me")
            let list = try await http.send("GET", "/api/credential")
            #expect(list.text.contains("\"mock\"") && !list.text.contains(key), "\(list.text)")
            #expect(
                try await http.send("GET", "/api/integration/mock").json()["data"]?["connections"]?[0]?["type"]
                    == "credential")
            let again = try await http.send(
                "POST", "/api/credential", json: ["integrationID": "mock", "value": ["type": "key", "key": "x"]])
            #expect(again.status == 409, "\(again.text)")
            for bad in [["key": "two words"] as JSON, ["key": ""], [:]] {
                #expect(try await http.send("POST", "/api/integration/mock/connect/key", json: bad).status == 400)
            }
            #expect(try await http.send("DELETE", "/api/credential/mock").status == 204)
            #expect(try await http.send("GET", "/api/integration/mock").json()["data"]?["connections"] == [])
            // A damaged file is set aside, not lost.
            try await world.story.write(file, "{ damaged")
            let made = try await http.send(
                "POST", "/api/credential", json: ["integrationID": "mock", "value": ["type": "key", "key": "k-1"]])
            #expect(made.status == 200, "\(made.text)")
            #expect(TestFiles.list(file.removingLastComponent()).contains { $0.hasPrefix("auth.json.damaged-") })
        }
    }
}

extension String {
    fileprivate var replacingDashes: String { String(map { $0 == "-" ? "_" : $0 }) }
}
