import Support

/// The OpenAPI document.
enum DocumentRoutes {
    static let all: [Route] = [
        document("/openapi.json", "Server.document"), document("/doc", "Server.doc"),
    ]

    private static func document(_ path: String, _ operation: String) -> Route {
        Route(
            "GET", path, operation, .read, summary: "This document.", success: .json(Shape.map)
        ) { context in
            .json(OpenAPIDocument.make(.standard, version: context.services.version))
        }
    }
}
