import CSupport
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A program on a new terminal.
struct PTYStart {
    let pid: Int32
    let supervisor: Int32
    let descriptor: FileDescriptor
    let pidfd: FileDescriptor

    /// Starts a program with a terminal of this size as its controlling one. It dies with the calling thread.
    /// - Throws: `invalid` for a program or directory that cannot be used, `exhausted`.
    init(_ command: Command, size: PTYSize) throws(PTYError) {
        let path: FilePath
        let ruleset: FileDescriptor?
        do throws(ProcessError) {
            path = try command.resolvedExecutable()
            ruleset = try command.restrictions?.makeRuleset()
        } catch {
            throw Self.error(error)
        }
        defer { try? ruleset?.close() }
        var ends: (ours: Int32, theirs: Int32) = (-1, -1)
        let failure = csupport_open_terminal(size.rows, size.columns, &ends.ours, &ends.theirs)
        guard failure == 0 else { throw PTYError.noDescriptors(failure) }
        let master = FileDescriptor(rawValue: ends.ours)
        defer { try? FileDescriptor(rawValue: ends.theirs).close() }
        var started: (supervisor: Int32, pid: Int32, pidfd: Int32) = (-1, -1, -1)
        var error: Int32 = 0
        _ = ProcessSupervision.spawning {
            error = CStrings.with([path.string] + command.arguments, command.environment) { argv, envp in
                path.withPlatformString { path in
                    command.directory.withPlatformString { directory in
                        var start = csupport_start()
                        start.path = path
                        start.argv = argv
                        start.envp = envp
                        start.directory = directory
                        (start.in_fd, start.out_fd, start.err_fd) = (ends.theirs, ends.theirs, ends.theirs)
                        start.new_session = 1
                        start.die_with_parent = 1
                        start.terminal = 1
                        start.supervised = 1
                        start.ruleset = ruleset?.rawValue ?? -1
                        start.filter = command.restrictions?.allowsNetwork == true ? 2 : 1
                        return csupport_start_process(&start, &started.supervisor, &started.pid, &started.pidfd)
                    }
                }
            }
            return error == 0 ? started.supervisor : nil
        }
        guard error == 0 else {
            try? master.close()
            throw Self.error(error, path, command.directory)
        }
        descriptor = master
        pid = started.pid
        supervisor = started.supervisor
        pidfd = FileDescriptor(rawValue: started.pidfd)
    }

    static func error(_ error: ProcessError) -> PTYError {
        switch error.kind {
        case .badDirectory: PTYError(.invalid, error.message, field: "cwd")
        case .exhausted, .io: PTYError(.exhausted, error.message)
        case .notFound, .notExecutable, .badArgument: PTYError(.invalid, error.message, field: "command")
        }
    }

    private static func error(_ error: Int32, _ path: FilePath, _ directory: FilePath) -> PTYError {
        let name = HostileText.escaped(path.string, multiline: false)
        let reason = Errno(rawValue: abs(error))
        if error < 0 {
            let directory = HostileText.escaped(directory.string, multiline: false)
            return PTYError(.invalid, "The directory \(directory) cannot be entered (\(reason)).", field: "cwd")
        }
        switch error {
        case EAGAIN, ENOMEM, EMFILE, ENFILE, EIO:
            return PTYError(.exhausted, "\(name) was not started: \(reason). Close some terminals and try again.")
        case E2BIG:
            return PTYError(.invalid, "The arguments and variables for \(name) are too long.", field: "args")
        default:
            return PTYError(
                .invalid, "\(name) cannot be started (\(reason)). Give a program that exists.", field: "command")
        }
    }
}
