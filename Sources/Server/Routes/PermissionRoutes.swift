import Configuration
import Permissions
import Schema
import Sessions
import Support

/// Asks and their answers, and what was approved for good.
enum PermissionRoutes {
    static let all: [Route] = [
        Route(openCode: "PermissionRequest.list", .read) { context in
            let location = try await context.location()
            let asks = await location.permissions.pending()
            return .json(["location": location.reference, "data": .array(asks.map(\.json))])
        },
        Route(openCode: "Permission.list", .read) { context in
            let session = try await context.session()
            let location = try await context.location(session.location.directory)
            return .data(.array(await location.permissions.pending(sessionID: session.id).map(\.json)))
        },
        Route(openCode: "Permission.get", .read) { context in
            let (location, session) = try await context.sessionLocation()
            let id = context.parameter("request_id")
            guard let ask = await location.permissions.pendingAsk(id), belongs(ask, to: session) else {
                throw notFound(id)
            }
            return .data(ask.json)
        },
        create, reply,
        Route(openCode: "PermissionSaved.list", .read) { context in
            let store = PermissionStore(storage: context.services.storage, time: context.services.time)
            let approvals = try await store.allApprovals()
            let project = context.request.query["projectID"]
            return .data(.array(approvals.filter { project == nil || $0.projectID == project }.map(\.json)))
        },
        Route(
            openCode: "PermissionSaved.update", .admin,
            body: .json(
                Shape.object(["action": Shape.optional(Shape.name), "resource": Shape.optional(Shape.name)]))
        ) { context in
            let store = PermissionStore(storage: context.services.storage, time: context.services.time)
            let id = context.parameter("id")
            guard
                let changed = try await store.change(
                    id, action: context.text("action"), resource: context.text("resource"))
            else {
                let shown = HostileText.escaped(id, multiline: false)
                throw HTTPFailure(
                    404, .permissionSavedNotFound(id: shown, message: "There is no saved approval \"\(shown)\"."))
            }
            return .data(changed.json)
        },
        Route(openCode: "PermissionSaved.remove", .prompt) { context in
            // Whatever location's service removes it: all share one store, and everybody is told.
            let location = try await context.location(nil)
            _ = try await location.permissions.revoke(context.parameter("id"))
            return .noContent
        },
    ]

    private static let create = Route(
        openCode: "Permission.create", .prompt,
        body: .json(
            Shape.object(
                [
                    "id": Shape.optional(Shape.id("per_")), "action": Shape.name,
                    "resources": Shape.list(Shape.string), "save": Shape.list(Shape.string), "metadata": Shape.map,
                    "source": Shape.ref("PermissionSource"), "agent": Shape.optional(Shape.name),
                ], required: ["action", "resources"]))
    ) { context in
        let (location, session) = try await context.sessionLocation()
        func texts(_ name: String) -> [String] { context.body[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        let source = context.body["source"]
        do throws(PermissionReplyError) {
            let (id, effect) = try await location.permissions.open(
                PermissionDemand(
                    permission: context.text("action") ?? "", patterns: texts("resources"), always: texts("save"),
                    metadata: context.body["metadata"] ?? [:]),
                PermissionContext(
                    sessionID: session.id, messageID: source?["messageID"]?.stringValue ?? "",
                    callID: source?["id"]?.stringValue ?? "",
                    agent: context.text("agent") ?? session.agent ?? "build"), id: context.text("id"))
            return .data(["id": .string(id), "effect": .string(effect.rawValue)])
        } catch {
            throw failure(error)
        }
    }

    private static let reply: Route = {
        var route = Route(
            openCode: "Permission.reply", .prompt,
            body: .json(
                Shape.object(
                    [
                        "decision": Shape.word("once", "always", "reject"), "message": Shape.optional(Shape.string),
                        "scope": Shape.word("session", "project", "global"), "expiresMs": Shape.integer,
                    ], required: ["decision"]))
        ) { context in
            let (location, session) = try await context.sessionLocation()
            let id = context.parameter("request_id")
            guard
                let reply = PermissionReply(
                    decision: context.text("decision") ?? "", scope: context.text("scope"),
                    message: context.text("message"), expiresMs: context.body["expiresMs"]?.intValue)
            else { throw HTTPFailure.invalid("'decision' must be once, always or reject.", field: "decision") }
            if let ask = await location.permissions.pendingAsk(id), !belongs(ask, to: session) { throw notFound(id) }
            do throws(PermissionReplyError) {
                try await location.permissions.reply(id, reply)
            } catch {
                throw error.kind == .notFound ? notFound(id) : failure(error)
            }
            return .noContent
        }
        route.failures.append(.init(status: 409, tag: "ConflictError"))
        return route
    }()

    private static func belongs(_ ask: PermissionAsk, to session: SessionInfo) -> Bool {
        ask.sessionID == session.id || ask.context.sessionID == session.id
    }

    private static func notFound(_ id: String) -> HTTPFailure {
        let shown = HostileText.escaped(id, multiline: false)
        return HTTPFailure(
            404, .permissionNotFound(requestID: shown, message: "There is no open ask \"\(shown)\" in this session."))
    }

    private static func failure(_ error: PermissionReplyError) -> HTTPFailure {
        switch error.kind {
        case .notFound: notFound("")
        case .alreadyAnswered: HTTPFailure(409, .conflict(message: error.message, resource: "permission"))
        case .storage: HTTPFailure(503, .serviceUnavailable(message: error.message, service: "storage"))
        }
    }
}

extension RouteContext {
    /// The session of the path with its location.
    func sessionLocation() async throws -> (ServerLocation, SessionInfo) {
        let session = try await session()
        return (try await location(session.location.directory), session)
    }
}
