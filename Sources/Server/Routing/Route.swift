package import Support

/// One operation: what routes, validates, authorises and documents it, and what answers.
package struct Route: Sendable {
    /// A parameter of the query.
    package struct Query: Sendable {
        package var name: String
        package var schema: JSON
        package var isRequired = false
        package var summary = ""
        /// `location[directory]=…`
        package var isDeepObject = false
    }

    /// What the request's body is.
    package enum Body: Sendable {
        case none
        /// A JSON document; `isOptional`: may be missing altogether, which counts as `{}`.
        case json(JSON, isOptional: Bool = false)
        /// Any bytes.
        case raw
    }

    /// What success looks like.
    package enum Success: Sendable {
        /// 204.
        case none
        case json(JSON, status: Int = 200)
        /// Server-sent events.
        case events
        /// Bytes of this media type.
        case bytes(String)
        /// 303 to another page.
        case redirect
        /// 101.
        case webSocket
    }

    /// A status and the tag of its body.
    package struct Failure: Sendable, Hashable {
        package var status: Int
        package var tag: String
    }

    package typealias Handler = @Sendable (RouteContext) async throws -> ServerResponse

    /// `GET`, …
    package var method: String
    package var path: RoutePath
    /// The same operation under another path.
    package var aliases: [RoutePath] = []
    /// `Session.list`; unique.
    package var operation: String
    package var summary: String
    package var scope: Scope
    package var query: [Query] = []
    package var body: Body = .none
    package var success: Success
    package var failures: [Failure] = []
    /// Another limit than 10 MiB, bytes.
    package var maximumBody = Route.standardBody
    /// False keeps it out of `/openapi.json`.
    package var isDocumented = true
    /// Another credential than the usual ones: who the request is from, nil when it has none of these. What it throws is
    /// the answer.
    package var admit: (@Sendable (ServerServices, ServerRequest, [String: String]) async throws -> Caller?)?
    package var handler: Handler

    /// 10 MiB.
    package static let standardBody = 10 << 20

    /// The domain: `Session` of `Session.list`.
    package var domain: String { String(operation.split(separator: ".").first ?? "") }

    /// An operation of our own.
    package init(
        _ method: String, _ path: String, _ operation: String, _ scope: Scope, summary: String, query: [Query] = [],
        body: Body = .none, success: Success, failures: [(Int, String)] = [], handler: @escaping Handler
    ) {
        self.method = method
        self.path = RoutePath(path)
        self.operation = operation
        self.scope = scope
        self.summary = summary
        self.query = query
        self.body = body
        self.success = success
        self.failures = failures.map { Failure(status: $0.0, tag: $0.1) }
        self.handler = handler
    }
}

extension Route.Query {
    /// `location[directory]`: which directory's configuration, models and files are meant; the server's when missing.
    package static let location = Route.Query(
        name: "location",
        schema: ["type": "object", "properties": ["directory": Shape.string, "workspace": Shape.string]],
        summary: "The directory that is meant; the server's own when missing.", isDeepObject: true)

    /// A parameter.
    package static func named(_ name: String, _ schema: JSON, _ summary: String = "") -> Route.Query {
        Route.Query(name: name, schema: schema, summary: summary)
    }

    /// A parameter that must be given.
    package static func required(_ name: String, _ schema: JSON, _ summary: String = "") -> Route.Query {
        Route.Query(name: name, schema: schema, isRequired: true, summary: summary)
    }
}
