package import Permissions
package import Support
package import SystemPackage
package import Tools

/// What a face decides before the program is put together.
package struct RuntimeOptions: Sendable {
    /// The product's version, `X.Y.Z`.
    package static let version = "0.2.0"

    package var environment: Environment
    /// The session's directory, absolute.
    package var directory: FilePath
    /// `--config`.
    package var configFile: FilePath?
    /// `--log-level`; nil = the configured one.
    package var logLevel: String?
    /// Log lines go to stderr too.
    package var printLogs = false
    /// `--yes`: asks become allow; denials stay.
    package var approvesAsks = false
    /// Who answers asks; nil = they are denied.
    package var permissionAsker: (any PermissionAsker)?
    /// Who answers the model's questions; nil = the tool is not offered.
    package var questionAsker: (any QuestionAsker)?
    /// What happens to asks that nobody in this process answers; nil: they are denied, unless there is an asker.
    package var onAsk: AskPolicy?
    /// A runtime whose store, bus, log and connections this one uses: another directory of the same server.
    package var shares: Runtime?
    /// `--fake-responses`: a file that answers instead of every provider.
    package var fakeResponses: FilePath?

    package init(environment: Environment, directory: FilePath) {
        self.environment = environment
        self.directory = directory
    }
}
