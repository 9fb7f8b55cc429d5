import HTTPTypes
import NIOCore
import PTY
import Schema
import Support
import SystemPackage

/// Terminals: opened, seen, changed and removed over HTTP, used over a WebSocket.
enum PTYRoutes {
    private static let size: JSON = Shape.object(
        ["rows": Shape.integer(1...65_535), "cols": Shape.integer(1...65_535)], required: ["rows", "cols"])

    static let all: [Route] = [
        Route(openCode: "Pty.list", .read) { context in
            let location = try await context.location()
            let list = try await host(context).list(of: location.directory)
            return CatalogueRoutes.located(location, try context.json(list))
        },
        Route(
            openCode: "Pty.create", .pty,
            body: .json(
                Shape.object([
                    "command": Shape.optional(Shape.string), "args": Shape.optional(Shape.list(Shape.string)),
                    "cwd": Shape.optional(Shape.string), "title": Shape.optional(Shape.string),
                    "env": Shape.optional(Shape.map(Shape.string)), "size": Shape.optional(size),
                    // Ours: seconds that it lives with nobody connected.
                    "ttl": Shape.optional(Shape.integer(1...604_800)),
                ]), isOptional: true), handler: create),
        Route(openCode: "Pty.get", .read) { context in
            let location = try await context.location()
            let info = try await using(context) { (host, id) async throws(PTYError) in try await host.get(id) }
            return CatalogueRoutes.located(location, try context.json(info))
        },
        Route(
            openCode: "Pty.update", .pty,
            body: .json(Shape.object(["title": Shape.optional(Shape.string), "size": Shape.optional(size)]))
        ) { context in
            let location = try await context.location()
            let title = context.text("title")
            let size = try Self.size(context)
            let info = try await using(context) { (host, id) async throws(PTYError) in
                try await host.update(id, title: title, size: size)
            }
            return CatalogueRoutes.located(location, try context.json(info))
        },
        Route(openCode: "Pty.remove", .pty) { context in
            _ = try await context.location()
            try await using(context) { (host, id) async throws(PTYError) in try await host.remove(id) }
            return .noContent
        },
        Route(openCode: "PtyConnect.token", .pty) { context in
            let location = try await context.location()
            let info = try await using(context) { (host, id) async throws(PTYError) in try await host.get(id) }
            return CatalogueRoutes.located(
                location,
                [
                    "ticket": .string(context.services.tickets.issue(info.id)),
                    "expires_in": .int(Int64(PTYTickets.seconds)),
                ])
        },
        connect,
    ]

    @Sendable
    private static func create(_ context: RouteContext) async throws -> ServerResponse {
        let location = try await context.location()
        var request = PTYRequest(
            command: context.text("command"),
            arguments: context.body["args"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            directory: context.text("cwd").map { FilePath($0) }, location: location.directory,
            title: context.text("title"))
        for (name, value) in context.body["env"]?.objectValue ?? [:] { request.environment[name] = value.stringValue }
        if let size = try size(context) { request.size = size }
        request.ttl = context.body["ttl"]?.intValue.map { .seconds($0) }
        if context.text("cwd")?.utf8.contains(0) == true {
            throw HTTPFailure.invalid("'cwd' has a NUL character.", field: "cwd")
        }
        // As long as the connection that asked for it is there, somebody is.
        request.holdsForCreator = true
        let host = try host(context)
        let info: Pty
        do throws(PTYError) {
            info = try await host.create(request)
        } catch {
            throw error.failure(ptyID: "")
        }
        context.request.channel.closeFuture.whenComplete { _ in Task { await host.creatorLeft(info.id) } }
        return CatalogueRoutes.located(location, try context.json(info))
    }

    private static let connect: Route = {
        var route = Route(
            "GET", "/api/pty/{pty_id}/connect", "Pty.connect", .pty,
            summary:
                "Use a terminal: a WebSocket. Without subprotocol as in OpenCode 2.1, with `codetether.pty` in bytes both ways.",
            query: [
                .location, .named("ticket", Shape.string, "From connect-token; instead of a credential."),
                .named(
                    "cursor", Shape.integer(-1...Int64.max >> 10),
                    "The first byte wanted; -1 = only what comes; all that is kept when missing."),
                .named(
                    "role", Shape.word("writer", "viewer"), "A viewer does not type, and output never waits for it."),
            ], success: .webSocket,
            failures: [
                (404, "PtyNotFoundError"), (404, "LocationNotFoundError"), (426, "UpgradeRequiredError"),
            ]
        ) { context in
            _ = try await context.location()
            let role: PTYRole = context.request.query["role"] == "viewer" ? .viewer : .writer
            let cursor = context.number("cursor")
            let attachment = try await using(context) { (host, id) async throws(PTYError) in
                try await host.attach(id, cursor: cursor, role: role)
            }
            let offered = context.request.headers[values: .secWebSocketProtocol].flatMap { $0.split(separator: ",") }
            let isBinary = offered.contains { $0.trimmingSpaces == PTYSocket.subprotocol }
            let socket = PTYSocket(
                host: try host(context), id: context.parameter("pty_id"), attachment: attachment, role: role,
                isBinary: isBinary, time: context.services.time)
            return ServerResponse(
                status: 101,
                body: .upgrade(
                    WebSocketUpgrade(subprotocol: isBinary ? PTYSocket.subprotocol : nil) { channel in
                        await socket.run(channel)
                    }))
        }
        route.admit = { services, request, path in
            guard let ticket = request.query["ticket"] else { return nil }
            let id = path["pty_id"] ?? ""
            do throws(PTYError) {
                _ = try await services.terminals?.get(id)
            } catch {
                throw error.failure(ptyID: id)
            }
            guard services.tickets.redeem(ticket, for: id) else {
                throw HTTPFailure(
                    403,
                    .forbidden(
                        message:
                            "The ticket is not good: it was used, is older than \(PTYTickets.seconds) s or is for another terminal. Ask connect-token for a new one."
                    ))
            }
            return Caller(kind: "ticket", scopes: [.pty])
        }
        return route
    }()

    private static func size(_ context: RouteContext) throws -> PTYSize? {
        guard let size = context.body["size"], let rows = size["rows"]?.intValue, let columns = size["cols"]?.intValue
        else { return nil }
        do throws(PTYError) {
            return try PTYSize(checking: rows, columns: columns)
        } catch {
            throw error.failure(ptyID: "")
        }
    }

    private static func host(_ context: RouteContext) throws -> PTYHost {
        guard let host = context.services.terminals else {
            throw HTTPFailure(503, .serviceUnavailable(message: "This server has no terminals.", service: "pty"))
        }
        return host
    }

    /// Does something with the terminal of the path.
    private static func using<Value: Sendable>(
        _ context: RouteContext, _ body: (PTYHost, String) async throws(PTYError) -> Value
    ) async throws -> Value {
        let id = context.parameter("pty_id")
        let host = try host(context)
        do throws(PTYError) {
            return try await body(host, id)
        } catch {
            throw error.failure(ptyID: id)
        }
    }
}

extension PTYError {
    /// The answer to a request that failed with this.
    func failure(ptyID: String) -> HTTPFailure {
        switch kind {
        case .notFound:
            HTTPFailure(
                404,
                .ptyNotFound(
                    ptyID: HostileText.escaped(ptyID, multiline: false),
                    message: "\(message) GET /api/pty lists those there are."))
        case .invalid: .invalid(message, field: field)
        case .exited, .inputFull: HTTPFailure(409, .conflict(message: message))
        case .exhausted, .closed: HTTPFailure(503, .serviceUnavailable(message: message, service: "pty"))
        }
    }
}
