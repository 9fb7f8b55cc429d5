import CSupport
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// One run of a program, on a thread of its own.
struct ProcessCall {
    /// Times after the end of the main process, in nanoseconds: when what is left gets SIGTERM, when SIGKILL, and
    /// when the call
    /// returns whatever happens.
    private static let askLeftoversNs: Int64 = 50_000_000
    private static let killLeftoversNs: Int64 = 110_000_000
    private static let returnNs: Int64 = 160_000_000

    private let launch: ProcessLaunch
    private var tree: ProcessTree
    private let cancellation: FileDescriptor
    private let startedNs: Int64
    private let deadlineNs: Int64?
    private let graceNs: Int64
    private var output: ProcessOutput
    private var open: [(descriptor: FileDescriptor, stream: OutputChunk.Stream)]
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Why we end the program, if we do.
    private var verdict: ProcessStatus?
    private var killAtNs: Int64?
    private var isCancellable = true
    /// What it starts ends with it.
    private let endsAlone: Bool

    /// Runs the program to its end. `cancellation` becomes readable when it is to be ended.
    static func run(
        _ command: Command, _ cancellation: FileDescriptor, _ onOutput: (@Sendable (OutputChunk) -> Void)?
    ) -> Result<ProcessResult, ProcessError> {
        let output = ProcessOutput(command, onOutput)
        if csupport_wait_readable(cancellation.rawValue, 0) == 1 {
            return .success(
                ProcessResult(
                    status: .cancelled, stdout: output.stdout, stderr: output.stderr, totalBytes: 0, durationMs: 0,
                    fullOutputFile: nil, leftovers: 0))
        }
        do throws(ProcessError) {
            var call = ProcessCall(try ProcessLaunch(command), command, cancellation, output)
            return .success(call.run())
        } catch {
            return .failure(error)
        }
    }

    private init(_ launch: ProcessLaunch, _ command: Command, _ cancellation: FileDescriptor, _ output: ProcessOutput) {
        self.launch = launch
        self.cancellation = cancellation
        self.output = output
        let now = csupport_clock_ns(1)
        startedNs = now
        endsAlone = command.leavesNothing || command.isNamespace
        tree = ProcessTree(
            root: launch.pid, marker: launch.marker, startedNs: now, isSupervised: command.isSupervised,
            isNamespace: command.isNamespace)
        deadlineNs = command.timeout.map { now &+ $0.nanosecondsClamped }
        graceNs = command.killGrace.nanosecondsClamped
        open = [(launch.stdout, .stdout)]
        if let stderr = launch.stderr { open.append((stderr, .stderr)) }
    }

    private mutating func run() -> ProcessResult {
        waitForMain()
        let leftovers = endLeftovers()
        while drain() {}
        for (descriptor, _) in open { try? descriptor.close() }
        let raw = csupport_reap(launch.pid)
        ProcessSupervision.reaped(launch.pid)
        try? launch.pidfd.close()
        ProcessSupervision.sweep()
        let file = output.finish()
        return ProcessResult(
            status: verdict ?? Self.status(raw), stdout: output.stdout, stderr: output.stderr,
            totalBytes: output.stdout.totalBytes + output.stderr.totalBytes,
            durationMs: Int((csupport_clock_ns(1) - startedNs) / 1_000_000), fullOutputFile: file, leftovers: leftovers)
    }

    private static func status(_ raw: Int32) -> ProcessStatus {
        if raw < 0 { return .exited(-1) }
        let signal = raw & 0x7F
        return signal == 0 ? .exited((raw >> 8) & 0xFF) : .signaled(signal)
    }

    // MARK: The main process

    private mutating func waitForMain() {
        while true {
            let now = csupport_clock_ns(1)
            if verdict == nil, let deadlineNs, now >= deadlineNs { end(as: .timedOut, now) }
            if let killAtNs, now >= killAtNs {
                tree.kill()
                self.killAtNs = now + 100_000_000
            }
            let next = [verdict == nil ? deadlineNs : nil, killAtNs].compactMap { $0 }.min()
            let ready = wait(untilNs: next, watchesEnd: true)
            if ready.isCancelled, verdict == nil { end(as: .cancelled, csupport_clock_ns(1)) }
            if ready.hasEnded, csupport_has_ended(launch.pidfd.rawValue) != 0 { return }
        }
    }

