/// `pty.created`: A terminal exists.
package struct PtyCreated: Codable, Sendable, Equatable {
    /// The terminal.
    package var info: Pty

    /// The event's data.
    package init(info: Pty) {
        self.info = info
    }
}

/// `pty.deleted`: A terminal is gone.
package struct PtyDeleted: Codable, Sendable, Equatable {
    /// The terminal.
    package var id: String

    /// The event's data.
    package init(id: String) {
        self.id = id
    }
}

/// `pty.exited`: The program of a terminal ended.
package struct PtyExited: Codable, Sendable, Equatable {
    /// The terminal.
    package var id: String
    /// Its exit code; 128 and the signal's number when one ended it.
    package var exitCode: Int
    /// The signal that ended it. Ours.
    package var signal: Int?

    /// The event's data.
    package init(id: String, exitCode: Int, signal: Int? = nil) {
        self.id = id
        self.exitCode = exitCode
        self.signal = signal
    }
}

/// `pty.updated`: A terminal has another title or size.
package struct PtyUpdated: Codable, Sendable, Equatable {
    /// The terminal.
    package var info: Pty

    /// The event's data.
    package init(info: Pty) {
        self.info = info
    }
}
