import Configuration
import Credentials
import Providers
import Schema
import Support
import SystemPackage
import Templates
import Tools

/// What there is to work with: agents, models, providers, commands, skills, tools, plugins.
enum CatalogueRoutes {
    static let all: [Route] = [
        Route(openCode: "Agent.list", .read) { context in
            let location = try await context.location()
            return located(location, .array(location.agents.agents.map { agent($0, location) }))
        },
        Route(openCode: "Agent.get", .read) { context in
            let location = try await context.location()
            let name = context.parameter("agent_id")
            guard let found = location.agents.agents.first(where: { $0.name == name }) else {
                let shown = HostileText.escaped(name, multiline: false)
                throw HTTPFailure(
                    404,
                    .agentNotFound(
                        agentID: shown, message: "There is no agent \"\(shown)\"; GET /api/agent lists them."))
            }
            return located(location, agent(found, location))
        },
        Route(openCode: "Model.list", .read) { context in
            let location = try await context.location()
            return located(location, .array(location.models.models().map { model($0, location.models) }))
        },
        Route(openCode: "Model.default", .read) { context in
            let location = try await context.location()
            let found = try? location.models.defaultModel()
            return located(location, found.map { model($0, location.models) } ?? .null)
        },
        Route(openCode: "Provider.list", .read) { context in
            let location = try await context.location()
            return located(location, .array(location.models.providers.map { provider($0, location.models) }))
        },
        Route(openCode: "Provider.get", .read) { context in
            let location = try await context.location()
            let id = context.parameter("provider_id")
            guard let found = location.models.provider(id) else {
                let shown = HostileText.escaped(id, multiline: false)
                throw HTTPFailure(
                    404,
                    .providerNotFound(
                        providerID: shown, message: "There is no provider \"\(shown)\"; GET /api/provider lists them."))
            }
            return located(location, provider(found, location.models))
        },
        Route(openCode: "Command.list", .read) { context in
            let location = try await context.location()
            return located(location, .array(await location.commands.list().map(\.json)))
        },
        Route(openCode: "Skill.list", .read) { context in
            let location = try await context.location()
            let skills = try await BlockingWork.run {
                location.skills.map { skill -> JSON in
                    [
                        "id": .string(skill.name), "name": .string(skill.name),
                        "description": .string(skill.description), "path": .string(skill.path.string),
                        "content": .string((try? skill.body()) ?? ""),
                    ]
                }
            }
            return located(location, .array(skills))
        },
        tools,
    ]

    private static let tools = Route(
        "GET", "/api/tool", "Tool.list", .read, summary: "The tools that a model is offered.",
        query: [.location, .named("model", Shape.name, "provider/model; all tools when missing.")],
        success: .json(
            [
                "type": "object", "required": ["data"],
                "properties": [
                    "data": Shape.list([
                        "type": "object", "required": ["name", "description", "inputSchema"],
                        "properties": [
                            "name": Shape.string, "description": Shape.string, "inputSchema": Shape.map,
                        ],
                    ])
                ],
            ]), failures: [(404, "LocationNotFoundError")]
    ) { context in
        let location = try await context.location()
        var wanted = ToolModel(providerID: "", modelID: "", tools: true, context: 0)
        if let name = context.request.query["model"] {
            let spec = try location.models.resolve(name)
            wanted = ToolModel(
                providerID: spec.providerID, modelID: spec.modelID, tools: spec.capabilities.tools,
                context: spec.limits.context)
        }
        let offered = location.tools.definitions(
            for: wanted, agent: ToolFilter(agent: "build", tools: [:], deniedPermissions: []))
        return .json([
            "location": location.reference,
            "data": .array(
                offered.map {
                    [
                        "name": .string($0.name), "description": .string($0.description), "inputSchema": $0.inputSchema,
                    ]
                }),
        ])
    }

    static func located(_ location: ServerLocation, _ data: JSON) -> ServerResponse {
        .json(["location": location.reference, "data": data])
    }

    private static func agent(_ agent: AgentDefinition, _ location: ServerLocation) -> JSON {
        var object: JSONObject = [
            "id": .string(agent.name), "name": .string(agent.name), "description": .string(agent.description),
            "request": ["settings": [:], "headers": [:], "body": [:]], "mode": .string(agent.mode.rawValue),
            "hidden": .bool(agent.hidden),
            "permissions": .array(
                agent.permission.rules.map {
                    [
                        "action": .string($0.permission), "resource": .string($0.pattern),
                        "effect": .string($0.action.rawValue),
                    ]
                }),
        ]
        if let steps = agent.steps { object["steps"] = .int(Int64(steps)) }
        if let color = agent.color { object["color"] = .string(color) }
        if let prompt = agent.prompt { object["system"] = .string(prompt) }
        if let name = agent.model, let spec = try? location.models.resolve(name) {
            object["model"] = ["id": .string(spec.modelID), "providerID": .string(spec.providerID)]
        }
        return .object(object)
    }

    private static func model(_ model: ModelSpec, _ models: ModelCatalogue) -> JSON {
        let isAvailable = models.provider(model.providerID).map { models.isAvailable($0) } ?? false
        return [
            "id": .string(model.id), "modelID": .string(model.modelID), "providerID": .string(model.providerID),
            "name": .string(model.name),
            "capabilities": [
                "tools": .bool(model.capabilities.tools), "reasoning": .bool(model.capabilities.reasoning),
                "attachment": .bool(model.capabilities.attachment),
                "temperature": .bool(model.capabilities.temperature),
                "input": .array(model.capabilities.inputModalities.map { .string($0) }), "output": ["text"],
            ],
            "variants": [], "time": ["released": 0],
            "cost": model.cost.map { cost in
                [
                    [
                        "input": .double(cost.input), "output": .double(cost.output),
                        "cache": ["read": .double(cost.cacheRead ?? 0), "write": .double(cost.cacheWrite ?? 0)],
                    ]
                ]
            } ?? [],
            "status": "active", "enabled": .bool(isAvailable), "available": .bool(isAvailable),
            "limit": ["context": .int(Int64(model.limits.context)), "output": .int(Int64(model.limits.output))],
        ]
    }

    private static func provider(_ entry: ProviderEntry, _ models: ModelCatalogue) -> JSON {
        [
            "id": .string(entry.id), "name": .string(entry.name), "integrationID": .string(entry.id),
            "activation": models.isAvailable(entry) ? "enabled" : "auto", "package": "codetether",
            "available": .bool(models.isAvailable(entry)), "env": .array(entry.env.map { .string($0) }),
        ]
    }
}
