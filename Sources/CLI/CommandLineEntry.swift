import App
import ArgumentParser
package import Support
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The command line: parses it, runs one command, and turns whatever happened into output and an exit code.
///
/// For: `codetether` and tests of it. May enter: commands (`<Noun>/<Noun><Verb>.swift`), the renderer, exit codes. stdout gets
/// results only; everything else goes to stderr.
package enum CommandLineEntry {
    /// The version, `X.Y.Z`.
    package static let version = RuntimeOptions.version

    /// Runs the process's own command line and ends the process with an exit code of CONTRACT §2.
    package static func main() async -> Never {
        exit(await run())
    }

    private static func run() async -> Int32 {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--version"] {
            // Before ArgumentParser, whose first use costs milliseconds.
            return Output.writeNow("codetether \(version)\n") ? 0 : ExitStatus.closedPipe.rawValue
        }
        signal(SIGPIPE, SIG_IGN)
        return await run(arguments, environment: ProcessEnvironment.read(), directory: ProcessEnvironment.directory())
    }

    /// Runs a command line, without the program's name.
    /// - Parameters:
    ///   - directory: what relative paths start from; absolute.
    ///   - output: where results and messages go.
    package static func run(
        _ arguments: [String], environment: Environment, directory: FilePath, output: Output = .standard
    ) async -> Int32 {
        var leading = GlobalValues()
        var rest = arguments
        do {
            rest = try leading.takeLeading(arguments)
            if rest == ["--version"] {
                try await output.write("codetether \(version)\n")
                return 0
            }
            let launch = Launch(environment: environment, directory: directory, leading: leading, output: output)
            return try await Launch.$current.withValue(launch) {
                var command = try parse(rest)
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
                return 0
            }
        } catch {
            return await report(error, arguments: rest, output: output)
        }
    }

    /// Goes down to the command that the first words name and lets the parser read its arguments alone: it would build every
    /// command on the way, which costs milliseconds. Whatever that cannot do (help, a mistake) is parsed from the top.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        var named: any ParsableCommand.Type = RootCommand.self
        var rest = arguments[...]
        while let name = rest.first,
            let next = named.configuration.subcommands.first(where: { $0.configuration.commandName == name })
        {
            named = next
            rest = rest.dropFirst()
        }
        if named.configuration.subcommands.isEmpty, let command = try? named.parseAsRoot(Array(rest)),
            type(of: command) == named
        {
            return command
        }
        return try RootCommand.parseAsRoot(arguments)
    }

    /// Tells what went wrong: help goes to stdout; an error to stderr as a sentence and, with `--json`, as a document to
    /// stdout.
    private static func report(_ error: any Error, arguments: [String], output: Output) async -> Int32 {
        if error is OutputClosed { return ExitStatus.closedPipe.rawValue }
        if let exit = error as? ExitCode { return exit.rawValue }
        let status = ExitStatus(error)
        do {
            let isOurs = error is any AppError || ErrorDocument(error) != nil
            guard !isOurs else {
                let document = ErrorDocument(error) ?? ErrorDocument(name: "Error", message: "\(error)")
                if OutputFormat.isJSON(arguments) { try await output.write(document.json.text() + "\n") }
                output.note("Error: \(document.message)")
                return status.rawValue
            }
            let parserStatus = RootCommand.exitCode(for: error)
            let text = RootCommand.fullMessage(for: error)
            if parserStatus == .success {
                try await output.write(text.hasSuffix("\n") ? text : text + "\n")
                return 0
            }
            if OutputFormat.isJSON(arguments) {
                let document = ErrorDocument(name: "UsageError", message: RootCommand.message(for: error))
                try await output.write(document.json.text() + "\n")
            }
            output.note(text)
            return status.rawValue
        } catch {
            return ExitStatus.closedPipe.rawValue
        }
    }
}
