import Schema
import Sessions
import Support

/// Shares of this server's sessions: made, listed, revoked.
enum ShareRoutes {
    static let all: [Route] = [
        Route(
            "POST", "/api/session/{session_id}/share", "Session.share", .prompt,
            summary: "Make a session readable for everybody who has its address; dryRun says what would be sent.",
            body: .json(Shape.object(["dryRun": Shape.optional(Shape.boolean)]), isOptional: true),
            success: .json(Shape.object(["data": Shape.map], required: ["data"])), failures: sessionFailures
        ) { context in
            let session = try await context.session()
            let shares = try service(context)
            let settings = try await settings(session, context)
            if context.flag("dryRun") ?? false {
                return .data(try await answering(context) { try await shares.preview(session.id, settings) }.json)
            }
            return .data(try await answering(context) { try await shares.share(session.id, settings) }.json)
        },
        Route(
            "DELETE", "/api/session/{session_id}/share", "Session.unshare", .prompt,
            summary: "Make a session private again; it is once the service confirmed it.", success: .none,
            failures: sessionFailures + [(404, "ShareNotFoundError")]
        ) { context in
            let session = try await context.session()
            let shares = try service(context)
            guard try await shares.record(session.id) != nil else { throw notFound(session.id) }
            _ = try await answering(context) { try await shares.revoke(session.id) }
            return .noContent
        },
        Route(
            "GET", "/api/share", "Share.list", .read,
            summary: "All shares, also of deleted sessions and those still to be revoked.",
            success: .json(Shape.object(["data": Shape.list(share)], required: ["data"])),
            failures: [(503, "ServiceUnavailableError")]
        ) { context in
            .data(.array(try await service(context).list().map(\.json)))
        },
        Route(
            "DELETE", "/api/share/{share_id}", "Share.revoke", .prompt,
            summary: "Remove a share from its service, also of a deleted session.", success: .none,
            failures: [
                (404, "ShareNotFoundError"), (502, "ServiceUnavailableError"), (503, "ServiceUnavailableError"),
                (504, "ServiceUnavailableError"),
            ]
        ) { context in
            let shares = try service(context)
            let id = context.parameter("share_id")
            _ = try await answering(context) { try await shares.revoke(id) }
            return .noContent
        },
    ]

    private static let sessionFailures = [
        (403, "ForbiddenError"), (404, "SessionNotFoundError"), (409, "ConflictError"),
        (502, "ServiceUnavailableError"), (503, "ServiceUnavailableError"), (504, "ServiceUnavailableError"),
    ]

    private static let share: JSON = [
        "type": "object", "required": ["id", "sessionID", "url", "time", "state"],
        "properties": [
            "id": Shape.string, "sessionID": Shape.string, "url": Shape.string, "title": Shape.string,
            "time": ["type": "object", "required": ["created"], "properties": ["created": Shape.integer]],
            "state": Shape.word("creating", "active", "revoking", "gone"), "attempts": Shape.integer,
            "error": Shape.string, "sessionDeleted": Shape.boolean,
        ],
    ]

    private static func service(_ context: RouteContext) throws -> ShareService {
        guard let shares = context.services.shares else {
            throw HTTPFailure(503, .serviceUnavailable(message: "This server shares nothing.", service: "share"))
        }
        return shares
    }

    private static func settings(_ session: SessionInfo, _ context: RouteContext) async throws -> ShareContext {
        guard let settings = await context.services.shareContext(session.location.directory) else {
            throw HTTPFailure(
                503, .serviceUnavailable(message: "The configuration of the session's directory cannot be read."))
        }
        return settings
    }

    static func notFound(_ name: String) -> HTTPFailure {
        HTTPFailure(
            404,
            TaggedError(
                "ShareNotFoundError",
                "There is no share \"\(HostileText.escaped(name, multiline: false))\"; GET /api/share lists those there are."
            ))
    }

    private static func answering<T>(_ context: RouteContext, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as ShareError {
            func unavailable(_ status: Int) -> HTTPFailure {
                HTTPFailure(status, .serviceUnavailable(message: error.message, service: "share"))
            }
            switch error.kind {
            case .disabled: throw HTTPFailure(403, .forbidden(message: error.message))
            case .notFound:
                throw HTTPFailure(404, TaggedError("ShareNotFoundError", error.message))
            case .busy: throw HTTPFailure(409, .conflict(message: error.message, resource: "share"))
            case .notConfigured, .unreachable: throw unavailable(503)
            case .timeout: throw unavailable(504)
            case .failing, .badAnswer, .refused, .denied, .gone: throw unavailable(502)
            }
        } catch let error as SessionError {
            throw error.failure(sessionID: context.parameter("session_id"))
        }
    }
}
