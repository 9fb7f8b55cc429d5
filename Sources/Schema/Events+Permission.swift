package import Support

/// `permission.asked`: Somebody must decide about a tool call.
package struct PermissionAsked: Codable, Sendable, Equatable {
    /// The request (`per_…`).
    package var id: String
    /// The session.
    package var sessionID: String
    /// The permission's name.
    package var action: String
    /// What it is about.
    package var resources: [String]
    /// The patterns that `always` would save.
    package var save: [String]?
    /// What the asker should see: an object.
    package var metadata: JSON?
    /// The tool call.
    package var source: PermissionSource?
    /// The question.
    package var message: String?

    /// The event's data.
    package init(
        id: String, sessionID: String, action: String, resources: [String], save: [String]? = nil,
        metadata: JSON? = nil, source: PermissionSource? = nil, message: String? = nil
    ) {
        self.id = id
        self.sessionID = sessionID
        self.action = action
        self.resources = resources
        self.save = save
        self.metadata = metadata
        self.source = source
        self.message = message
    }
}

/// `permission.replied`: A request was decided.
package struct PermissionReplied: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The request.
    package var requestID: String
    /// The decision.
    package var reply: PermissionReplyKind

    /// The event's data.
    package init(sessionID: String, requestID: String, reply: PermissionReplyKind) {
        self.sessionID = sessionID
        self.requestID = requestID
        self.reply = reply
    }
}
