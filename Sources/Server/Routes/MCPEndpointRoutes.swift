import JSONRPC
import MCP
import Schema
import Support

/// `/mcp`: our tools for MCP clients over Streamable HTTP, in both generations, without sessions.
///
/// Answers are JSON; there is no stream of our own, so `GET` and `DELETE` are 405. A client that leaves cancels its call.
enum MCPEndpointRoutes {
    static let all: [Route] = [endpoint]

    private static let endpoint: Route = {
        var route = Route(
            "POST", "/mcp", "McpEndpoint.post", .prompt,
            summary: "Our tools as an MCP server (Streamable HTTP, JSON answers).", query: [.location], body: .raw,
            success: .json(Shape.map), failures: [(404, "LocationNotFoundError")], handler: post)
        route.isDocumented = false
        return route
    }()

    private static func post(_ context: RouteContext) async throws -> ServerResponse {
        let request = context.request
        let type = request.header("content-type")?.lowercased().prefix { $0 != ";" && $0 != " " }
        guard type == "application/json" else {
            throw HTTPFailure(415, TaggedError("UnsupportedMediaTypeError", "The body must be application/json."))
        }
        guard request.header("accept").map({ accepts($0, "application/json") }) ?? true else {
            return failure(
                nil, JSONRPCError(code: JSONRPCError.invalidRequestCode, message: "Accept must have application/json."),
                406)
        }
        let message: JSONRPCMessage
        do throws(JSONRPCError) { message = try JSONRPCMessage(parsing: context.bytes) } catch {
            return failure(nil, error, 400)
        }
        guard case .request(let id, let method, let params) = message else {
            // Nothing is kept between requests, so there is nothing to cancel or to answer.
            return ServerResponse(status: 202)
        }
        if let problem = headerProblem(request, method, params) { return failure(id, problem, 400) }
        if let problem = MCPServerProtocol.problem(method, params) { return failure(id, problem, 400) }
        let location = try await context.location()
        let server = MCPServerProtocol(provider: location.served, version: context.services.version)
        let reply = try await request.whileConnected { await server.answer(id, method, params) { _ in } }
        guard case .failure(_, let error) = reply else { return .json(reply.json) }
        let isUnknown = error.code == JSONRPCError.methodNotFoundCode && MCPServerProtocol.namedVersion(params) != nil
        return .json(reply.json, status: isUnknown ? 404 : 200)
    }

    private static func accepts(_ header: String, _ type: String) -> Bool {
        let kinds = header.lowercased()
        return kinds.contains(type) || kinds.contains("*/*") || kinds.contains("application/*")
    }

    /// Headers must say what the body says (2026-07-28); for the older generation an unknown version is refused.
    private static func headerProblem(_ request: ServerRequest, _ method: String, _ params: JSON?) -> JSONRPCError? {
        let header = request.header("mcp-protocol-version")
        guard let named = MCPServerProtocol.namedVersion(params) else {
            guard let header, method != "initialize", !MCPServerProtocol.versions.contains(header) else { return nil }
            return JSONRPCError(
                code: JSONRPCError.invalidRequestCode,
                message:
                    "MCP-Protocol-Version \(HostileText.escaped(String(header.prefix(50)), multiline: false)) is not known here."
            )
        }
        func mismatch(_ name: String) -> JSONRPCError {
            JSONRPCError(
                code: MCPServerProtocol.headerMismatchCode,
                message: "Header mismatch: \(name) is not what the body says.")
        }
        guard header == named else { return mismatch("MCP-Protocol-Version") }
        guard request.header("mcp-method") == method else { return mismatch("Mcp-Method") }
        if method == "tools/call", HeaderValue.decoded(request.header("mcp-name") ?? "") != params?["name"]?.stringValue
        {
            return mismatch("Mcp-Name")
        }
        return nil
    }

    private static func failure(_ id: JSONRPCID?, _ error: JSONRPCError, _ status: Int) -> ServerResponse {
        .json(JSONRPCMessage.failure(id: id, error: error).json, status: status)
    }
}
