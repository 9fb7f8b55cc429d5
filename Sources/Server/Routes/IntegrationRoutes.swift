import Credentials
import MCP
import Providers
import Schema
import Support

/// What can be logged in at: model providers (a key) and MCP servers with an address (by browser).
enum IntegrationRoutes {
    /// Before the name of an MCP server in an integration's id.
    static let prefix = "mcp:"

    static let all: [Route] = [
        Route(openCode: "Integration.list", .read) { context in
            let location = try await context.location()
            var rows = location.models.providers.map { provider($0, context) }
            for status in await location.mcp.servers.statuses() where status.url != nil {
                rows.append(server(status, location))
            }
            return CatalogueRoutes.located(location, .array(rows))
        },
        Route(openCode: "Integration.get", .read) { context in
            let location = try await context.location()
            let id = context.parameter("integration_id")
            if let entry = location.models.provider(id) {
                return CatalogueRoutes.located(location, provider(entry, context))
            }
            let statuses = await location.mcp.servers.statuses()
            guard let status = statuses.first(where: { $0.url != nil && prefix + $0.name == id }) else {
                throw notFound(id)
            }
            return CatalogueRoutes.located(location, server(status, location))
        },
        Route(
            openCode: "IntegrationConnect.key", .admin,
            body: .json(
                Shape.object(["key": Shape.name, "answer": Shape.any, "label": Shape.string], required: ["key"]))
        ) { context in
            let location = try await context.location()
            let id = context.parameter("integration_id")
            guard location.models.provider(id) != nil else { throw notFound(id) }
            try await CredentialRoutes.store(id, context.text("key") ?? "", context.text("label"), context)
            return .noContent
        },
        Route(
            openCode: "IntegrationOauth.connect", .admin,
            body: .json(
                Shape.object(["methodID": Shape.string, "answer": Shape.any, "label": Shape.string]), isOptional: true),
            also: [(404, "IntegrationNotFoundError")]
        ) { context in
            let location = try await context.location()
            return CatalogueRoutes.located(
                location, try await begin(context, location, try serverName(context), redirectURI: nil))
        },
        Route(openCode: "IntegrationOauth.status", .read) { context in
            let location = try await context.location()
            let attempt = try await attempt(context, location)
            return CatalogueRoutes.located(location, json(attempt))
        },
        Route(
            openCode: "IntegrationOauth.complete", .admin,
            body: .json(Shape.object(["code": Shape.string]), isOptional: true)
        ) { context in
            let location = try await context.location()
            let attempt = try await attempt(context, location)
            guard let code = context.text("code"), !code.isEmpty else {
                throw HTTPFailure.invalid(
                    "'code' is missing: the address that the browser ended at, or the code in it.", field: "code")
            }
            let status = await context.services.logins.complete(attempt.id, key: attempt.key, with: code)
            switch status {
            case .complete?: return .noContent
            case .failed(let message)?: throw HTTPFailure.invalid(message, field: "code")
            case .expired?: throw HTTPFailure.invalid("The login took too long; start again.", field: "code")
            case .pending?:
                throw HTTPFailure.invalid("'code' is neither an address with a state nor a code.", field: "code")
            case nil: throw HTTPFailure.invalid("This login is over already.", field: "code")
            }
        },
        Route(openCode: "IntegrationOauth.cancel", .admin) { context in
            let location = try await context.location()
            let key = loginKey(location, (try? serverName(context)) ?? "")
            let id = context.parameter("attempt_id")
            if await context.services.logins.attempt(id, key: key) != nil {
                await context.services.logins.cancel(id)
            }
            return .noContent
        },
    ]

    // MARK: Logins

