package import Support

/// `persistent-pty.added`: A terminal of a session exists.
package struct PersistentPtyAdded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The terminal: 2.1's PersistentPtyInfo.
    package var terminal: JSON

    /// The event's data.
    package init(sessionID: String, terminal: JSON) {
        self.sessionID = sessionID
        self.terminal = terminal
    }
}

/// `persistent-pty.removed`: A terminal of a session is gone.
package struct PersistentPtyRemoved: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The terminal.
    package var ptyID: String

    /// The event's data.
    package init(sessionID: String, ptyID: String) {
        self.sessionID = sessionID
        self.ptyID = ptyID
    }
}
