import Support
import Synchronization

/// Slows down who guesses: after 100 failures of one address within a minute its next ones are answered one after the
/// other, 25 ms apart, and refused with 429 when more than 5 s of them wait. Who has the right credential is never slowed.
/// At most 4,096 addresses are remembered.
final class FailureThrottle: Sendable {
    private struct Record {
        var since: Int64
        var count = 0
        /// When the next answer may go out.
        var next: Int64 = 0
    }

    private static let free = 100
    private static let windowMs: Int64 = 60_000
    private static let spacingMs: Int64 = 25
    private static let longestMs: Int64 = 5_000
    private static let maximumAddresses = 4_096

    private let time: any TimeSource
    private let records = Mutex<[String: Record]>([:])

    init(time: any TimeSource) { self.time = time }

    /// Counts a failure.
    /// - Returns: how long to wait before it is answered, nil when it is to be refused with 429.
    func failed(_ address: String) -> Duration? {
        let now = time.nowMs()
        return records.withLock { records in
            if records[address] == nil, records.count >= Self.maximumAddresses {
                records = records.filter { now - $0.value.since < Self.windowMs }
                if records.count >= Self.maximumAddresses { records.removeAll() }
            }
            var record = records[address] ?? Record(since: now)
            if now - record.since >= Self.windowMs { record = Record(since: now) }
            record.count += 1
            defer { records[address] = record }
            guard record.count > Self.free else { return .zero }
            let at = max(now, record.next)
            guard at - now <= Self.longestMs else { return nil }
            record.next = at + Self.spacingMs
            return .milliseconds(at - now)
        }
    }
}
