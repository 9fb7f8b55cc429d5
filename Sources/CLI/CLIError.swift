import Support

/// A failure of a command itself, with its exit code.
package struct CLIError: AppError, Equatable {
    package var status: ExitStatus
    package var message: String
    package var metadata: [String: String]

    package init(_ status: ExitStatus, _ message: String, metadata: [String: String] = [:]) {
        self.status = status
        self.message = message
        self.metadata = metadata
    }

    package var code: String { "cli.\(status)" }
}
