import Configuration
import HummingbirdCore
package import Schema
import Sessions
package import Support
import SystemPackage

/// What a handler gets: the checked request and the services.
package struct RouteContext: Sendable {
    package let services: ServerServices
    package let request: ServerRequest
    package let route: Route
    package let caller: Caller
    /// The path's parameters, decoded.
    package let path: [String: String]
    /// The JSON body, checked against the route's schema; members that are null are left out.
    package let body: JSONObject
    /// The body of routes that take any bytes.
    package let bytes: [UInt8]

    /// A path parameter.
    package func parameter(_ name: String) -> String { path[name] ?? "" }

    /// A text of the body.
    package func text(_ name: String) -> String? { body[name]?.stringValue }

    /// A truth value of the body.
    package func flag(_ name: String) -> Bool? { body[name]?.boolValue }

    /// A whole number of the query; the dispatcher has checked that it is one.
    package func number(_ name: String) -> Int64? { request.query[name].flatMap { Int64($0) } }

    /// A truth value of the query.
    package func queryFlag(_ name: String) -> Bool? { request.query[name].map { $0 == "true" || $0 == "1" } }

    /// A member of the body as one of our types.
    /// - Throws: 400 naming the field.
    package func decode<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
        guard let json = body[name] else { return nil }
        do throws(JSONCodingError) {
            return try json.decode()
        } catch {
            throw HTTPFailure.invalid("'\(name)' is not right: \(error.message)", field: name)
        }
    }

    /// The location that the request means.
    /// - Throws: 403, 404 `LocationNotFoundError`, 503 when its configuration cannot be used.
    package func location() async throws -> ServerLocation {
        try await namedLocation(request.query["location[directory]"] ?? request.query["location"])
    }

    /// The location that a client names; nil = the server's. Who may not administer the server gets those below the server's
    /// directory and those of sessions: a token with the scope `read` does not read the whole disk.
    /// - Throws: as `location()`.
    package func namedLocation(_ directory: String?) async throws -> ServerLocation {
        guard let directory, !caller.scopes.contains(.admin) else { return try await location(directory) }
        if let real = try? FileIO.realPath(FilePath(directory)), !real.starts(with: services.directory) {
            var filter = SessionFilter(directory: real.string)
            filter.includeArchived = true
            filter.limit = 1
            let page = try await services.sessions.list(filter)
            guard !page.sessions.isEmpty else {
                throw HTTPFailure(
                    403,
                    .forbidden(
                        message:
                            "Only a credential with the scope \"admin\" may name a directory outside \(services.directory) that has no session."
                    ))
            }
        }
        return try await location(directory)
    }

    /// The location of a directory; nil = the server's.
    package func location(_ directory: String?) async throws -> ServerLocation {
        let path = directory.map { FilePath($0).lexicallyNormalized() } ?? services.directory
        guard path.isAbsolute, directory?.utf8.contains(0) != true else {
            let shown = HostileText.escaped(directory ?? "", multiline: false)
            throw HTTPFailure(
                404,
                .locationNotFound(
                    location: LocationRef(directory: shown),
                    message: "A location's directory is an absolute path, which \"\(shown)\" is not."))
        }
        do {
            return try await services.locations.location(path)
        } catch let error as FileError {
            throw HTTPFailure(
                404,
                .locationNotFound(
                    location: LocationRef(directory: path.string),
                    message: "There is no directory to work in: \(error.message)"))
        } catch let error as ConfigError {
            throw HTTPFailure(
                503, .serviceUnavailable(message: "The configuration there cannot be used: \(error.message)"))
        }
    }

    /// The session of the path.
    /// - Throws: 404 `SessionNotFoundError`.
    package func session() async throws -> SessionInfo { try await session(parameter("session_id")) }

    /// A session.
    package func session(_ id: String) async throws -> SessionInfo {
        do {
            return try await services.sessions.get(id)
        } catch {
            throw error.failure(sessionID: id)
        }
    }

    /// A value as JSON.
    package func json(_ value: some Encodable) throws -> JSON { try JSON(encoding: value) }
}

extension SessionError {
    /// The answer to a request that failed with this.
    func failure(sessionID: String) -> HTTPFailure {
        let id = HostileText.escaped(sessionID, multiline: false)
        switch kind {
        case .notFound:
            return HTTPFailure(
                404,
                .sessionNotFound(
                    sessionID: id, message: "There is no session \"\(id)\"; GET /api/session lists those there are."))
        case .messageNotFound:
            return HTTPFailure(404, .messageNotFound(sessionID: id, messageID: "", message: message))
        case .busy: return HTTPFailure(409, .sessionBusy(sessionID: id, message: message))
        case .invalid: return .invalid(message)
        case .storage:
            return HTTPFailure(
                503,
                .serviceUnavailable(
                    message: "The session store cannot be used now; try again in a moment.", service: "storage"))
        }
    }
}
