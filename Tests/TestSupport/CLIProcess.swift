import Glibc
package import Support
package import SystemPackage

/// The built `codetether` binary, started in a workspace with a home of its own.
package struct CLIProcess: Sendable {
    package let home: CodetetherHome
    package let directory: FilePath
    /// Added to the minimal environment (`PATH HOME TMPDIR LANG CODETETHER_HOME`); it wins over it.
    package var environment: [String: String]
    /// Kill after this time.
    package var timeout: Duration = .seconds(60)

    /// A command line in `directory` with the home `home`.
    package init(home: CodetetherHome, directory: FilePath, environment: [String: String] = [:]) {
        self.home = home
        self.directory = directory
        self.environment = environment
    }

    /// The binary beside the test bundle; `CODETETHER_BIN` names another one.
    package static func binary() throws -> FilePath {
        if let name = getenv("CODETETHER_BIN") { return FilePath(String(cString: name)) }
        var candidates: [FilePath] = []
        if let real = realpath("/proc/self/exe", nil) {
            candidates.append(FilePath(String(cString: real)))
            free(real)
        }
        candidates += CommandLine.arguments.prefix(1).map { FilePath($0) }
        for candidate in candidates {
            var folder = candidate.removingLastComponent()
            for _ in 0..<3 where !folder.isEmpty {
                let binary = folder.appending("codetether")
                if access(binary.string, X_OK) == 0 { return binary }
                folder = folder.removingLastComponent()
            }
        }
        throw TestSupportError(
            "No codetether binary beside \(candidates). Build it with `swift build` or set CODETETHER_BIN.")
    }

    /// Options for a run with these arguments, to change before `ChildProcess.with`.
    package func options(_ arguments: [String]) throws -> ChildOptions {
        var variables = [
            "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin",
            "HOME": home.userHome.string,
            "TMPDIR": getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp",
            "LANG": "C.UTF-8",
            "CODETETHER_HOME": home.path.string,
        ]
        variables.merge(environment) { _, new in new }
        var options = ChildOptions(
            try Self.binary(), arguments, directory: directory, environment: variables)
        options.timeout = timeout
        return options
    }

    /// Runs to the end with nothing on stdin, or with these bytes.
    package func run(_ arguments: String..., input: String? = nil) async throws -> ChildResult {
        try await run(arguments, input: input)
    }

    /// Runs to the end with nothing on stdin, or with these bytes.
    package func run(_ arguments: [String], input: String? = nil) async throws -> ChildResult {
        var options = try options(arguments)
        if let input { options.input = .bytes(Array(input.utf8)) }
        return try await ChildProcess.run(options)
    }

    /// Starts it, hands it to `body`, kills what is left.
    package func start<Result: Sendable>(
        _ arguments: [String], change: (inout ChildOptions) -> Void = { _ in },
        _ body: (ChildProcess) async throws -> Result
    ) async throws -> Result {
        var options = try options(arguments)
        change(&options)
        return try await ChildProcess.with(options, body)
    }
}

extension ChildResult {
    /// Stdout as one JSON document; throws a sentence with the output when it is not.
    package func json() throws -> JSON {
        do { return try JSON(parsing: stdout) } catch {
            throw TestSupportError("stdout is not one JSON document: \(error)\n\(story)")
        }
    }

    /// Stdout as one JSON document a line; throws for any line that is not one, and for a missing last newline.
    package func jsonLines() throws -> [JSON] {
        guard !stdout.isEmpty else { return [] }
        guard stdout.last == 0x0a else { throw TestSupportError("stdout does not end with a newline.\n\(story)") }
        return try stdout.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            do { return try JSON(parsing: Array(line)) } catch {
                throw TestSupportError(
                    "A line of stdout is not JSON: \(String(decoding: line, as: UTF8.self))\n\(story)")
            }
        }
    }
}
