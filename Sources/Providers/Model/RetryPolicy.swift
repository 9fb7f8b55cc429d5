/// When a failed request is sent again. A pure value: time and chance come from the caller.
///
/// Limits for one turn: at most six attempts, at most five minutes, a refused connection three attempts. The wait is
/// 1, 2, 4, … seconds, at most 30, less up to a quarter by chance; a provider's own wish is honoured exactly, up to 120 s.
package struct RetryPolicy: Sendable, Equatable {
    /// What to do after a failure.
    package enum Decision: Sendable, Equatable {
        case retry(after: Duration)
        case stop
    }

    /// A provider that asks for more ends the turn.
    package static let longestRetryAfterMs: Int64 = 120_000
    /// Attempts on a refused connection.
    package static let refusedAttempts = 3

    /// Attempts in all, 1…6.
    package var maxAttempts: Int
    /// From the first attempt to the start of the last one.
    package var maxElapsed: Duration
    /// The first wait.
    package var base: Duration
    /// The longest wait of our own choosing.
    package var cap: Duration

    package init(
        maxAttempts: Int = 6, maxElapsed: Duration = .seconds(300), base: Duration = .seconds(1),
        cap: Duration = .seconds(30)
    ) {
        self.maxAttempts = min(max(maxAttempts, 1), 6)
        self.maxElapsed = maxElapsed
        self.base = base
        self.cap = cap
    }

    /// The policy of one provider.
    package init(_ options: ProviderOptions) {
        self.init(
            maxAttempts: options.maxRetries.map { min($0, 5) + 1 } ?? 6,
            base: .milliseconds(min(options.retryBaseMs ?? 1_000, 30_000)))
    }

    /// - Parameters:
    ///   - attempt: how many requests were sent, at least 1.
    ///   - error: why the last one failed.
    ///   - elapsed: time since the first one was sent.
    ///   - chance: 0…1; 0 gives the full wait, 1 three quarters of it.
    package func next(
        attempt: Int, error: ProviderError, elapsed: Duration, chance: Double = .random(in: 0...1)
    ) -> Decision {
        guard error.isRetryable, attempt < maxAttempts else { return .stop }
        if error.code == .refused, attempt >= Self.refusedAttempts { return .stop }
        let wait: Duration
        if let asked = error.retryAfterMs {
            guard asked <= Self.longestRetryAfterMs else { return .stop }
            wait = .milliseconds(max(asked, 0))
        } else {
            let factor = 1 << min(max(attempt - 1, 0), 16)
            let full = min(base * factor, cap)
            wait = full - full * (min(max(chance, 0), 1) * 0.25)
        }
        guard elapsed + wait <= maxElapsed else { return .stop }
        return .retry(after: wait)
    }
}
