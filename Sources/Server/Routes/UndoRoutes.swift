import Schema
import Sessions
import Snapshots
import Support
import SystemPackage

/// Reverts, undo and redo of sessions, and snapshots of workspaces.
enum UndoRoutes {
    static let all: [Route] = reverts + undos + snapshots

    private static let reverts: [Route] = [
        Route(
            openCode: "SessionRevert.stage", .prompt,
            body: .json(
                Shape.object(
                    [
                        "messageID": Shape.name, "partID": Shape.optional(Shape.name),
                        "files": Shape.optional(Shape.boolean), "conversation": Shape.optional(Shape.boolean),
                    ], required: ["messageID"]))
        ) { context in
            let (location, session) = try await context.sessionLocation()
            let request = RevertRequest(
                messageID: context.text("messageID") ?? "", partID: context.text("partID"),
                files: context.flag("files") ?? true, conversation: context.flag("conversation") ?? true)
            let report = try await answering(session.id, request.messageID) {
                try await RevertService(try service(location)).stage(session.id, request)
            }
            return .data(try context.json(report.revert))
        },
        Route(openCode: "SessionRevert.clear", .prompt) { context in
            let (location, session) = try await context.sessionLocation()
            guard session.revert != nil else { return .noContent }
            try await answering(session.id) { try await RevertService(try service(location)).clear(session.id) }
            return .noContent
        },
        Route(openCode: "SessionRevert.commit", .prompt) { context in
            let (location, session) = try await context.sessionLocation()
            try await answering(session.id) { try await RevertService(try service(location)).commit(session.id) }
            return .noContent
        },
    ]

    private static let undos: [Route] = [
        undo("undo", "Undo what the session did to files: the last turn, or from a message or checkpoint on."),
        undo("redo", "Take the last undo back."),
    ]

