package import Events
package import Schema
package import Support
package import SystemPackage

/// Commands that clients run beside the model: started, listed, read and ended through the API.
///
/// Bounds: 64 run at a time, the last 256 are kept; 2 MiB of output each stay readable, from the latest byte back. A
/// command and all that it started end with `remove` and with the server.
package actor ShellService {
    /// One command.
    private struct Entry {
        var info: ShellInfo
        var output: [UInt8] = []
        /// Bytes that came before `output`.
        var dropped = 0
        var task: Task<Void, Never>?
        var sessionID: String?
        var order: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private static let maximumRunning = 64
    private static let maximumKept = 256
    private static let maximumOutput = 2 << 20

    private let bus: EventBus
    private let ids: any IDSource
    private let time: any TimeSource
    private let environment: Environment
    private var chosenShell: String?
    private let runner = ProcessRunner()
    private var entries: [String: Entry] = [:]
    private var lastOrder = 0

    package init(bus: EventBus, ids: any IDSource, time: any TimeSource, environment: Environment) {
        self.bus = bus
        self.ids = ids
        self.time = time
        self.environment = environment
    }

    /// All commands, oldest first.
    package var list: [ShellInfo] { entries.values.sorted { $0.order < $1.order }.map(\.info) }

    /// The shell of commands that start from now on; nil = that of the environment.
    package func use(shell: String?) { chosenShell = shell }

    /// One command.
    package func info(_ id: String) -> ShellInfo? { entries[id]?.info }

    /// Starts a command in a shell.
    /// - Returns: nil when too many run already.
    package func start(
        _ command: String, in directory: FilePath, timeoutMs: Int?, metadata: JSON,
        variables: [String: String] = [:], sessionID: String? = nil
    ) -> ShellInfo? {
        guard entries.values.count(where: { $0.info.status == .running }) < Self.maximumRunning else { return nil }
        while entries.count >= Self.maximumKept,
            let oldest = entries.filter({ $0.value.info.status != .running }).min(by: {
                $0.value.order < $1.value.order
            })
        {
            entries[oldest.key] = nil
        }
        let id = ids.next(.shell)
        let shell = chosenShell ?? environment["SHELL"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/bin/sh"
        let info = ShellInfo(
            id: id, status: .running, command: command, cwd: directory.string, shell: shell, file: "",
            metadata: metadata, time: ShellInfoTime(started: time.nowMs()))
        lastOrder += 1
        entries[id] = Entry(info: info, sessionID: sessionID, order: lastOrder)
        publish(.shellCreated(.init(info: info)))
        var call = Command(
            executable: FilePath(shell), arguments: ["-c", command], directory: directory,
            environment: environment.values.merging(variables) { $1 }, mergeStreams: true)
        call.isSupervised = true
        if let timeoutMs { call.timeout = .milliseconds(timeoutMs) }
        entries[id]?.task = Task { [call] in await run(id, call) }
        return info
    }

    private func run(_ id: String, _ call: Command) async {
        let (chunks, sink) = AsyncStream<[UInt8]>.makeStream()
        let work = Task { [runner] () -> Result<ProcessResult, ProcessError> in
            defer { sink.finish() }
            do throws(ProcessError) {
                return .success(try await runner.run(call) { sink.yield($0.bytes) })
            } catch {
                return .failure(error)
            }
        }
        await withTaskCancellationHandler {
            for await chunk in chunks { append(id, chunk) }
        } onCancel: {
            work.cancel()
        }
        await end(id, work.value)
    }

    private func append(_ id: String, _ bytes: [UInt8]) {
        guard var entry = entries[id] else { return }
        entries[id] = nil
        entry.output += bytes
        // Cut in large steps, not with every chunk.
        if entry.output.count > Self.maximumOutput + (1 << 19) {
            let excess = entry.output.count - Self.maximumOutput
            entry.output.removeFirst(excess)
            entry.dropped += excess
        }
        entries[id] = entry
    }

    private func end(_ id: String, _ result: Result<ProcessResult, ProcessError>) {
        guard var entry = entries[id] else { return }
        switch result {
        case .success(let done):
            switch done.status {
            case .exited(let code):
                entry.info.status = .exited
                entry.info.exit = Int(code)
            case .signaled(let number):
                entry.info.status = .killed
                entry.info.signal = String(number)
            case .timedOut: entry.info.status = .timeout
            case .cancelled: entry.info.status = .killed
            }
        case .failure(let error):
            entry.info.status = .exited
            entry.info.exit = 127
            entry.output += Array((error.message + "\n").utf8)
        }
        entry.info.time.completed = time.nowMs()
        let waiters = entry.waiters
        entry.waiters = []
        entry.task = nil
        entries[id] = entry
        publish(.shellExited(.init(id: id, exit: entry.info.exit, status: entry.info.status)))
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when a command has ended.
    package func wait(_ id: String) async {
        guard entries[id]?.info.status == .running else { return }
        await withCheckedContinuation { continuation in
            guard entries[id]?.info.status == .running else { return continuation.resume() }
            entries[id]?.waiters.append(continuation)
        }
    }

    /// A part of the output.
    package struct Part: Sendable, Equatable {
        /// The bytes, with what is not UTF-8 replaced.
        package var text: String
        /// Where the next part starts, counted in bytes from the beginning.
        package var cursor: Int
        /// All bytes so far.
        package var size: Int
        /// Bytes before this part are gone.
        package var isTruncated: Bool
    }

    /// The output from a byte on; nil for an unknown command.
    package func output(_ id: String, from cursor: Int, limit: Int) -> Part? {
        guard let entry = entries[id] else { return nil }
        let size = entry.dropped + entry.output.count
        let start = min(max(cursor, entry.dropped), size)
        let rest = entry.output[(start - entry.dropped)...]
        // At least one byte, so that a reader gets on.
        let length = max(min(1, rest.count), UTF8Text.boundary(rest, atMost: max(1, limit)))
        return Part(
            text: UTF8Text.lossy(rest.prefix(length)), cursor: start + length, size: size,
            isTruncated: start > cursor)
    }

    /// Ends a command and forgets it; one that is not there is fine.
    package func remove(_ id: String) async {
        guard let entry = entries[id] else { return }
        entry.task?.cancel()
        await entry.task?.value
        guard entries.removeValue(forKey: id) != nil else { return }
        publish(.shellDeleted(.init(id: id)))
    }

    /// Ends everything.
    package func stop() async {
        let tasks = entries.values.compactMap(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func publish(_ payload: EventPayload) {
        bus.publish(Event(id: ids.next(.event), created: time.nowMs(), payload: payload))
    }
}
