import CSupport
import Support
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The one thread of a `PTYHost`: it runs the actor's jobs and, between them, waits for descriptors with `poll`. What it
/// starts dies with it.
final class PTYLoop: SerialExecutor {
    /// What the loop waits for; called on its thread.
    struct Client: Sendable {
        /// The descriptors, and how long to wait at most, milliseconds.
        var watched: @Sendable () -> (descriptors: [pollfd], timeoutMs: Int32)
        /// The same descriptors with what happened.
        var ready: @Sendable ([pollfd]) -> Void
    }

    private struct State {
        var jobs: [UnownedJob] = []
        var client: Client?
        var thread: UInt?
        var isStopped = false
        /// A byte for `poll` is in the pipe, or the loop is about to look at the jobs anyway.
        var isAwake = false
    }

    private let state = Mutex(State())
    private let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor

    /// - Throws: `PTYError.exhausted` when there are no descriptors or threads left.
    init() throws(PTYError) {
        var ends: (Int32, Int32) = (-1, -1)
        let error = withUnsafeMutableBytes(of: &ends) { raw in
            csupport_pipe(raw.baseAddress?.assumingMemoryBound(to: Int32.self))
        }
        guard error == 0 else { throw PTYError.noDescriptors(error) }
        readEnd = FileDescriptor(rawValue: ends.0)
        writeEnd = FileDescriptor(rawValue: ends.1)
        for end in [ends.0, ends.1] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let context = Unmanaged.passRetained(self)
        let failure = csupport_start_thread(
            { context in
                guard let context else { return }
                Unmanaged<PTYLoop>.fromOpaque(context).takeRetainedValue().run()
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            throw PTYError(.exhausted, "No terminals can be opened: no thread is left. Try again later.")
        }
    }

    deinit {
        try? readEnd.close()
        try? writeEnd.close()
    }

    /// Gives the loop something to wait for.
    func serve(_ client: Client) {
        state.withLock { $0.client = client }
        wake()
    }

    /// Ends the thread after the jobs that are queued; jobs that come later run on their caller's thread.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAccepted = state.withLock { state in
            guard !state.isStopped else { return false }
            state.jobs.append(job)
            return true
        }
        if isAccepted { wake() } else { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        let isHere = state.withLock { $0.thread == UInt(pthread_self()) }
        if !isHere { assertionFailure("a terminal was touched outside its thread") }
    }

    private func wake() {
        let isNeeded = state.withLock { state in
            guard !state.isAwake else { return false }
            state.isAwake = true
            return true
        }
        guard isNeeded else { return }
        let byte: [UInt8] = [1]
        _ = byte.withUnsafeBytes { write(writeEnd.rawValue, $0.baseAddress, 1) }
    }

    private func run() {
        state.withLock { $0.thread = UInt(pthread_self()) }
        let executor = asUnownedSerialExecutor()
        while true {
            let (jobs, client, isStopped) = state.withLock { state in
                // Only here, with the pipe drained: cleared any earlier, the byte of a job that comes meanwhile is drained
                // with the others, and nothing wakes the loop for the job after it.
                state.isAwake = false
                defer { state.jobs = [] }
                return (state.jobs, state.client, state.isStopped)
            }
            for job in jobs { job.runSynchronously(on: executor) }
            if isStopped { return }
            let watched = client?.watched() ?? (descriptors: [], timeoutMs: 1_000)
            var all = [pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0)] + watched.descriptors
            guard poll(&all, nfds_t(all.count), watched.timeoutMs) >= 0 else { continue }
            if all[0].revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 64)
                while buffer.withUnsafeMutableBytes({ read(readEnd.rawValue, $0.baseAddress, $0.count) }) > 0 {}
            }
            client?.ready(Array(all.dropFirst()))
        }
    }
}
