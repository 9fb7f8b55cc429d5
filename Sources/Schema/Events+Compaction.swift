package import Support

/// `session.compaction.delta`: More text of the summary. Not durable.
package struct SessionCompactionDelta: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// What came since the last delta.
    package var text: String

    /// The event's data.
    package init(sessionID: String, text: String) {
        self.sessionID = sessionID
        self.text = text
    }
}

/// `session.compaction.ended`: The summary stands for everything before it from now on.
package struct SessionCompactionEnded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// Who asked for it.
    package var reason: CompactionReason
    /// The model.
    package var model: ModelRef?
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// The summary.
    package var text: String
    /// What it cost, in USD.
    package var cost: Double?
    /// What it took.
    package var tokens: TokenUsage?

    /// The event's data.
    package init(
        sessionID: String, reason: CompactionReason, model: ModelRef? = nil, native: JSON? = nil, text: String,
        cost: Double? = nil, tokens: TokenUsage? = nil
    ) {
        self.sessionID = sessionID
        self.reason = reason
        self.model = model
        self.native = native
        self.text = text
        self.cost = cost
        self.tokens = tokens
    }
}

/// `session.compaction.failed`: There is no summary.
package struct SessionCompactionFailed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// Who asked for it.
    package var reason: CompactionReason
    /// Why.
    package var error: StructuredError
    /// The inbox id of the request for it.
    package var inputID: String?
    /// What it cost, in USD.
    package var cost: Double?
    /// What it took.
    package var tokens: TokenUsage?

    /// The event's data.
    package init(
        sessionID: String, reason: CompactionReason, error: StructuredError, inputID: String? = nil,
        cost: Double? = nil, tokens: TokenUsage? = nil
    ) {
        self.sessionID = sessionID
        self.reason = reason
        self.error = error
        self.inputID = inputID
        self.cost = cost
        self.tokens = tokens
    }
}

/// `session.compaction.started`: A summary of the conversation is being written.
package struct SessionCompactionStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// Who asked for it.
    package var reason: CompactionReason
    /// The inbox id of the request for it.
    package var inputID: String?

    /// The event's data.
    package init(sessionID: String, reason: CompactionReason, inputID: String? = nil) {
        self.sessionID = sessionID
        self.reason = reason
        self.inputID = inputID
    }
}

/// `session.revert.cleared`: A staged revert was taken back.
package struct SessionRevertCleared: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.revert.committed`: A staged revert is final: the messages are superseded, never erased.
package struct SessionRevertCommitted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The first message that is superseded.
    package var to: String

    /// The event's data.
    package init(sessionID: String, to: String) {
        self.sessionID = sessionID
        self.to = to
    }
}

/// `session.revert.staged`: Messages are hidden until the revert is cleared or committed.
package struct SessionRevertStaged: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// What is hidden.
    package var revert: SessionRevert

    /// The event's data.
    package init(sessionID: String, revert: SessionRevert) {
        self.sessionID = sessionID
        self.revert = revert
    }
}
