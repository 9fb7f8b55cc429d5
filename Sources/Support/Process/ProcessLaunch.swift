import CSupport
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A started program and our ends of its pipes.
struct ProcessLaunch {
    let pid: Int32
    let pidfd: FileDescriptor
    let stdout: FileDescriptor
    /// nil when the streams are merged.
    let stderr: FileDescriptor?
    let marker: String

    /// The variable that marks a call's processes. Nested calls append theirs with a slash.
    static let markerName = "CODETETHER_CALL"

    /// Starts the program. Must run on a thread that lives as long as the program: the program dies with it.
    init(_ command: Command) throws(ProcessError) {
        let path: FilePath
        do throws(ProcessError) { path = try Self.find(command) } catch {
            try? command.stdinDescriptor?.close()
            throw error
        }
        var environment = command.environment
        marker =
            "c" + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
        let outer = environment[Self.markerName].map { String($0.suffix(512)) + "/" } ?? ""
        environment[Self.markerName] = outer + marker
        do throws(ProcessError) { try Self.check(command, environment) } catch {
            try? command.stdinDescriptor?.close()
            throw error
        }

        var opened: [FileDescriptor] = []
        func close(_ descriptors: [FileDescriptor]) { for descriptor in descriptors { try? descriptor.close() } }
        do throws(ProcessError) {
            let input: FileDescriptor
            if let given = command.stdinDescriptor { input = given } else { input = try Self.input(command.stdin) }
            opened.append(input)
            let out = try ProcessPipe.make()
            opened += [out.read, out.write]
            let error = command.mergeStreams ? nil : try ProcessPipe.make()
            if let error { opened += [error.read, error.write] }
            var pid: Int32 = -1
            var pidfd: Int32 = -1
            try Self.spawn(
                command, path, environment, (input.rawValue, out.write.rawValue, (error?.write ?? out.write).rawValue),
                &pid, &pidfd)
            self.pid = pid
            self.pidfd = FileDescriptor(rawValue: pidfd)
            stdout = out.read
            stderr = error?.read
            close([input, out.write] + (error.map { [$0.write] } ?? []))
        } catch {
            close(opened)
            throw error
        }
        for descriptor in [stdout, stderr].compactMap({ $0 }) {
            _ = fcntl(descriptor.rawValue, F_SETFL, O_RDONLY | O_NONBLOCK)
        }
    }

    private static func input(_ bytes: [UInt8]?) throws(ProcessError) -> FileDescriptor {
        let raw: Int32
        if let bytes {
            raw = csupport_memory_file(bytes, bytes.count)
        } else {
            raw = open("/dev/null", O_RDONLY | O_CLOEXEC)
        }
        guard raw >= 0 else {
            throw ProcessError(
                .exhausted,
                "No input for the program: \(Errno(rawValue: bytes == nil ? errno : -raw)). Try again later.")
        }
        return FileDescriptor(rawValue: raw)
    }

    private static func check(_ command: Command, _ environment: [String: String]) throws(ProcessError) {
        let name = HostileText.escaped(command.executable.string, multiline: false)
        if let argument = command.arguments.first(where: { $0.utf8.contains(0) }) {
            throw ProcessError(
                .badArgument,
                "\(name) was not started: an argument has a NUL character (\(HostileText.escaped(argument, multiline: false)))."
            )
        }
        for (key, value) in environment
        where key.isEmpty || key.utf8.contains(where: { $0 == 0 || $0 == 0x3D })
            || value.utf8.contains(0)
        {
            throw ProcessError(
                .badArgument,
                "\(name) was not started: the environment variable '\(HostileText.escaped(key, multiline: false))' is not legal."
            )
        }
    }

    /// The program's path: as given when it has a slash, else the first executable file of that name in `PATH`.
    static func find(_ command: Command) throws(ProcessError) -> FilePath {
        let executable = command.executable
        let isName = executable.root == nil && executable.components.count == 1 && !executable.string.contains("/")
        guard isName else {
            return executable.isAbsolute ? executable : command.directory.appending(executable.components)
        }
        let search = command.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in search.split(separator: ":") {
            let candidate = FilePath(String(folder)).appending(executable.components)
            guard candidate.isAbsolute, candidate.withPlatformString({ access($0, X_OK) }) == 0 else { continue }
            if !FileIO.isDirectory(candidate) { return candidate }
        }
        let name = HostileText.escaped(executable.string, multiline: false)
        throw ProcessError(.notFound, "The program '\(name)' was not found in PATH. Install it or give its full path.")
    }

    private static func spawn(
        _ command: Command, _ path: FilePath, _ environment: [String: String], _ ends: (Int32, Int32, Int32),
        _ pid: inout Int32, _ pidfd: inout Int32
    ) throws(ProcessError) {
        let ruleset = try command.restrictions?.makeRuleset()
        defer { try? ruleset?.close() }
        var error = start(path, [path.string] + command.arguments, environment, command, ends, ruleset, &pid, &pidfd)
        if error == ENOEXEC {
            // A script without "#!": the shell runs it, as execvp does.
            error = start(
                "/bin/sh", ["/bin/sh", path.string] + command.arguments, environment, command, ends, ruleset, &pid,
                &pidfd)
        }
        guard error != 0 else { return }
        let name = HostileText.escaped(path.string, multiline: false)
        let reason = Errno(rawValue: abs(error))
        if error < 0 {
            let directory = HostileText.escaped(command.directory.string, multiline: false)
            throw ProcessError(
                .badDirectory, "\(name) was not started: the directory \(directory) cannot be entered (\(reason)).")
        }
        switch error {
        case ENOENT, ENOTDIR:
            throw ProcessError(.notFound, "The program '\(name)' was not found. Install it or give its full path.")
        case EACCES, EISDIR, ENOEXEC, EPERM, ELIBBAD:
            throw ProcessError(.notExecutable, "\(name) cannot be executed (\(reason)). Check its mode and format.")
        case E2BIG:
            throw ProcessError(.badArgument, "\(name) was not started: its arguments and environment are too long.")
        case EAGAIN, ENOMEM, EMFILE, ENFILE:
            throw ProcessError(
                .exhausted, "\(name) was not started: \(reason). Try again when other programs have ended.")
        default: throw ProcessError(.io, "\(name) was not started: \(reason).")
        }
    }

    private static func start(
        _ path: FilePath, _ arguments: [String], _ environment: [String: String], _ command: Command,
        _ ends: (Int32, Int32, Int32), _ ruleset: FileDescriptor?, _ pid: inout Int32, _ pidfd: inout Int32
    ) -> Int32 {
        var error: Int32 = 0
        var started: (pid: Int32, command: Int32, pidfd: Int32) = (-1, -1, -1)
        _ = ProcessSupervision.spawning {
            error = CStrings.with(arguments, environment) { argv, envp in
                path.withPlatformString { path in
                    command.directory.withPlatformString { directory in
                        var start = csupport_start()
                        start.path = path
                        start.argv = argv
                        start.envp = envp
                        start.directory = directory
                        (start.in_fd, start.out_fd, start.err_fd) = ends
                        start.new_session = 1
                        start.die_with_parent = 1
                        start.supervised = command.isSupervised ? 1 : 0
                        start.ruleset = ruleset?.rawValue ?? -1
                        start.filter = command.restrictions?.allowsNetwork == true ? 2 : 1
                        return csupport_start_process(&start, &started.pid, &started.command, &started.pidfd)
                    }
                }
            }
            return error == 0 ? started.pid : nil
        }
        (pid, pidfd) = (started.pid, started.pidfd)
        return error
    }
}
