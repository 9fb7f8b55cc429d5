import Dispatch

/// Runs an actor on a serial Dispatch queue of its own, so that its methods may block without holding up the cooperative pool.
package final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// - Parameter label: the queue's name in debuggers.
    package init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

    /// Runs a job after those before it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }
}
