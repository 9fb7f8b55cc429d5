package import Glibc
import Synchronization
package import SystemPackage

/// How a child ended.
package enum ChildStatus: Sendable, Hashable, CustomStringConvertible {
    /// It returned this code.
    case exited(Int32)
    /// This signal ended it.
    case signaled(Int32)

    package var description: String {
        switch self {
        case .exited(let code): "exit \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}

/// What a child is started with.
package struct ChildOptions: Sendable {
    /// What the child reads.
    package enum Input: Sendable {
        /// `/dev/null`.
        case null
        /// These bytes, then end of file.
        case bytes([UInt8])
        /// A pipe that stays open until `closeInput()`.
        case open
    }

    /// A pseudo-terminal of this size instead of pipes; stdout and stderr then arrive together as stdout.
    package struct Terminal: Sendable {
        package var rows: UInt16 = 24
        package var columns: UInt16 = 80
        package init() {}
    }

    /// Path of the program.
    package var executable: FilePath
    package var arguments: [String]
    package var directory: FilePath
    /// The whole environment; nothing is inherited.
    package var environment: [String: String]
    package var input = Input.null
    package var terminal: Terminal?
    /// Close our end of stdout after so many bytes, as `head -c` does.
    package var closeStdoutAfter: Int?
    /// Kill the whole group after this time.
    package var timeout: Duration = .seconds(60)

    /// Options for `executable` with nothing on stdin and a minute of time.
    package init(
        _ executable: FilePath, _ arguments: [String] = [], directory: FilePath, environment: [String: String]
    ) {
        self.executable = executable
        self.arguments = arguments
        self.directory = directory
        self.environment = environment
    }
}

/// What a child left behind.
package struct ChildResult: Sendable {
    package let status: ChildStatus
    package let stdout: [UInt8]
    package let stderr: [UInt8]
    /// Whether the time limit killed it.
    package let timedOut: Bool

    /// Exit code; nil when a signal ended it.
    package var code: Int32? { if case .exited(let code) = status { code } else { nil } }
    package var out: String { String(decoding: stdout, as: UTF8.self) }
    package var err: String { String(decoding: stderr, as: UTF8.self) }
    /// Both outputs and the status, for the comment of an expectation.
    package var story: String { "\(status)\(timedOut ? " (timed out)" : "")\n--- stdout\n\(out)\n--- stderr\n\(err)" }
}

/// A running program: its own process group (a session of its own on a terminal), both outputs collected apart.
///
/// Outputs are kept whole, 64 MiB each at most. Use `with` so that nothing outlives the test.
package final class ChildProcess: Sendable {
    package struct State: Sendable {
        package var stdout: [UInt8] = []
        package var stderr: [UInt8] = []
        package var openOutputs = 0
        package var status: ChildStatus?
        package var timedOut = false
    }

    /// Id of the process and of its group.
    package let pid: pid_t
    /// What is known of it, to look at and to wait on.
    package let state: Watchable<State>
    private let inputDescriptor: Watchable<Int32?>
    private let timeout: Duration

    private init(pid: pid_t, state: Watchable<State>, input: Int32?, timeout: Duration) {
        self.pid = pid
        self.state = state
        self.inputDescriptor = Watchable(input)
        self.timeout = timeout
    }

    /// Starts a child, hands it to `body` and kills its group when `body` is done.
    package static func with<Result: Sendable>(
        _ options: ChildOptions, _ body: (ChildProcess) async throws -> Result
    ) async throws -> Result {
        let child = try start(options)
        do {
            let result = try await body(child)
            await child.kill()
            return result
        } catch {
            await child.kill()
            throw error
        }
    }

    /// Runs a child to its end.
    package static func run(_ options: ChildOptions) async throws -> ChildResult {
        try await with(options) { try await $0.finish() }
    }

    /// One at a time: a pipe made here must not leak into a child that another test starts at that moment.
    private static let starting = Mutex(())

    /// Starts a child without waiting for anything.
    static func start(_ options: ChildOptions) throws -> ChildProcess {
        try starting.withLock { _ in try startLocked(options) }
    }

    private static func startLocked(_ options: ChildOptions) throws -> ChildProcess {
        let plumbing = try options.terminal.map { try ChildPlumbing.terminal($0) } ?? ChildPlumbing.pipes(options.input)
        defer { plumbing.closeChildEnds() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let terminal = plumbing.terminalPath {
            // Opened by the leader of a new session, the terminal becomes its controlling one.
            posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        } else {
            for (target, source) in plumbing.childEnds.enumerated() {
                posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in 1...31 where signal != SIGKILL && signal != SIGSTOP { sigaddset(&signals, Int32(signal)) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let setSession: Int32 = 0x80
        let group = plumbing.terminalPath == nil ? Int32(POSIX_SPAWN_SETPGROUP) : setSession
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK) | group))
        let environment = options.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let arguments = ["env", "-C", options.directory.string, options.executable.string] + options.arguments
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, argv, envp)
        guard failure == 0 else {
            plumbing.closeOurEnds()
            throw TestSupportError("\(options.executable) cannot be started: \(Errno(rawValue: failure)).")
        }
        var first = State()
        first.openOutputs = plumbing.outputs.count
        let child = ChildProcess(
            pid: pid, state: Watchable(first), input: plumbing.input, timeout: options.timeout)
        child.collect(plumbing.outputs, closeStdoutAfter: options.closeStdoutAfter)
        child.reap()
        if case .bytes(let bytes) = options.input {
            BlockingThread.start {
                child.writeBlocking(bytes)
                if options.terminal == nil { child.closeInput() }
            }
        }
        return child
    }

    private func collect(_ outputs: [(descriptor: Int32, isError: Bool)], closeStdoutAfter limit: Int?) {
        for (descriptor, isError) in outputs {
            BlockingThread.start { [state] in
                var buffer = [UInt8](repeating: 0, count: 65_536)
                var total = 0
                while true {
                    let count = read(descriptor, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    if count <= 0 { break }
                    total += count
                    if total < 1 << 26 {
                        let chunk = buffer[..<count]
                        state.change {
                            isError ? $0.stderr.append(contentsOf: chunk) : $0.stdout.append(contentsOf: chunk)
                        }
                    }
                    if let limit, !isError, total >= limit { break }
                }
                if descriptor != self.inputDescriptor.state { close(descriptor) }
                state.change { $0.openOutputs -= 1 }
            }
        }
    }

    private func reap() {
        BlockingThread.start { [state, pid] in
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            state.change { state in
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7f
                state.status = signal == 0 ? .exited((status >> 8) & 0xff) : .signaled(signal)
            }
        }
    }

    /// Sends a signal to the process alone; nothing happens when it has ended.
    package func send(_ signal: Int32) {
        state.change { if $0.status == nil { Glibc.kill(pid, signal) } }
    }

    /// Sends a signal to its whole group, as Ctrl-C in a terminal does.
    package func sendToGroup(_ signal: Int32) {
        state.change { if $0.status == nil { Glibc.kill(-pid, signal) } }
    }

    /// Writes to its stdin (or types on its terminal).
    package func write(_ bytes: some Sequence<UInt8> & Sendable) async {
        let bytes = Array(bytes)
        await BlockingThread.run { self.writeBlocking(bytes) }
    }

    private func writeBlocking(_ bytes: [UInt8]) {
        guard let descriptor = inputDescriptor.state else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Closes its stdin.
    package func closeInput() {
        inputDescriptor.change { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }

    /// Waits until stdout (or the terminal) holds `text`; false when the child ended or the time passed before.
    package func waitForOutput(_ text: String, atMost limit: Duration = .seconds(20)) async -> Bool {
        let wanted = Array(text.utf8)
        _ = await state.wait(atMost: limit) { $0.stdout.holds(wanted) || ($0.status != nil && $0.openOutputs == 0) }
        return state.state.stdout.holds(wanted)
    }

    /// What has come on stdout so far.
    package var output: [UInt8] { state.state.stdout }

    /// Waits until stderr holds `text`; false when the child ended or the time passed before.
    package func waitForError(_ text: String, atMost limit: Duration = .seconds(20)) async -> Bool {
        let wanted = Array(text.utf8)
        _ = await state.wait(atMost: limit) { $0.stderr.holds(wanted) || ($0.status != nil && $0.openOutputs == 0) }
        return state.state.stderr.holds(wanted)
    }

    /// Waits for the end and the last output; after the time limit of the options the group is killed.
    package func finish() async throws -> ChildResult {
        if await !state.wait(atMost: timeout, until: { $0.status != nil }) {
            state.change { $0.timedOut = true }
            sendToGroup(SIGKILL)
            _ = await state.wait(atMost: .seconds(10)) { $0.status != nil }
        }
        // A grandchild may hold the pipe; what the process itself wrote is there by then.
        _ = await state.wait(atMost: .seconds(3)) { $0.openOutputs == 0 }
        let last = state.state
        guard let status = last.status else { throw TestSupportError("Process \(pid) did not end even after SIGKILL.") }
        return ChildResult(status: status, stdout: last.stdout, stderr: last.stderr, timedOut: last.timedOut)
    }

    private func kill() async {
        closeInput()
        if state.state.status == nil {
            sendToGroup(SIGKILL)
            _ = await state.wait(atMost: .seconds(10)) { $0.status != nil }
        }
    }
}

extension [UInt8] {
    /// Whether `part` occurs in these bytes.
    package func holds(_ part: [UInt8]) -> Bool {
        guard !part.isEmpty else { return true }
        return withUnsafeBytes { all in
            part.withUnsafeBytes { wanted in
                guard let start = all.baseAddress, let first = wanted.first, let part = wanted.baseAddress else {
                    return false
                }
                var offset = 0
                while offset + wanted.count <= all.count,
                    let hit = memchr(start + offset, Int32(first), all.count - offset - wanted.count + 1)
                {
                    if memcmp(hit, part, wanted.count) == 0 { return true }
                    offset = UnsafeRawPointer(hit) - start + 1
                }
                return false
            }
        }
    }
}
