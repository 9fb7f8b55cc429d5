import Events
import Schema
import Sessions
import Support

/// Streams of events: of everything, and the log of one session.
enum EventRoutes {
    static let all: [Route] = [
        subscribe, sessionLog,
    ]

    private static let sessionLog: Route = {
        var route = Route(
            openCode: "Session.log", .read,
            query: ["after": ["type": "string", "maxLength": 200]], success: .events
        ) { context in
            try await log(context)
        }
        route.failures.append(.init(status: 400, tag: "InvalidCursorError"))
        return route
    }()

    private static let subscribe: Route = {
        var route = Route(openCode: "Event.subscribe", .read, success: .events) { context in
            try await all(context)
        }
        route.query = [.named("after", ["type": "string", "maxLength": 200], "A cursor: the `id` of the last frame.")]
        route.failures.append(.init(status: 400, tag: "InvalidCursorError"))
        return route
    }()

    /// The cursor of a reconnecting client.
    private static func cursor(_ context: RouteContext) -> String? {
        context.request.header("last-event-id") ?? context.request.query["after"]
    }

    private static func all(_ context: RouteContext) async throws -> ServerResponse {
        let services = context.services
        let stream: EventStream
        do {
            stream = try services.feed.all(after: cursor(context))
        } catch {
            throw HTTPFailure(400, .invalidCursor(message: error.message))
        }
        let connected = Event(
            id: services.ids.next(.event), created: services.time.nowMs(), payload: .serverConnected(ServerConnected()))
        return EventWriter.response(
            context, first: [.event(connected, id: nil)], heartbeat: { heartbeat(services) },
            finish: { stream.cancel() }
        ) {
            await stream.next().map(frame)
        }
    }

    private static func log(_ context: RouteContext) async throws -> ServerResponse {
        let services = context.services
        let session = try await context.session()
        let stream: SessionLogStream
        do {
            stream = try await services.feed.log(
                of: session.id, after: cursor(context), follow: context.queryFlag("follow") ?? false)
        } catch let error as CursorError {
            throw HTTPFailure(400, .invalidCursor(message: error.message))
        } catch let error as SessionError {
            throw error.failure(sessionID: session.id)
        }
        return EventWriter.response(
            context, heartbeat: { heartbeat(services) }, finish: { stream.cancel() }
        ) {
            try await stream.next().map(frame)
        }
    }

    static func heartbeat(_ services: ServerServices) -> EventWriter.Frame {
        .event(
            Event(
                id: services.ids.next(.event), created: services.time.nowMs(),
                payload: .serverHeartbeat(ServerHeartbeat())), id: nil)
    }

    private static func frame(_ item: FeedItem) -> EventWriter.Frame {
        switch item {
        case .event(let event, let cursor): .event(event, id: cursor)
        case .gap(let event, let cursor): .event(event, id: cursor)
        // Without a cursor: deltas may have come after `seq`, and are not to come again.
        case .synced(let id, let seq):
            .json(["type": "log.synced", "aggregateID": .string(id), "seq": .int(seq)], id: nil)
        }
    }
}
