import Support
import Synchronization

/// The answer of a model, pulled batch by batch; nothing is read ahead beyond 256 KiB.
///
/// One reader at a time. Each batch is what one piece from the network said. The stream ends with nil after `finish`, or
/// throws: `streamCut` when the connection ended early, `timeout` when no data came for the idle limit (comments and pings do
/// not count), `cancelled` when the reading task was cancelled. Dropping the stream closes the connection.
package final class ModelStream: Sendable {
    /// The longest answer that is read, in bytes on the wire.
    package static let longestAnswer = 128 * 1024 * 1024

    private struct State {
        var decoder: WireDecoder
        var bytes = 0
        var failure: ProviderError?
        var isDone = false
    }

    private let body: any ByteSource
    private let state: Mutex<State>
    private let clock: IdleClock
    private let watchdog: Task<Void, Never>
    private let time: any TimeSource
    private let secrets: [String]

    init(
        body: any ByteSource, decoder: WireDecoder, time: any TimeSource, idle: Duration, label: String,
        secrets: [String]
    ) {
        self.body = body
        self.time = time
        self.secrets = secrets
        state = Mutex(State(decoder: decoder))
        let clock = IdleClock(limit: idle, now: time.uptimeNs())
        self.clock = clock
        watchdog = Task {
            while let wait = clock.wait(now: time.uptimeNs()) {
                guard wait > .zero else {
                    body.cancel(
                        with: ProviderError(
                            .timeout,
                            "\(label) sent no data for \(idle.wholeMilliseconds / 1_000) s; try again, or raise "
                                + "options.idle_timeout_ms of the provider."))
                    return
                }
                do { try await time.sleep(for: wait) } catch { return }
            }
        }
    }

    deinit {
        watchdog.cancel()
        if !state.withLock({ $0.isDone }) { close() }
    }

    /// Closes the connection; a waiting `next` throws `cancelled`.
    package func cancel() async { close() }

    private func close() {
        clock.stop()
        watchdog.cancel()
        body.cancel(with: ProviderError(.cancelled, "The request was cancelled."))
    }

    /// The next events, never empty; nil at the end.
    package func next() async throws(ProviderError) -> [ModelEvent]? {
        let (failure, isDone) = state.withLock { ($0.failure, $0.isDone) }
        if let failure { throw failure }
        if isDone { return nil }
        clock.resume(now: time.uptimeNs())
        defer { clock.pause(now: time.uptimeNs()) }
        while true {
            let bytes: [UInt8]?
            do {
                bytes = try await body.next()
            } catch {
                throw fail(error.code == .network ? WireText.cut : error)
            }
            let (events, progress, error) = decode(bytes)
            if progress { clock.touch(now: time.uptimeNs()) }
            if let error {
                if events.isEmpty { throw fail(error) }
                _ = fail(error)
                return events
            }
            if !events.isEmpty { return events }
            if state.withLock({ $0.isDone }) { return nil }
        }
    }

    private func decode(_ bytes: [UInt8]?) -> ([ModelEvent], Bool, ProviderError?) {
        let result = state.withLock { state -> ([ModelEvent], Bool, ProviderError?) in
            var events: [ModelEvent] = []
            do {
                guard let bytes else {
                    try state.decoder.finish(into: &events)
                    state.isDone = true
                    return (events, true, nil)
                }
                state.bytes += bytes.count
                guard state.bytes <= Self.longestAnswer else {
                    throw ProviderError(.malformed, "The answer is longer than 128 MiB.", status: 200)
                }
                let progress = try state.decoder.push(bytes, into: &events)
                state.isDone = state.decoder.isComplete
                return (events, progress, nil)
            } catch let error as ProviderError {
                return (events, true, error)
            } catch {
                return (events, true, WireText.malformed("an answer"))
            }
        }
        if state.withLock({ $0.isDone }) { complete(ended: bytes == nil) }
        return result
    }

    /// The connection may still have its last chunk to read; it gets two seconds for that and is then closed.
    private func complete(ended: Bool) {
        clock.stop()
        watchdog.cancel()
        guard !ended else { return }
        let body = body
        let time = time
        Task {
            try? await time.sleep(for: .seconds(2))
            body.cancel(with: ProviderError(.cancelled, "The answer was complete."))
        }
    }

    private func fail(_ error: ProviderError) -> ProviderError {
        var error = error
        if !secrets.isEmpty {
            error.message = ErrorBody.redact(error.message, secrets: secrets)
            error.body = error.body.map { ErrorBody.redact($0, secrets: secrets) }
        }
        state.withLock { $0.failure = error }
        clock.stop()
        watchdog.cancel()
        body.cancel(with: error)
        return error
    }
}

/// Counts the time in which a reader waited without data.
final class IdleClock: Sendable {
    private struct State {
        var last: UInt64
        var pausedAt: UInt64?
        var isStopped = false
    }

    private let limitNs: UInt64
    private let state: Mutex<State>

    init(limit: Duration, now: UInt64) {
        limitNs = UInt64(clamping: limit.wholeMilliseconds) &* 1_000_000
        state = Mutex(State(last: now, pausedAt: now))
    }

    /// The reader waits from now on.
    func resume(now: UInt64) {
        state.withLock { state in
            if let paused = state.pausedAt { state.last &+= now &- paused }
            state.pausedAt = nil
        }
    }

    /// The reader is busy; time does not count.
    func pause(now: UInt64) { state.withLock { if $0.pausedAt == nil { $0.pausedAt = now } } }

    /// Data came.
    func touch(now: UInt64) { state.withLock { $0.last = now } }

    func stop() { state.withLock { $0.isStopped = true } }

    /// How long to sleep before looking again, zero when the limit is reached, nil when stopped.
    func wait(now: UInt64) -> Duration? {
        state.withLock { state in
            if state.isStopped { return nil }
            if state.pausedAt != nil { return .nanoseconds(Int64(clamping: limitNs)) }
            let passed = now > state.last ? now - state.last : 0
            return passed >= limitNs ? .zero : .nanoseconds(Int64(clamping: limitNs - passed))
        }
    }
}
