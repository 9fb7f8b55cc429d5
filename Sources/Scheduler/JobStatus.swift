package import Support

/// How the last run of a job ended.
package enum JobResult: String, Sendable, Codable, Equatable {
    case finished, failed
}

/// What is remembered of a job between processes: a record of the store.
struct JobRecord: Codable, Sendable, Equatable {
    /// Start of the last run that ended, Unix milliseconds.
    var lastRun: Int64?
    var lastStatus: JobResult?
    var lastDurationMs: Int64?
    /// Why the last run failed.
    var lastError: String?
    /// When the next run is due, Unix milliseconds.
    var nextRun: Int64?
    /// Runs that ended, failed ones included.
    var runs: Int64 = 0
    var failures: Int64 = 0
}

/// A job and what is known of its runs: a row of `codetether scheduler list`.
package struct JobStatus: Sendable, Equatable {
    /// The job.
    package var id: String
    /// One sentence for people.
    package var summary: String
    /// Where it runs once.
    package var scope: JobScope
    /// Between two runs, without the jitter.
    package var intervalMs: Int64
    /// False for a job that only runs when asked.
    package var isEnabled: Bool
    /// True while this process runs it.
    package var isRunning: Bool
    /// Start of the last run that ended, Unix milliseconds.
    package var lastRun: Int64?
    /// How that ended.
    package var lastStatus: JobResult?
    /// How long that took.
    package var lastDurationMs: Int64?
    /// Why that failed.
    package var lastError: String?
    /// When the loop of a running server starts it next, Unix milliseconds, never in the past; nil when it is not enabled.
    package var nextRun: Int64?
    /// Runs that ended, failed ones included.
    package var runs: Int64
    /// Runs that failed.
    package var failures: Int64

    /// A job that never ran, and is due a minute after the start of a server.
    package init(_ job: ScheduledJob, nowMs: Int64) {
        self.init(job, JobRecord(), dueMs: nowMs + min(Scheduler.startDelay, job.interval).wholeMs, nowMs: nowMs)
    }

    /// - Parameter dueMs: when it starts unless the record says more.
    init(_ job: ScheduledJob, _ record: JobRecord, dueMs: Int64, nowMs: Int64, isRunning: Bool = false) {
        id = job.id
        summary = job.summary
        scope = job.scope
        intervalMs = job.interval.wholeMs
        isEnabled = job.isEnabled
        self.isRunning = isRunning
        lastRun = record.lastRun
        lastStatus = record.lastStatus
        lastDurationMs = record.lastDurationMs
        lastError = record.lastError
        nextRun = job.isEnabled ? max(nowMs, record.nextRun ?? dueMs) : nil
        runs = record.runs
        failures = record.failures
    }

    /// CONTRACT §9: `{id,scope,intervalMs,lastRun,lastStatus,nextRun}`, then fields of our own.
    package var json: JSON {
        [
            "id": .string(id), "scope": .string(scope.rawValue), "intervalMs": .int(intervalMs),
            "lastRun": lastRun.map(JSON.int) ?? .null, "lastStatus": lastStatus.map { .string($0.rawValue) } ?? .null,
            "nextRun": nextRun.map(JSON.int) ?? .null, "enabled": .bool(isEnabled),
            "lastDurationMs": lastDurationMs.map(JSON.int) ?? .null,
            "lastError": lastError.map(JSON.string) ?? .null, "runs": .int(runs), "failures": .int(failures),
            "summary": .string(summary),
        ]
    }
}

/// How one start of a job ended.
package enum JobOutcome: Sendable {
    /// It did its work.
    case finished(facts: JobFacts, durationMs: Int64)
    /// It threw, timed out or lost its lease; it runs again when it is due.
    case failed(SchedulerError, durationMs: Int64)
    /// It was not started; the sentence says who has it.
    case skipped(String)
    /// The scheduler stopped meanwhile; nothing was recorded.
    case stopped
}
