import Support

/// Why a session operation failed; nothing was changed.
package struct SessionError: AppError {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// There is no such session.
        case notFound
        /// The session has no such message.
        case messageNotFound
        /// Another process runs the session.
        case busy
        /// The store failed; `underlying` says how.
        case storage
        /// The caller's value cannot be used.
        case invalid
    }

    /// The class of the failure.
    package var kind: Kind
    /// Whole sentences with the value and the next step.
    package var message: String
    /// What the store or file system reported.
    package var underlying: (any Error)?

    /// The class as a stable name.
    package var code: String { "session.\(kind.rawValue)" }

    /// The value with these members; nothing is checked.
    package init(_ kind: Kind, _ message: String, underlying: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.underlying = underlying
    }
}

extension SessionError {
    static func lost(_ id: String) -> SessionError {
        SessionError(
            .busy,
            "Another machine may have taken over session \(id), because this one could not reach the database in time. Continue when that is clear: `codetether session show \(id)`."
        )
    }

    static func messageNotFound(_ messageID: String, of id: String) -> SessionError {
        SessionError(
            .messageNotFound,
            "Session \(HostileText.escaped(id, multiline: false)) has no message \"\(HostileText.escaped(messageID, multiline: false))\". `codetether session show` prints its messages with --json."
        )
    }

    static func notFound(_ id: String) -> SessionError {
        SessionError(
            .notFound,
            "There is no session \"\(HostileText.escaped(id, multiline: false))\". `codetether session list --all` shows those there are."
        )
    }
}
