package import ArgumentParser
import Schema
import Sessions
import Support

/// `codetether session …`
package struct SessionCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Look after sessions.",
        subcommands: [
            SessionList.self, SessionShow.self, SessionRename.self, SessionArchive.self, SessionDelete.self,
            SessionFork.self, SessionTree.self, SessionRevert.self, SessionUnrevert.self,
            SessionShare.self, SessionUnshare.self,
        ])

    package init() {}

    /// OpenCode 2.1 `Session.Info`, with our fields.
    static func json(_ info: SessionInfo) throws -> JSON { try JSON(encoding: info) }

    /// Throws 64 for what cannot be an id, so that a typing error is not looked up.
    static func checkID(_ id: String) throws {
        guard id.hasPrefix("ses_"), !id.contains("/"), id.utf8.count <= 128 else {
            throw CLIError(
                .notFound,
                "There is no session \(HostileText.escaped(id, multiline: false)); ids start with ses_ and `codetether session list` shows them."
            )
        }
    }
}
