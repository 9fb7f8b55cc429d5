/// `shell.created`: A background command exists.
package struct ShellCreated: Codable, Sendable, Equatable {
    /// The command.
    package var info: ShellInfo

    /// The event's data.
    package init(info: ShellInfo) {
        self.info = info
    }
}

/// `shell.deleted`: A background command is gone.
package struct ShellDeleted: Codable, Sendable, Equatable {
    /// The command.
    package var id: String

    /// The event's data.
    package init(id: String) {
        self.id = id
    }
}

/// `shell.exited`: A background command ended.
package struct ShellExited: Codable, Sendable, Equatable {
    /// The command.
    package var id: String
    /// Its exit code.
    package var exit: Int?
    /// How it ended.
    package var status: ShellStatus

    /// The event's data.
    package init(id: String, exit: Int? = nil, status: ShellStatus) {
        self.id = id
        self.exit = exit
        self.status = status
    }
}
