import CSupport
import Synchronization
import SystemPackage

/// Runs programs to their end, and everything they start.
///
/// Why not swift-subprocess: the child must die with us (PR_SET_PDEATHSIG), which is tied to the *thread* that
/// spawns, so the
/// spawning thread has to live as long as the child; and descendants that left the process group have to be found
/// and killed. Here
/// every call has a thread of its own (never one of the cooperative pool) that spawns by `vfork`, reads the pipes
/// with `poll`,
/// watches a pidfd and keeps the deadlines.
///
/// - The program has a session and group of its own, no terminal, stdin from `/dev/null`, default signal
///   dispositions and no
///   descriptors but 0, 1, 2.
/// - When the time is over or the task is cancelled, the whole tree gets SIGTERM and, after `killGrace`, SIGKILL.
/// - When the main process ends, `run` returns within 200 ms also if a descendant holds the pipes; what is left is
///   killed.
/// - Descendants are those of the group and session, their children, and whatever carries the call's `CODETETHER_CALL`.
package struct ProcessRunner: Sendable {
    /// Most calls at the same time; more give `exhausted`.
    package static let maxConcurrent = 128

    private let gate = ProcessGate()

    /// A runner. Copies share the bound of concurrent calls.
    package init() {}

    /// Runs a program. Cancelling the task ends the program; the result then says `cancelled`, nothing is thrown.
    /// - Parameter onOutput: called with each piece of output in order of arrival, on the call's thread; a slow one
    ///   slows
    ///   the program down. Not called after `run` returned.
    package func run(
        _ command: Command, onOutput: (@Sendable (OutputChunk) -> Void)? = nil
    ) async throws(ProcessError) -> ProcessResult {
        guard gate.enter() else {
            throw ProcessError(
                .exhausted,
                "\(command.executable) was not started: \(Self.maxConcurrent) programs run already. Wait for one to end."
            )
        }
        defer { gate.leave() }
        let cancellation = try CancellationPipe()
        defer { cancellation.close() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
                let started = OwnThread.start {
                    continuation.resume(returning: ProcessCall.run(command, cancellation.readEnd, onOutput))
                }
                if !started {
                    continuation.resume(
                        returning: .failure(
                            ProcessError(
                                .exhausted, "\(command.executable) was not started: no thread is left. Try again later."
                            )))
                }
            }
        } onCancel: {
            cancellation.fire()
        }
        return try outcome.get()
    }

    private typealias Outcome = Result<ProcessResult, ProcessError>
}

/// Counts the calls of a runner.
private final class ProcessGate: Sendable {
    private let running = Mutex(0)

    func enter() -> Bool {
        running.withLock { running in
            guard running < ProcessRunner.maxConcurrent else { return false }
            running += 1
            return true
        }
    }

    func leave() { running.withLock { $0 -= 1 } }
}

/// A pipe that becomes readable when the task is cancelled.
private final class CancellationPipe: Sendable {
    let readEnd: FileDescriptor
    private let writeEnd: Mutex<FileDescriptor?>

    init() throws(ProcessError) {
        let ends = try ProcessPipe.make()
        readEnd = ends.read
        writeEnd = Mutex(ends.write)
    }

    func fire() {
        writeEnd.withLock { end in
            try? end?.close()
            end = nil
        }
    }

    /// Call once, when nobody reads any more.
    func close() {
        fire()
        try? readEnd.close()
    }
}

/// Threads for one job each.
enum OwnThread {
    private final class Box {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }

    /// Runs `work` on a thread of its own; false when there is none to be had.
    static func start(_ work: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Box(work))
        let error = csupport_start_thread(
            { context in
                guard let context else { return }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().work()
            }, context.toOpaque())
        if error != 0 { context.release() }
        return error == 0
    }
}

/// Pipes between us and a child.
enum ProcessPipe {
    /// Both ends close-on-exec.
    static func make() throws(ProcessError) -> (read: FileDescriptor, write: FileDescriptor) {
        var ends: (Int32, Int32) = (-1, -1)
        let error = withUnsafeMutableBytes(of: &ends) { raw in
            csupport_pipe(raw.baseAddress?.assumingMemoryBound(to: Int32.self))
        }
        guard error == 0 else {
            throw ProcessError(
                .exhausted, "No pipe for the program: \(Errno(rawValue: error)). Close files and try again.")
        }
        return (FileDescriptor(rawValue: ends.0), FileDescriptor(rawValue: ends.1))
    }
}
