package import Support
package import SystemPackage

extension ScheduledJob {
    /// `tool-output.cleanup`: full texts of truncated tool results go seven days after they were written (CONTRACT §9). Hourly.
    /// - Parameter directory: `<data>/tool-output`.
    package static func toolOutputCleanup(_ directory: FilePath, time: any TimeSource) -> ScheduledJob {
        ScheduledJob(
            id: "tool-output.cleanup", summary: "Removes full texts of tool results that are older than 7 days.",
            scope: .instance, interval: .hours(1)
        ) {
            try await removeOld(OldFiles(directory: directory, beforeNs: time.agoNs(.hours(7 * 24))))
        }
    }

    /// `locks.cleanup`: lock files that nobody holds go a day after their last use. Daily.
    /// - Parameter directory: `<state>/locks`.
    package static func lockCleanup(_ directory: FilePath, time: any TimeSource) -> ScheduledJob {
        ScheduledJob(
            id: "locks.cleanup", summary: "Removes lock files that nobody has used for a day.", scope: .instance,
            interval: .hours(24)
        ) {
            try await removeOld(
                OldFiles(directory: directory, beforeNs: time.agoNs(.hours(24))), where: { $0.hasSuffix(".lock") },
                // Removed while held: whoever opened it before finds another file at its path and opens that one.
                by: { path in
                    guard let lock = try? FileLock.tryLock(path) else { return false }
                    defer { lock.release() }
                    return (try? FileIO.remove(path)) != nil
                })
        }
    }

    private static func removeOld(
        _ old: OldFiles, where wanted: @escaping @Sendable (String) -> Bool = { _ in true },
        by remove: @escaping @Sendable (FilePath) -> Bool = { (try? FileIO.remove($0)) != nil }
    ) async throws -> JobFacts {
        let gone = try await old.remove(where: wanted, by: remove)
        return ["removed": .int(gone.files), "bytes": .int(gone.bytes)]
    }
}

extension Duration {
    /// Whole hours.
    package static func hours(_ count: Int) -> Duration { .seconds(count * 3_600) }
}

extension TimeSource {
    /// The moment that long ago, nanoseconds since 1970.
    fileprivate func agoNs(_ duration: Duration) -> Int64 { (nowMs() - duration.wholeMs) * 1_000_000 }
}
