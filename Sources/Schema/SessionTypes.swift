package import Support

/// An instruction entry as a fork takes it over. 2.1's `InstructionEntrySnapshotItem`.
package struct InstructionEntrySnapshotItem: Codable, Sendable, Equatable {
    /// Its name.
    package var key: String
    /// Its value.
    package var value: JSON
    /// Whether it was removed.
    package var removed: Bool

    /// The value with these members; nothing is checked.
    package init(key: String, value: JSON, removed: Bool) {
        self.key = key
        self.value = value
        self.removed = removed
    }
}

/// A revert that is staged but not committed: the messages from `messageID` on are hidden. 2.1's `SessionRevert`.
package struct SessionRevert: Codable, Sendable, Equatable {
    /// The first message that is hidden.
    package var messageID: String
    /// The first part of it that is hidden; nil hides all of it.
    package var partID: String?
    /// The snapshot that brings the files back.
    package var snapshot: String?
    /// What the revert changed in the workspace.
    package var files: [FileDiffInfo]?

    /// The value with these members; nothing is checked.
    package init(
        messageID: String, partID: String? = nil, snapshot: String? = nil, files: [FileDiffInfo]? = nil
    ) {
        self.messageID = messageID
        self.partID = partID
        self.snapshot = snapshot
        self.files = files
    }
}

/// A session without its messages. 2.1's `SessionInfo`.
package struct SessionInfo: Codable, Sendable, Equatable {
    /// `ses_…`
    package var id: String
    /// The session whose agent started this one as a subagent.
    package var parentID: String?
    /// The origin, for a fork.
    package var fork: SessionFork?
    /// The project the directory belongs to.
    package var projectID: String
    /// The selected agent.
    package var agent: String?
    /// The selected model.
    package var model: ModelRef?
    /// What all model requests cost, in USD.
    package var cost: Double
    /// What all model requests took.
    package var tokens: TokenUsage
    /// How the last execution ended; nil before the first one ended.
    package var outcome: Outcome?
    /// When things happened.
    package var time: SessionTime
    /// The title; nil until there is one.
    package var title: String?
    /// The part of the directory below its project.
    package var subpath: String?
    /// Free data of clients: an object.
    package var metadata: JSON?
    /// Rules that hold in this session only.
    package var permissions: [PermissionRule]?
    /// The staged revert.
    package var revert: SessionRevert?
    /// Where the session works.
    package var location: LocationPublicRef
    /// Requests so far. Ours.
    package var usage: SessionUsage?
    /// The origin of a fork. Ours.
    package var forkedFrom: SessionOrigin?
    /// The public address. Ours.
    package var share: SessionShare?
    /// The sequence number of the last event that is folded in. Ours.
    package var seq: Int64?

    /// The value with these members; nothing is checked.
    package init(
        id: String, parentID: String? = nil, fork: SessionFork? = nil, projectID: String, agent: String? = nil,
        model: ModelRef? = nil, cost: Double, tokens: TokenUsage, outcome: Outcome? = nil, time: SessionTime,
        title: String? = nil, subpath: String? = nil, metadata: JSON? = nil,
        permissions: [PermissionRule]? = nil, revert: SessionRevert? = nil, location: LocationPublicRef,
        usage: SessionUsage? = nil, forkedFrom: SessionOrigin? = nil, share: SessionShare? = nil,
        seq: Int64? = nil
    ) {
        self.id = id
        self.parentID = parentID
        self.fork = fork
        self.projectID = projectID
        self.agent = agent
        self.model = model
        self.cost = cost
        self.tokens = tokens
        self.outcome = outcome
        self.time = time
        self.title = title
        self.subpath = subpath
        self.metadata = metadata
        self.permissions = permissions
        self.revert = revert
        self.location = location
        self.usage = usage
        self.forkedFrom = forkedFrom
        self.share = share
        self.seq = seq
    }
}

/// What a person (or client) wrote. 2.1's `SessionInboxUserPayload`.
package struct InboxUserPayload: Codable, Sendable, Equatable {
    /// The text.
    package var text: String
    /// Attached files.
    package var files: [PromptFile]?
    /// Mentioned agents.
    package var agents: [PromptAgent]?
    /// Used skills.
    package var skills: [PromptSkill]?
    /// Free data of clients: an object.
    package var metadata: JSON?

    /// The value with these members; nothing is checked.
    package init(
        text: String, files: [PromptFile]? = nil, agents: [PromptAgent]? = nil, skills: [PromptSkill]? = nil,
        metadata: JSON? = nil
    ) {
        self.text = text
        self.files = files
        self.agents = agents
        self.skills = skills
        self.metadata = metadata
    }
}

/// Text that a program put into the conversation. 2.1's `SessionInboxSyntheticPayload`.
package struct InboxSyntheticPayload: Codable, Sendable, Equatable {
    /// The text for the model.
    package var text: String
    /// What people see instead.
    package var description: String?
    /// Free data: an object.
    package var metadata: JSON?

    /// The value with these members; nothing is checked.
    package init(text: String, description: String? = nil, metadata: JSON? = nil) {
        self.text = text
        self.description = description
        self.metadata = metadata
    }
}

/// A request to go on in another directory. 2.1's `SessionInboxMovePayload1`.
package struct InboxMovePayload: Codable, Sendable, Equatable {
    /// The new directory.
    package var location: LocationRef
    /// Its project.
    package var projectID: String
    /// The part of the directory below its project.
    package var subpath: String?

    /// The value with these members; nothing is checked.
    package init(location: LocationRef, projectID: String, subpath: String? = nil) {
        self.location = location
        self.projectID = projectID
        self.subpath = subpath
    }
}

/// The receipt of a prompt, and a prompt in an inbox: 2.1's `SessionInboxUser`.
package struct InboxReceipt: Codable, Sendable, Equatable {
    /// Always `user`.
    package private(set) var type = "user"
    /// The inbox id; the id of the message that it becomes.
    package var id: String
    /// The session.
    package var sessionID: String
    /// When it arrived.
    package var time: MessageTime
    /// The prompt.
    package var payload: InboxUserPayload
    /// When it is taken up.
    package var delivery: Delivery

    /// The value with these members; nothing is checked.
    package init(
        id: String, sessionID: String, time: MessageTime, payload: InboxUserPayload, delivery: Delivery
    ) {
        self.id = id
        self.sessionID = sessionID
        self.time = time
        self.payload = payload
        self.delivery = delivery
    }
}

/// What a fork took over of its origin. 2.1's `SessionInfoFork`.
package struct SessionFork: Codable, Sendable, Equatable {
    /// The origin.
    package var sessionID: String
    /// Up to where its messages were copied.
    package var boundary: ForkBoundary

    /// The value with these members; nothing is checked.
    package init(sessionID: String, boundary: ForkBoundary) {
        self.sessionID = sessionID
        self.boundary = boundary
    }
}

/// When things happened to a session, in Unix ms. 2.1's `SessionInfoTime`.
package struct SessionTime: Codable, Sendable, Equatable {
    /// When it was created.
    package var created: Int64
    /// When it last changed.
    package var updated: Int64
    /// When it last became idle.
    package var idle: Int64?
    /// The `idle` time that a person has seen.
    package var viewed: Int64?
    /// When it was archived; nil when it is not.
    package var archived: Int64?

    /// The value with these members; nothing is checked.
    package init(
        created: Int64, updated: Int64, idle: Int64? = nil, viewed: Int64? = nil, archived: Int64? = nil
    ) {
        self.created = created
        self.updated = updated
        self.idle = idle
        self.viewed = viewed
        self.archived = archived
    }
}
