import Agents
import Configuration
import Providers
import Schema
import Sessions
import Storage
import Support
import SystemPackage

/// Sessions: listing, making, changing, deleting, and their state.
enum SessionRoutes {
    static let all: [Route] = [
        Route(
            openCode: "Session.list", .read,
            query: ["parentID": Shape.string, "directory": Shape.string, "project": Shape.string]
        ) { context in
            try await list(context)
        },
        create,
        Route(openCode: "Session.active", .read) { context in
            var active = JSONObject()
            for id in await context.services.runs.active { active[id] = ["type": "running"] }
            return .data(.object(active))
        },
        Route(openCode: "Session.get", .read) { context in .data(try context.json(await context.session())) },
        update,
        Route(openCode: "Session.remove", .prompt) { context in
            let session = try await context.session()
            _ = await context.services.runs.interrupt(session.id, resumes: false)
            await context.services.runs.waitUntilIdle(session.id)
            _ = try await context.services.sessions.delete(session.id)
            return .noContent
        },
        Route(
            openCode: "Session.switch_agent", .prompt,
            body: .json(Shape.object(["agent": Shape.name], required: ["agent"]))
        ) { context in
            let session = try await context.session()
            let location = try await context.location(session.location.directory)
            let name = context.text("agent") ?? ""
            guard location.agents.agents.contains(where: { $0.name == name }) else {
                throw HTTPFailure.invalid(
                    "There is no agent \"\(HostileText.escaped(name, multiline: false))\".", field: "agent")
            }
            if session.agent != name {
                try await context.append(
                    session.id,
                    .sessionAgentSelected(.init(sessionID: session.id, agent: name, previous: session.agent)))
            }
            return .noContent
        },
        Route(
            openCode: "Session.switch_model", .prompt,
            body: .json(Shape.object(["model": Prompts.model], required: ["model"]))
        ) { context in
            let session = try await context.session()
            let location = try await context.location(session.location.directory)
            guard let wanted = try Prompts.modelRef(context.body["model"]) else {
                throw HTTPFailure.invalid("'model' is missing.", field: "model")
            }
            let model = try location.models.resolve(wanted.text).ref
            if session.model != model {
                try await context.append(
                    session.id,
                    .sessionModelSelected(.init(sessionID: session.id, model: model, previous: session.model)))
            }
            return .noContent
        },
        Route(openCode: "Session.context", .read) { context in
            let session = try await context.session()
            let messages = try await context.services.sessions.messages(session.id)
            // What a model would be sent: from the last summary on.
            let start = messages.lastIndex { message in
                if case .compaction(let compaction) = message { return compaction.status == .completed }
                return false
            }
            return .data(try context.json(Array(messages[(start ?? 0)...])))
        },
    ]

    private static let create: Route = {
        var route = creation
        route.failures.append(.init(status: 404, tag: "LocationNotFoundError"))
        route.failures.append(.init(status: 409, tag: "ConflictError"))
        return route
    }()

    private static let creation = Route(
        openCode: "Session.create", .prompt,
        body: .json(
            Shape.object([
                "id": Shape.optional(Shape.id("ses_")), "parentID": Shape.optional(Shape.string),
                "title": Shape.optional(["type": "string", "minLength": 1, "maxLength": 500]),
                "agent": Shape.optional(Shape.name), "model": Shape.optional(Prompts.model),
                "location": Shape.optional(Shape.ref("LocationPublicRef")), "metadata": Shape.optional(Shape.map),
                "permissions": Shape.optional(Shape.list(Shape.ref("PermissionRule"))),
            ]), isOptional: true)
    ) { context in
        let directory = context.body["location"]?["directory"]?.stringValue
        let location = try await context.namedLocation(directory)
        var new = NewSession(directory: location.directory.string, projectID: location.projectID)
        new.id = context.text("id")
        new.title = context.text("title")
        new.metadata = context.body["metadata"]
        new.permissions = try context.decode("permissions")
        if let agent = context.text("agent") {
            guard location.agents.agents.contains(where: { $0.name == agent }) else {
                throw HTTPFailure.invalid(
                    "There is no agent \"\(HostileText.escaped(agent, multiline: false))\".", field: "agent")
            }
            new.agent = agent
        }
        if let wanted = try Prompts.modelRef(context.body["model"]) {
            new.model = try location.models.resolve(wanted.text).ref
        }
        if let parent = context.text("parentID") { new.parentID = try await context.session(parent).id }
        // Making a session again that is there gives that one: a retry after a lost answer is safe.
        if let id = new.id, let known = try? await context.services.sessions.get(id) {
            return .data(try context.json(known))
        }
        let made: SessionInfo
        do throws(SessionError) {
            made = try await context.services.sessions.create(new)
        } catch {
            throw error.failure(sessionID: new.id ?? "")
        }
        return .data(try context.json(made))
    }

