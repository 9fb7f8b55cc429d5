import App
package import ArgumentParser
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether session share ID`
package struct SessionShare: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Make a session readable for everybody who has its address.",
        discussion: """
            Configured keys, whatever looks like a token, and local paths are taken out before anything is sent; --dry-run \
            prints exactly what readers would see and sends nothing. What happens in the session later is sent too, until \
            `codetether session unshare`. The service is share.url of the configuration. Exit codes: 66 no such session, 69 the \
            service is away, 77 it refuses the credential, 78 sharing is disabled or there is no service.
            """)

    @Argument(help: "The session's id.")
    var id: String
    @Flag(help: "Send nothing, print what would be sent.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let shares = try await runtime.shares()
            let context = await runtime.shareContext()
            if let known = try await shares.record(id), known.state == .active, !dryRun {
                _ = try await shares.sync(id, context)
                return try await show(known, launch)
            }
            let preview = try await shares.preview(id, context)
            if dryRun {
                return try await launch.output.render(
                    .value(preview.json, text: Self.text(preview, withMessages: true)), as: format.value)
            }
            launch.output.note(Self.text(preview, withMessages: false))
            guard try await isConfirmed(launch) else {
                throw CLIError(
                    .failed, "Nothing was sent. --dry-run prints what would be; --yes shares without a question.")
            }
            try await show(try await shares.share(id, context), launch)
        }
    }

    private func show(_ record: ShareRecord, _ launch: Launch) async throws {
        try await launch.output.render(.value(record.json, text: record.url), as: format.value)
    }

    private func isConfirmed(_ launch: Launch) async throws -> Bool {
        guard !yes, Terminal.isTTY(.standardInput), Terminal.isTTY(.standardError) else { return true }
        launch.output.prompt("Share it? [y/N] ")
        let answer = try await BlockingWork.run { Terminal.readLine() ?? "" }
        return ["y", "yes"].contains(answer.lowercased())
    }

    private static func text(_ preview: SharePreview, withMessages: Bool) -> String {
        let messages = preview.messages == 1 ? "1 message" : "\(preview.messages) messages"
        var lines = [
            "Session \(preview.sessionID): \(messages), about \(preview.bytes) bytes, to \(preview.service)",
            "Taken out: \(preview.secrets) secrets, \(preview.paths) local paths.",
        ]
        guard withMessages else { return lines.joined(separator: "\n") }
        for message in preview.document["messages"]?.arrayValue ?? [] {
            lines.append("")
            lines.append("[\(message["type"]?.stringValue ?? "")]")
            if let text = message["text"]?.stringValue { lines.append(text) }
            for part in message["content"]?.arrayValue ?? [] {
                lines.append(part["text"]?.stringValue ?? part.text())
            }
        }
        return HostileText.escaped(lines.joined(separator: "\n"), multiline: true)
    }
}

/// `codetether session unshare ID`
package struct SessionUnshare: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "unshare", abstract: "Make a shared session private again.",
        discussion: """
            The share is forgotten once the service confirmed that it is gone. Until then it stays in `codetether share list`, \
            nothing more is sent to it, and running servers try again.
            """)

    @Argument(help: "The session's id.")
    var id: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let shares = try await runtime.shares()
            guard try await shares.record(id) != nil else {
                _ = try await runtime.sessions().get(id)
                throw ShareError(
                    .notFound, "Session \(id) is not shared. `codetether share list` shows those that are.")
            }
            let record = try await shares.revoke(id)
            try await ShareRevoke.tell([record], launch, format.value)
        }
    }
}
