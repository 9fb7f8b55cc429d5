import Schema
import Sessions
import Support

/// What clients tell the model of a session beside the prompts; and what its turns changed.
enum InstructionRoutes {
    static let all: [Route] = [
        Route(openCode: "SessionInstructionsEntry.list", .read) { context in
            let session = try await context.session()
            let entries = try await answering(session.id) { () async throws(SessionError) in
                try await context.services.sessions.instructionEntries(session.id)
            }
            return .data(.array(entries.map { ["key": .string($0.key), "value": $0.value] }))
        },
        Route(
            openCode: "SessionInstructionsEntry.put", .prompt,
            body: .json(Shape.object(["value": Shape.any], required: ["value"]))
        ) { context in
            let session = try await context.session()
            let key = context.parameter("key")
            guard key.utf8.count <= 200 else {
                throw HTTPFailure.invalid("A key has at most 200 bytes.", field: "key", kind: "Path")
            }
            let value = context.body["value"] ?? .null
            let bytes = (value.stringValue ?? value.text()).utf8.count
            guard bytes <= SessionService.maximumInstructionBytes else {
                throw HTTPFailure(
                    413,
                    .instructionEntryValueTooLarge(
                        actualBytes: bytes, maxBytes: SessionService.maximumInstructionBytes,
                        message: "The value has \(bytes) bytes; at most \(SessionService.maximumInstructionBytes) fit.")
                )
            }
            try await answering(session.id) { () async throws(SessionError) in
                try await context.services.sessions.putInstruction(session.id, key: key, value: value)
            }
            return .noContent
        },
        Route(openCode: "SessionInstructionsEntry.remove", .prompt) { context in
            let session = try await context.session()
            let key = context.parameter("key")
            try await answering(session.id) { () async throws(SessionError) in
                try await context.services.sessions.removeInstruction(session.id, key: key)
            }
            return .noContent
        },
        Route(openCode: "Plugin.list", .read) { context in
            // No plugin is loaded by this build.
            CatalogueRoutes.located(try await context.location(), [])
        },
        Route(
            openCode: "Session.diff", .read,
            query: ["from": Shape.name, "to": Shape.name, "context": Shape.integer(0...10_000)]
        ) { context in
            let (location, session) = try await context.sessionLocation()
            guard let undo = location.undo else { return .data([]) }
            let query = context.request.query
            do {
                return .data(
                    try context.json(try await undo.changes(session.id, from: query["from"], to: query["to"])))
            } catch let error as SessionError {
                if error.kind == .messageNotFound {
                    throw MessageRoutes.notFound(query["from"] ?? query["to"] ?? "", in: session.id)
                }
                throw error.failure(sessionID: session.id)
            }
        },
    ]

    @discardableResult
    private static func answering<T>(
        _ id: String, _ body: () async throws(SessionError) -> T
    ) async throws -> T {
        do throws(SessionError) {
            return try await body()
        } catch {
            throw error.failure(sessionID: id)
        }
    }
}
