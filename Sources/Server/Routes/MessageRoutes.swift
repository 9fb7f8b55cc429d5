import Schema
import Sessions
import Support

/// The messages of a session.
enum MessageRoutes {
    static let all: [Route] = [
        Route(
            openCode: "Message.list", .read,
            query: [
                "type": Shape.word(
                    "agent-switched", "model-switched", "location-switched", "user", "synthetic", "system", "skill",
                    "shell", "assistant", "compaction", "idle")
            ]
        ) { context in
            try await list(context)
        },
        Route(openCode: "SessionMessage.get", .read) { context in
            let session = try await context.session()
            let id = context.parameter("message_id")
            let messages = try await context.services.sessions.messages(session.id)
            guard let message = messages.first(where: { $0.id == id }) else {
                throw notFound(id, in: session.id)
            }
            return .data(try context.json(message))
        },
    ]

    static func notFound(_ id: String, in sessionID: String) -> HTTPFailure {
        let shown = HostileText.escaped(id, multiline: false)
        return HTTPFailure(
            404,
            .messageNotFound(
                sessionID: sessionID, messageID: shown,
                message: "Session \(sessionID) has no message \"\(shown)\"; GET …/message lists those it has."))
    }

    /// A page: `order` decides which end comes first, and a cursor goes on from the message that it names.
    private static func list(_ context: RouteContext) async throws -> ServerResponse {
        let session = try await context.session()
        var messages = try await context.services.sessions.messages(session.id)
        if let type = context.request.query["type"] { messages = messages.filter { $0.type == type } }
        if context.request.query["order"] == "desc" { messages.reverse() }
        let limit = Int(context.number("limit") ?? 1_000)
        var start = 0
        if let cursor = context.request.query["cursor"] {
            guard let bytes = Base64.decode(cursor), bytes.count > 1,
                let index = messages.firstIndex(where: { $0.id.utf8.elementsEqual(bytes.dropFirst()) })
            else {
                throw HTTPFailure(400, .invalidCursor(message: "The cursor is not one of this list; start without it."))
            }
            // `>` goes on after the message, `<` gives the page before it.
            start = bytes.first == UInt8(ascii: "<") ? max(0, index - limit) : index + 1
        }
        let end = min(messages.count, start + limit)
        let page = start < end ? Array(messages[start..<end]) : []
        var cursor = JSONObject()
        if start > 0, let first = page.first { cursor["previous"] = .string(encode("<\(first.id)")) }
        if end < messages.count, let last = page.last { cursor["next"] = .string(encode(">\(last.id)")) }
        return .json(["data": try context.json(page), "cursor": .object(cursor)])
    }

    private static func encode(_ text: String) -> String { Base64.encodeURL(Array(text.utf8)) }
}
