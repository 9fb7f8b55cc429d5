import App
package import ArgumentParser
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether export [ID]`
package struct ExportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a session to stdout, so that it can be kept or imported elsewhere.",
        discussion: """
            Without an id it is the last updated session of this directory. The output is OpenCode's transfer format with \
            a checksum; `codetether import` reads it. docs/transfer.md describes both shapes.
            """)

    @Argument(help: "The session's id.")
    var id: String?
    @Option(help: "json (one document) or jsonl (a line of info, then a message a line).")
    var format: ExportOptions.Shape = .json
    @Flag(help: "The same as --format json.")
    var json = false
    @Flag(help: "Also the sessions that its agents started.")
    var includeChildren = false
    @Flag(help: "Replace texts, paths and secrets by marks; ids, times, counts and names of tools stay.")
    var sanitize = false
    @Flag(help: "Also messages that were reverted.")
    var all = false
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        if json, format != .json {
            throw ValidationError("--json and --format \(format.rawValue) exclude each other; give one of them.")
        }
    }

    package func run() async throws {
        if let id { try SessionCommand.checkID(id) }
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let sessions = try await runtime.sessions()
            let id = if let id = self.id { id } else { try await latest(runtime, sessions) }
            let options = ExportOptions(
                shape: format, includesChildren: includeChildren, isSanitized: sanitize, includesSuperseded: all)
            let warnings = try await SessionExporter(sessions, options).write(id) { bytes in
                try await launch.output.write(bytes: bytes)
            }
            for warning in warnings { launch.output.note("warning: \(warning)") }
        }
    }

    private func latest(_ runtime: Runtime, _ sessions: SessionService) async throws -> String {
        let directory = try FileIO.realPath(runtime.directory).string
        guard let latest = try await sessions.latest(directory: directory) else {
            throw CLIError(
                .notFound,
                "There is no session of \(directory) to export; give an id, `codetether session list --all` shows them."
            )
        }
        return latest.id
    }
}

extension ExportOptions.Shape: ExpressibleByArgument {}
