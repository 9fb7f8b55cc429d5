import App
package import ArgumentParser
import Configuration
import Credentials
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether session delete ID…`
package struct SessionDelete: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete sessions for good, with those their agents started. Asks on a terminal.")

    @Argument(help: "The sessions' ids.")
    var ids: [String]
    @Flag(help: "Do not ask.")
    var yes = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        for id in ids { try SessionCommand.checkID(id) }
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let sessions = try await runtime.sessions()
            var deleted: [String] = []
            for id in ids {
                let info = try await sessions.get(id)
                let children = try await sessions.childIDs(of: id).count
                let title = HostileText.escaped(info.title ?? "without a title", multiline: false)
                let with = children == 0 ? "" : " and \(children) started by it"
                guard try await isConfirmed("Delete session \(id) (\(title))\(with)? [y/N] ", launch) else {
                    throw CLIError(.failed, "Nothing more was deleted. Use --yes to delete without a question.")
                }
                deleted += try await sessions.delete(id)
                if format.value == .table { launch.output.note("Deleted \(id).") }
            }
            for sentence in await runtime.revokeShares(ofDeleted: deleted) { launch.output.note(sentence) }
            if format.value != .table {
                let json: JSON = ["deleted": .array(deleted.map { .string($0) })]
                try await launch.output.render(.value(json, text: ""), as: format.value)
            }
        }
    }

    private func isConfirmed(_ question: String, _ launch: Launch) async throws -> Bool {
        guard !yes, Terminal.isTTY(.standardInput), Terminal.isTTY(.standardError) else { return true }
        launch.output.prompt(question)
        let answer = try await BlockingWork.run { Terminal.readLine() ?? "" }
        return ["y", "yes"].contains(answer.lowercased())
    }
}