    private static let update = Route(
        openCode: "Session.update", .prompt,
        body: .json(
            Shape.object([
                "title": Shape.optional(["type": "string", "minLength": 1, "maxLength": 500]),
                "metadata": Shape.optional(Shape.map),
                "permissions": Shape.optional(Shape.list(Shape.ref("PermissionRule"))),
                "archived": Shape.optional(Shape.boolean),
            ]))
    ) { context in
        let session = try await context.session()
        var events: [EventPayload] = []
        if let title = context.text("title"), title != session.title {
            events.append(.sessionRenamed(.init(sessionID: session.id, title: title)))
        }
        if let metadata = context.body["metadata"] {
            events.append(.sessionMetadataUpdated(.init(sessionID: session.id, metadata: metadata)))
        }
        if let permissions: [PermissionRule] = try context.decode("permissions") {
            events.append(.sessionPermissionsChanged(.init(sessionID: session.id, permissions: permissions)))
        }
        if let archived = context.flag("archived"), archived != (session.time.archived != nil) {
            events.append(
                archived
                    ? .sessionArchived(.init(sessionID: session.id)) : .sessionUnarchived(.init(sessionID: session.id)))
        }
        if !events.isEmpty { try await context.append(session.id, events) }
        return .noContent
    }

    private static func list(_ context: RouteContext) async throws -> ServerResponse {
        let query = context.request.query
        var filter = SessionFilter(directory: query["directory"])
        filter.includeArchived = context.queryFlag("archived") ?? false
        filter.parentID = query["parentID"]
        filter.search = query["search"]
        filter.limit = Int(context.number("limit") ?? 50)
        if let cursor = query["cursor"] {
            guard let bytes = Base64.decode(cursor), !bytes.isEmpty else {
                throw HTTPFailure(400, .invalidCursor(message: "The cursor is not one of this list; start without it."))
            }
            filter.cursor = UTF8Text.lossy(bytes)
        }
        let page: SessionPage
        do {
            page = try await context.services.sessions.list(filter)
        } catch {
            guard error.kind == .invalid, filter.cursor != nil else { throw error }
            throw HTTPFailure(400, .invalidCursor(message: "The cursor is not one of this list; start without it."))
        }
        var sessions = page.sessions
        if let project = query["project"] { sessions = sessions.filter { $0.projectID == project } }
        if let subpath = query["subpath"] { sessions = sessions.filter { $0.subpath == subpath } }
        if query["order"] == "asc" { sessions.reverse() }
        var cursor = JSONObject()
        if let next = page.next { cursor["next"] = .string(Base64.encodeURL(Array(next.utf8))) }
        return .json(["data": try context.json(sessions), "cursor": .object(cursor)])
    }
}

extension RouteContext {
    /// Stores events of a session.
    func append(_ sessionID: String, _ events: EventPayload...) async throws { try await append(sessionID, events) }

    /// Stores events of a session.
    func append(_ sessionID: String, _ events: [EventPayload]) async throws {
        do {
            try await services.sessions.append(sessionID, events, durability: .flushed)
        } catch {
            throw error.failure(sessionID: sessionID)
        }
    }
}
