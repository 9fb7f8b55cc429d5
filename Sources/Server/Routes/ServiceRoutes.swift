import Configuration
import Logging
import Schema
import Support

/// What runs beside the agent, and the server's log.
enum ServiceRoutes {
    static let all: [Route] = [
        languageServers, log,
    ]

    private static let languageServers = Route(
        "GET", "/api/lsp", "Lsp.list", .read, summary: "The configured language servers.", query: [.location],
        success: .json([
            "type": "object", "required": ["location", "data"],
            "properties": [
                "location": Shape.ref("LocationPublicRef"),
                "data": Shape.list([
                    "type": "object", "required": ["id", "status", "extensions"],
                    "properties": [
                        "id": Shape.string, "status": Shape.word("stopped", "disabled"),
                        "extensions": Shape.list(Shape.string),
                    ],
                ]),
            ],
        ])
    ) { context in
        let location = try await context.location()
        let servers = location.config.config.raw["lsp"]?.objectValue ?? JSONObject()
        let rows = servers.map { id, server -> JSON in
            [
                "id": .string(id), "status": server["disabled"]?.boolValue == true ? "disabled" : "stopped",
                "extensions": .array((server["extensions"]?.arrayValue ?? []).filter { $0.stringValue != nil }),
            ]
        }
        return CatalogueRoutes.located(location, .array(rows))
    }

    /// The longest message and the largest `extra`, bytes.
    private static let maximumText = 8 << 10

    private static let log = Route(
        "POST", "/api/log", "Server.log", .prompt, summary: "Write a line into the server's log.",
        body: .json(
            Shape.object(
                [
                    "service": ["type": "string", "minLength": 1, "maxLength": 100],
                    "level": Shape.word("debug", "info", "warn", "error"),
                    "message": ["type": "string", "maxLength": .int(Int64(maximumText))], "extra": Shape.map,
                ], required: ["service", "level", "message"])),
        success: .none
    ) { context in
        let level: Logger.Level =
            switch context.text("level") {
            case "debug": .debug
            case "warn": .warning
            case "error": .error
            default: .info
            }
        var metadata: Logger.Metadata = [
            "service": "\(HostileText.escaped(context.text("service") ?? "", multiline: false))",
            "request": "\(context.request.id)",
        ]
        if let extra = context.body["extra"] {
            let text = extra.text()
            guard text.utf8.count <= maximumText else {
                throw HTTPFailure.invalid("'extra' is larger than \(maximumText) bytes; send less.", field: "extra")
            }
            metadata["extra"] = "\(HostileText.escaped(text, multiline: false))"
        }
        let message = HostileText.escaped(context.text("message") ?? "", multiline: false)
        context.services.logger.log(level: level, "client: \(message)", metadata: metadata)
        return .noContent
    }
}
