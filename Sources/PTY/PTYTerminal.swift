import CSupport
import Schema
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A terminal and its program; only touched on the host's thread. Closes its descriptors when it goes.
final class PTYTerminal {
    /// Somebody who reads.
    struct Attachment {
        var role: PTYRole
        /// The next byte to send.
        var position: Int64
        /// What comes before the next bytes.
        var pending: [PTYFrame]
        /// Where the replay ends; nil when its cursor was sent.
        var replayEnd: Int64?
        var waiter: CheckedContinuation<PTYFrame?, Never>?
        /// Nothing comes any more.
        var hasExit = false
        /// A viewer that has lost output: it gets the gap, and nothing after it.
        var isDropped = false
    }

    enum Status: Equatable {
        case running
        case exited(code: Int, signal: Int?)
    }

    let id: String
    var title: String
    let command: String
    let arguments: [String]
    let directory: FilePath
    /// What it belongs to.
    let location: FilePath
    /// The program's process.
    let pid: Int32
    /// The process between us and the program.
    let supervisor: Int32
    let descriptor: FileDescriptor
    let pidfd: FileDescriptor
    let ttl: Duration

    var size: PTYSize
    var status = Status.running
    var ring: PTYRing
    var input: [UInt8] = []
    /// Uptime, nanoseconds, when somebody typed last.
    var typedNs: UInt64?
    var attachments: [UInt64: Attachment] = [:]
    /// The program has closed its side: there is no more to read.
    var isDrained = false
    /// Removed: nobody sees it any more, it only has to end.
    var isRemoved = false
    var creatorIsHere: Bool
    /// Uptime, nanoseconds, since nobody is here; nil while somebody is.
    var aloneSince: UInt64?
    var exitedAt: UInt64?
    /// Uptime since when a writer holds up the output.
    var pausedSince: UInt64?

    init(
        id: String, request: PTYRequest, command: String, arguments: [String], directory: FilePath,
        location: FilePath, started: PTYStart, limits: PTYLimits, now: UInt64
    ) {
        self.id = id
        title = request.title ?? "Terminal \(id.suffix(4))"
        self.command = command
        self.arguments = arguments
        self.directory = directory
        self.location = location
        pid = started.pid
        supervisor = started.supervisor
        descriptor = started.descriptor
        pidfd = started.pidfd
        size = request.size
        ttl = request.ttl ?? limits.unattached
        ring = PTYRing(capacity: limits.ringBytes)
        creatorIsHere = request.holdsForCreator
        aloneSince = request.holdsForCreator ? nil : now
    }

    deinit {
        try? descriptor.close()
        try? pidfd.close()
        for attachment in attachments.values { attachment.waiter?.resume(returning: nil) }
    }

    /// As the API shows it.
    var info: Pty {
        var info = Pty(
            id: id, title: title, command: command, args: arguments, cwd: directory.string, status: "running",
            pid: Int(pid), cursor: ring.end)
        if case .exited(let code, let signal) = status {
            info.status = "exited"
            info.exitCode = code
            info.signal = signal
        }
        return info
    }

    /// Tells the supervisor to end the whole tree: SIGHUP and SIGTERM now, SIGKILL after three seconds.
    func end() { if status == .running { _ = kill(supervisor, CSUPPORT_END_ALL) } }

    /// The same at once.
    func killNow() { if status == .running { _ = kill(supervisor, CSUPPORT_KILL_ALL) } }

    /// Somebody types here: within the last second.
    func isTyped(_ nowNs: UInt64) -> Bool { typedNs.map { nowNs &- $0 < 1_000_000_000 } ?? false }

    /// The writer that is furthest behind.
    var slowestWriter: Int64? { attachments.values.filter { $0.role == .writer }.map(\.position).min() }

    /// The next thing for an attachment; nil when it has to wait.
    func nextFrame(_ key: UInt64) -> PTYFrame? {
        guard var attachment = attachments[key] else { return nil }
        defer { attachments[key] = attachment }
        if !attachment.pending.isEmpty { return attachment.pending.removeFirst() }
        if attachment.position < ring.start {
            let gap = PTYFrame.gap(from: attachment.position, to: ring.start)
            attachment.position = ring.start
            attachment.hasExit = attachment.isDropped
            return gap
        }
        if let end = attachment.replayEnd, attachment.position >= end {
            attachment.replayEnd = nil
            return .cursor(attachment.position)
        }
        let limit = attachment.replayEnd.map { Int(min($0 - attachment.position, 65_536)) } ?? 65_536
        let bytes = ring.read(from: attachment.position, limit: limit)
        if !bytes.isEmpty {
            attachment.position += Int64(bytes.count)
            return .bytes(bytes)
        }
        if case .exited(let code, let signal) = status, !attachment.hasExit {
            attachment.hasExit = true
            return .exit(code: code, signal: signal)
        }
        return nil
    }

    /// Whether an attachment has got everything it will ever get.
    func isFinished(_ key: UInt64) -> Bool { attachments[key]?.hasExit ?? true }
}
