package import Schema
package import Support

/// What a new session starts with.
package struct NewSession: Sendable, Equatable {
    /// A session id to use; nil makes one.
    package var id: String?
    /// The absolute directory it works in.
    package var directory: String
    /// The project the directory belongs to: a hash of the git root or the directory, "global" for none.
    package var projectID: String
    /// Nil: "New session - <date>", "Child session - <date>" with a parent.
    package var title: String?
    /// The agent to start with; nil: the configured one.
    package var agent: String?
    /// The model to start with; nil: the configured one.
    package var model: ModelRef?
    /// The session whose agent starts this one.
    package var parentID: String?
    /// Rules of this session.
    package var permissions: [PermissionRule]?
    /// Free data: an object.
    package var metadata: JSON?

    /// The value with these members; nothing is checked.
    package init(
        directory: String, projectID: String, title: String? = nil, agent: String? = nil, model: ModelRef? = nil,
        parentID: String? = nil, permissions: [PermissionRule]? = nil, metadata: JSON? = nil, id: String? = nil
    ) {
        self.directory = directory
        self.projectID = projectID
        self.title = title
        self.agent = agent
        self.model = model
        self.parentID = parentID
        self.permissions = permissions
        self.metadata = metadata
        self.id = id
    }
}

/// Which sessions to list; latest update first.
package struct SessionFilter: Sendable, Equatable {
    /// Only sessions of this directory (the same text); nil = all.
    package var directory: String?
    /// Also archived ones.
    package var includeArchived = false
    /// Also subagents' sessions.
    package var includeChildren = false
    /// Only children of this session.
    package var parentID: String?
    /// Only sessions updated at or after this time, Unix milliseconds.
    package var sinceMs: Int64?
    /// Case-blind literal text in titles and messages, at most 1,000 bytes; nil or empty = all.
    package var search: String?
    /// Only sessions whose agent has this name.
    package var agent: String?
    /// Only sessions whose last model, as `provider/model`, contains this text, case-blind.
    package var model: String?
    /// 1 to 1,000.
    package var limit = 50
    /// The `next` of the page before.
    package var cursor: String?

    /// The value with these members; nothing is checked.
    package init(directory: String? = nil) { self.directory = directory }
}

/// One page of sessions, latest update first.
package struct SessionPage: Sendable, Equatable {
    /// The sessions, latest update first.
    package var sessions: [SessionInfo]
    /// Where the next page starts; nil at the end.
    package var next: String?
    /// A sentence for each damaged record that was passed over.
    package var damaged: [String]

    /// The value with these members; nothing is checked.
    package init(sessions: [SessionInfo], next: String? = nil, damaged: [String] = []) {
        self.sessions = sessions
        self.next = next
        self.damaged = damaged
    }
}
