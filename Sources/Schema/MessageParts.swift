/// A piece of a command's output. 2.1's `SessionShellEndedEventDataOutput`.
package struct ShellOutput: Codable, Sendable, Equatable {
    /// The text; hostile.
    package var output: String
    /// The byte after the last one of `output`.
    package var cursor: Int
    /// How many bytes there are in all.
    package var size: Int
    /// Whether `output` is not all of it.
    package var truncated: Bool

    /// The value with these members; nothing is checked.
    package init(output: String, cursor: Int, size: Int, truncated: Bool) {
        self.output = output
        self.cursor = cursor
        self.size = size
        self.truncated = truncated
    }
}

/// When it was thought, in Unix ms. 2.1's `SessionMessageAssistantReasoningTime`.
package struct ReasoningTime: Codable, Sendable, Equatable {
    /// When it began.
    package var created: Int64
    /// When it ended.
    package var completed: Int64?

    /// The value with these members; nothing is checked.
    package init(created: Int64, completed: Int64? = nil) {
        self.created = created
        self.completed = completed
    }
}

/// When parts of a call happened, in Unix ms. 2.1's `SessionMessageAssistantToolTime`.
package struct ToolTime: Codable, Sendable, Equatable {
    /// When the model began the call.
    package var created: Int64
    /// When the tool began to run.
    package var ran: Int64?
    /// When it ended.
    package var completed: Int64?

    /// The value with these members; nothing is checked.
    package init(created: Int64, ran: Int64? = nil, completed: Int64? = nil) {
        self.created = created
        self.ran = ran
        self.completed = completed
    }
}

/// When a message was created, in Unix ms. 2.1's `SessionMessageUserTime`.
package struct MessageTime: Codable, Sendable, Equatable {
    /// Unix ms.
    package var created: Int64

    /// The value with these members; nothing is checked.
    package init(created: Int64) {
        self.created = created
    }
}

/// When parts of an answer happened, in Unix ms. 2.1's `SessionMessageAssistantTime`.
package struct AssistantTime: Codable, Sendable, Equatable {
    /// When the request was made.
    package var created: Int64
    /// When the last byte of the answer arrived.
    package var streamed: Int64?
    /// When its tools were done too.
    package var completed: Int64?

    /// The value with these members; nothing is checked.
    package init(created: Int64, streamed: Int64? = nil, completed: Int64? = nil) {
        self.created = created
        self.streamed = streamed
        self.completed = completed
    }
}

/// The files around one step. 2.1's `SessionMessageAssistantSnapshot`.
package struct AssistantSnapshot: Codable, Sendable, Equatable {
    /// The snapshot before the step.
    package var start: String?
    /// The snapshot after it.
    package var end: String?
    /// What changed between them: paths below the workspace.
    package var files: [String]?

    /// The value with these members; nothing is checked.
    package init(start: String? = nil, end: String? = nil, files: [String]? = nil) {
        self.start = start
        self.end = end
        self.files = files
    }
}

/// The retry that is under way. 2.1's `SessionMessageAssistantRetry`.
package struct AssistantRetry: Codable, Sendable, Equatable {
    /// The attempt that failed; the first is 1.
    package var attempt: Int
    /// When the next one starts, in Unix ms.
    package var at: Int64
    /// Why it failed.
    package var error: StructuredError

    /// The value with these members; nothing is checked.
    package init(attempt: Int, at: Int64, error: StructuredError) {
        self.attempt = attempt
        self.at = at
        self.error = error
    }
}

/// When the command ran, in Unix ms. 2.1's `SessionMessageShellTime`.
package struct ShellMessageTime: Codable, Sendable, Equatable {
    /// When it was started.
    package var created: Int64
    /// When it ended.
    package var completed: Int64?

    /// The value with these members; nothing is checked.
    package init(created: Int64, completed: Int64? = nil) {
        self.created = created
        self.completed = completed
    }
}

/// Where the session was. 2.1's `SessionMessageLocationSwitchedPrevious`.
package struct PreviousLocation: Codable, Sendable, Equatable {
    /// The directory.
    package var location: LocationPublicRef
    /// Its project.
    package var projectID: String?
    /// The part of the directory below its project.
    package var subpath: String?

    /// The value with these members; nothing is checked.
    package init(location: LocationPublicRef, projectID: String? = nil, subpath: String? = nil) {
        self.location = location
        self.projectID = projectID
        self.subpath = subpath
    }
}
