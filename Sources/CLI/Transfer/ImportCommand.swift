import App
package import ArgumentParser
import Providers
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether import FILE|URL|-`
package struct ImportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring a session in from a file, an address or standard input.",
        discussion: """
            Reads exports of codetether and OpenCode, shares, transcripts of Claude Code (JSONL), rollouts of Codex and \
            sessions of codetether 0.1.5; the format is found by itself. The session belongs to this directory afterwards. \
            Exit codes: 64 no usable address, 65 no usable session or one that is there already, 66 no such file or share, \
            69 nobody there.
            """)

    @Argument(help: ArgumentHelp("A file, an http or https address, or - for standard input.", valueName: "source"))
    var source: String
    @Option(help: "When the session is there already: fail, skip, copy (new ids) or merge (add missing messages).")
    var onConflict: ImportConflict = .fail
    @Flag(help: "Change nothing, print what would happen.")
    var dryRun = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let source = try ImportSource(source, directory: launch.directory)
        try await launch.withRuntime(global.values) { runtime in
            let document = try await source.read(runtime.transport)
            let options = ImportOptions(
                onConflict: onConflict, isDryRun: dryRun,
                directory: try FileIO.realPath(runtime.directory).string, projectID: runtime.projectID)
            let report = try await SessionImporter(try await runtime.sessions()).run(document, options)
            for warning in report.warnings {
                launch.output.note("warning: \(HostileText.escaped(warning, multiline: false))")
            }
            let text = report.items.map { Self.sentence($0, isDryRun: report.isDryRun) }.joined(separator: "\n")
            try await launch.output.render(.value(try Self.json(report), text: text), as: format.value)
        }
    }

    private static func sentence(_ item: ImportReport.Item, isDryRun: Bool) -> String {
        let title = item.info.title.map { " (\(HostileText.escaped($0, multiline: false)))" } ?? ""
        let messages = item.added == 1 ? "1 message" : "\(item.added) messages"
        switch item.action {
        case .created, .copied:
            let start = isDryRun ? "Would import session" : "Imported session"
            return "\(start): \(item.id)\(title), \(messages)"
        case .merged:
            let start = isDryRun ? "Would merge session" : "Merged session"
            return "\(start): \(item.id)\(title), \(messages) added"
        case .skipped:
            let start = isDryRun ? "Would skip session" : "Skipped session"
            return "\(start): \(item.id)\(title), it is here already"
        }
    }

    /// The first session's info with what happened to it, and all sessions.
    private static func json(_ report: ImportReport) throws -> JSON {
        guard let first = report.items.first else { return [:] }
        var object = try SessionCommand.json(first.info).objectValue ?? JSONObject()
        object["sessionID"] = .string(first.id)
        object["action"] = .string(first.action.rawValue)
        object["format"] = .string(report.format.rawValue)
        object["dryRun"] = .bool(report.isDryRun)
        object["messages"] = ["added": .int(Int64(first.added)), "skipped": .int(Int64(first.skipped))]
        object["sessions"] = .array(
            report.items.map { item in
                [
                    "id": .string(item.id), "originalID": .string(item.originalID),
                    "title": item.info.title.map { .string($0) } ?? .null, "action": .string(item.action.rawValue),
                    "messages": ["added": .int(Int64(item.added)), "skipped": .int(Int64(item.skipped))],
                ]
            })
        object["warnings"] = .array(report.warnings.map { .string($0) })
        return .object(object)
    }
}

extension ImportConflict: ExpressibleByArgument {}
