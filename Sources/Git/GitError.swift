import Support

/// A git command that could not be run or failed.
package struct GitError: AppError, Equatable {
    package enum Code: String, Sendable { case notInstalled, notARepository, refused, failed, timeout }

    package var kind: Code
    package var message: String
    /// Git's exit code.
    package var status: Int32?

    package var code: String { "git.\(kind.rawValue)" }

    package init(_ kind: Code, _ message: String, status: Int32? = nil) {
        self.kind = kind
        self.message = message
        self.status = status
    }
}
