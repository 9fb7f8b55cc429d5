package import Support

/// `session.message.content.updated`: The parts of an assistant message were replaced.
package struct SessionMessageContentUpdated: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The message.
    package var messageID: String
    /// All parts from now on.
    package var content: [ContentItem]

    /// The event's data.
    package init(sessionID: String, messageID: String, content: [ContentItem]) {
        self.sessionID = sessionID
        self.messageID = messageID
        self.content = content
    }
}

/// `session.synthetic`: A program put text into the conversation.
package struct SessionSynthetic: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The text for the model.
    package var text: String
    /// What people see instead.
    package var description: String?
    /// Free data: an object.
    package var metadata: JSON?

    /// The event's data.
    package init(sessionID: String, text: String, description: String? = nil, metadata: JSON? = nil) {
        self.sessionID = sessionID
        self.text = text
        self.description = description
        self.metadata = metadata
    }
}

/// `session.skill.activated`: A skill was put into the conversation.
package struct SessionSkillActivated: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The skill's id.
    package var id: String
    /// The name.
    package var name: String
    /// The skill's text.
    package var text: String

    /// The event's data.
    package init(sessionID: String, id: String, name: String, text: String) {
        self.sessionID = sessionID
        self.id = id
        self.name = name
        self.text = text
    }
}

/// `session.instructions.updated`: The instructions changed in the middle of a session.
package struct SessionInstructionsUpdated: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// By name: the new text, or `removed`.
    package var delta: JSON
    /// What the model is told.
    package var text: String?

    /// The event's data.
    package init(sessionID: String, delta: JSON, text: String? = nil) {
        self.sessionID = sessionID
        self.delta = delta
        self.text = text
    }
}

/// `session.shell.started`: The user runs a command in the session.
package struct SessionShellStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The command.
    package var shell: ShellInfo

    /// The event's data.
    package init(sessionID: String, shell: ShellInfo) {
        self.sessionID = sessionID
        self.shell = shell
    }
}

/// `session.shell.ended`: A command of the user ended.
package struct SessionShellEnded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The command.
    package var shell: ShellInfo
    /// What it printed.
    package var output: ShellOutput

    /// The event's data.
    package init(sessionID: String, shell: ShellInfo, output: ShellOutput) {
        self.sessionID = sessionID
        self.shell = shell
        self.output = output
    }
}