    private mutating func end(as status: ProcessStatus, _ now: Int64) {
        verdict = status
        isCancellable = false
        killAtNs = now &+ graceNs
        tree.terminate()
    }

    // MARK: What it leaves behind

    /// Waits for what the main process left behind, ends it, and says how many there were.
    private mutating func endLeftovers() -> Int {
        let ended = csupport_clock_ns(1)
        isCancellable = false
        if endsAlone {
            // What a dying namespace held lets go of the pipes within moments.
            while drain() {}
            if !open.isEmpty { _ = wait(untilNs: ended + 5_000_000, watchesEnd: false) }
            while drain() {}
            if open.isEmpty { return 0 }
        }
        var left = tree.descendants()
        guard !left.isEmpty else { return 0 }
        var seen = Set(left)
        // Those that were asked to end already have the rest of their grace; others are asked soon.
        var hasAsked = verdict != nil
        let killAt = hasAsked ? max(killAtNs ?? ended, ended) : ended + Self.killLeftoversNs
        let returnAt = killAt + Self.returnNs - Self.killLeftoversNs
        var hasKilled = false
        while !left.isEmpty {
            let now = csupport_clock_ns(1)
            // With the pipes closed nothing more is to be had from them: no need to wait.
            if !hasAsked, now >= ended + Self.askLeftoversNs || open.isEmpty {
                hasAsked = true
                tree.terminate()
            }
            if !hasKilled, now >= killAt {
                hasKilled = true
                tree.kill()
            }
            if now >= returnAt { break }
            _ = wait(untilNs: now + 5_000_000, watchesEnd: false)
            left = tree.descendants()
            seen.formUnion(left)
        }
        return hasAsked ? seen.count : 0
    }

    // MARK: Waiting and reading

    /// Waits until output, an end, a cancellation or a time comes, and reads the output that is there.
    private mutating func wait(untilNs: Int64?, watchesEnd: Bool) -> (hasEnded: Bool, isCancelled: Bool) {
        var watched = open.map { pollfd(fd: $0.descriptor.rawValue, events: Int16(POLLIN), revents: 0) }
        let pipes = watched.count
        if watchesEnd { watched.append(pollfd(fd: launch.pidfd.rawValue, events: Int16(POLLIN), revents: 0)) }
        if isCancellable { watched.append(pollfd(fd: cancellation.rawValue, events: Int16(POLLIN), revents: 0)) }
        var timeout: Int32 = -1
        if let untilNs {
            let rest = max(0, untilNs &- csupport_clock_ns(1))
            timeout = Int32(clamping: (rest + 999_999) / 1_000_000)
        }
        guard poll(&watched, nfds_t(watched.count), timeout) > 0 else { return (false, false) }
        for index in (0..<pipes).reversed() where watched[index].revents != 0 { _ = read(at: index) }
        let hasEnded = watchesEnd && watched[pipes].revents != 0
        let isCancelled = isCancellable && (watched.last?.revents ?? 0) != 0
        return (hasEnded, isCancelled)
    }

    /// Reads what the pipes hold; true when there was something.
    private mutating func drain() -> Bool {
        // A descendant that escaped may write for ever; what comes after the end is not waited for.
        guard output.stdout.totalBytes + output.stderr.totalBytes < drainLimit else { return false }
        var found = false
        for index in open.indices.reversed() where read(at: index) { found = true }
        return found
    }

    private lazy var drainLimit: Int = output.stdout.totalBytes + output.stderr.totalBytes + (4 << 20)

    /// Reads once; closes the pipe at its end. True when bytes came.
    private mutating func read(at index: Int) -> Bool {
        let (descriptor, stream) = open[index]
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor.rawValue, $0.baseAddress, $0.count) }
        if count > 0 {
            output.take(buffer[..<count], stream)
            return true
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return false }
        try? descriptor.close()
        open.remove(at: index)
        return false
    }
}

extension Duration {
    /// Nanoseconds, from 0 to a thousand years.
    var nanosecondsClamped: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        guard seconds < 4_000_000_000 else { return 4_000_000_000 * 1_000_000_000 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
