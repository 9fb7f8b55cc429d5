import MCP
import Schema
import Support

/// OpenCode 2.1's operations on MCP servers.
enum MCPRoutes {
    static let all: [Route] = [
        Route(openCode: "Mcp.list", .read) { context in
            let location = try await context.location()
            return CatalogueRoutes.located(location, .array(await location.mcp.servers.statuses().map(row)))
        },
        Route(openCode: "Mcp.catalog", .read) { context in
            let location = try await context.location()
            return CatalogueRoutes.located(location, await catalogue(location.mcp.servers))
        },
        Route(
            openCode: "Mcp.add", .admin,
            body: .json(Shape.object(["config": Shape.map], required: ["config"]))
        ) { context in
            let location = try await context.location()
            let name = context.parameter("server")
            let entry: MCPServerEntry
            do throws(MCPError) {
                entry = try MCPServerEntry(
                    name: name, scope: .config, json: context.body["config"] ?? .object([:]), file: "The request",
                    variables: context.services.environment.values)
            } catch {
                throw HTTPFailure.invalid(error.message, field: "config")
            }
            await location.mcp.servers.put(entry)
            return .noContent
        },
        Route(openCode: "Mcp.remove", .admin) { context in
            let location = try await context.location()
            let name = context.parameter("server")
            guard await location.mcp.servers.remove(name) else { throw notFound(name) }
            return .noContent
        },
        Route(openCode: "Mcp.connect", .admin) { context in
            let location = try await context.location()
            let name = context.parameter("server")
            _ = try await location.mcp.servers.status(name)
            // 2.1 answers when it was tried; how it went is in the list.
            do throws(MCPError) { try await location.mcp.servers.connect(name) } catch {
                guard error.kind != .serverNotFound else { throw notFound(name) }
            }
            return .noContent
        },
        Route(openCode: "Mcp.disconnect", .admin) { context in
            let location = try await context.location()
            let name = context.parameter("server")
            do throws(MCPError) { try await location.mcp.servers.disconnect(name) } catch { throw notFound(name) }
            return .noContent
        },
    ]

    static func notFound(_ name: String) -> HTTPFailure {
        let shown = HostileText.escaped(name, multiline: false)
        return HTTPFailure(
            404,
            .mcpServerNotFound(
                server: shown, message: "There is no MCP server \"\(shown)\"; GET /api/mcp lists those there are."))
    }

    /// 2.1's `McpServer`, and what `mcp list --json` has.
    static func row(_ status: MCPServerStatus) -> JSON {
        var object: JSONObject = [
            "name": .string(status.name), "status": self.status(status), "scope": .string(status.scope.rawValue),
        ]
        object["type"] = status.type.map { .string($0) }
        if status.url != nil { object["integrationID"] = .string(IntegrationRoutes.prefix + status.name) }
        object["tools"] = status.toolCount.map { .int(Int64($0)) }
        object["hint"] = status.hint.map { .string($0) }
        if let facts = status.facts { object["protocol"] = .string(facts.era.version) }
        return .object(object)
    }

    /// 2.1 knows five states; ours beyond them are the nearest of these, with our word as `reason`.
    private static func status(_ status: MCPServerStatus) -> JSON {
        let error = JSON.string(status.state.error?.message ?? "")
        switch status.state {
        case .connected: return ["status": "connected"]
        case .pending, .connecting: return ["status": "pending"]
        case .disabled: return ["status": "disabled"]
        case .pendingApproval:
            return ["status": "disabled", "reason": "pending_approval"]
        case .failed: return ["status": "failed", "error": error]
        case .backoff(let attempt, let untilMs, _):
            return ["status": "failed", "error": error, "attempt": .int(Int64(attempt)), "retryAt": .int(untilMs)]
        case .needsAuth: return ["status": "needs_auth", "error": error]
        case .expired: return ["status": "needs_auth", "error": error, "reason": "expired"]
        }
    }

    /// The resources and templates of all connected servers; one that fails is left out.
    private static func catalogue(_ servers: MCPServers) async -> JSON {
        await servers.settle(atMost: .seconds(2))
        let names = await servers.statuses().filter { $0.state == .connected }.map(\.name)
        var found: [String: [MCPResource]] = [:]
        await withTaskGroup(of: (String, [MCPResource]).self) { group in
            for name in names {
                group.addTask {
                    guard let client = try? await servers.client(name) else { return (name, []) }
                    return (name, (try? await client.resources()) ?? [])
                }
            }
            for await (name, resources) in group { found[name] = resources }
        }
        var lists: [Bool: [JSON]] = [:]
        for name in names {
            for resource in found[name] ?? [] {
                var object = resource.json.objectValue ?? [:]
                object["server"] = .string(name)
                lists[resource.isTemplate, default: []].append(.object(object))
            }
        }
        return ["resources": .array(lists[false] ?? []), "templates": .array(lists[true] ?? [])]
    }
}
