import CSupport
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Starts programs that outlive us: a browser, not a tool of the agent. Those go through `ProcessRunner`.
package enum DetachedProgram {
    /// Starts a program in a session of its own, without input and output, and does not wait for it. It is reaped when it
    /// ends while we live. `command`'s `stdin` and limits do not count.
    /// - Throws: `notFound`, `badArgument`, and what else keeps it from starting.
    package static func start(_ command: Command) async throws(ProcessError) {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<StartResult, Never>) in
            let isStarted = OwnThread.start {
                var pidfd: Int32 = -1
                var pid: pid_t = -1
                do throws(ProcessError) {
                    (pid, pidfd) = try spawn(command)
                } catch {
                    return continuation.resume(returning: .failure(error))
                }
                continuation.resume(returning: .success(()))
                while csupport_wait_readable(pidfd, -1) == -EINTR {}
                _ = csupport_reap(pid)
                _ = Glibc.close(pidfd)
            }
            if !isStarted {
                continuation.resume(
                    returning: .failure(
                        ProcessError(.exhausted, "\(command.executable) was not started: no thread is left.")))
            }
        }
        try result.get()
    }

    private typealias StartResult = Result<Void, ProcessError>

    private static func spawn(_ command: Command) throws(ProcessError) -> (pid_t, Int32) {
        let path = try command.resolvedExecutable()
        let name = HostileText.escaped(command.executable.string, multiline: false)
        guard !command.arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw ProcessError(.badArgument, "\(name) was not started: an argument has a NUL character.")
        }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else {
            throw ProcessError(.exhausted, "\(name) was not started: \(Errno(rawValue: errno)).")
        }
        defer { _ = Glibc.close(null) }
        var pid: pid_t = -1
        var pidfd: Int32 = -1
        let error = CStrings.with([path.string] + command.arguments, command.environment) { argv, envp in
            path.withPlatformString { path in
                command.directory.withPlatformString { directory in
                    csupport_spawn(path, argv, envp, directory, null, null, null, 1, 0, &pid, &pidfd)
                }
            }
        }
        guard error == 0 else {
            throw ProcessError(
                error == ENOENT ? .notFound : error == EACCES ? .notExecutable : .io,
                "\(name) was not started: \(Errno(rawValue: abs(error))).")
        }
        return (pid, pidfd)
    }
}
