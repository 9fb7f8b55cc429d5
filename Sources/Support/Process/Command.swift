package import SystemPackage

/// A program to run.
package struct Command: Sendable {
    /// A path, or a bare name that is looked up in `PATH` of `environment`.
    package var executable: FilePath
    /// The arguments after the program's name.
    package var arguments: [String]
    /// The working directory.
    package var directory: FilePath
    /// The whole environment. `CODETETHER_CALL` is added to it: it marks what the program starts.
    package var environment: [String: String]
    /// What the program reads; nil is `/dev/null`.
    package var stdin: [UInt8]?
    /// A descriptor that the program reads instead of `stdin`: the read end of a pipe, for a program that is talked to while
    /// it runs. It is closed by the run, also when the program could not be started.
    package var stdinDescriptor: FileDescriptor?
    /// When the program and all that it started get SIGTERM; nil is never.
    package var timeout: Duration?
    /// Time from SIGTERM to SIGKILL.
    package var killGrace: Duration
    /// Sends stderr into the same pipe as stdout, so that the order is kept; all output is `stdout` then.
    package var mergeStreams: Bool
    /// How many bytes from the start of each stream are kept.
    package var headBytes: Int
    /// How many bytes from the end of each stream are kept.
    package var tailBytes: Int
    /// Where the whole output goes, in order of arrival, once it is more than `headBytes` + `tailBytes`.
    package var fullOutputFile: FilePath?
    /// The most bytes of that file (CONTRACT §8: 10 MiB).
    package var fullOutputLimit: Int
    /// Puts a supervisor process between us and the program: all descendants are found however they were started, and are
    /// gone within moments also when we are killed by SIGKILL. Costs a fork (1 ms for 50 MB).
    package var isSupervised = false
    /// The program ends all it started when it ends or is killed, because it made a PID namespace (bubblewrap). SIGTERM then
    /// goes to what it started, not to itself.
    package var isNamespace = false
    /// The program starts nothing that outlives it: what is left is looked for only when its output is held open after its
    /// end. For programs and arguments of our own choice; looking costs a walk through `/proc`.
    package var leavesNothing = false
    /// What the program may touch; nil = what we may.
    package var restrictions: ProcessRestrictions?

    /// A command; see the properties. 64 KiB of the head and of the tail of each stream are kept unless told.
    package init(
        executable: FilePath, arguments: [String] = [], directory: FilePath, environment: [String: String],
        stdin: [UInt8]? = nil, timeout: Duration? = nil, killGrace: Duration = .seconds(3), mergeStreams: Bool = false,
        headBytes: Int = 65_536, tailBytes: Int = 65_536, fullOutputFile: FilePath? = nil,
        fullOutputLimit: Int = 10 << 20
    ) {
        self.executable = executable
        self.arguments = arguments
        self.directory = directory
        self.environment = environment
        self.stdin = stdin
        self.timeout = timeout
        self.killGrace = killGrace
        self.mergeStreams = mergeStreams
        self.headBytes = headBytes
        self.tailBytes = tailBytes
        self.fullOutputFile = fullOutputFile
        self.fullOutputLimit = fullOutputLimit
    }
}

extension Command {
    /// The program's path: as given when it has a slash, else the first executable file of that name in `PATH` of
    /// `environment`.
    /// - Throws: `notFound` when there is none.
    package func resolvedExecutable() throws(ProcessError) -> FilePath { try ProcessLaunch.find(self) }
}

/// A piece of output as it arrived.
package struct OutputChunk: Sendable, Equatable {
    /// Where it was written to.
    package enum Stream: Sendable { case stdout, stderr }

    /// Where it was written to; always `stdout` when the streams are merged.
    package var stream: Stream
    /// At least one byte, at most 64 KiB; may end within a character.
    package var bytes: [UInt8]
}

/// How a program ended.
package enum ProcessStatus: Sendable, Hashable {
    /// By itself, with this code.
    case exited(Int32)
    /// By a signal that we did not send.
    case signaled(Int32)
    /// We ended it because its time was over.
    case timedOut
    /// We ended it because the task was cancelled.
    case cancelled
}

/// What a program did.
package struct ProcessResult: Sendable {
    /// How it ended.
    package var status: ProcessStatus
    /// Head and tail of stdout (of everything when the streams are merged).
    package var stdout: OutputRing
    /// Head and tail of stderr.
    package var stderr: OutputRing
    /// Bytes of both streams.
    package var totalBytes: Int
    /// From the start to the end of the main process and what it left behind, in milliseconds.
    package var durationMs: Int
    /// The file with the whole output; nil when it was not needed or could not be written.
    package var fullOutputFile: FilePath?
    /// Processes that outlived the main one and were killed.
    package var leftovers: Int

    /// True for exit code 0.
    package var isSuccess: Bool { status == .exited(0) }
}

/// Why a program could not be run.
package struct ProcessError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// No such program.
        case notFound
        /// The file is there but cannot be executed.
        case notExecutable
        /// The working directory cannot be entered.
        case badDirectory
        /// An argument or variable with a NUL, or the whole too long.
        case badArgument
        /// No descriptors, processes, threads or memory left.
        case exhausted
        /// Anything else.
        case io
    }

    /// The class of the failure.
    package var kind: Kind
    /// A sentence with the program and the next step.
    package var message: String
    /// `process.` and the kind.
    package var code: String { "process.\(kind.rawValue)" }

    /// An error; `message` is a whole sentence.
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
