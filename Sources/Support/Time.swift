import CSupport

/// Clocks and timers, so that tests own the time.
package protocol TimeSource: Sendable {
    /// Milliseconds since 1970, UTC; may jump.
    func nowMs() -> Int64
    /// Nanoseconds since an arbitrary point; never goes back.
    func uptimeNs() -> UInt64
    /// Returns after a time, or throws `CancellationError` when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

/// The clocks of the machine.
package struct SystemTime: TimeSource {
    /// The machine's clocks.
    package init() {}

    /// CLOCK_REALTIME in milliseconds.
    package func nowMs() -> Int64 { csupport_clock_ns(0) / 1_000_000 }

    /// CLOCK_MONOTONIC in nanoseconds.
    package func uptimeNs() -> UInt64 { UInt64(max(0, csupport_clock_ns(1))) }

    /// Sleeps on the continuous clock; throws `CancellationError` when cancelled.
    package func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration, clock: .continuous)
    }
}