    private static func undo(_ verb: String, _ summary: String) -> Route {
        Route(
            "POST", "/api/session/{session_id}/\(verb)", "Session.\(verb)", .prompt, summary: summary,
            body: .json(
                Shape.object([
                    "to": Shape.optional(Shape.name), "files": Shape.optional(Shape.list(Shape.name)),
                    "dryRun": Shape.optional(Shape.boolean), "merge": Shape.optional(Shape.boolean),
                ]), isOptional: true),
            success: .json(Shape.object(["data": Shape.map], required: ["data"])),
            failures: [(404, "SessionNotFoundError"), (404, "MessageNotFoundError"), (409, "SessionBusyError")]
        ) { context in
            let (location, session) = try await context.sessionLocation()
            let files = context.body["files"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let request = UndoRequest(
                to: context.text("to"), files: files.map { location.directory.pushing(FilePath($0)) },
                isDryRun: context.flag("dryRun") ?? false, merges: context.flag("merge") ?? false)
            let report = try await answering(session.id, request.to ?? "") {
                let undo = try service(location)
                return verb == "undo"
                    ? try await undo.undo(session.id, request) : try await undo.redo(session.id, request)
            }
            return .data(report.json)
        }
    }

    private static let answer = Route.Success.json(Shape.object(["data": Shape.any], required: ["data"]))

    private static let snapshots: [Route] = [
        Route(
            "GET", "/api/snapshot", "Snapshot.list", .read, summary: "The snapshots of a workspace, latest first.",
            query: [.location], success: answer
        ) { context in
            let store = try service(try await context.location()).snapshots
            return .data(.array(try await answering("") { try await store.list() }.map(\.json)))
        },
        Route(
            "POST", "/api/snapshot", "Snapshot.create", .prompt, summary: "Take a snapshot of a workspace.",
            query: [.location], body: .json(Shape.object(["label": Shape.optional(Shape.string)]), isOptional: true),
            success: answer
        ) { context in
            let store = try service(try await context.location()).snapshots
            let label = context.text("label")
            return .data(try await answering("") { try await store.create(label: label) }.json)
        },
        Route(
            "GET", "/api/snapshot/stats", "Snapshot.stats", .read,
            summary: "How many snapshots there are, and their size.",
            query: [.location], success: answer
        ) { context in
            let store = try service(try await context.location()).snapshots
            return .data(try await answering("") { try await store.stats() }.json)
        },
        Route(
            "GET", "/api/snapshot/{snapshot_id}/diff", "Snapshot.diff", .read,
            summary: "What changed since a snapshot, up to another one or now.",
            query: [.location, .named("to", Shape.string)], success: answer, failures: [(404, "MessageNotFoundError")]
        ) { context in
            let store = try service(try await context.location()).snapshots
            let (id, to) = (context.parameter("snapshot_id"), context.request.query["to"])
            let diffs = try await answering("", id) { try await store.diff(id, to) }
            return .data(.array(try diffs.map { try context.json($0.info) }))
        },
        Route(
            "POST", "/api/snapshot/{snapshot_id}/restore", "Snapshot.restore", .prompt,
            summary: "Bring files back as a snapshot has them; a checkpoint is made first.", query: [.location],
            body: .json(
                Shape.object(["exact": Shape.optional(Shape.boolean), "dryRun": Shape.optional(Shape.boolean)]),
                isOptional: true), success: answer, failures: [(404, "MessageNotFoundError")]
        ) { context in
            let store = try service(try await context.location()).snapshots
            let id = context.parameter("snapshot_id")
            let (exact, isDryRun) = (context.flag("exact") ?? false, context.flag("dryRun") ?? false)
            let (checkpoint, files) = try await answering("", id) {
                try await store.restore(id, exact: exact, isDryRun: isDryRun)
            }
            return .data([
                "id": .string(id), "checkpoint": checkpoint.map { .string($0) } ?? .null,
                "files": .array(files.map(\.json)),
            ])
        },
        Route(
            "POST", "/api/snapshot/gc", "Snapshot.gc", .admin, summary: "Delete what no session references.",
            query: [.location], success: answer
        ) { context in
            let store = try service(try await context.location()).snapshots
            let sessions = context.services.sessions
            let result = try await answering("") {
                try await store.collect { try await sessions.allIDs() }
            }
            return .data(result.json)
        },
    ]

    // MARK: Parts

    private static func service(_ location: ServerLocation) throws -> UndoService {
        guard let undo = location.undo else {
            throw HTTPFailure(503, .serviceUnavailable(message: "There are no snapshots in this location."))
        }
        return undo
    }

    /// Runs `body`, whose errors become answers.
    @discardableResult
    private static func answering<T>(
        _ sessionID: String, _ messageID: String = "", _ body: () async throws -> T
    ) async throws -> T {
        do {
            return try await body()
        } catch let error as SessionError {
            if error.kind == .messageNotFound { throw MessageRoutes.notFound(messageID, in: sessionID) }
            throw error.failure(sessionID: sessionID)
        } catch let error as UndoError {
            switch error.kind {
            case .nothing, .unknownTarget:
                throw HTTPFailure(
                    404, .messageNotFound(sessionID: sessionID, messageID: messageID, message: error.message))
            case .busy: throw HTTPFailure(409, .sessionBusy(sessionID: sessionID, message: error.message))
            case .failed: throw HTTPFailure(500, .unknownError(message: error.message))
            }
        } catch let error as SnapshotError {
            switch error.kind {
            case .notFound:
                throw HTTPFailure(
                    404, .messageNotFound(sessionID: sessionID, messageID: messageID, message: error.message))
            case .busy, .limit:
                throw HTTPFailure(503, .serviceUnavailable(message: error.message, service: "snapshots"))
            case .refused, .disabled: throw HTTPFailure.invalid(error.message)
            case .damaged, .failed: throw HTTPFailure(500, .unknownError(message: error.message))
            }
        }
    }
}
