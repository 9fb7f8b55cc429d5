package import Support
import Synchronization
import SystemPackage

/// A child process that speaks one message a line on its stdin and stdout, and text on stderr.
///
/// Lines are handed over one by one, in order, on the thread that reads; a slow receiver slows the process down, so nothing
/// queues up. A line longer than `maxLineBytes` ends the process. The process tree is ended when the object is closed or lost.
package final class LineProcess: Sendable {
    /// How the process ended.
    package struct End: Sendable {
        /// Nil when it could not be started.
        package var status: ProcessStatus?
        /// Why it could not be started, or why it was ended by us.
        package var failure: (any AppError)?
        /// The last 4 KiB of what it wrote to stderr.
        package var stderr: String
    }

    private struct State {
        var splitter: NDJSONSplitter
        var failure: (any AppError)?
        var stderr = OutputRing(headBytes: 0, tailBytes: 4096)
        var task: Task<Void, Never>?
        var end: End?
        var waiters: [CheckedContinuation<End, Never>] = []
    }

    private let state: Mutex<State>
    private let input: LinePipe

    /// Starts the program.
    /// - Parameters:
    ///   - command: its `stdin` and `stdinDescriptor` are replaced.
    ///   - maxLineBytes: the longest line it may write.
    ///   - onLine: a line without its end; called from one thread at a time.
    ///   - onEnd: called once, after the last line.
    /// - Throws: `exhausted` when no pipe could be made. A program that cannot be started is told by `onEnd`.
    package init(
        _ command: Command, runner: ProcessRunner, maxLineBytes: Int = 16 << 20,
        onLine: @escaping @Sendable ([UInt8]) -> Void, onEnd: @escaping @Sendable (End) -> Void
    ) throws(ProcessError) {
        let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
        do { ends = try FileDescriptor.pipe() } catch {
            throw ProcessError(.exhausted, "No pipe for \(command.executable): \(error). Try again later.")
        }
        var command = command
        command.stdin = nil
        command.stdinDescriptor = ends.readEnd
        command.mergeStreams = false
        (command.headBytes, command.tailBytes) = (0, 1)
        input = LinePipe(ends.writeEnd)
        state = Mutex(State(splitter: NDJSONSplitter(maxRecordBytes: maxLineBytes)))
        let started = command
        let task = Task { [self] in
            var status: ProcessStatus?
            var failure: (any AppError)?
            do throws(ProcessError) {
                status = try await runner.run(started) { self.take($0, onLine) }.status
            } catch {
                failure = error
            }
            finish(status, failure, onLine, onEnd)
        }
        let isOver = state.withLock { state in
            state.task = task
            return state.failure != nil
        }
        if isOver { task.cancel() }
    }

    /// Queues a line with its end. False when the process is gone or does not read.
    package func send(_ line: [UInt8]) -> Bool { input.write(line) }

    /// The last of stderr so far, at most 4 KiB.
    package var stderrTail: String { state.withLock { $0.stderr.text } }

    /// Ends the process: closes its stdin, and after `grace` asks it by SIGTERM, after 3 s more by SIGKILL. Returns when the
    /// whole tree is gone.
    package func close(grace: Duration, time: any TimeSource) async {
        input.close()
        let patience = Task { [self] in
            try? await time.sleep(for: grace)
            cancel()
        }
        _ = await end()
        patience.cancel()
    }

    /// Waits for the end.
    package func end() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state -> End? in
                if state.end == nil { state.waiters.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Ends the process tree now: SIGTERM, and SIGKILL after 3 s.
    package func cancel() { state.withLock { $0.task }?.cancel() }

    private func take(_ chunk: OutputChunk, _ onLine: @Sendable ([UInt8]) -> Void) {
        guard chunk.stream == .stdout else {
            state.withLock { $0.stderr.append(chunk.bytes) }
            return
        }
        let (lines, isTooLong) = state.withLock { state -> ([[UInt8]], Bool) in
            guard state.failure == nil else { return ([], false) }
            do throws(LineTooLongError) { return (try state.splitter.push(chunk.bytes), false) } catch {
                state.failure = error
                return ([], true)
            }
        }
        if isTooLong { cancel() }
        for line in lines { onLine(line) }
    }

    private func finish(
        _ status: ProcessStatus?, _ failure: (any AppError)?, _ onLine: @Sendable ([UInt8]) -> Void,
        _ onEnd: @Sendable (End) -> Void
    ) {
        input.close()
        if let last = state.withLock({ $0.failure == nil ? $0.splitter.finish() : nil }) { onLine(last) }
        let (end, waiters) = state.withLock { state -> (End, [CheckedContinuation<End, Never>]) in
            let end = End(
                status: status, failure: state.failure ?? failure,
                stderr: state.stderr.text)
            state.end = end
            defer { state.waiters = [] }
            return (end, state.waiters)
        }
        onEnd(end)
        for waiter in waiters { waiter.resume(returning: end) }
    }
}
