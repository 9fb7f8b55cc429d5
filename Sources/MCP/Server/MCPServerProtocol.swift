package import JSONRPC
package import Support

/// Our tools as an MCP server, in both generations: answers one request at a time and keeps nothing between them, so that the same
/// value serves a pipe and HTTP.
///
/// A request whose `_meta` names a version is of the newer generation; any other is of the older one.
package struct MCPServerProtocol: Sendable {
    private let provider: any MCPToolProvider
    private let version: String

    /// - Parameter version: ours, for `serverInfo`.
    package init(provider: any MCPToolProvider, version: String) {
        self.provider = provider
        self.version = version
    }

    /// The error of a header that does not say what the body says.
    package static let headerMismatchCode = MCPEra.Code.headerMismatch

    /// Every version that is spoken, newest first.
    package static let versions = MCPEra.modernVersions + MCPEra.legacyVersions

    /// The version that a request of the newer generation names; nil for the older one.
    package static func namedVersion(_ params: JSON?) -> String? {
        params?["_meta"]?[MCPEra.Meta.protocolVersion]?.stringValue
    }

    /// What is not right with a request of the newer generation; nil when it may be answered. `server/discover` is always of that
    /// generation.
    package static func problem(_ method: String, _ params: JSON?) -> JSONRPCError? {
        guard let named = namedVersion(params) else {
            guard method == "server/discover" || params?["_meta"]?[MCPEra.Meta.clientCapabilities] != nil else {
                return nil
            }
            return JSONRPCError(
                code: JSONRPCError.invalidParamsCode, message: "_meta has no \(MCPEra.Meta.protocolVersion).")
        }
        guard MCPEra.modernVersions.contains(named) else {
            return JSONRPCError(
                code: MCPEra.Code.unsupportedVersion, message: "Unsupported protocol version",
                data: [
                    "supported": .array(MCPEra.modernVersions.map { .string($0) }),
                    "requested": .string(String(named.prefix(100))),
                ])
        }
        guard params?["_meta"]?[MCPEra.Meta.clientCapabilities]?.objectValue != nil else {
            return JSONRPCError(
                code: JSONRPCError.invalidParamsCode, message: "_meta has no \(MCPEra.Meta.clientCapabilities).")
        }
        return nil
    }

    /// Answers a request.
    /// - Parameter notify: sends a notification that belongs to the request.
    package func answer(
        _ id: JSONRPCID, _ method: String, _ params: JSON?, notify: @escaping @Sendable (JSONRPCMessage) -> Void
    ) async -> JSONRPCMessage {
        if let problem = Self.problem(method, params) { return .failure(id: id, error: problem) }
        let isModern = Self.namedVersion(params) != nil
        do throws(JSONRPCError) {
            return .response(
                id: id, result: decorated(try await result(method, params ?? .object([:]), isModern, notify), isModern))
        } catch {
            return .failure(id: id, error: error)
        }
    }

    private func result(
        _ method: String, _ params: JSON, _ isModern: Bool, _ notify: @escaping @Sendable (JSONRPCMessage) -> Void
    ) async throws(JSONRPCError) -> JSONObject {
        switch (method, isModern) {
        case ("initialize", false):
            guard let wanted = params["protocolVersion"]?.stringValue else {
                throw JSONRPCError(code: JSONRPCError.invalidParamsCode, message: "'protocolVersion' is missing.")
            }
            let agreed = MCPEra.legacyVersions.contains(wanted) ? wanted : MCPEra.legacyVersions[0]
            return [
                "protocolVersion": .string(agreed), "capabilities": ["tools": .object([:])], "serverInfo": info,
                "instructions": .string(Self.instructions),
            ]
        case ("ping", false): return [:]
        case ("server/discover", true):
            return cacheable([
                "supportedVersions": .array(MCPEra.modernVersions.map { .string($0) }),
                "capabilities": ["tools": .object([:])], "instructions": .string(Self.instructions),
            ])
        case ("tools/list", _):
            if let cursor = params["cursor"], !cursor.isNull {
                throw JSONRPCError(
                    code: JSONRPCError.invalidParamsCode, message: "'cursor' is of no list here: there is one page.")
            }
            let tools: JSONObject = ["tools": .array(await provider.tools().map(\.json))]
            return isModern ? cacheable(tools) : tools
        case ("tools/call", _):
            let name = params["name"]?.stringValue ?? ""
            let arguments = params["arguments"] ?? .object([:])
            guard arguments.objectValue != nil else {
                throw JSONRPCError(
                    code: JSONRPCError.invalidParamsCode,
                    message: "'arguments' is \(arguments.kindName); an object is wanted.")
            }
            let token = params["_meta"]?["progressToken"]
            let steps = ProgressCounter()
            let called = await provider.call(name, arguments) { message in
                guard let token, !token.isNull else { return }
                notify(
                    .notification(
                        method: "notifications/progress",
                        params: [
                            "progressToken": token, "progress": .int(steps.next()),
                            "message": .string(String(message.prefix(500))),
                        ]))
            }
            guard let called else {
                throw JSONRPCError(
                    code: JSONRPCError.invalidParamsCode,
                    message: "Unknown tool: \(HostileText.escaped(String(name.prefix(100)), multiline: false))")
            }
            return called.json.objectValue ?? [:]
        default:
            throw JSONRPCError(
                code: JSONRPCError.methodNotFoundCode,
                message: "Method not found: \(HostileText.escaped(String(method.prefix(100)), multiline: false))")
        }
    }

    static let instructions =
        "Tools of the codetether agent for one workspace. Every call goes through its permission rules; what they would ask about is denied here."

    private var info: JSON { ["name": "codetether", "title": "codetether", "version": .string(version)] }

    private func cacheable(_ object: JSONObject) -> JSONObject {
        var object = object
        object["ttlMs"] = 60_000
        object["cacheScope"] = "private"
        return object
    }

    private func decorated(_ object: JSONObject, _ isModern: Bool) -> JSON {
        guard isModern else { return .object(object) }
        var object = object
        object["resultType"] = "complete"
        object["_meta"] = .object([MCPEra.Meta.serverInfo: info])
        return .object(object)
    }
}
