import Support

/// Why the scheduler or one of its jobs could not do something.
package struct SchedulerError: AppError {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// There is no such job.
        case unknownJob
        /// A job cannot be registered as it is.
        case invalid
        /// A run took longer than the job's timeout.
        case timeout
        /// The run lost its lease: another node has the job now.
        case lostLease
        /// A run failed; `underlying` says why.
        case failed
    }

    /// The class of the failure.
    package var kind: Kind
    /// Whole sentences with the value and the next step.
    package var message: String
    /// What caused it.
    package var underlying: (any Error)?

    /// The class as a stable name.
    package var code: String { "scheduler.\(kind.rawValue)" }

    /// The value with these members.
    package init(_ kind: Kind, _ message: String, underlying: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.underlying = underlying
    }
}
