package import Support

/// What OpenCode 2.1 says about one of its operations.
struct OpenCodeOperation: Sendable {
    var isInScope: Bool
    var name: String
    var method: String
    var path: String
    var query: [String]
    /// `X`, `[X]`, `{X}`, empty for none.
    var response: String
    var isEnveloped: Bool
    var failures: [Route.Failure]
    var summary: String

    /// All 142, in the order of the specification.
    static let all: [OpenCodeOperation] = OpenCodeOperations.text.split(separator: "\n").compactMap { line in
        let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard cells.count >= 8 else { return nil }
        let isEnveloped = cells[5].hasPrefix("=")
        return OpenCodeOperation(
            isInScope: cells[0] == "1", name: cells[1], method: cells[2],
            path: cells[1] == "File.read" ? "/api/fs/read/{path...}" : cells[3],
            query: cells[4].split(separator: ",").map(String.init),
            response: isEnveloped ? String(cells[5].dropFirst()) : cells[5], isEnveloped: isEnveloped,
            failures: cells[6].split(separator: ",").compactMap { failure in
                let parts = failure.split(separator: " ")
                guard parts.count == 2, let status = Int(parts[0]) else { return nil }
                return Route.Failure(status: status, tag: String(parts[1]))
            }, summary: cells[7...].joined(separator: "|"))
    }

    static let byName: [String: OpenCodeOperation] = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    var success: Route.Success {
        if response.isEmpty { return .none }
        let schema: JSON =
            switch response.utf8.first {
            case UInt8(ascii: "["): Shape.list(Shape.ref(String(response.dropFirst().dropLast())))
            case UInt8(ascii: "{"): Shape.map(Shape.ref(String(response.dropFirst().dropLast())))
            default: Shape.ref(response)
            }
        guard isEnveloped else { return .json(schema) }
        return .json([
            "type": "object", "properties": ["data": schema], "required": ["data"],
        ])
    }
}

extension Route {
    /// An operation of OpenCode 2.1, exactly as it is specified; what is in `experimental/` is served without that
    /// segment too.
    /// - Parameters:
    ///   - query: the schemas of the query parameters, where the standard ones do not fit.
    ///   - success: where the specification has no type (streams, bytes).
    ///   - also: failures that the specification forgot.
    package init(
        openCode name: String, _ scope: Scope, body: Body = .none, query: [String: JSON] = [:],
        required: [String] = [], success: Success? = nil, also: [(Int, String)] = [],
        handler: @escaping Handler
    ) {
        let operation =
            OpenCodeOperation.byName[name]
            ?? OpenCodeOperation(
                isInScope: false, name: name, method: "GET", path: "/" + name, query: [], response: "",
                isEnveloped: false, failures: [], summary: name)
        self.init(
            operation.method, operation.path, name, scope, summary: operation.summary,
            query: operation.query.map { parameter in
                if parameter == "location" { return .location }
                return Query(
                    name: parameter, schema: query[parameter] ?? Self.standardQuery[parameter] ?? Shape.string,
                    isRequired: required.contains(parameter))
            }, body: body, success: success ?? operation.success, handler: handler)
        failures = operation.failures + also.map { Failure(status: $0.0, tag: $0.1) }
        let plain = operation.path.split(separator: "/", omittingEmptySubsequences: false)
            .filter { $0 != "experimental" }.joined(separator: "/")
        if plain != operation.path { aliases = [RoutePath(plain)] }
    }

    private static let standardQuery: [String: JSON] = [
        "limit": Shape.integer(1...1_000), "order": Shape.word("asc", "desc"), "archived": Shape.boolean,
        "follow": Shape.boolean, "sanitize": Shape.boolean, "resume": Shape.boolean,
        "context": Shape.integer(0...1_000_000),
    ]
}
