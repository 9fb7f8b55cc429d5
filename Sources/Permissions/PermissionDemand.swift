package import Support

/// What a tool call needs. Every pattern must pass.
package struct PermissionDemand: Sendable, Equatable {
    /// `read`, `edit`, `bash`, `webfetch`, …, `<server>__<tool>`.
    package var permission: String
    /// The resources: paths, commands, URLs. None means one check of `*`.
    package var patterns: [String]
    /// What an "always" answer approves, as patterns; empty makes "always" the same as "once".
    package var always: [String]
    /// For whoever shows the ask.
    package var metadata: JSON
    /// One line: what is about to happen.
    package var title: String

    package init(
        permission: String, patterns: [String], always: [String] = [], metadata: JSON = .object(JSONObject()),
        title: String = ""
    ) {
        self.permission = permission
        self.patterns = patterns
        self.always = always
        self.metadata = metadata
        self.title = title
    }
}

/// Which call a demand belongs to.
package struct PermissionContext: Sendable, Equatable {
    package var sessionID: String
    package var messageID: String
    package var callID: String
    package var agent: String
    /// The agents that called this one, outermost first: it may do at most what each of them may.
    package var callers: [String]
    /// Approvals are shared by all calls of the same scope; `nil`: the session.
    package var approvalScope: String?

    package init(
        sessionID: String, messageID: String, callID: String, agent: String, callers: [String] = [],
        approvalScope: String? = nil
    ) {
        self.sessionID = sessionID
        self.messageID = messageID
        self.callID = callID
        self.agent = agent
        self.callers = callers
        self.approvalScope = approvalScope
    }
}

/// Whatever decides on demands.
package protocol PermissionGate: Sendable {
    /// Returns when every pattern of the demand may be done, else throws. May wait for a person; a cancelled task gets
    /// `PermissionDenied` with the rule `cancelled`.
    func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied)
}
