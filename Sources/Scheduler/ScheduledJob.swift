package import Support

/// Where a recurring job has its one place.
package enum JobScope: String, Sendable, CaseIterable {
    /// Every home runs it for its own files: all processes of one home share it, by a file lock.
    case instance
    /// One node of all that share the store runs it, by a lease.
    case global
}

/// What a job did, as numbers and words that `scheduler run` prints, `removed` and `bytes` for example.
package typealias JobFacts = JSONObject

/// A recurring job.
package struct ScheduledJob: Sendable {
    /// Unique; 1 to 64 bytes of `a-z 0-9 . -`.
    package var id: String
    /// One sentence for people.
    package var summary: String
    /// Where it runs once.
    package var scope: JobScope
    /// Between two starts; a second at least.
    package var interval: Duration
    /// At most this part of the interval (0 to 1) is added to it by chance, so that homes and nodes do not work in step.
    package var jitter: Double
    /// A run that takes longer is cancelled and counts as failed.
    package var timeout: Duration
    /// False: the loop never starts it, only `run` does.
    package var isEnabled: Bool
    /// The work. Cancelled at its timeout and when the scheduler stops; what it throws is logged and counted.
    package var body: @Sendable () async throws -> JobFacts

    /// A job; values out of range are moved into it.
    package init(
        id: String, summary: String, scope: JobScope, interval: Duration, jitter: Double = 0.1,
        timeout: Duration = .seconds(600), isEnabled: Bool = true, body: @escaping @Sendable () async throws -> JobFacts
    ) {
        self.id = id
        self.summary = summary
        self.scope = scope
        self.interval = max(.seconds(1), interval)
        self.jitter = min(max(0, jitter), 1)
        self.timeout = max(.milliseconds(1), timeout)
        self.isEnabled = isEnabled
        self.body = body
    }

    /// True for a name that the ledger, a lease and a lock file can carry.
    package static func isValidID(_ id: String) -> Bool {
        guard let first = id.utf8.first, first != UInt8(ascii: "."), id.utf8.count <= 64 else { return false }
        return id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var wholeMs: Int64 {
        let parts = components
        return parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
    }
}
