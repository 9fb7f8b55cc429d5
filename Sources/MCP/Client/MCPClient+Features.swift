import JSONRPC
package import Support

extension MCPClient {
    /// The most pages and items of a list that are read.
    package static let maxPages = 200
    package static let maxItems = 10_000

    /// All tools, in the server's order. Those whose description is not usable are left out and named in `dropped`.
    package func tools() async throws(MCPError) -> (tools: [MCPTool], dropped: [String]) {
        guard facts?.has("tools") != false else { return ([], []) }
        var tools: [MCPTool] = []
        var dropped: [String] = []
        let isHTTP = facts?.era.isModern == true && transportName == "http"
        var seen: Set<String> = []
        for item in try await all("tools/list", "tools") {
            guard var tool = MCPTool(item), seen.insert(tool.name).inserted else {
                dropped.append(HostileText.escaped(item["name"]?.stringValue ?? "?", multiline: false))
                continue
            }
            if isHTTP {
                guard let parameters = HeaderParameters(schema: tool.inputSchema) else {
                    dropped.append(HostileText.escaped(tool.name, multiline: false))
                    continue
                }
                tool.headerParameters = parameters
            }
            tools.append(tool)
        }
        return (tools, dropped)
    }

    /// Calls a tool. `isError` results are returned, not thrown.
    /// - Throws: `notFound` for a tool that the server does not know; see `request`.
    package func call(
        _ tool: MCPTool, _ arguments: JSON, onProgress: (@Sendable (MCPProgress) -> Void)? = nil
    ) async throws(MCPError) -> MCPToolResult {
        var options = MCPRequestOptions(timeout: timeouts.call, onProgress: onProgress ?? { _ in })
        options.parameterHeaders = tool.headerParameters?.headers(arguments) ?? []
        let params: JSONObject = ["name": .string(tool.name), "arguments": arguments]
        do throws(MCPError) {
            return MCPToolResult(try await request("tools/call", params, options))
        } catch {
            guard error.rpc?.code == MCPEra.Code.urlElicitationRequired, host.canElicit,
                let wanted = error.rpc?.data?["elicitations"]?.arrayValue, !wanted.isEmpty, wanted.count <= 8
            else { throw error }
            for var request in wanted.map({ $0.objectValue ?? [:] }) {
                request["mode"] = "url"
                let answer = await host.elicit(server: name, .object(request))
                guard answer["action"]?.stringValue == "accept" else { throw error }
            }
            return MCPToolResult(try await request("tools/call", params, options))
        }
    }

    /// All prompts, in the server's order.
    package func prompts() async throws(MCPError) -> [MCPPrompt] {
        guard facts?.has("prompts") == true else { return [] }
        return try await all("prompts/list", "prompts").compactMap { MCPPrompt($0) }
    }

    /// The messages of a prompt: `{description?, messages:[{role, content}]}`.
    /// - Throws: `notFound` for an unknown prompt or a missing argument, with the server's words.
    package func prompt(_ name: String, _ arguments: [String: String]) async throws(MCPError) -> JSON {
        var object: JSONObject = [:]
        for (key, value) in arguments.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        do throws(MCPError) {
            return try await request(
                "prompts/get", ["name": .string(name), "arguments": .object(object)],
                MCPRequestOptions(timeout: timeouts.call))
        } catch {
            throw missing(error, "prompt", name)
        }
    }

    /// All resources, then all templates, in the server's order.
    package func resources() async throws(MCPError) -> [MCPResource] {
        guard facts?.has("resources") == true else { return [] }
        var found = try await all("resources/list", "resources").compactMap { MCPResource($0, isTemplate: false) }
        do throws(MCPError) {
            found += try await all("resources/templates/list", "resourceTemplates").compactMap {
                MCPResource($0, isTemplate: true)
            }
        } catch {
            // Servers without templates may not know the method at all.
            guard error.rpc?.code == JSONRPCError.methodNotFoundCode else { throw error }
        }
        return found
    }

    /// The contents of a resource: `[{uri, mimeType?, text | blob}]`.
    /// - Throws: `notFound` when the server does not know it.
    package func read(_ uri: String) async throws(MCPError) -> [JSON] {
        do throws(MCPError) {
            let result = try await request(
                "resources/read", ["uri": .string(uri)], MCPRequestOptions(timeout: timeouts.call))
            return result["contents"]?.arrayValue ?? []
        } catch {
            let known = missing(error, "resource", uri)
            // Code 0 (`mcp` 1 of PyPI) and the like say nothing: then its own list says whether there is such a resource.
            guard known.kind == .server, await isUnknown(uri) else { throw known }
            throw missing(error, "resource", uri, isCertain: true)
        }
    }

    /// True when the server's lists have neither the resource nor a template that it could come from; false when they cannot be read.
    private func isUnknown(_ uri: String) async -> Bool {
        guard let all = try? await resources() else { return false }
        return !all.contains { $0.isTemplate ? URITemplate.matches($0.uri, uri) : $0.uri == uri }
    }

    /// Values for an argument of a prompt or of a template, at most 100.
    package func completions(
        reference: JSON, argument: String, value: String, known: [String: String] = [:]
    ) async throws(MCPError) -> [String] {
        guard facts?.has("completions") == true else { return [] }
        var params: JSONObject = [
            "ref": reference, "argument": ["name": .string(argument), "value": .string(value)],
        ]
        if !known.isEmpty {
            params["context"] = [
                "arguments": .object(
                    JSONObject(
                        uniqueKeysWithValues: known.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
            ]
        }
        let result = try await request("completion/complete", params, MCPRequestOptions(timeout: timeouts.call))
        return (result["completion"]?["values"]?.arrayValue ?? []).prefix(100).compactMap(\.stringValue)
    }

    /// Asks for log lines from a level on (`debug` … `emergency`), where the server can.
    package func setLogLevel(_ level: String) async throws(MCPError) {
        guard facts?.has("logging") == true, facts?.era.isModern == false else { return }
        _ = try await request("logging/setLevel", ["level": .string(level)], MCPRequestOptions(timeout: timeouts.call))
    }

    private func missing(_ error: MCPError, _ what: String, _ name: String, isCertain: Bool = false) -> MCPError {
        guard let code = error.rpc?.code,
            isCertain || code == JSONRPCError.invalidParamsCode || code == MCPEra.Code.resourceNotFound
        else { return error }
        var found = MCPError(
            .notFound,
            "'\(self.name)' refused the \(what) '\(HostileText.escaped(name, multiline: false))': \(HostileText.escaped(error.rpc?.message ?? "", multiline: false))",
            metadata: error.metadata)
        found.rpc = error.rpc
        return found
    }

    /// Every page of a list. An empty cursor is a cursor; a missing one is the end; one that comes again ends the reading.
    private func all(_ method: String, _ key: String) async throws(MCPError) -> [JSON] {
        var items: [JSON] = []
        var cursor: String?
        var seen: Set<String> = []
        for _ in 0..<Self.maxPages {
            var params: JSONObject = [:]
            if let cursor { params["cursor"] = .string(cursor) }
            let page = try await request(method, params, MCPRequestOptions(timeout: timeouts.call))
            items += page[key]?.arrayValue ?? []
            guard let next = page["nextCursor"]?.stringValue, seen.insert(next).inserted, items.count < Self.maxItems
            else {
                break
            }
            cursor = next
        }
        return Array(items.prefix(Self.maxItems))
    }
}
