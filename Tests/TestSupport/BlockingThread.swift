import Glibc

/// Runs blocking calls (`read`, `waitpid`) on a thread of their own, never on the cooperative pool.
enum BlockingThread {
    private final class Job {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts `body` on a new detached thread; when no thread can be had it runs on the caller's.
    static func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(body))
        let failure = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        if failure == 0 {
            pthread_detach(thread)
        } else {
            job.takeRetainedValue().body()
        }
    }

    /// Runs `body` on a thread of its own and waits for what it returns.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in start { continuation.resume(returning: body()) } }
    }
}
