import App
package import ArgumentParser
import Schema
import Sessions
import Snapshots
import Support
import SystemPackage

/// `codetether undo`
package struct UndoCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take back what the agent did to files.",
        discussion: """
            Takes back the last turn that changed files, of the latest session of this directory; again, the one before. A \
            file is restored only when it is as the agent left it: what you changed since is kept and listed as \
            changed-by-you. A checkpoint is made first, so that `codetether redo` brings everything back. The git \
            repository (index, HEAD, branches, stash) is not touched.
            Exit codes: 0 done, also when files were kept; 1 failed, nothing changed; 66 nothing to undo.
            """)

    @OptionGroup var options: UndoOptions
    @Flag(help: "Show the points that --to takes, latest first, and change nothing.")
    var list = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let session = try await options.session(runtime)
            let undo = try await runtime.undoService(of: session)
            if list { return try await show(try await undo.points(session), session, launch) }
            let report = try await undo.undo(session, try options.request(launch))
            try await UndoOutput.render(report, verb: "undo", format: format.value, launch)
        }
    }

    private func show(_ points: [UndoPoint], _ session: String, _ launch: Launch) async throws {
        let columns = [
            OutputTable.Column("To"), OutputTable.Column("Kind"), OutputTable.Column("Time"),
            OutputTable.Column("Files", isNumber: true), OutputTable.Column("State"),
            OutputTable.Column("Prompt", isFlexible: true),
        ]
        let rows = points.map { point in
            OutputTable.Row(
                json: point.json(sessionID: session),
                cells: [
                    point.id, point.kind, PointInTime.text(point.timeMs), String(point.files.count),
                    point.kind == "turn" ? (point.isUndone ? "undone" : "done") : "", point.title ?? "",
                ])
        }
        try await launch.output.render(.rows(OutputTable(columns: columns, rows: rows)), as: format.value)
    }
}

/// `codetether redo`
package struct RedoCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "redo", abstract: "Take the last undo back.",
        discussion: """
            A file is put back only when it is as the undo left it. --to names the checkpoint of an undo. With --list, as \
            `undo --list`.
            Exit codes: 0 done, also when files were kept; 1 failed, nothing changed; 66 nothing to redo.
            """)

    @OptionGroup var options: UndoOptions
    @Flag(help: "Show the checkpoints of undos, latest first, and change nothing.")
    var list = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let session = try await options.session(runtime)
            let undo = try await runtime.undoService(of: session)
            if list {
                let points = try await undo.points(session).filter { $0.kind != "turn" && $0.kind != "redo" }
                let rows = points.map { point in
                    OutputTable.Row(
                        json: point.json(sessionID: session),
                        cells: [point.id, point.kind, PointInTime.text(point.timeMs), String(point.files.count)])
                }
                let columns = ["To", "Kind", "Time", "Files"].map { OutputTable.Column($0) }
                return try await launch.output.render(
                    .rows(OutputTable(columns: columns, rows: rows)), as: format.value)
            }
            let report = try await undo.redo(session, try options.request(launch))
            try await UndoOutput.render(report, verb: "redo", format: format.value, launch)
        }
    }
}

/// What `undo` and `redo` take.
package struct UndoOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("session"),
        help: ArgumentHelp("The session; else the latest of this directory.", valueName: "id"))
    var sessionID: String?
    @Option(
        help: ArgumentHelp("Go back to before this message, or to this checkpoint.", valueName: "checkpoint|message"))
    var to: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only these files and directories; may be repeated.", valueName: "path"))
    var file: [String] = []
    @Flag(help: "Only show what would happen.")
    var dryRun = false
    @Flag(help: "Merge files that you changed since; a conflict is written beside the file.")
    var merge = false

    package init() {}

    func request(_ launch: Launch) throws -> UndoRequest {
        UndoRequest(
            to: to, files: file.map { launch.directory.pushing(FilePath($0)).lexicallyNormalized() }, isDryRun: dryRun,
            merges: merge)
    }

    func session(_ runtime: Runtime) async throws -> String {
        if let sessionID {
            try SessionCommand.checkID(sessionID)
            return sessionID
        }
        let directory = try FileIO.realPath(runtime.directory).string
        guard let latest = try await runtime.sessions().latest(directory: directory) else {
            throw CLIError(.notFound, "There is no session of \(directory), so there is nothing to undo.")
        }
        return latest.id
    }
}

/// How an undo is shown.
enum UndoOutput {
    static func render(_ report: UndoReport, verb: String, format: OutputFormat, _ launch: Launch) async throws {
        for notice in report.notices { launch.output.note("Note: \(HostileText.escaped(notice, multiline: false))") }
        try await launch.output.render(.value(report.json, text: text(report, verb: verb)), as: format)
    }

    static func text(_ report: UndoReport, verb: String) -> String {
        let rows = report.files.map { file in
            var reason = file.reason.map { "(\($0))" } ?? ""
            if file.isMerged { reason = "(merged with your changes)" }
            if let conflict = file.conflictFile { reason += " conflict written to \(conflict.shown)" }
            return OutputTable.Row(json: .null, cells: [file.outcome.rawValue, file.path.shown, reason])
        }
        var text = TableLayout(OutputTable(columns: [], rows: rows), width: nil).text
        if let message = report.messageID,
            report.files.contains(where: { $0.outcome == .changedByYou && $0.target != nil && $0.conflictFile == nil })
        {
            text +=
                "To merge what you changed with the undo: codetether undo --session \(report.sessionID) --to \(message) --merge\n"
        }
        if report.isDryRun {
            text += "Nothing was changed (--dry-run).\n"
        } else if let checkpoint = report.checkpoint {
            let back =
                verb == "redo"
                ? "codetether snapshot restore \(checkpoint)" : "codetether redo --session \(report.sessionID)"
            text += "Checkpoint \(checkpoint). To go back: \(back)\n"
        }
        return text
    }
}
