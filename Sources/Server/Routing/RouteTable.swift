import Schema
import Support

/// All routes. The one place that knows what the server answers.
package struct RouteTable: Sendable {
    /// What became of a request's method and path.
    enum Match {
        case route(Route, [String: String])
        /// The path exists with other methods.
        case otherMethods([String])
        case none
    }

    /// In the order in which they are tried: more literal paths first.
    package let routes: [Route]
    private let candidates: [(path: RoutePath, index: Int)]

    /// - Parameter routes: operations; of two with the same method and path the first counts.
    package init(_ routes: [Route]) {
        self.routes = routes
        var candidates: [(path: RoutePath, index: Int)] = []
        for (index, route) in routes.enumerated() {
            for path in [route.path] + route.aliases { candidates.append((path, index)) }
        }
        self.candidates = candidates.enumerated().sorted { left, right in
            if left.element.path.isMoreSpecific(than: right.element.path) { return true }
            if right.element.path.isMoreSpecific(than: left.element.path) { return false }
            return left.offset < right.offset
        }.map(\.element)
    }

    func match(_ method: String, _ path: String) -> Match {
        guard let segments = RoutePath.split(path) else { return .none }
        var methods: [String] = []
        var template: String?
        let wanted = method == "HEAD" ? "GET" : method
        for candidate in candidates {
            guard let values = candidate.path.match(segments) else { continue }
            let route = routes[candidate.index]
            if route.method == wanted { return .route(route, values) }
            // `/api/session/active` does not offer what `/api/session/{session_id}` has.
            template = template ?? candidate.path.text
            if template == candidate.path.text, !methods.contains(route.method) { methods.append(route.method) }
        }
        if methods.contains("GET") { methods.append("HEAD") }
        return methods.isEmpty ? .none : .otherMethods(methods + ["OPTIONS"])
    }

    /// OpenCode 2.1's operations that nothing answers: those out of scope, and those in scope without a handler.
    package static func withoutHandler(_ routes: [Route]) -> [Route] {
        let known = Set(routes.map(\.operation))
        return OpenCodeOperation.all.filter { !known.contains($0.name) }.map { operation in
            var route = Route(openCode: operation.name, .read) { _ in
                throw HTTPFailure(
                    501,
                    .notImplemented(
                        operation: operation.name, message: "codetether does not serve \(operation.name)."))
            }
            route.isDocumented = false
            route.query = []
            return route
        }
    }
}
