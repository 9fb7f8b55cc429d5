package import Support

/// `session.agent.selected`: A session has another agent from now on.
package struct SessionAgentSelected: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The agent.
    package var agent: String
    /// What was selected before.
    package var previous: String?

    /// The event's data.
    package init(sessionID: String, agent: String, previous: String? = nil) {
        self.sessionID = sessionID
        self.agent = agent
        self.previous = previous
    }
}

/// `session.archived`: A session was put away.
package struct SessionArchived: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.created`: A session exists.
package struct SessionCreated: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The project.
    package var projectID: String
    /// Where it works.
    package var location: LocationRef
    /// The part of the directory below its project.
    package var subpath: String?
    /// The session whose agent started it as a subagent.
    package var parentID: String?
    /// A short name for addresses.
    package var slug: String
    /// The title.
    package var title: String?
    /// The agent.
    package var agent: String?
    /// The model.
    package var model: ModelRef?
    /// An object.
    package var metadata: JSON?
    /// Rules that hold in this session only.
    package var permissions: [PermissionRule]?
    /// The version that created it.
    package var version: String

    /// The event's data.
    package init(
        sessionID: String, projectID: String, location: LocationRef, subpath: String? = nil,
        parentID: String? = nil, slug: String, title: String? = nil, agent: String? = nil,
        model: ModelRef? = nil, metadata: JSON? = nil, permissions: [PermissionRule]? = nil, version: String
    ) {
        self.sessionID = sessionID
        self.projectID = projectID
        self.location = location
        self.subpath = subpath
        self.parentID = parentID
        self.slug = slug
        self.title = title
        self.agent = agent
        self.model = model
        self.metadata = metadata
        self.permissions = permissions
        self.version = version
    }
}

/// `session.deleted`: A session and its messages are gone.
package struct SessionDeleted: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.forked`: A session was made from another one.
package struct SessionForked: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The session it came from.
    package var parentID: String
    /// Up to where messages were copied.
    package var boundary: ForkBoundary
    /// The instructions that were taken over: an object.
    package var instructions: JSON?
    /// The instruction entries that were taken over.
    package var instructionEntries: [InstructionEntrySnapshotItem]?

    /// The event's data.
    package init(
        sessionID: String, parentID: String, boundary: ForkBoundary, instructions: JSON? = nil,
        instructionEntries: [InstructionEntrySnapshotItem]? = nil
    ) {
        self.sessionID = sessionID
        self.parentID = parentID
        self.boundary = boundary
        self.instructions = instructions
        self.instructionEntries = instructionEntries
    }
}

/// `session.idle`: A session has nothing to do.
package struct SessionIdle: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.metadata.updated`: The free data of a session was replaced.
package struct SessionMetadataUpdated: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// An object.
    package var metadata: JSON

    /// The event's data.
    package init(sessionID: String, metadata: JSON) {
        self.sessionID = sessionID
        self.metadata = metadata
    }
}

/// `session.model.selected`: A session has another model from now on.
package struct SessionModelSelected: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The model.
    package var model: ModelRef
    /// What was selected before.
    package var previous: ModelRef?

    /// The event's data.
    package init(sessionID: String, model: ModelRef, previous: ModelRef? = nil) {
        self.sessionID = sessionID
        self.model = model
        self.previous = previous
    }
}

/// `session.moved`: A session works in another directory from now on.
package struct SessionMoved: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The directory.
    package var location: LocationRef
    /// The project.
    package var projectID: String
    /// The part of the directory below its project.
    package var subpath: String?

    /// The event's data.
    package init(sessionID: String, location: LocationRef, projectID: String, subpath: String? = nil) {
        self.sessionID = sessionID
        self.location = location
        self.projectID = projectID
        self.subpath = subpath
    }
}

/// `session.permissions`: The rules of a session were replaced.
package struct SessionPermissionsChanged: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The rules.
    package var permissions: [PermissionRule]

    /// The event's data.
    package init(sessionID: String, permissions: [PermissionRule]) {
        self.sessionID = sessionID
        self.permissions = permissions
    }
}

/// `session.renamed`: A session has another title.
package struct SessionRenamed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The title.
    package var title: String

    /// The event's data.
    package init(sessionID: String, title: String) {
        self.sessionID = sessionID
        self.title = title
    }
}

/// `session.retry.scheduled`: A model request failed and will be made again.
package struct SessionRetryScheduled: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The assistant message.
    package var assistantMessageID: String
    /// The attempt that failed; the first is 1.
    package var attempt: Int
    /// When the next attempt starts, in Unix ms.
    package var at: Int64
    /// Why.
    package var error: StructuredError

    /// The event's data.
    package init(
        sessionID: String, assistantMessageID: String, attempt: Int, at: Int64, error: StructuredError
    ) {
        self.sessionID = sessionID
        self.assistantMessageID = assistantMessageID
        self.attempt = attempt
        self.at = at
        self.error = error
    }
}

/// `session.status`: A session is busy, waits for a retry, or is idle.
package struct SessionStatusChanged: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// What it does now.
    package var status: SessionStatus

    /// The event's data.
    package init(sessionID: String, status: SessionStatus) {
        self.sessionID = sessionID
        self.status = status
    }
}

/// `session.unarchived`: A session was taken back.
package struct SessionUnarchived: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String

    /// The event's data.
    package init(sessionID: String) {
        self.sessionID = sessionID
    }
}

/// `session.usage.recorded`: A model request beside the conversation was paid for.
package struct SessionUsageRecorded: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// What the request was for.
    package var source: UsageSource
    /// What it cost, in USD.
    package var cost: Double
    /// What it took.
    package var tokens: TokenUsage

    /// The event's data.
    package init(sessionID: String, source: UsageSource, cost: Double, tokens: TokenUsage) {
        self.sessionID = sessionID
        self.source = source
        self.cost = cost
        self.tokens = tokens
    }
}

/// `session.usage.updated`: What a session has used by now.
package struct SessionUsageUpdated: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// What all requests cost, in USD.
    package var cost: Double
    /// What all requests took.
    package var tokens: TokenUsage

    /// The event's data.
    package init(sessionID: String, cost: Double, tokens: TokenUsage) {
        self.sessionID = sessionID
        self.cost = cost
        self.tokens = tokens
    }
}

/// `session.viewed`: A person has seen a session.
package struct SessionViewed: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The `time.idle` that was seen, in Unix ms.
    package var idle: Int64

    /// The event's data.
    package init(sessionID: String, idle: Int64) {
        self.sessionID = sessionID
        self.idle = idle
    }
}