    /// Starts a login; 2.1's `IntegrationAttempt`.
    static func begin(
        _ context: RouteContext, _ location: ServerLocation, _ name: String, redirectURI: String?
    ) async throws -> JSON {
        let flow = try await location.mcp.flow(name)
        let own = context.services.address.url
        let callback =
            own.isEmpty
            ? nil
            : "\(own)\(context.services.basePath)/api/mcp/\(PercentEncoding.segment(name))/auth/callback"
        let servers = location.mcp.servers
        let attempt = try await context.services.logins.begin(
            key: loginKey(location, name), flow: flow, redirectURI: redirectURI ?? callback
        ) {
            await servers.credentialsChanged()
        }
        return [
            "attemptID": .string(attempt.id), "url": .string(attempt.url),
            "instructions":
                "Log in with your browser. If it cannot come back by itself, hand in the address that it ended at.",
            "mode": "auto", "time": time(attempt),
        ]
    }

    private static func loginKey(_ location: ServerLocation, _ name: String) -> String {
        "\(location.directory)\u{0}\(name)"
    }

    private static func serverName(_ context: RouteContext) throws -> String {
        let id = context.parameter("integration_id")
        guard id.hasPrefix(prefix) else { throw notFound(id) }
        return String(id.dropFirst(prefix.utf8.count))
    }

    private static func attempt(_ context: RouteContext, _ location: ServerLocation) async throws
        -> OAuthAttempts.Attempt
    {
        let name = try serverName(context)
        let id = context.parameter("attempt_id")
        guard let found = await context.services.logins.attempt(id, key: loginKey(location, name)) else {
            throw HTTPFailure(
                404,
                .integrationAttemptNotFound(
                    integrationID: prefix + name,
                    attemptID: HostileText.escaped(String(id.prefix(64)), multiline: false),
                    message: "There is no such login; start one with POST /api/mcp/\(name)/auth."))
        }
        return found
    }

    private static func time(_ attempt: OAuthAttempts.Attempt) -> JSON {
        ["created": .int(attempt.createdMs), "expires": .int(attempt.expiresMs)]
    }

    private static func json(_ attempt: OAuthAttempts.Attempt) -> JSON {
        switch attempt.status {
        case .pending: ["status": "pending", "time": time(attempt)]
        case .complete: ["status": "complete", "time": time(attempt)]
        case .failed(let message): ["status": "failed", "message": .string(message), "time": time(attempt)]
        case .expired: ["status": "expired", "time": time(attempt)]
        }
    }

    // MARK: Rows

    static func notFound(_ id: String) -> HTTPFailure {
        let shown = HostileText.escaped(String(id.prefix(200)), multiline: false)
        return HTTPFailure(
            404,
            .integrationNotFound(
                integrationID: shown,
                message: "There is no integration \"\(shown)\" for this; GET /api/integration lists them."))
    }

    private static func provider(_ entry: ProviderEntry, _ context: RouteContext) -> JSON {
        let credentials = context.services.credentials
        var connections: [JSON] = []
        switch credentials.key(provider: entry.id, names: entry.env)?.source {
        case .environment(let name)?: connections.append(["type": "env", "name": .string(name)])
        default: break
        }
        if credentials.file?.key(entry.id) != nil {
            let label = credentials.file?.entries().first { $0.id == entry.id }?.label
            connections.append([
                "type": "credential", "id": .string(entry.id), "label": .string(label ?? entry.name), "method": "key",
            ])
        }
        return [
            "id": .string(entry.id), "name": .string(entry.name),
            "methods": [
                ["type": "key", "label": "API key"],
                ["type": "env", "names": .array(entry.env.map { .string($0) })],
            ], "connections": .array(connections),
        ]
    }

    private static func server(_ status: MCPServerStatus, _ location: ServerLocation) -> JSON {
        var connections: [JSON] = []
        if let url = status.url, let login = location.mcp.logins.login(url), login.tokens != nil {
            var row: JSONObject = [
                "type": "credential", "id": .string(prefix + status.name),
                "label": .string(HostileText.escaped(login.issuer, multiline: false)), "method": "oauth",
            ]
            if case .expired(let error) = status.state {
                row["status"] = ["status": "needs_auth", "message": .string(error.message)]
            }
            connections.append(.object(row))
        }
        return [
            "id": .string(prefix + status.name), "name": .string(status.name),
            "methods": [["type": "oauth", "id": "oauth", "label": "Browser login"]],
            "connections": .array(connections),
        ]
    }
}
