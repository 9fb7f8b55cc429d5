package import Support

/// The OpenAPI 3.1 document of a route table: what is routed and checked is what is documented.
package enum OpenAPIDocument {
    /// The document, the same bytes for the same table.
    package static func make(_ table: RouteTable, version: String) -> JSON {
        var paths = JSONObject()
        for route in table.routes where route.isDocumented {
            for (index, path) in ([route.path] + route.aliases).enumerated() {
                var item = paths[path.text]?.objectValue ?? JSONObject()
                guard item[route.method.lowercased()] == nil else { continue }
                item[route.method.lowercased()] = operation(route, path, isAlias: index > 0)
                paths[path.text] = .object(item)
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "codetether", "version": .string(version),
                "description":
                    "The HTTP API of codetether. Its operations are those of OpenCode 2.1 and some of its own.",
                "license": ["name": "MIT", "identifier": "MIT"],
            ],
            "servers": [["url": "/"]],
            "security": [["bearer": []], ["basic": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"], "basic": ["type": "http", "scheme": "basic"],
                ],
                "schemas": .object(schemas()),
            ],
        ]
    }

    /// Errors that have no type in 2.1.
    private static let plainErrors = [
        "NotFoundError", "MethodNotAllowedError", "PayloadTooLargeError", "UnsupportedMediaTypeError",
        "TooManyRequestsError", "UpgradeRequiredError", "NotImplementedError", "ShareNotFoundError",
        "McpConfigError", "McpAuthRequiredError", "McpConnectError", "McpSpawnError", "McpTimeoutError",
        "McpToolNotFoundError",
    ]

    private static func schemas() -> JSONObject {
        var schemas = SchemaCheck.components.objectValue ?? JSONObject()
        for tag in plainErrors where schemas[tag + "Body"] == nil {
            schemas[tag + "Body"] = [
                "type": "object",
                "properties": [
                    "_tag": ["const": .string(tag)], "message": Shape.string, "requestID": Shape.string,
                ],
                "required": ["_tag", "message"],
            ]
        }
        return schemas
    }

    private static func operation(_ route: Route, _ path: RoutePath, isAlias: Bool) -> JSON {
        var operation: JSONObject = [
            "operationId": .string(isAlias ? route.operation + ".alias" : route.operation),
            "tags": [.string(route.domain)], "summary": .string(route.summary),
        ]
        if route.scope == .open {
            operation["security"] = []
        } else {
            operation["description"] = .string("Needs the scope `\(route.scope.rawValue)`.")
        }
        let parameters = parameters(route, path)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        switch route.body {
        case .none: break
        case .json(let schema, let isOptional):
            operation["requestBody"] = [
                "required": .bool(!isOptional), "content": ["application/json": ["schema": schema]],
            ]
        case .raw:
            operation["requestBody"] = [
                "required": true, "content": ["application/octet-stream": ["schema": [:]]],
            ]
        }
        operation["responses"] = .object(responses(route, hasParameters: !parameters.isEmpty))
        return .object(operation)
    }

    private static func parameters(_ route: Route, _ path: RoutePath) -> [JSON] {
        var parameters: [JSON] = path.parameters.map {
            ["name": .string($0), "in": "path", "required": true, "schema": Shape.name]
        }
        for query in route.query {
            // 2.1 clients send `null` for what they leave out.
            let schema = query.isRequired || query.isDeepObject ? query.schema : Shape.optional(query.schema)
            var parameter: JSONObject = ["name": .string(query.name), "in": "query", "schema": schema]
            if query.isRequired { parameter["required"] = true }
            if query.isDeepObject {
                parameter["style"] = "deepObject"
                parameter["explode"] = true
            }
            if !query.summary.isEmpty { parameter["description"] = .string(query.summary) }
            parameters.append(.object(parameter))
        }
        return parameters
    }

    private static func responses(_ route: Route, hasParameters: Bool) -> JSONObject {
        var responses = JSONObject()
        let (status, success) = success(route)
        responses[String(status)] = success
        var failures: [Int: [String]] = [:]
        func add(_ status: Int, _ tag: String) {
            if failures[status]?.contains(tag) != true { failures[status, default: []].append(tag) }
        }
        for failure in route.failures { add(failure.status, failure.tag) }
        if hasParameters { add(400, "InvalidRequestError") }
        if route.scope != .open { add(401, "UnauthorizedError") }
        add(403, "ForbiddenError")
        add(503, "ServiceUnavailableError")
        switch route.body {
        case .none: break
        case .json:
            add(400, "InvalidRequestError")
            add(413, "PayloadTooLargeError")
            add(415, "UnsupportedMediaTypeError")
        case .raw: add(413, "PayloadTooLargeError")
        }
        for (status, tags) in failures.sorted(by: { $0.key < $1.key }) where responses[String(status)] == nil {
            let schemas = tags.map { Shape.ref($0 + "Body") }
            responses[String(status)] = [
                "description": .string(tags.joined(separator: " or ")),
                "content": [
                    "application/json": [
                        "schema": schemas.count > 1 ? ["anyOf": .array(schemas)] : schemas.first ?? [:]
                    ]
                ],
            ]
        }
        return responses
    }

    /// A schema that lets answers have more members than it names, as 2.1's types do.
    private static func open(_ schema: JSON) -> JSON {
        switch schema {
        case .object(let object):
            var result = JSONObject()
            for (name, value) in object where name != "additionalProperties" || value.boolValue != false {
                result[name] = open(value)
            }
            return .object(result)
        case .array(let items): return .array(items.map(open))
        default: return schema
        }
    }

    private static func success(_ route: Route) -> (Int, JSON) {
        switch route.success {
        case .none: return (204, ["description": "Done."])
        case .json(let schema, let status):
            var content: JSONObject = ["application/json": ["schema": open(schema)]]
            if route.operation == "Session.prompt" { content["text/event-stream"] = ["schema": Shape.string] }
            return (status, ["description": "Done.", "content": .object(content)])
        case .events:
            return (
                200, ["description": "Events.", "content": ["text/event-stream": ["schema": Shape.string]]]
            )
        case .bytes(let type):
            return (200, ["description": "Bytes.", "content": .object([type: ["schema": [:]]])])
        case .redirect: return (303, ["description": "To the page, with the cookie."])
        case .webSocket: return (101, ["description": "A WebSocket."])
        }
    }
}
