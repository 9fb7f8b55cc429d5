import Configuration
import Schema
import Support
import SystemPackage

/// Directories as the server sees them: location, configuration, what waits for trust.
enum LocationRoutes {
    static let all: [Route] = [
        Route(openCode: "Location.get", .read) { context in
            let location = try await context.location()
            let root = location.config.workspace.string
            return .json([
                "directory": .string(location.directory.string),
                "project": [
                    "id": .string(location.projectID), "directory": .string(root), "canonical": .string(root),
                ],
            ])
        },
        Route(openCode: "Location.reload", .admin) { context in
            await context.services.locations.reload()
            return .noContent
        },
        Route(openCode: "Config.get", .read) { context in
            let location = try await context.location()
            return .json(.array(entries(location)))
        },
        Route(
            "GET", "/api/trust", "Trust.get", .read,
            summary: "Whether the directory is trusted, and what waits for it.",
            query: [.location],
            success: .json([
                "type": "object", "required": ["data"],
                "properties": [
                    "data": [
                        "type": "object", "required": ["trusted", "pendingApproval"],
                        "properties": [
                            "trusted": Shape.boolean, "directory": Shape.string,
                            "pendingApproval": Shape.list(Shape.map),
                        ],
                    ]
                ],
            ]), failures: [(404, "LocationNotFoundError")]
        ) { context in
            let location = try await context.location()
            return .data([
                "directory": .string(location.config.workspace.string), "trusted": .bool(location.config.isTrusted),
                "pendingApproval": .array(
                    location.config.pendingApproval.map {
                        ["key": .string($0.key), "file": .string($0.file.string), "command": .string($0.command)]
                    }),
            ])
        },
    ]

    /// 2.1's configuration entries: one document with what is in force, without secrets, then the directories.
    private static func entries(_ location: ServerLocation) -> [JSON] {
        let config = location.config.config
        var info = JSONObject()
        if let model = config.model { info["model"] = .string(model) }
        if let agent = config.defaultAgent { info["default_agent"] = .string(agent) }
        info["share"] = .string(config.share.mode)
        info["snapshots"] = .bool(config.snapshot.enabled)
        if !config.instructions.isEmpty { info["instructions"] = .array(config.instructions.map { .string($0) }) }
        if !config.skills.paths.isEmpty { info["skills"] = .array(config.skills.paths.map { .string($0) }) }
        info["permissions"] = .array(
            config.permission.rules.map {
                [
                    "action": .string($0.permission), "resource": .string($0.pattern),
                    "effect": .string($0.action.rawValue),
                ]
            })
        var document: JSONObject = ["type": "document", "info": .object(info)]
        if let file = location.config.sources.last(where: \.isPresent) { document["path"] = .string(file.path.string) }
        return [
            .object(document), ["type": "directory", "path": .string(location.config.paths.config.string)],
        ]
    }
}
