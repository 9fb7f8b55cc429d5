import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Schema
import Support

/// Takes a request through the checks that all routes share, to its handler, and makes an answer of what happens there.
///
/// Order: host, origin, preflight, credential, path and method, scope, media type, size, JSON, schema, parameters.
package struct Dispatcher: Sendable {
    package let services: ServerServices
    package let table: RouteTable
    package let exposure: Exposure
    /// Where the API is mounted, "" or "/prefix".
    let basePath: String
    let isSecure: Bool
    private let throttle: FailureThrottle

    package init(
        services: ServerServices, table: RouteTable, exposure: Exposure, basePath: String = "", isSecure: Bool = false
    ) {
        self.services = services
        self.table = table
        self.exposure = exposure
        self.basePath = basePath
        self.isSecure = isSecure
        throttle = FailureThrottle(time: services.time)
    }

    /// The answer to a request; never throws and never shows what failed inside.
    func respond(to request: Request, channel: any Channel) async -> (ServerResponse, ServerRequest) {
        let started = services.time.uptimeNs()
        let incoming = self.request(request, channel: channel)
        var outcome = Outcome()
        var response: ServerResponse
        do {
            if let elsewhere = redirect(request) {
                response = elsewhere
            } else {
                response = try await answer(incoming, &outcome)
            }
        } catch {
            response = failure(error, incoming)
        }
        if let origin = outcome.allowedOrigin {
            response.headers[.accessControlAllowOrigin] = origin
            response.headers[.accessControlExposeHeaders] = "x-request-id, retry-after, allow"
        }
        response.headers[.vary] = "origin"
        if let name = HTTPField.Name("x-request-id") { response.headers[name] = incoming.id }
        if let name = HTTPField.Name("x-content-type-options") { response.headers[name] = "nosniff" }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        services.logger.info(
            "request",
            metadata: [
                "id": "\(incoming.id)", "method": "\(HostileText.escaped(incoming.method, multiline: false))",
                "path": "\(HostileText.escaped(incoming.path, multiline: false))", "status": "\(response.status)",
                "caller": "\(outcome.caller)", "remote": "\(incoming.remote)",
                "operation": "\(outcome.operation)",
                "durationMs": "\((services.time.uptimeNs() - started) / 1_000_000)",
            ])
        return (response, incoming)
    }

    /// Whether a target is of a route that can become a WebSocket.
    func isWebSocket(_ target: String) -> Bool {
        guard case .route(let route, _) = table.match("GET", path(of: target)), case .webSocket = route.success else {
            return false
        }
        return true
    }

    /// The path of a target below the base path, "" when it is not below it.
    private func path(of target: String) -> String {
        let path = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
        guard let path, !basePath.isEmpty else { return path ?? "/" }
        if path == basePath { return "/" }
        return path.hasPrefix(basePath + "/") ? String(path.dropFirst(basePath.count)) : ""
    }

    private struct Outcome {
        var allowedOrigin: String?
        var caller = "none"
        var operation = ""
    }

    private func request(_ request: Request, channel: any Channel) -> ServerRequest {
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return ServerRequest(
            id: "req_" + services.ids.next(.event).dropFirst(4), method: request.method.rawValue,
            path: path(of: target),
            query: QueryString(parts.count == 2 ? parts[1] : ""), headers: request.headers,
            host: request.head.authority?.lowercased(), remote: channel.remoteAddress?.ipAddress ?? "",
            isSecure: isSecure, body: request.body, channel: channel)
    }

    private func answer(_ request: ServerRequest, _ outcome: inout Outcome) async throws -> ServerResponse {
        guard exposure.allows(host: request.host) else {
            throw HTTPFailure(
                403,
                .forbidden(
                    message:
                        "The host \"\(HostileText.escaped(request.host ?? "", multiline: false))\" is not allowed; start the server with --allowed-host to add it."
                ))
        }
        if let origin = request.headers[.origin] {
            guard exposure.allows(origin: origin, host: request.host, isSecure: request.isSecure) else {
                throw HTTPFailure(
                    403,
                    .forbidden(
                        message:
                            "The origin \"\(HostileText.escaped(origin, multiline: false))\" is not allowed; start the server with --cors to add it."
                    ))
            }
            outcome.allowedOrigin = origin
        }
        let match = table.match(request.method, request.path)
        if request.method == "OPTIONS" { return preflight(request, match) }
        if case .route(let route, _) = match { outcome.operation = route.operation }
        let caller = try await caller(request, match)
        outcome.caller = caller.kind
        switch match {
        case .none:
            throw HTTPFailure(
                404,
                TaggedError(
                    "NotFoundError",
                    "There is nothing at \(HostileText.escaped(request.path, multiline: false)); GET /openapi.json lists what there is."
                ))
        case .otherMethods(let methods):
            var headers = HTTPFields()
            headers[.allow] = methods.joined(separator: ", ")
            throw HTTPFailure(
                405,
                TaggedError(
                    "MethodNotAllowedError",
                    "\(HostileText.escaped(request.method, multiline: false)) is not possible here; use \(methods.joined(separator: ", "))."
                ), headers: headers)
        case .route(let route, let path):
            guard caller.scopes.contains(route.scope) else {
                throw HTTPFailure(
                    403, .forbidden(message: "This credential lacks the scope \"\(route.scope.rawValue)\"."))
            }
            try check(query: request.query, route)
            let (body, bytes) = try await readBody(request, route)
            return try await route.handler(
                RouteContext(
                    services: services, request: request, route: route, caller: caller, path: path, body: body,
                    bytes: bytes))
        }
    }

    /// Who calls; a route that needs no credential has a caller too.
    private func caller(_ request: ServerRequest, _ match: RouteTable.Match) async throws -> Caller {
        if case .route(let route, _) = match, route.scope == .open {
            return services.authenticator.caller(of: request) ?? Caller(kind: "open", scopes: [.open])
        }
        if case .route(let route, let path) = match, let caller = try await route.admit?(services, request, path) {
            return caller
        }
        if let caller = services.authenticator.caller(of: request) { return caller }
        guard let pause = throttle.failed(request.remote) else {
            var headers = HTTPFields()
            headers[.retryAfter] = "5"
            throw HTTPFailure(
                429, TaggedError("TooManyRequestsError", "Too many wrong credentials; wait 5 s."), headers: headers)
        }
        if pause > .zero { try await services.time.sleep(for: pause) }
        var headers = HTTPFields()
        headers[.wwwAuthenticate] = "Bearer realm=\"codetether\""
        throw HTTPFailure(
            401,
            .unauthorized(
                message:
                    "A valid credential is needed: the token from the server's token file as Authorization: Bearer."
            ), headers: headers)
    }

    private func preflight(_ request: ServerRequest, _ match: RouteTable.Match) -> ServerResponse {
        var response = ServerResponse.noContent
        var methods = ["OPTIONS"]
        if case .otherMethods(let known) = match { methods = known }
        response.headers[.allow] = methods.joined(separator: ", ")
        if request.headers[.origin] != nil {
            response.headers[.accessControlAllowMethods] = methods.joined(separator: ", ")
            response.headers[.accessControlAllowHeaders] =
                "authorization, content-type, accept, prefer, last-event-id, x-opencode-ticket"
            response.headers[.accessControlMaxAge] = "600"
        }
        return response
    }

    // MARK: Checks

    private func check(query: QueryString, _ route: Route) throws {
        for parameter in route.query where !parameter.isDeepObject {
            guard let text = query[parameter.name] else {
                if parameter.isRequired {
                    throw HTTPFailure.invalid(
                        "The query parameter '\(parameter.name)' is missing.", field: parameter.name, kind: "Query")
                }
                continue
            }
            let value: JSON
            switch parameter.schema["type"]?.stringValue {
            case "integer": value = Int64(text).map(JSON.int) ?? .string(text)
            case "number": value = Int64(text).map(JSON.int) ?? Double(text).map(JSON.double) ?? .string(text)
            case "boolean": value = text == "true" ? true : text == "false" ? false : .string(text)
            default: value = .string(text)
            }
            do {
                try SchemaCheck.check(value, parameter.schema)
            } catch {
                throw HTTPFailure.invalid(
                    "The query parameter '\(parameter.name)' \(error.message).", field: parameter.name, kind: "Query")
            }
        }
    }

    private func readBody(_ request: ServerRequest, _ route: Route) async throws -> (JSONObject, [UInt8]) {
        switch route.body {
        case .none: return (JSONObject(), [])
        case .raw: return (JSONObject(), try await bytes(request, route))
        case .json(let schema, let isOptional):
            let hasBody =
                request.headers[.contentLength].map { $0 != "0" } ?? (request.headers[.transferEncoding] != nil)
            if !hasBody, isOptional { return (JSONObject(), []) }
            let type = request.headers[.contentType]?.lowercased().split(separator: ";").first.map(String.init) ?? ""
            guard type.split(separator: " ").first == "application/json" else {
                throw HTTPFailure(
                    415,
                    TaggedError(
                        "UnsupportedMediaTypeError",
                        "The body must be application/json\(type.isEmpty ? "" : ", not \(HostileText.escaped(type, multiline: false))")."
                    ))
            }
            let bytes = try await bytes(request, route)
            let json: JSON
            do throws(JSONParseError) {
                json = try JSON(parsing: bytes)
            } catch {
                throw HTTPFailure.invalid("The body is not valid JSON: \(error.message)")
            }
            do throws(SchemaCheck.Mismatch) {
                try SchemaCheck.check(json, schema)
            } catch {
                let place = error.path.isEmpty ? "The body" : "'\(error.path)'"
                throw HTTPFailure.invalid(
                    "\(place) \(error.message).", field: error.path.isEmpty ? nil : error.path)
            }
            var object = json.objectValue ?? JSONObject()
            for (name, value) in object where value.isNull { object.removeValue(forKey: name) }
            return (object, bytes)
        }
    }

    private func bytes(_ request: ServerRequest, _ route: Route) async throws -> [UInt8] {
        let tooLarge = HTTPFailure(
            413,
            TaggedError(
                "PayloadTooLargeError", "The body is larger than \(route.maximumBody) bytes; send less."))
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > route.maximumBody {
            throw tooLarge
        }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.readableBytes <= route.maximumBody else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    /// The page names its files relative to its address, so the base path without a slash is sent on to the one with it.
    private func redirect(_ request: Request) -> ServerResponse? {
        guard !basePath.isEmpty, request.head.path == basePath, request.method == .get || request.method == .head,
            exposure.allows(host: request.head.authority?.lowercased())
        else { return nil }
        var response = ServerResponse(status: 308)
        response.headers[.location] = basePath + "/"
        return response
    }

    // MARK: Failures

    private func failure(_ error: any Error, _ request: ServerRequest) -> ServerResponse {
        let failure = HTTPFailure(error) ?? unexpected(error, request)
        var response = ServerResponse.error(failure.error, status: failure.status, requestID: request.id)
        for field in failure.headers { response.headers[field.name] = field.value }
        return response
    }

    private func unexpected(_ error: any Error, _ request: ServerRequest) -> HTTPFailure {
        services.logger.error(
            "request failed", metadata: ["id": "\(request.id)", "path": "\(request.path)", "error": "\(error)"])
        return HTTPFailure(
            500,
            .unknownError(
                message: "Something went wrong here; the server's log has it under \(request.id).", ref: request.id))
    }
}
