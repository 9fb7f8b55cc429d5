package import Support
import Synchronization

/// The time a search may take. Shared between the task that waits and the thread that works: the search stops when the
/// time is over or the task is cancelled. Safe to use from any thread.
package final class SearchBudget: Sendable {
    private let time: any TimeSource
    private let endNs: UInt64
    private let cancelled = Atomic<Bool>(false)

    /// A budget of `duration` from now on.
    package init(time: any TimeSource, duration: Duration) {
        self.time = time
        let parts = duration.components
        let ns = max(0, parts.seconds) * 1_000_000_000 + max(0, parts.attoseconds) / 1_000_000_000
        endNs = time.uptimeNs() &+ UInt64(ns)
    }

    /// True when the search has to stop.
    package var isSpent: Bool { cancelled.load(ordering: .relaxed) || time.uptimeNs() >= endNs }

    /// True after `cancel()`.
    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Stops the search.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }
}

/// Runs a blocking search off the cooperative pool; cancelling the task ends the search and throws `cancelled`.
func searchWork<Value: Sendable>(
    _ budget: SearchBudget, _ body: @escaping @Sendable () throws(ToolError) -> Value
) async throws(ToolError) -> Value {
    let result: Result<Value, ToolError> = await withTaskCancellationHandler {
        do throws(ToolError) {
            return .success(try await fileWork(body))
        } catch {
            return .failure(error)
        }
    } onCancel: {
        budget.cancel()
    }
    if budget.isCancelled { throw ToolError(.cancelled, "The search was cancelled.") }
    return try result.get()
}
