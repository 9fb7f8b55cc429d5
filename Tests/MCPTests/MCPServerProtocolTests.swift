import JSONRPC
import MCP
import Support
import Synchronization
import TestSupport
import Testing

@Suite("Server mode of MCP")
struct MCPServerProtocolTests {
    /// Two tools: one that answers, one that runs until it is cancelled.
    struct Provider: MCPToolProvider {
        let started = Watchable(0)
        let cancelled = Watchable(0)

        func tools() async -> [MCPServedTool] {
            [MCPServedTool(name: "echo", description: "Says it.", inputSchema: ["type": "object"], isReadOnly: true)]
        }

        func call(_ name: String, _ arguments: JSON, progress: @escaping @Sendable (String) -> Void) async
            -> MCPToolResult?
        {
            switch name {
            case "echo":
                progress("half")
                return MCPToolResult([
                    "content": [["type": "text", "text": arguments["text"] ?? ""]], "isError": false,
                ])
            case "wait":
                started.change { $0 += 1 }
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
                cancelled.change { $0 += 1 }
                return MCPToolResult(["content": [], "isError": true])
            default: return nil
            }
        }
    }

    static let meta: JSON = [
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
    ]
    let provider = Provider()
    var proto: MCPServerProtocol { MCPServerProtocol(provider: provider, version: "1.0") }

    private func answer(_ method: String, _ params: JSON?) async -> JSON {
        await proto.answer(.number(1), method, params) { _ in }.json
    }

    @Test(
        "The handshake takes a version it knows and offers its newest for one it does not",
        arguments: [
            ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
            ("2025-11-25", "2025-11-25"), ("1999-01-01", "2025-11-25"), ("2026-07-28", "2025-11-25"),
        ])
    func initialize(asked: String, agreed: String) async {
        let reply = await answer(
            "initialize",
            ["protocolVersion": .string(asked), "capabilities": [:], "clientInfo": ["name": "t", "version": "0"]])
        #expect(reply["result"]?["protocolVersion"]?.stringValue == agreed)
        #expect(reply["result"]?["capabilities"]?["tools"] != nil)
    }

    @Test("Answers of both generations fit their schemas")
    func schemas() async throws {
        let modern: [(String, JSON, String)] = [
            ("server/discover", ["_meta": Self.meta], "DiscoverResult"),
            ("tools/list", ["_meta": Self.meta], "ListToolsResult"),
            ("tools/call", ["_meta": Self.meta, "name": "echo", "arguments": ["text": "hi"]], "CallToolResult"),
        ]
        let new = try JSONSchemaValidator(spec: "mcp-2026-07-28.schema.json", file: ConformanceSpecs.file)
        for (method, params, type) in modern {
            let result = try #require(await answer(method, params)["result"])
            #expect(new.violations(of: result, as: type) == [], "\(method)")
            #expect(result["resultType"] == "complete")
        }
        let old = try JSONSchemaValidator(spec: "mcp-2025-11-25.schema.json", file: ConformanceSpecs.file)
        for (method, params, type) in [
            ("initialize", ["protocolVersion": "2025-11-25", "capabilities": [:]] as JSON, "InitializeResult"),
            ("tools/list", [:], "ListToolsResult"),
            ("tools/call", ["name": "echo", "arguments": ["text": "hi"]], "CallToolResult"),
            ("ping", [:], "EmptyResult"),
        ] {
            let result = try #require(await answer(method, params)["result"])
            #expect(old.violations(of: result, as: type) == [], "\(method)")
            #expect(result["resultType"] == nil)
        }
    }

    @Test("A request that is not right gets the error of its generation")
    func refusals() async {
        let version: JSON = [
            "io.modelcontextprotocol/protocolVersion": "2030-01-01", "io.modelcontextprotocol/clientCapabilities": [:],
        ]
        let unsupported = await answer("server/discover", ["_meta": version])
        #expect(unsupported["error"]?["code"] == -32022)
        #expect(unsupported["error"]?["data"]?["supported"]?[0] == "2026-07-28")
        #expect(await answer("server/discover", [:])["error"]?["code"] == -32602)
        #expect(
            await answer("tools/list", ["_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]])["error"]?[
                "code"] == -32602)
        #expect(await answer("prompts/list", ["_meta": Self.meta])["error"]?["code"] == -32601)
        #expect(await answer("initialize", ["_meta": Self.meta])["error"]?["code"] == -32601)
        #expect(await answer("tools/call", ["name": "nothing"])["error"]?["code"] == -32602)
        #expect(await answer("tools/call", ["name": "echo", "arguments": 7])["error"]?["code"] == -32602)
        #expect(await answer("tools/list", ["cursor": "x"])["error"]?["code"] == -32602)
    }

    @Test("Over a pipe: progress comes before the answer, what is cancelled is not answered, junk does not end it")
    func pipe() async throws {
        let sent = Watchable<[JSON]>([])
        let server = MCPStdioServer(proto) { message in sent.change { $0.append(message.json) } }
        func line(_ json: JSON) -> [UInt8] { json.bytes() + [0x0A] }
        #expect(server.received(Array("this is no JSON\n\n".utf8)))
        #expect(await sent.wait(atMost: .seconds(20)) { $0.count == 1 })
        #expect(sent.state.first?["error"]?["code"] == -32700)
        let call: JSON = [
            "jsonrpc": "2.0", "id": "a", "method": "tools/call",
            "params": ["name": "echo", "arguments": ["text": "hi"], "_meta": ["progressToken": "p"]],
        ]
        let bytes = line(call)
        #expect(server.received(Array(bytes.prefix(20))))
        #expect(server.received(Array(bytes.dropFirst(20))))
        #expect(await sent.wait(atMost: .seconds(20)) { $0.count == 3 })
        #expect(sent.state[1]["method"] == "notifications/progress")
        #expect(sent.state[1]["params"]?["progressToken"] == "p")
        #expect(sent.state[2]["result"]?["content"]?[0]?["text"] == "hi")
        #expect(
            server.received(
                line(["jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": ["name": "wait", "arguments": [:]]]))
        )
        #expect(await provider.started.wait(atMost: .seconds(20)) { $0 == 1 })
        #expect(
            server.received(line(["jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 5]])))
        #expect(await provider.cancelled.wait(atMost: .seconds(20)) { $0 == 1 })
        await server.finish(grace: .zero, time: SystemTime())
        #expect(sent.state.count == 3)
    }

    @Test("More requests than it works on at a time are refused, and the end ends them all")
    func bounds() async {
        let sent = Watchable<[JSON]>([])
        let server = MCPStdioServer(proto) { message in sent.change { $0.append(message.json) } }
        for id in 0..<(MCPStdioServer.maxCalls + 3) {
            let call: JSON = [
                "jsonrpc": "2.0", "id": .int(Int64(id)), "method": "tools/call",
                "params": ["name": "wait", "arguments": [:]],
            ]
            #expect(server.received(call.bytes() + [0x0A]))
        }
        #expect(await sent.wait(atMost: .seconds(20)) { $0.count == 3 })
        #expect(await provider.started.wait(atMost: .seconds(20)) { $0 == MCPStdioServer.maxCalls })
        await server.finish(grace: .zero, time: SystemTime())
        #expect(provider.cancelled.state == MCPStdioServer.maxCalls)
        let short = MCPStdioServer(proto, maxLineBytes: 1 << 10) { _ in }
        #expect(short.received([UInt8](repeating: 0x61, count: 1 << 9)))
        let isGood = short.received([UInt8](repeating: 0x61, count: 1 << 12))
        #expect(!isGood)
    }
}
