import Configuration
import Events
import Git
import Schema
import Storage
import Support
import SystemPackage

/// The server's project: what is known of it, and what people called it.
enum ProjectRoutes {
    static let all: [Route] = [
        Route(openCode: "Project.list", .read, query: ["archived": Shape.boolean]) { context in
            .json([try context.json(try await project(context))])
        },
        update,
    ]

    private static let text = Shape.optional(["type": "string", "maxLength": 500])

    private static let update: Route = {
        var route = Route(
            openCode: "Project.update", .admin,
            body: .json(
                Shape.object([
                    "canonical": Shape.optional(Shape.string), "name": text,
                    "icon": Shape.optional(Shape.object(["url": text, "override": text, "color": text])),
                    "commands": Shape.optional(Shape.object(["start": text])),
                ]))
        ) { context in
            let known = try await project(context)
            let id = context.parameter("project_id")
            guard id == known.id else {
                let shown = HostileText.escaped(id, multiline: false)
                throw HTTPFailure(
                    404,
                    .projectNotFound(
                        projectID: shown,
                        message: "There is no project \"\(shown)\"; GET /api/project lists those there are."))
            }
            if let directory = context.text("canonical"), directory != known.canonical {
                throw HTTPFailure.invalid(
                    "The directory of a project is where it is; start a server in another one.", field: "canonical")
            }
            let body = context.body
            let now = context.services.time.nowMs()
            try await context.services.storage.update(key(id), updatedMs: now, durability: .flushed) { old in
                var facts = old.flatMap { try? JSON(parsing: $0) }?.objectValue ?? JSONObject()
                for name in ["name", "icon", "commands"] {
                    if let value = body[name] { facts[name] = value }
                }
                facts["updated"] = .int(now)
                return JSON.object(facts).bytes()
            }
            let changed = try await project(context)
            context.services.bus.publish(
                Event(id: context.services.ids.next(.event), created: now, payload: .projectUpdated(changed)))
            return .json(try context.json(changed))
        }
        route.failures.append(.init(status: 409, tag: "ConflictError"))
        return route
    }()

    private static func key(_ id: String) -> RecordKey { RecordKey("project", id) }

    private static func project(_ context: RouteContext) async throws -> ProjectUpdated {
        let location = try await context.location(nil)
        let root = location.config.workspace
        let now = context.services.time.nowMs()
        let stored = try await context.services.storage.read(key(location.projectID))
        let facts = stored.flatMap { try? JSON(parsing: $0.bytes) }
        return ProjectUpdated(
            id: location.projectID, canonical: root.string, vcs: GitState.read(root) == nil ? nil : "git",
            name: facts?["name"]?.stringValue ?? root.lastComponent?.string, icon: facts?["icon"],
            commands: facts?["commands"],
            time: ProjectTime(created: now, updated: facts?["updated"]?.intValue ?? now, active: now), sandboxes: [])
    }
}
