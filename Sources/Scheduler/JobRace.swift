import Support
import Synchronization

/// One run of a body against its timeout, its lease and the end of the scheduler.
final class JobRace: Sendable {
    enum End: Sendable {
        case finished(JobFacts)
        case failed(any Error)
        case timedOut
        case lost
        case stopped
    }

    /// How long a body that was cancelled may take before it is left behind.
    static let grace = Duration.seconds(3)

    let body: Task<JobFacts, any Error>
    private let isBodyOver = Mutex(false)
    private let ends: AsyncStream<End>
    private let report: AsyncStream<End>.Continuation

    /// Starts a body. It is cancelled when anything ends the race before it.
    init(_ job: ScheduledJob) {
        let work = job.body
        let body = Task { try await work() }
        let (ends, report) = AsyncStream<End>.makeStream(bufferingPolicy: .bufferingOldest(1))
        self.body = body
        self.ends = ends
        self.report = report
        Task {
            let result = await body.result
            isBodyOver.withLock { $0 = true }
            switch result {
            case .success(let facts): report.yield(.finished(facts))
            case .failure(let error): report.yield(.failed(error))
            }
        }
    }

    /// True when the body has ended, in whatever way.
    var hasEnded: Bool { isBodyOver.withLock { $0 } }

    /// Waits for the first end.
    /// - Parameter isLost: returns true when the body must stop, false when it was cancelled.
    /// - Returns: `stopped` when the calling task was cancelled, at most `grace` later.
    func end(
        timeout: Duration, time: any TimeSource, isLost: @escaping @Sendable () async -> Bool
    ) async -> End {
        let report = report
        let body = body
        let timer = Task {
            do { try await time.sleep(for: timeout) } catch { return }
            report.yield(.timedOut)
        }
        let keeper = Task {
            if await isLost() { report.yield(.lost) }
        }
        defer {
            timer.cancel()
            keeper.cancel()
            body.cancel()
        }
        return await withTaskCancellationHandler {
            // The iterator of a stream ends at once in a cancelled task; this one must see what the body says.
            let first = Task { await ends.first { _ in true } ?? .stopped }
            let end = await first.value
            if case .finished = end { return end }
            return Task.isCancelled ? .stopped : end
        } onCancel: {
            body.cancel()
            Task {
                try? await time.sleep(for: Self.grace)
                report.yield(.stopped)
            }
        }
    }
}
