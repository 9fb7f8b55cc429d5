/// `session.reverted`: A revert changed files of the workspace. Ours.
package struct SessionReverted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The message from which on files were reverted.
    package var to: String
    /// The part of it from which on they were; nil for all of it.
    package var partID: String?
    /// What changed in the workspace.
    package var files: [FileDiffInfo]?

    /// The event's data.
    package init(sessionID: String, to: String, partID: String? = nil, files: [FileDiffInfo]? = nil) {
        self.sessionID = sessionID
        self.to = to
        self.partID = partID
        self.files = files
    }
}

/// `session.unreverted`: A revert of files was taken back. Ours.
package struct SessionUnreverted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// What changed in the workspace.
    package var files: [FileDiffInfo]?

    /// The event's data.
    package init(sessionID: String, files: [FileDiffInfo]? = nil) {
        self.sessionID = sessionID
        self.files = files
    }
}

/// `session.shared`: A session was published. Ours.
package struct SessionShared: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The public address.
    package var url: String

    /// The event's data.
    package init(sessionID: String, url: String) {
        self.sessionID = sessionID
        self.url = url
    }
}

/// `session.unshared`: The publication of a session was revoked. Ours.
package struct SessionUnshared: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}
