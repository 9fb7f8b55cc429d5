package import Support
package import SystemPackage

/// Asks git questions, with plumbing commands only.
///
/// No program that a repository's configuration names is started (hooks, fsmonitor, filters, diff and credential helpers,
/// pagers, editors), no lock is taken and nothing is fetched. At most 10 s and 1 MiB of answer per command.
package struct GitRunner: Sendable {
    /// Commands that read and start no configured program.
    package static let allowedCommands: Set<String> = [
        "rev-parse", "symbolic-ref", "rev-list", "for-each-ref", "merge-base", "ls-files", "ls-tree", "cat-file",
        "check-ref-format", "worktree", "show-ref",
    ]

    let directory: FilePath
    private let runner: ProcessRunner
    private let environment: [String: String]

    /// - Parameters:
    ///   - directory: where git starts; absolute.
    ///   - environment: `PATH`, `HOME` and `TMPDIR` are taken from it, all `GIT_*` are not.
    package init(directory: FilePath, runner: ProcessRunner, environment: Environment) {
        self.directory = directory
        self.runner = runner
        var values = [
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GIT_PAGER": "", "GIT_EDITOR": ":", "GIT_NO_LAZY_FETCH": "1",
            "GIT_PROTOCOL_FROM_USER": "0", "GIT_ALLOW_PROTOCOL": "", "LC_ALL": "C",
        ]
        for name in ["PATH", "HOME", "TMPDIR"] { values[name] = environment[name] }
        self.environment = values
    }

    /// The output of a command without the line break at its end. Throws `.refused` for a command that is not in
    /// `allowedCommands`, `.failed` when git does not exit with 0, `.notARepository` outside one, `.timeout`.
    package func run(_ command: String, _ arguments: [String] = []) async throws(GitError) -> String {
        guard Self.allowedCommands.contains(command), command != "worktree" || arguments.first == "list" else {
            throw GitError(.refused, "git \(command) is not among the commands codetether runs in a repository.")
        }
        return try await execute(command, arguments)
    }

    /// Runs any command, as safely; what it may be is the caller's business.
    /// - Parameters:
    ///   - settings: more configuration, as `name=value`.
    ///   - limit: bytes of the answer; a longer one is `failed` without a status.
    func execute(
        _ command: String, _ arguments: [String], settings: [String] = [], timeout: Duration = .seconds(10),
        limit: Int = 1 << 20
    ) async throws(GitError) -> String {
        let safety =
            [
                "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c",
                "core.sshCommand=false",
                "-c", "credential.helper=", "-c", "core.askPass=", "-c", "core.alternateRefsCommand=",
                "-c", "protocol.allow=never", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
            ] + settings.flatMap { ["-c", $0] }
        let result: ProcessResult
        do {
            result = try await runner.run(
                Command(
                    executable: "git", arguments: safety + [command] + arguments, directory: directory,
                    environment: environment, timeout: timeout, headBytes: limit, tailBytes: 4_096))
        } catch {
            throw GitError(.notInstalled, "git cannot be started: \(error.message)")
        }
        let errors = UTF8Text.lossy(result.stderr.bytes).prefix(400)
        switch result.status {
        case .exited(0):
            guard result.stdout.totalBytes <= limit else {
                throw GitError(.failed, "git \(command) printed more than \(limit >> 20) MiB; ask for less.")
            }
            var bytes = result.stdout.bytes
            if bytes.last == 0x0A { bytes.removeLast() }
            return UTF8Text.lossy(bytes)
        case .exited(let status):
            if status == 128, errors.contains("not a git repository") {
                throw GitError(.notARepository, "\(directory) is not in a git repository.", status: status)
            }
            let said = HostileText.escaped(String(errors), multiline: false)
            throw GitError(.failed, "git \(command) failed with \(status): \(said)", status: status)
        case .timedOut: throw GitError(.timeout, "git \(command) took longer than \(timeout) in \(directory).")
        default: throw GitError(.failed, "git \(command) was stopped before it ended.")
        }
    }

    /// The top directory of the work tree.
    package func worktreeRoot() async throws(GitError) -> FilePath {
        FilePath(try await run("rev-parse", ["--show-toplevel"]))
    }

    /// The commit a revision names. Throws `.failed` for one that does not exist; a name like an option is no revision.
    package func commit(_ revision: String) async throws(GitError) -> String {
        try await run("rev-parse", ["--verify", "--quiet", "--end-of-options", revision + "^{commit}"])
    }

    /// The branch that is checked out, also when it has no commit; `nil` when detached.
    package func branch() async throws(GitError) -> String? {
        do {
            return try await run("symbolic-ref", ["--quiet", "--short", "HEAD"])
        } catch {
            if error.status == 1 { return nil }
            throw error
        }
    }
}
