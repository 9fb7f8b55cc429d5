import Scheduler
import Support

/// The recurring jobs of this server.
enum SchedulerRoutes {
    static let all: [Route] = [
        Route(
            "GET", "/api/scheduler", "Scheduler.list", .read,
            summary: "The recurring jobs with their last and next runs.",
            success: .json(Shape.object(["data": Shape.list(job)], required: ["data"]))
        ) { context in
            guard let scheduler = context.services.scheduler else { return .data(.array([])) }
            return .data(.array(try await scheduler.list().map(\.json)))
        }
    ]

    private static let job = Shape.object(
        [
            "id": Shape.string, "scope": Shape.word("instance", "global"), "intervalMs": Shape.integer,
            "lastRun": Shape.optional(Shape.integer), "lastStatus": Shape.optional(Shape.string),
            "nextRun": Shape.optional(Shape.integer),
        ], required: ["id", "scope", "intervalMs", "lastRun", "lastStatus", "nextRun"])
}
