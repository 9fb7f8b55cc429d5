package import Support

/// `form.cancelled`: Questions were withdrawn.
package struct FormCancelled: Codable, Sendable, Equatable {
    /// The form.
    package var id: String
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(id: String, sessionID: String) {
        self.id = id
        self.sessionID = sessionID
    }
}

/// `form.created`: Questions for the user are open.
package struct FormCreated: Codable, Sendable, Equatable {
    /// The questions.
    package var form: JSON

    /// The event's data.
    package init(form: JSON) {
        self.form = form
    }
}

/// `form.replied`: Questions were answered.
package struct FormReplied: Codable, Sendable, Equatable {
    /// The form.
    package var id: String
    /// The session.
    package var sessionID: String
    /// Answers by the key of the field: an object.
    package var answer: JSON

    /// The event's data.
    package init(id: String, sessionID: String, answer: JSON) {
        self.id = id
        self.sessionID = sessionID
        self.answer = answer
    }
}
