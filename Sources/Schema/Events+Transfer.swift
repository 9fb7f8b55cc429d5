/// `session.message.added`: A message came into a session as a whole, copied by a fork, an import or a merge. Ours.
package struct SessionMessageAdded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The message.
    package var message: SessionMessage
    /// True for a message that was reverted where it comes from.
    package var superseded: Bool?
    /// The part from which on it was reverted there.
    package var supersededFrom: String?

    /// The event's data.
    package init(
        sessionID: String, message: SessionMessage, superseded: Bool? = nil, supersededFrom: String? = nil
    ) {
        self.sessionID = sessionID
        self.message = message
        self.superseded = superseded
        self.supersededFrom = supersededFrom
    }
}

/// `session.imported`: A session came from a file or another home; it stands after its messages. Ours.
package struct SessionImported: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The format it was read from: `codetether`, `opencode`, `claude-code`, …
    package var format: String
    /// Its id where it comes from.
    package var originalID: String?
    /// Times, usage, outcome and origin as they were there.
    package var info: SessionInfo

    /// The event's data.
    package init(sessionID: String, format: String, originalID: String? = nil, info: SessionInfo) {
        self.sessionID = sessionID
        self.format = format
        self.originalID = originalID
        self.info = info
    }
}
