import App
package import ArgumentParser
import Schema
import Sessions
import Snapshots
import Support

/// `codetether session revert ID --to MSG[/PART]`
package struct SessionRevert: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "revert", abstract: "Go back to before a message or a part of one.",
        discussion: """
            The message (or the part of it) and all that follows are hidden, and what they did to files is taken back. \
            `session unrevert` shows them again; the next prompt makes it final. Nothing is erased.
            """)

    @Argument(help: "The session's id.")
    var id: String
    @Option(help: ArgumentHelp("The first message that goes, or a part of it.", valueName: "message[/part]"))
    var to: String
    @Flag(help: "Only take back files; no message is hidden.")
    var files = false
    @Flag(help: "Only hide messages; no file is touched.")
    var conversation = false
    @Flag(help: "Only show what would happen.")
    var dryRun = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        let words = to.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let message = words.first, !message.isEmpty, words.count == 1 || words.last?.isEmpty == false else {
            throw CLIError(.usage, "--to \(to) names no message; give MESSAGE or MESSAGE/PART.")
        }
        try await launch.withRuntime(global.values) { runtime in
            let isConversationOnly = conversation && !files
            let revert = RevertService(
                isConversationOnly ? try await runtime.undoService() : try await runtime.undoService(of: id))
            let report = try await revert.stage(
                id,
                RevertRequest(
                    messageID: message, partID: words.count == 2 ? words.last : nil, files: files || !conversation,
                    conversation: conversation || !files, isDryRun: dryRun))
            try await launch.output.render(.value(try json(report), text: text(report)), as: format.value)
        }
    }

    private func json(_ report: RevertReport) throws -> JSON {
        var object: JSONObject = [
            "sessionID": .string(id), "revert": try JSON(encoding: report.revert),
            "messages": .array(report.messageIDs.map { .string($0) }), "dryRun": .bool(dryRun),
            "checkpoint": report.files?.checkpoint.map { .string($0) } ?? .null,
        ]
        object["files"] = .array(report.files?.files.map(\.json) ?? [])
        return .object(object)
    }

    private func text(_ report: RevertReport) -> String {
        var text = report.files.map { UndoOutput.text($0, verb: "undo") } ?? ""
        if let files = report.files, files.checkpoint != nil {
            text = UndoOutput.text(
                UndoReport(
                    sessionID: id, messageID: nil, checkpoint: nil, files: files.files, notices: [], isDryRun: false),
                verb: "undo")
        }
        let count = report.messageIDs.count
        if count > 0 { text += "\(count) message\(count == 1 ? " is" : "s are") \(dryRun ? "to be " : "")hidden.\n" }
        return dryRun ? text : text + "To go back: codetether session unrevert \(id)\n"
    }
}
