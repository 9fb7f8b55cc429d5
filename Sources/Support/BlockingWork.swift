import Dispatch
import Synchronization

/// Runs blocking closures away from the cooperative pool, at most eight at a time; further ones wait in order.
package enum BlockingWork {
    private static let pool = BoundedPool(width: 8)

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

/// A queue of closures that run on Dispatch's threads, `width` at a time.
private final class BoundedPool: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let width: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "codetether.blocking", attributes: .concurrent)

    init(width: Int) { self.width = width }

    func submit(_ work: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            guard state.running < width else {
                state.waiting.append(work)
                return false
            }
            state.running += 1
            return true
        }
        if starts { start(work) }
    }

    private func start(_ work: @escaping @Sendable () -> Void) {
        queue.async { @Sendable in
            work()
            let next = self.state.withLock { state -> (@Sendable () -> Void)? in
                guard !state.waiting.isEmpty else {
                    state.running -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            if let next { self.start(next) }
        }
    }
}
