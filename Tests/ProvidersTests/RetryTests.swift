import Support
import Testing

@testable import Providers

@Suite struct RetryTests {
    private let policy = RetryPolicy()

    private func next(
        _ code: ProviderError.Code, attempt: Int = 1, retryAfterMs: Int64? = nil, elapsed: Duration = .zero,
        chance: Double = 0
    ) -> RetryPolicy.Decision {
        policy.next(
            attempt: attempt, error: ProviderError(code, "x", retryAfterMs: retryAfterMs), elapsed: elapsed,
            chance: chance)
    }

    @Test func `waits double from one second and stop at thirty, six attempts in all`() {
        let waits = (1...6).map { next(.server, attempt: $0) }
        #expect(
            waits == [
                .retry(after: .seconds(1)), .retry(after: .seconds(2)), .retry(after: .seconds(4)),
                .retry(after: .seconds(8)), .retry(after: .seconds(16)), .stop,
            ])
        let patient = RetryPolicy(base: .seconds(20))
        #expect(
            patient.next(attempt: 3, error: ProviderError(.server, "x"), elapsed: .zero, chance: 0)
                == .retry(after: .seconds(30)))
    }

    @Test func `chance takes at most a quarter`() {
        #expect(next(.server, chance: 1) == .retry(after: .milliseconds(750)))
        #expect(next(.server, chance: 9) == .retry(after: .milliseconds(750)))
    }

    @Test func `a provider's wish is honoured to 120 seconds, and ends the turn beyond`() {
        #expect(next(.rateLimited, retryAfterMs: 120_000) == .retry(after: .seconds(120)))
        #expect(next(.rateLimited, retryAfterMs: 120_001) == .stop)
        #expect(next(.rateLimited, retryAfterMs: 0) == .retry(after: .zero))
        #expect(next(.overloaded, retryAfterMs: 1_500, chance: 1) == .retry(after: .milliseconds(1_500)))
    }

    @Test func `nothing starts after five minutes`() {
        #expect(next(.server, elapsed: .seconds(299)) == .retry(after: .seconds(1)))
        #expect(next(.server, elapsed: .milliseconds(299_001)) == .stop)
        #expect(next(.rateLimited, retryAfterMs: 100_000, elapsed: .seconds(201)) == .stop)
    }

    @Test func `a refused connection is tried three times`() {
        #expect(next(.refused, attempt: 2) != .stop)
        #expect(next(.refused, attempt: 3) == .stop)
    }

    @Test(arguments: ProviderError.Code.allCases) func `only what may pass is retried`(code: ProviderError.Code) {
        let retried: Set<ProviderError.Code> = [
            .rateLimited, .overloaded, .server, .network, .refused, .streamCut, .timeout, .malformed,
        ]
        #expect((next(code) != .stop) == retried.contains(code))
        let permanent = ProviderError(code, "x", isPermanent: true)
        #expect(policy.next(attempt: 1, error: permanent, elapsed: .zero) == .stop)
    }

    @Test func `provider options set base and number`() {
        let policy = RetryPolicy(ProviderOptions(["retry_base_ms": 10, "max_retries": 1]))
        #expect(policy.maxAttempts == 2)
        #expect(policy.base == .milliseconds(10))
        #expect(RetryPolicy(ProviderOptions(["max_retries": 99])).maxAttempts == 6)
        #expect(RetryPolicy(ProviderOptions(["max_retries": 0])).maxAttempts == 1)
        #expect(ProviderOptions(["timeout_ms": -1, "idle_timeout_ms": "x"]) == ProviderOptions())
    }

    @Test func `Retry-After is read as milliseconds, seconds or any HTTP date`() {
        func value(_ name: String, _ text: String) -> Int64? {
            RetryAfter.milliseconds(HTTPFields([HTTPField(name, text)]), nowMs: 784_111_777_000 - 5_000)
        }
        #expect(value("retry-after-ms", "1500") == 1_500)
        #expect(value("Retry-After", "2") == 2_000)
        #expect(value("Retry-After", "0.5") == 500)
        #expect(value("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT") == 5_000)
        #expect(value("Retry-After", "Sunday, 06-Nov-94 08:49:37 GMT") == 5_000)
        #expect(value("Retry-After", "Sun Nov  6 08:49:37 1994") == 5_000)
        #expect(value("Retry-After", "Sun, 06 Nov 1994 08:49:30 GMT") == 0)
        for bad in ["", "soon", "-3", "nan", "inf", "99 Foo 1994 08:49:37", "06 Nov 1994 25:00:00"] {
            #expect(value("Retry-After", bad) == nil)
        }
    }

    @Test func `exit codes are those of the contract`() {
        #expect(ProviderError(.authentication, "x").exitCode == 77)
        #expect(ProviderError(.rateLimited, "x").exitCode == 75)
        #expect(ProviderError(.streamCut, "x").exitCode == 69)
        #expect(ProviderError(.refused, "x").exitCode == 69)
        #expect(ProviderError(.badRequest, "x").exitCode == 1)
    }
}
