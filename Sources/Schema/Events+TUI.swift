/// `tui.command.execute`: A terminal interface is told to run one of its commands.
package struct TUICommandExecute: Codable, Sendable, Equatable {
    /// The command.
    package var command: String

    /// The event's data.
    package init(command: String) {
        self.command = command
    }
}

/// `tui.prompt.append`: A terminal interface is told to append to its prompt.
package struct TUIPromptAppend: Codable, Sendable, Equatable {
    /// The text.
    package var text: String

    /// The event's data.
    package init(text: String) {
        self.text = text
    }
}

/// `tui.session.select`: A terminal interface is told to show a session.
package struct TUISessionSelect: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `tui.toast.show`: A terminal interface is told to show a note.
package struct TUIToastShow: Codable, Sendable, Equatable {
    /// The heading.
    package var title: String?
    /// The note.
    package var message: String
    /// Its kind.
    package var variant: ToastVariant
    /// How long it stays, in ms.
    package var duration: Int?

    /// The event's data.
    package init(title: String? = nil, message: String, variant: ToastVariant, duration: Int? = nil) {
        self.title = title
        self.message = message
        self.variant = variant
        self.duration = duration
    }
}
