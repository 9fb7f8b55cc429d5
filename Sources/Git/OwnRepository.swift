package import Support
package import SystemPackage

/// A git directory of ours over somebody else's work tree.
///
/// Its config, attributes and refs are written by us alone. What the work tree's repository configures (hooks, filters,
/// attributes, fsmonitor, line ends, replacements) has no effect, and its own git directory is not read.
package struct OwnRepository: Sendable {
    /// Plumbing that runs nothing a repository configures.
    package static let allowedCommands: Set<String> = [
        "diff-files", "diff-tree", "ls-files", "ls-tree", "update-index", "write-tree", "read-tree", "cat-file",
        "rev-list", "for-each-ref", "pack-refs", "repack", "prune", "prune-packed", "fsck", "merge-file", "version",
        "count-objects", "check-ignore",
    ]

    /// Our git directory.
    package let gitDirectory: FilePath
    /// The files it describes.
    package let workTree: FilePath
    private let runner: ProcessRunner
    private let environment: [String: String]

    /// Nothing is created or checked.
    /// - Parameter environment: `PATH` and `TMPDIR` are taken from it, all `GIT_*` are not.
    package init(gitDirectory: FilePath, workTree: FilePath, runner: ProcessRunner, environment: Environment) {
        self.gitDirectory = gitDirectory
        self.workTree = workTree
        self.runner = runner
        var values = [
            "GIT_DIR": gitDirectory.string, "GIT_WORK_TREE": workTree.string, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1", "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "", "GIT_EDITOR": ":",
            "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C", "HOME": gitDirectory.string,
        ]
        for name in ["PATH", "TMPDIR"] { values[name] = environment[name] }
        self.environment = values
    }

    /// The same git directory over a part of the work tree, with an empty index.
    package func inside(_ folder: FilePath) -> OwnRepository {
        OwnRepository(self, workTree: workTree.pushing(folder))
    }

    private init(_ other: OwnRepository, workTree: FilePath) {
        gitDirectory = other.gitDirectory
        self.workTree = workTree
        runner = other.runner
        var values = other.environment
        values["GIT_WORK_TREE"] = workTree.string
        values["GIT_INDEX_FILE"] = gitDirectory.appending("no-index").string
        environment = values
    }

    /// What the config file of such a git directory says.
    package static let config = """
        [core]
        \trepositoryformatversion = 0
        \tbare = false
        \thooksPath = /dev/null
        \tfsmonitor = false
        \tautocrlf = false
        \tsafecrlf = false
        \tsymlinks = true
        \tfilemode = true
        \tignorecase = false
        \tprecomposeunicode = false
        \tprotectNTFS = false
        \tprotectHFS = false
        \tquotePath = false
        \tattributesFile = /dev/null
        \tuntrackedCache = false
        \tlooseCompression = 0
        \tfsync = loose-object,pack,pack-metadata,reference
        \tfsyncMethod = batch
        [gc]
        \tauto = 0
        [maintenance]
        \tauto = false
        [pack]
        \tthreads = 1
        \twindowMemory = 64m
        [diff]
        \tignoreSubmodules = all

        """

    /// What `info/attributes` of such a git directory says: bytes are never converted.
    package static let attributes = "* -text -filter -ident !working-tree-encoding !eol\n"

    /// True when there is a git program in `PATH`; nothing is run. Blocking, a few look-ups.
    package var isInstalled: Bool {
        (try? Command(executable: "git", arguments: [], directory: workTree, environment: environment)
            .resolvedExecutable()) != nil
    }

    /// Which of some paths the ignore files exclude: `.gitignore` files of the work tree and our `info/exclude`.
    /// - Parameter paths: relative to the work tree, without a slash at the end; what is there decides whether one is a directory.
    /// - Throws: as `run`.
    package func ignored(_ paths: [[UInt8]], timeout: Duration) async throws(GitError) -> Set<[UInt8]> {
        // With a dot before it no path is taken for one with magic, which cannot be switched off here.
        var input: [UInt8] = []
        for path in paths { input += Array("./".utf8) + path + [0] }
        let output = try await run(
            "check-ignore", ["-z", "--stdin", "--no-index"], input: input, allowed: [0, 1], timeout: timeout)
        return Set(output.split(separator: 0).map { Array($0.dropFirst(2)) })
    }

    /// What would start a program, should somebody have changed the config file after all.
    private static let safety = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]

    /// Runs one command to its end.
    /// - Parameters:
    ///   - allowed: exit codes that are no failure.
    ///   - limit: most bytes of output; more is `failed`.
    /// - Returns: stdout.
    /// - Throws: `refused` for a command that is not in `allowedCommands`, `notInstalled`, `timeout`, `failed`.
    package func run(
        _ command: String, _ arguments: [String], options: [String] = [], input: [UInt8]? = nil,
        allowed: Set<Int32> = [0], timeout: Duration = .seconds(60), limit: Int = 256 << 20
    ) async throws(GitError) -> [UInt8] {
        try await runStatus(
            command, arguments, options: options, input: input, allowed: allowed, timeout: timeout, limit: limit
        ).output
    }

    /// The same with the exit code and stderr.
    package func runStatus(
        _ command: String, _ arguments: [String], options: [String] = [], input: [UInt8]? = nil,
        allowed: Set<Int32> = [0], timeout: Duration = .seconds(60), limit: Int = 256 << 20
    ) async throws(GitError) -> (status: Int32, output: [UInt8], errors: String) {
        guard Self.allowedCommands.contains(command) else {
            throw GitError(.refused, "git \(command) is not among the commands codetether runs on its snapshots.")
        }
        var environment = environment
        // It refuses to take paths as they are.
        if command == "check-ignore" { environment["GIT_LITERAL_PATHSPECS"] = nil }
        let result: ProcessResult
        do {
            var call = Command(
                executable: "git", arguments: Self.safety + options + [command] + arguments, directory: workTree,
                environment: environment, stdin: input, timeout: timeout, killGrace: .milliseconds(200),
                headBytes: limit, tailBytes: 0)
            call.leavesNothing = true
            result = try await runner.run(call)
        } catch {
            throw GitError(.notInstalled, "git cannot be started: \(error.message)")
        }
        let errors = UTF8Text.lossy(result.stderr.bytes.prefix(2_000))
        switch result.status {
        case .exited(let status) where allowed.contains(status):
            guard result.stdout.omittedBytes == 0 else {
                throw GitError(.failed, "git \(command) printed more than \(limit) bytes.")
            }
            return (status, result.stdout.bytes, errors)
        case .exited(let status):
            let said = HostileText.escaped(String(errors.prefix(400)), multiline: false)
            throw GitError(.failed, "git \(command) failed with \(status): \(said)", status: status)
        case .timedOut: throw GitError(.timeout, "git \(command) took longer than \(timeout) and was stopped.")
        default: throw GitError(.failed, "git \(command) was stopped before it ended.")
        }
    }
}
