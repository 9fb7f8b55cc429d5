package import Sandbox
import Support
package import SystemPackage

/// A terminal to open.
package struct PTYRequest: Sendable {
    /// The program: a path, or a name that is looked up in `PATH`; nil = the user's shell, as a login shell.
    package var command: String?
    package var arguments: [String]
    /// Relative to `location`; nil = that directory.
    package var directory: FilePath?
    /// The directory that it belongs to in lists and events, absolute; nil = the host's.
    package var location: FilePath?
    /// At most 256 bytes; nil = `Terminal` and the last four characters of the id.
    package var title: String?
    /// Added to the host's environment.
    package var environment: [String: String]
    package var size: PTYSize
    /// How long it lives with nobody attached; nil = 60 s.
    package var ttl: Duration?
    /// Whether the connection that creates it counts as somebody until `creatorLeft`.
    package var holdsForCreator: Bool
    /// Contains the program, for terminals that a tool opens; nil for those of people.
    package var sandbox: (sandbox: Sandbox, access: SandboxAccess)?

    package init(
        command: String? = nil, arguments: [String] = [], directory: FilePath? = nil,
        location: FilePath? = nil, title: String? = nil, environment: [String: String] = [:], size: PTYSize = PTYSize(),
        ttl: Duration? = nil,
        holdsForCreator: Bool = false, sandbox: (sandbox: Sandbox, access: SandboxAccess)? = nil
    ) {
        self.command = command
        self.arguments = arguments
        self.directory = directory
        self.location = location
        self.title = title
        self.environment = environment
        self.size = size
        self.ttl = ttl
        self.holdsForCreator = holdsForCreator
        self.sandbox = sandbox
    }
}

/// Rows and columns, 1 to 65,535 each.
package struct PTYSize: Sendable, Equatable {
    package var rows: UInt16
    package var columns: UInt16

    /// 24 rows of 80 columns unless told.
    package init(rows: UInt16 = 24, columns: UInt16 = 80) {
        self.rows = rows
        self.columns = columns
    }

    /// A size that somebody sent.
    /// - Throws: `invalid` naming the value that is out of range.
    package init(checking rows: Int64, columns: Int64) throws(PTYError) {
        for (name, value) in [("rows", rows), ("cols", columns)] where !(1...65_535).contains(value) {
            throw PTYError(.invalid, "size.\(name) must be 1 to 65535, but is \(value).", field: "size.\(name)")
        }
        self.init(rows: UInt16(clamping: rows), columns: UInt16(clamping: columns))
    }
}

/// Limits of a host.
package struct PTYLimits: Sendable {
    /// Terminals, exited ones included (CONTRACT §8).
    package var terminals = 256
    /// Bytes of output kept for each (CONTRACT §4).
    package var ringBytes = 2 << 20
    /// Bytes typed and not yet taken by the program.
    package var inputBytes = 1 << 20
    /// How long a terminal lives that nobody is attached to, unless it has a `ttl`.
    package var unattached = Duration.seconds(60)
    /// How long an exited one can be looked at.
    package var exited = Duration.seconds(600)
    /// Connections to one terminal.
    package var attachments = 64
    /// How far a writer may lag before the program's output is no longer read.
    package var writerLag = 1 << 20
    /// How long a writer may hold up a terminal before it is dropped.
    package var writerStall = Duration.seconds(30)

    package init() {}
}

/// Why a terminal could not do something.
package struct PTYError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// No such terminal (404).
        case notFound
        /// A bad program, directory, size, title or variable (400).
        case invalid
        /// A limit is reached, or the system has no more terminals, processes or descriptors (503).
        case exhausted
        /// The program has ended.
        case exited
        /// The program does not take what is typed: the queue is full.
        case inputFull
        /// The host is shut down.
        case closed
    }

    package var kind: Kind
    /// A sentence with the value and the next step.
    package var message: String
    /// The field of the request, for `invalid`.
    package var field: String?
    package var code: String { "pty.\(kind.rawValue)" }

    package init(_ kind: Kind, _ message: String, field: String? = nil) {
        self.kind = kind
        self.message = message
        self.field = field
    }

    static func unknown(_ id: String) -> PTYError {
        PTYError(.notFound, "There is no terminal \(HostileText.escaped(String(id.prefix(64)), multiline: false)).")
    }

    static func noDescriptors(_ error: Int32) -> PTYError {
        PTYError(
            .exhausted, "No terminal can be opened: \(Errno(rawValue: error)). Close some terminals and try again.")
    }
}

/// What somebody who is attached to a terminal gets.
package enum PTYFrame: Sendable, Equatable {
    /// Output, 1 to 65,536 bytes; may end within a character.
    case bytes([UInt8])
    /// Everything up to this byte has been sent; comes once, after what was there before.
    case cursor(Int64)
    /// Output from one byte up to another is not kept any more.
    case gap(from: Int64, to: Int64)
    /// The program ended: its code (128 and the signal's number after a signal), and the signal. The last frame.
    case exit(code: Int, signal: Int?)
}

/// What somebody who attaches may do.
package enum PTYRole: Sendable {
    /// Types: output waits for it when it is slow.
    case writer
    /// Looks on: dropped with a `gap` when it is too slow.
    case viewer
}

/// Why an attachment ended without an `exit`.
package enum PTYEnd: Sendable, Equatable {
    /// The terminal was removed.
    case removed
    /// The host was shut down.
    case stopping
    /// It did not read.
    case tooSlow
}
