import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-003 codetether as an MCP server")
struct OPC003MCPServeTests {
    static let rules: JSONObject = ["permission": ["read": "allow", "bash": "ask", "edit": "deny"]]

    @Test("OPC-003.1 mcp serve speaks the older generation over a pipe, and ends with its input")
    func legacy() async throws {
        try await StoryWorld.with([], files: ["a.txt": "forty-two\n"], config: Self.rules) { world in
            let lines: [JSON] = [
                [
                    "jsonrpc": "2.0", "id": 0, "method": "initialize",
                    "params": [
                        "protocolVersion": "2025-06-18", "capabilities": [:],
                        "clientInfo": ["name": "t", "version": "0"],
                    ],
                ], ["jsonrpc": "2.0", "method": "notifications/initialized"],
                ["jsonrpc": "2.0", "id": 1, "method": "tools/list"],
                [
                    "jsonrpc": "2.0", "id": 2, "method": "tools/call",
                    "params": ["name": "read", "arguments": ["filePath": "a.txt"]],
                ],
                [
                    "jsonrpc": "2.0", "id": 3, "method": "tools/call",
                    "params": ["name": "bash", "arguments": ["command": "touch made"]],
                ],
                [
                    "jsonrpc": "2.0", "id": 4, "method": "tools/call",
                    "params": ["name": "write", "arguments": ["filePath": "made", "content": "x"]],
                ],
            ]
            let input = lines.map { $0.text() + "\n" }.joined()
            let result = try await world.cli.run(["mcp", "serve"], input: input)
            #expect(result.code == 0, "\(result.story)")
            let replies = try result.jsonLines()
            func reply(_ id: Int64) -> JSON? { replies.first { $0["id"]?.intValue == id } }
            #expect(reply(0)?["result"]?["protocolVersion"] == "2025-06-18")
            let names = (reply(1)?["result"]?["tools"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            #expect(names.contains("read") && names.contains("bash"), "\(names)")
            #expect(!names.contains("write"), "what is denied altogether is not offered: \(names)")
            #expect(reply(2)?["result"]?["content"]?[0]?["text"]?.stringValue?.contains("forty-two") == true)
            #expect(reply(3)?["result"]?["isError"] == true)
            #expect(
                reply(3)?["result"]?["content"]?[0]?["text"]?.stringValue?.contains("PermissionDeniedError") == true)
            #expect(reply(4)?["error"]?["code"] == -32602, "\(result.out)")
            #expect(!world.workspace.exists("made"))
        }
    }

    @Test("OPC-003.1 codetether is its own client: the newer generation over a pipe and over HTTP")
    func modern() async throws {
        try await ServeWorld.with(config: Self.rules, files: ["a.txt": "forty-two\n"]) { world in
            let cli = world.story.cli
            let binary = try CLIProcess.binary().string
            let home = world.story.home.path.string
            #expect(
                try await cli.run(
                    "mcp", "add", "self", "--env", "CODETETHER_HOME=\(home)", "--", binary, "mcp", "serve"
                )
                .code == 0)
            #expect(
                try await cli.run(
                    "mcp", "add", "http", "--url", "http://127.0.0.1:\(world.port)/mcp", "--header",
                    "Authorization: Bearer \(world.token)"
                ).code == 0)
            for name in ["self", "http"] {
                let test = try await cli.run("mcp", "test", name, "--json")
                #expect(test.code == 0, "\(test.story)")
                #expect(try test.json()["protocol"] == "2026-07-28")
                let call = try await cli.run(
                    "mcp", "call", name, "read", "--arguments", #"{"filePath":"a.txt"}"#)
                #expect(call.out.contains("forty-two"), "\(call.story)")
                let denied = try await cli.run(
                    "mcp", "call", name, "bash", "--arguments", #"{"command":"touch made"}"#)
                #expect(denied.code == 1, "\(denied.story)")
                #expect(denied.err.contains("PermissionDeniedError"))
                #expect(!world.story.workspace.exists("made"))
            }
            #expect(
                try await world.stranger.send("POST", "/mcp", json: ["jsonrpc": "2.0", "id": 1, "method": "ping"])
                    .status == 401)
            #expect(try await world.http.send("GET", "/mcp").status == 405)
            let mismatch = try await world.http.send(
                "POST", "/mcp",
                headers: ["mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"],
                json: [
                    "jsonrpc": "2.0", "id": 1, "method": "server/discover",
                    "params": [
                        "_meta": [
                            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                            "io.modelcontextprotocol/clientCapabilities": [:],
                        ]
                    ],
                ])
            #expect(mismatch.status == 400)
            #expect(try mismatch.json()["error"]?["code"] == -32020)
        }
    }
}
