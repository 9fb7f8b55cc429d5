import MCP
import Schema
import Support

/// Our own operations on one MCP server: its state, login, tools, prompts and resources.
enum MCPServerRoutes {
    static let all: [Route] = [
        Route(
            "GET", "/api/mcp/{server}", "McpServer.get", .read, summary: "Get one MCP server with its state.",
            query: [.location], success: .json(enveloped(Shape.ref("McpServer"))), failures: missing
        ) { context in
            .data(MCPRoutes.row(try await servers(context).status(context.parameter("server"))))
        },
        Route(
            "GET", "/api/mcp/{server}/tools", "McpServer.tools", .read, summary: "List the tools of an MCP server.",
            query: [.location], success: list, failures: unusable
        ) { context in
            let client = try await client(context)
            let tools = try await client.tools().tools
            let names = MCPToolNames.names(tools.map { (client.name, $0.name) })
            return .data(
                .array(
                    zip(tools, names).map { tool, name in
                        var json = tool.json.objectValue ?? [:]
                        json["offeredAs"] = .string(name)
                        return .object(json)
                    }))
        },
        Route(
            "POST", "/api/mcp/{server}/tools/{tool}/call", "McpServer.call", .admin,
            summary: "Call a tool of an MCP server. The caller approves it: nothing is asked.", query: [.location],
            body: .json(Shape.object(["arguments": Shape.map]), isOptional: true),
            success: .json(
                enveloped([
                    "type": "object", "required": ["content", "isError"],
                    "properties": ["content": Shape.list(Shape.map), "isError": Shape.boolean],
                ])), failures: unusable + [(404, "McpToolNotFoundError")]
        ) { context in
            let client = try await client(context)
            let wanted = context.parameter("tool")
            let tools = try await client.tools().tools
            guard
                let tool = tools.first(where: { $0.name == wanted })
                    ?? tools.first(where: { MCPToolNames.name(server: client.name, tool: $0.name) == wanted })
            else {
                throw MCPError(
                    .notFound,
                    "'\(client.name)' has no tool '\(HostileText.escaped(String(wanted.prefix(200)), multiline: false))'; GET /api/mcp/\(client.name)/tools lists those it has."
                )
            }
            let arguments = context.body["arguments"] ?? .object([:])
            let result = try await context.request.whileConnected { try await client.call(tool, arguments) }
            return .data(result.json)
        },
        Route(
            "GET", "/api/mcp/{server}/prompts", "McpServer.prompts", .read,
            summary: "List the prompts of an MCP server.", query: [.location], success: list, failures: unusable
        ) { context in .data(.array(try await client(context).prompts().map(\.json))) },
        Route(
            "GET", "/api/mcp/{server}/resources", "McpServer.resources", .read,
            summary: "List the resources and templates of an MCP server.", query: [.location], success: list,
            failures: unusable
        ) { context in .data(.array(try await client(context).resources().map(\.json))) },
        Route(
            "GET", "/api/mcp/{server}/resources/read", "McpServer.read", .read,
            summary: "Read a resource of an MCP server.",
            query: [.location, .required("uri", Shape.name, "The resource's URI.")],
            success: .json(
                enveloped([
                    "type": "object", "required": ["contents"], "properties": ["contents": Shape.list(Shape.map)],
                ])), failures: unusable + [(404, "McpToolNotFoundError")]
        ) { context in
            let contents = try await client(context).read(context.request.query["uri"] ?? "")
            return .data(["contents": .array(contents)])
        },
        Route(
            "POST", "/api/mcp/{server}/auth", "McpServer.login", .admin,
            summary: "Start a login at an MCP server; the browser goes to `url`.", query: [.location],
            body: .json(Shape.object(["redirectURI": Shape.name]), isOptional: true),
            success: .json(enveloped(Shape.ref("IntegrationAttempt"))), failures: unusable
        ) { context in
            let location = try await context.location()
            return .data(
                try await IntegrationRoutes.begin(
                    context, location, context.parameter("server"), redirectURI: context.text("redirectURI")))
        },
        Route(
            "DELETE", "/api/mcp/{server}/auth", "McpServer.logout", .admin,
            summary: "Remove and revoke the login at an MCP server.", query: [.location], success: .none,
            failures: missing
        ) { context in
            let location = try await context.location()
            let name = context.parameter("server")
            _ = try await location.mcp.flow(name).logout()
            try? await location.mcp.servers.connect(name)
            return .noContent
        },
        Route(
            "GET", "/api/mcp/{server}/auth/callback", "McpServer.callback", .open,
            summary: "Where the browser comes back to after a login.",
            query: [.named("code", Shape.string), .named("state", Shape.string), .named("iss", Shape.string)],
            success: .bytes("text/plain"), failures: [(404, "IntegrationAttemptNotFoundError")]
        ) { context in
            let query = context.request.query.pairs.map {
                "\(PercentEncoding.segment($0.name))=\(PercentEncoding.segment($0.value))"
            }
            // The state finds the login, whatever its directory; nothing of the request is put into the answer.
            guard await context.services.logins.callback(query: query.joined(separator: "&")) else {
                throw HTTPFailure(
                    404,
                    .integrationAttemptNotFound(
                        integrationID: IntegrationRoutes.prefix
                            + HostileText.escaped(String(context.parameter("server").prefix(64)), multiline: false),
                        attemptID: "",
                        message: "No login waits for this answer; it may have come too late. Start again."
                    ))
            }
            let text = "codetether has received the answer. You may close this page.\n"
            return ServerResponse(status: 200, body: .bytes(Array(text.utf8)), contentType: "text/plain; charset=utf-8")
        },
    ]

    private static let missing = [(404, "McpServerNotFoundError"), (404, "LocationNotFoundError")]
    private static let unusable =
        missing + [
            (400, "McpConfigError"), (409, "McpAuthRequiredError"), (502, "McpConnectError"), (502, "McpSpawnError"),
            (504, "McpTimeoutError"),
        ]
    private static let list = Route.Success.json(enveloped(Shape.list(Shape.map)))

    private static func enveloped(_ data: JSON) -> JSON {
        ["type": "object", "required": ["data"], "properties": ["data": data]]
    }

    private static func servers(_ context: RouteContext) async throws -> MCPServers {
        try await context.location().mcp.servers
    }

    private static func client(_ context: RouteContext) async throws -> MCPClient {
        try await servers(context).client(context.parameter("server"))
    }
}
