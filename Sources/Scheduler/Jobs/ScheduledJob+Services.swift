import Support

extension ScheduledJob {
    /// `snapshot.cleanup`: snapshots that no session references go after their retention. Hourly.
    /// - Parameter collect: collects and says what it removed.
    package static func snapshotCleanup(_ collect: @escaping @Sendable () async throws -> JobFacts) -> ScheduledJob {
        ScheduledJob(
            id: "snapshot.cleanup", summary: "Collects snapshots that no session references any more.",
            scope: .instance, interval: .hours(1), timeout: .seconds(1_800), body: collect)
    }

    /// `event-log.compaction`: keeps what the store no longer needs from growing; never a session. Daily, one node.
    /// - Parameter compact: compacts and says what it removed.
    package static func eventLogCompaction(_ compact: @escaping @Sendable () async throws -> JobFacts) -> ScheduledJob {
        ScheduledJob(
            id: "event-log.compaction", summary: "Compacts the store's event logs; sessions are never deleted.",
            scope: .global, interval: .hours(24), timeout: .seconds(1_800), body: compact)
    }

    /// `models.refresh`: fetches the model catalogue again. Off by default: nothing is sent that nobody asked for.
    /// - Parameter refresh: fetches and says how many models there are.
    package static func modelRefresh(
        isEnabled: Bool, _ refresh: @escaping @Sendable () async throws -> JobFacts
    ) -> ScheduledJob {
        ScheduledJob(
            id: "models.refresh", summary: "Fetches the model catalogue again.", scope: .instance, interval: .hours(24),
            timeout: .seconds(60), isEnabled: isEnabled, body: refresh)
    }
}
