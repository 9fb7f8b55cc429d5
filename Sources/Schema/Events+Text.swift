package import Support

/// `session.reasoning.delta`: More reasoning of an open part. Not durable: the end has all of it.
package struct SessionReasoningDelta: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Which part of its kind in the message it is, from 0.
    package var ordinal: Int
    /// What came since the last delta.
    package var delta: String
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, ordinal: Int, delta: String, partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.ordinal = ordinal
        self.delta = delta
        self.partID = partID
    }
}

/// `session.reasoning.ended`: A reasoning part is complete.
package struct SessionReasoningEnded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Which part of its kind in the message it is, from 0.
    package var ordinal: Int
    /// All of the text.
    package var text: String
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, ordinal: Int, text: String, native: JSON? = nil,
        partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.ordinal = ordinal
        self.text = text
        self.native = native
        self.partID = partID
    }
}

/// `session.reasoning.started`: The model begins to reason.
package struct SessionReasoningStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Which part of its kind in the message it is, from 0.
    package var ordinal: Int
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, ordinal: Int, native: JSON? = nil, partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.ordinal = ordinal
        self.native = native
        self.partID = partID
    }
}

/// `session.text.delta`: More text of an open part. Not durable: the end has all of it.
package struct SessionTextDelta: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Which part of its kind in the message it is, from 0.
    package var ordinal: Int
    /// What came since the last delta.
    package var delta: String
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, ordinal: Int, delta: String, partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.ordinal = ordinal
        self.delta = delta
        self.partID = partID
    }
}

/// `session.text.ended`: A text part is complete.
package struct SessionTextEnded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Which part of its kind in the message it is, from 0.
    package var ordinal: Int
    /// All of the text.
    package var text: String
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, ordinal: Int, text: String, native: JSON? = nil,
        partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.ordinal = ordinal
        self.text = text
        self.native = native
        self.partID = partID
    }
}

/// `session.text.started`: The model begins a text part.
package struct SessionTextStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Which part of its kind in the message it is, from 0.
    package var ordinal: Int
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(sessionID: String, assistantMessageID: String, ordinal: Int, partID: String? = nil) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.ordinal = ordinal
        self.partID = partID
    }
}
