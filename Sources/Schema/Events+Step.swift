package import Support

/// `session.execution.failed`: The work ended with an error.
package struct SessionExecutionFailed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// Why.
    package var error: StructuredError

    /// The event's data.
    package init(sessionID: String, error: StructuredError) {
        self.sessionID = sessionID
        self.error = error
    }
}

/// `session.execution.interrupted`: The work was stopped.
package struct SessionExecutionInterrupted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// Why.
    package var reason: InterruptReason

    /// The event's data.
    package init(sessionID: String, reason: InterruptReason) {
        self.sessionID = sessionID
        self.reason = reason
    }
}

/// `session.execution.started`: Work on the delivered prompts began.
package struct SessionExecutionStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.execution.succeeded`: The work ended well. Exactly one of the three ends follows each start.
package struct SessionExecutionSucceeded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.step.ended`: The answer and its tools are done.
package struct SessionStepEnded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Why the model stopped.
    package var finish: FinishReason
    /// The provider's own word for `finish`.
    package var rawFinish: String?
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// What it cost, in USD.
    package var cost: Double
    /// What it took.
    package var tokens: TokenUsage
    /// The snapshot after the step.
    package var snapshot: String?
    /// Paths below the workspace that changed.
    package var files: [String]?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, finish: FinishReason, rawFinish: String? = nil,
        native: JSON? = nil, cost: Double, tokens: TokenUsage, snapshot: String? = nil, files: [String]? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.finish = finish
        self.rawFinish = rawFinish
        self.native = native
        self.cost = cost
        self.tokens = tokens
        self.snapshot = snapshot
        self.files = files
    }
}

/// `session.step.failed`: The request failed for good.
package struct SessionStepFailed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// Why.
    package var error: StructuredError
    /// 2.1 allows only `content-filter` here.
    package var finish: FinishReason?
    /// The provider's own word for `finish`.
    package var rawFinish: String?
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// What it cost, in USD.
    package var cost: Double?
    /// What it took.
    package var tokens: TokenUsage?
    /// The snapshot after the step.
    package var snapshot: String?
    /// Paths below the workspace that changed.
    package var files: [String]?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, error: StructuredError, finish: FinishReason? = nil,
        rawFinish: String? = nil, native: JSON? = nil, cost: Double? = nil, tokens: TokenUsage? = nil,
        snapshot: String? = nil, files: [String]? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.error = error
        self.finish = finish
        self.rawFinish = rawFinish
        self.native = native
        self.cost = cost
        self.tokens = tokens
        self.snapshot = snapshot
        self.files = files
    }
}

/// `session.step.started`: A model request is about to be made; an assistant message begins.
package struct SessionStepStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The agent.
    package var agent: String
    /// The model.
    package var model: ModelRef
    /// The snapshot before the step.
    package var snapshot: String?
    /// When, in Unix ms.
    package var started: Int64

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, agent: String, model: ModelRef, snapshot: String? = nil,
        started: Int64
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.agent = agent
        self.model = model
        self.snapshot = snapshot
        self.started = started
    }
}

/// `session.step.streamed`: The last byte of the answer has arrived; tools may still run.
package struct SessionStepStreamed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String

    /// The event's data.
    package init(sessionID: String, assistantMessageID: String) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
    }
}
