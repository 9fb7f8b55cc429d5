import Dispatch
import Synchronization

/// Runs blocking closures away from the cooperative pool, at most eight at a time; further ones wait in order.
package enum BlockingWork {
    private static let pool = BlockingPool(width: 8)

    /// Runs a closure that may block and returns what it returns. A closure that has started runs to its end, also
    /// when the
    /// task is cancelled.
    package static func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            pool.submit { continuation.resume(with: Result { try work() }) }
        }
    }

    /// The same for closures with typed errors.
    package static func run<T: Sendable, E: Error>(
        throwing: E.Type, _ work: @escaping @Sendable () throws(E) -> T
    ) async throws(E) -> T {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, E>, Never>) in
            pool.submit {
                do throws(E) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

/// A queue of closures that may block, run in order on threads of its own, `width` at a time.
///
/// Threads start when they are needed and stay; Dispatch would add one a second while the others block.
package final class BlockingPool: Sendable {
    private struct State {
        var threads = 0
        var idle = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let width: Int
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    /// - Parameter width: the most threads, 1 or more.
    package init(width: Int) { self.width = max(1, width) }

    /// Runs a closure once, after those submitted before it have started.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            state.waiting.append(work)
            if state.idle > 0 {
                state.idle -= 1
                wakeUp.signal()
                return false
            }
            guard state.threads < width else { return false }
            state.threads += 1
            return true
        }
        guard starts, !OwnThread.start({ [self] in serve() }) else { return }
        // No more threads: those of Dispatch take what is waiting, and end.
        DispatchQueue.global().async { [self] in
            while let work = next(orIdle: false) { work() }
        }
    }

    private func serve() -> Never {
        while true {
            while let work = next(orIdle: true) { work() }
            wakeUp.wait()
        }
    }

    /// The next closure; without one the calling thread is idle, or gone.
    private func next(orIdle: Bool) -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            if orIdle { state.idle += 1 } else { state.threads -= 1 }
            return nil
        }
    }
}
