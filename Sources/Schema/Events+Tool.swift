package import Support

/// `session.tool.called`: A tool is about to run.
package struct SessionToolCalled: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// The arguments: an object.
    package var input: JSON
    /// True when the provider ran the tool itself.
    package var executed: Bool
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, id: String, input: JSON, executed: Bool,
        native: JSON? = nil, partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.input = input
        self.executed = executed
        self.native = native
        self.partID = partID
    }
}

/// `session.tool.failed`: A tool call failed, was denied or was interrupted.
package struct SessionToolFailed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// Why.
    package var error: StructuredError
    /// What it gave before it failed.
    package var content: [ToolContent]?
    /// For people and programs: an object.
    package var metadata: JSON?
    /// True when the provider ran the tool itself.
    package var executed: Bool
    /// What the provider wants back in later requests: an object.
    package var native: JSON?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, id: String, error: StructuredError,
        content: [ToolContent]? = nil, metadata: JSON? = nil, executed: Bool, native: JSON? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.error = error
        self.content = content
        self.metadata = metadata
        self.executed = executed
        self.native = native
    }
}

/// `session.tool.input.delta`: More of the arguments. Not durable: the end has all of them.
package struct SessionToolInputDelta: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// What came since the last delta.
    package var delta: String

    /// The event's data.
    package init(sessionID: String, assistantMessageID: String, id: String, delta: String) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.delta = delta
    }
}

/// `session.tool.input.ended`: The arguments are complete.
package struct SessionToolInputEnded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// The arguments as the model wrote them: JSON, when it is right.
    package var text: String
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(sessionID: String, assistantMessageID: String, id: String, text: String, partID: String? = nil) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.text = text
        self.partID = partID
    }
}

/// `session.tool.input.started`: The model begins a tool call.
package struct SessionToolInputStarted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// The tool's name as the model wrote it; hostile text.
    package var name: String
    /// Our id of the part (`prt_…`); nil in events of others.
    package var partID: String?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, id: String, name: String, partID: String? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.name = name
        self.partID = partID
    }
}

/// `session.tool.progress`: A running tool says how far it is. Not durable.
package struct SessionToolProgress: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// The progress: an object.
    package var metadata: JSON

    /// The event's data.
    package init(sessionID: String, assistantMessageID: String, id: String, metadata: JSON) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.metadata = metadata
    }
}

/// `session.tool.success`: A tool call succeeded.
package struct SessionToolSuccess: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The call id.
    package var id: String
    /// The result for the model.
    package var content: [ToolContent]
    /// The result for people and programs: an object.
    package var metadata: JSON?
    /// True when the provider ran the tool itself.
    package var executed: Bool
    /// What the provider wants back in later requests: an object.
    package var native: JSON?

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, id: String, content: [ToolContent],
        metadata: JSON? = nil, executed: Bool, native: JSON? = nil
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.id = id
        self.content = content
        self.metadata = metadata
        self.executed = executed
        self.native = native
    }
}
