import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The user's pager: `$PAGER`, else `less`, with `LESS=FRX` unless it is set. Only for a person at a terminal; a `PAGER` that is
/// empty or `cat`, and a terminal that cannot move its cursor, have none.
struct Pager: Sendable {
    /// What goes to the pager instead of stdout.
    let output: Output
    private let process: pid_t
    private let input: FileDescriptor

    /// The lines that the terminal shows, nil when stdout or stdin is none.
    static var terminalRows: Int? {
        var size = winsize()
        guard Terminal.isTTY(.standardOutput), Terminal.isTTY(.standardInput),
            ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0
        else { return nil }
        return Int(size.ws_row)
    }

    /// Starts the pager.
    /// - Returns: nil when there is none to use or it does not start; print directly then.
    static func start(_ environment: Environment, for output: Output) -> Pager? {
        let command = environment.values["PAGER"] ?? "less"
        guard !command.isEmpty, command != "cat", let term = environment["TERM"], term != "dumb" else { return nil }
        var variables = environment.values
        if environment["LESS"] == nil { variables["LESS"] = "FRX" }
        guard let ends = try? FileDescriptor.pipe() else { return nil }
        _ = fcntl(ends.writeEnd.rawValue, F_SETFD, FD_CLOEXEC)
        let process = spawn(command, variables, input: ends.readEnd)
        try? ends.readEnd.close()
        guard let process else {
            try? ends.writeEnd.close()
            return nil
        }
        return Pager(output: output.redirected(to: ends.writeEnd), process: process, input: ends.writeEnd)
    }

    /// Ends the text and waits until the person is done.
    func finish() async {
        try? input.close()
        let process = process
        // The interrupt key belongs to the pager while it runs.
        let before = signal(SIGINT, SIG_IGN)
        _ = try? await BlockingWork.run {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
        }
        signal(SIGINT, before)
    }

    private static func spawn(_ command: String, _ variables: [String: String], input: FileDescriptor) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { return nil }
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        sigaddset(&defaults, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
        posix_spawn_file_actions_addclose(&actions, input.rawValue)
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup(command), nil]
        let environment: [UnsafeMutablePointer<CChar>?] =
            variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var process: pid_t = 0
        return posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environment) == 0 ? process : nil
    }
}
