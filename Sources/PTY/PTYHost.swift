package import Events
import Sandbox
package import Schema
package import Support
package import SystemPackage

/// All terminals of a process: opens, feeds, watches and ends them, on one thread.
///
/// Every program has a supervisor: its whole tree is gone soon after `remove`, after its own end, and when this process is
/// killed. Events: `pty.created`, `pty.updated`, `pty.exited`, `pty.deleted`, in that order for each terminal.
package actor PTYHost {
    package nonisolated let limits: PTYLimits
    private nonisolated let loop: PTYLoop
    private let environment: [String: String]
    private let directory: FilePath
    private let bus: EventBus
    private let ids: any IDSource
    let time: any TimeSource
    var terminals: [String: PTYTerminal] = [:]
    /// In the order of creation; removed ones stay until they ended.
    var order: [String] = []
    /// Where in `order` reading goes on.
    var nextRead = 0
    private var nextAttachment: UInt64 = 1
    private var isClosed = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - environment: what programs get, already without secrets; `TERM` is set to `xterm-256color`.
    ///   - directory: where programs start unless told; absolute.
    /// - Throws: `exhausted` when no thread or descriptor is left.
    package init(
        environment: [String: String], directory: FilePath, bus: EventBus, ids: any IDSource, time: any TimeSource,
        limits: PTYLimits = PTYLimits()
    ) throws(PTYError) {
        self.environment = environment
        self.directory = directory
        self.bus = bus
        self.ids = ids
        self.time = time
        self.limits = limits
        loop = try PTYLoop()
        loop.serve(
            PTYLoop.Client(
                watched: { [weak self] in self?.assumeIsolated { $0.watched() } ?? (descriptors: [], timeoutMs: 1_000)
                },
                ready: { [weak self] ready in self?.assumeIsolated { $0.handle(ready) } }))
    }

    deinit { loop.stop() }

    /// Ends all programs at once and everybody's attachment; nothing can be opened afterwards.
    package func shutdown() {
        isClosed = true
        for id in order { forget(id, kills: true) }
    }

    // MARK: Terminals

    /// Opens a terminal.
    /// - Throws: `invalid` naming the field, `exhausted` at the limit or when the system has no more, `closed`.
    package func create(_ request: PTYRequest) async throws(PTYError) -> Pty {
        let start = try check(request)
        var command = start
        if let (sandbox, access) = request.sandbox {
            var access = access
            access.keepsTerminal = true
            do {
                command = try await sandbox.contain(command, access).command
            } catch {
                throw PTYError(.invalid, error.message, field: "command")
            }
        }
        guard !isClosed else { throw PTYError(.closed, "The server is stopping; no terminal can be opened.") }
        try makeRoom()
        let id = ids.next(.pty)
        command.environment["CODETETHER_PTY"] = id
        let terminal = PTYTerminal(
            id: id, request: request, command: start.executable.string, arguments: start.arguments,
            directory: start.directory, location: request.location ?? directory,
            started: try PTYStart(command, size: request.size), limits: limits, now: time.uptimeNs())
        terminals[id] = terminal
        order.append(id)
        publish(.ptyCreated(PtyCreated(info: terminal.info)), terminal)
        return terminal.info
    }

    /// The terminals, in the order of creation.
    /// - Parameter location: only those of this directory; nil = all.
    package func list(of location: FilePath? = nil) -> [Pty] {
        order.compactMap { terminals[$0] }.filter { terminal in
            !terminal.isRemoved && (location.map { $0 == terminal.location } ?? true)
        }.map(\.info)
    }

    /// Why an attachment to a terminal ended that saw no exit.
    package func end(of id: String) -> PTYEnd {
        if isClosed { return .stopping }
        return terminals[id].map(\.isRemoved) ?? true ? .removed : .tooSlow
    }

    /// - Throws: `notFound`.
    package func get(_ id: String) throws(PTYError) -> Pty { try terminal(id).info }

    /// Changes the title and the size; the program gets SIGWINCH.
    /// - Throws: `notFound`, `invalid`.
    package func update(_ id: String, title: String? = nil, size: PTYSize? = nil) throws(PTYError) -> Pty {
        let terminal = try terminal(id)
        if let title { try Self.checkTitle(title) }
        if let size { try resize(terminal, size) }
        if let title { terminal.title = title }
        publish(.ptyUpdated(PtyUpdated(info: terminal.info)), terminal)
        return terminal.info
    }

    /// Ends the program and all it started: SIGHUP and SIGTERM, after three seconds SIGKILL. The terminal stays and shows
    /// how it ended. Nothing happens when it has ended.
    /// - Throws: `notFound`.
    package func terminate(_ id: String) throws(PTYError) { try terminal(id).end() }

    /// The same, and the terminal is gone at once.
    /// - Throws: `notFound`.
    package func remove(_ id: String) throws(PTYError) {
        _ = try terminal(id)
        forget(id, kills: false)
    }

    /// Types. The bytes are taken in order; at most 1 MiB waits for the program.
    /// - Throws: `notFound`, `exited`, `inputFull` (nothing of it was taken).
    package func write(_ id: String, _ bytes: [UInt8]) throws(PTYError) {
        let terminal = try terminal(id)
        guard terminal.status == .running, !terminal.isDrained else {
            throw PTYError(.exited, "The program of \(id) has ended; nothing can be typed.")
        }
        guard terminal.input.count + bytes.count <= limits.inputBytes else {
            throw PTYError(
                .inputFull,
                "The program of \(id) does not read: \(terminal.input.count) bytes wait already. Try again later.")
        }
        terminal.input += bytes
        terminal.typedNs = time.uptimeNs()
        flush(terminal)
    }

    /// The connection that created a terminal with `holdsForCreator` is gone.
    package func creatorLeft(_ id: String) {
        guard let terminal = terminals[id], terminal.creatorIsHere else { return }
        terminal.creatorIsHere = false
        noteWhoIsHere(terminal)
    }

    // MARK: Attaching

    /// Reads a terminal from a byte on.
    /// - Parameter cursor: the first byte wanted; negative = only what comes; nil = all that is kept.
    /// - Throws: `notFound`, `exhausted` when too many are attached.
    package func attach(_ id: String, cursor: Int64? = nil, role: PTYRole = .writer) throws(PTYError) -> PTYAttachment {
        let terminal = try terminal(id)
        guard terminal.attachments.count < limits.attachments else {
            throw PTYError(.exhausted, "\(limits.attachments) connections look at \(id) already. Close one of them.")
        }
        let key = nextAttachment
        nextAttachment += 1
        let ring = terminal.ring
        let position =
            switch cursor {
            case nil: ring.start
            case .some(let wanted): wanted < 0 ? ring.end : min(wanted, ring.end)
            }
        terminal.attachments[key] = PTYTerminal.Attachment(
            role: role, position: position, pending: [], replayEnd: ring.end)
        noteWhoIsHere(terminal)
        return PTYAttachment(host: self, id: id, key: key)
    }

    func next(_ id: String, _ key: UInt64) async -> PTYFrame? {
        guard let terminal = terminals[id], terminal.attachments[key] != nil, !terminal.isFinished(key) else {
            return nil
        }
        if let frame = terminal.nextFrame(key) {
            resumeReading(terminal)
            return frame
        }
        return await withTaskCancellationHandler {
            // A closure that does not name the actor would not run on it.
            await withCheckedContinuation { self.wait(terminal, key, $0) }
        } onCancel: {
            Task { await self.detach(id, key) }
        }
    }

    private func wait(_ terminal: PTYTerminal, _ key: UInt64, _ waiter: CheckedContinuation<PTYFrame?, Never>) {
        // One reader an attachment: an older waiter would be lost. Who was detached meanwhile waits for nothing.
        guard terminal.attachments[key].map({ $0.waiter == nil }) ?? false, !Task.isCancelled else {
            return waiter.resume(returning: nil)
        }
        terminal.attachments[key]?.waiter = waiter
    }

    func detach(_ id: String, _ key: UInt64) {
        guard let terminal = terminals[id], let attachment = terminal.attachments.removeValue(forKey: key) else {
            return
        }
        attachment.waiter?.resume(returning: nil)
        noteWhoIsHere(terminal)
        resumeReading(terminal)
    }

    // MARK: Inside

    func terminal(_ id: String) throws(PTYError) -> PTYTerminal {
        guard let terminal = terminals[id], !terminal.isRemoved else { throw PTYError.unknown(id) }
        return terminal
    }

    func publish(_ payload: EventPayload, _ terminal: PTYTerminal) {
        bus.publish(
            Event(
                id: ids.next(.event), created: time.nowMs(),
                location: LocationRef(directory: terminal.location.string), payload: payload))
    }

    /// Takes a terminal out of sight; what runs in it is ended.
    func forget(_ id: String, kills: Bool) {
        guard let terminal = terminals[id] else { return }
        if kills { terminal.killNow() } else { terminal.end() }
        guard !terminal.isRemoved else { return }
        terminal.isRemoved = true
        for key in Array(terminal.attachments.keys) {
            terminal.attachments.removeValue(forKey: key)?.waiter?.resume(returning: nil)
        }
        publish(.ptyDeleted(PtyDeleted(id: id)), terminal)
        if terminal.status != .running { drop(id) }
    }

    func drop(_ id: String) {
        terminals[id] = nil
        order.removeAll { $0 == id }
    }

    func noteWhoIsHere(_ terminal: PTYTerminal) {
        let isAlone = terminal.attachments.isEmpty && !terminal.creatorIsHere
        if !isAlone {
            terminal.aloneSince = nil
        } else if terminal.aloneSince == nil {
            terminal.aloneSince = time.uptimeNs()
        }
    }

    /// Makes room for one more: the oldest exited terminal has to go when there is none. Removed ones that still end do
    /// not count, up to as many again.
    private func makeRoom() throws(PTYError) {
        let visible = order.compactMap { terminals[$0] }.filter { !$0.isRemoved }
        guard visible.count >= limits.terminals || order.count >= 2 * limits.terminals else { return }
        let exited = visible.filter { $0.status != .running }.min { ($0.exitedAt ?? 0) < ($1.exitedAt ?? 0) }
        guard let exited, order.count < 2 * limits.terminals else {
            throw PTYError(
                .exhausted, "\(limits.terminals) terminals are open, which is the limit. Close one and try again.")
        }
        forget(exited.id, kills: false)
    }

    // MARK: Checking

    private static func checkTitle(_ title: String) throws(PTYError) {
        guard title.utf8.count <= 256 else {
            throw PTYError(
                .invalid, "The title has \(title.utf8.count) bytes; at most 256 are possible.", field: "title")
        }
    }

    /// The command of a request, with its full environment.
    private func check(_ request: PTYRequest) throws(PTYError) -> Command {
        if let title = request.title { try Self.checkTitle(title) }
        var values = environment
        values["TERM"] = "xterm-256color"
        values["COLORTERM"] = "truecolor"
        for (name, value) in request.environment {
            guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0x3D || $0 == 0 }), !value.utf8.contains(0) else {
                throw PTYError(
                    .invalid, "'\(HostileText.escaped(name, multiline: false))' is no legal variable.", field: "env")
            }
            values[name] = value
        }
        let base = request.location ?? self.directory
        let directory = request.directory.map { base.pushing($0).lexicallyNormalized() } ?? base
        guard FileIO.isDirectory(directory) else {
            throw PTYError(
                .invalid,
                "cwd \(HostileText.escaped(directory.string, multiline: false)) is no directory. Give one that exists.",
                field: "cwd")
        }
        var arguments = request.arguments
        var name = request.command ?? ""
        if name.isEmpty {
            name = PTYShell.path(values)
            if arguments.isEmpty, PTYShell.isLoginShell(name) { arguments = ["-l"] }
        }
        if let bad = ([name] + arguments).first(where: { $0.utf8.contains(0) }) {
            throw PTYError(
                .invalid, "'\(HostileText.escaped(bad, multiline: false))' has a NUL character.", field: "args")
        }
        let command = Command(
            executable: FilePath(name), arguments: arguments, directory: directory, environment: values)
        do {
            _ = try command.resolvedExecutable()
        } catch {
            throw PTYStart.error(error)
        }
        return command
    }
}
