package import Configuration
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
    /// Parts of it whose effects cannot be known: they are asked about unless nothing they may do could be refused.
    package var cautions: [PermissionCaution]
    /// Those of `patterns` that only read: a built-in `ask` for them is an allow. Empty unless a sandbox contains the call.
    package var readOnly: Set<String> = []
    /// Resources that must not be denied but need no approval of their own: `timeout 5 ls` besides `ls`.
    package var notDenied: [String] = []
    /// Demands of one call with the same group need one approval by a person: its title shows all of them.
    package var group: String?

    package init(
        permission: String, patterns: [String], always: [String] = [], metadata: JSON = .object(JSONObject()),
        title: String = "", cautions: [PermissionCaution] = []
    ) {
        self.permission = permission
        self.patterns = patterns
        self.always = always
        self.metadata = metadata
        self.title = title
        self.cautions = cautions
    }

    /// The demand of a tool that says nothing of itself: an MCP, plugin or custom tool, by its full name
    /// (`<server>__<tool>`). The resource is `*`; "always" approves the tool.
    package static func tool(_ name: String, input: JSON, title: String = "") -> PermissionDemand {
        PermissionDemand(
            permission: name, patterns: ["*"], always: ["*"], metadata: ["input": input],
            title: title.isEmpty ? "Call \(name) \(input.text())" : title)
    }

    /// `patterns` as what "always" may save: nothing when one of them holds a wildcard character of its own, because
    /// the saved rule would allow more than what was shown.
    package static func literal(_ patterns: [String]) -> [String] {
        patterns.contains { $0.utf8.contains(0x2A) || $0.utf8.contains(0x3F) } ? [] : patterns
    }
}

/// What happens to an ask when no rule and no approval answers it.
package enum AskPolicy: Sendable, Hashable {
    /// It is denied at once: nobody is there.
    case deny
    /// It waits for a reply, at most `timeoutMs` milliseconds; `nil`: as long as the call lives.
    case wait(timeoutMs: Int?)
}

/// Which call a demand belongs to.
package struct PermissionContext: Sendable, Equatable {
    package var sessionID: String
    package var messageID: String
    package var callID: String
    package var agent: String
    /// The agents that called this one, outermost first: it may do at most what each of them may.
    package var callers: [String]
    /// The session at the top, in which asks are shown and whose approvals count; `nil`: the session itself.
    package var approvalScope: String?
    /// Rules of the session and of those above it; they may only tighten.
    package var sessionRules: [ConfiguredRule]
    /// `nil`: the default of the service.
    package var onAsk: AskPolicy?

    package init(
        sessionID: String, messageID: String, callID: String, agent: String, callers: [String] = [],
        approvalScope: String? = nil, sessionRules: [ConfiguredRule] = [], onAsk: AskPolicy? = nil
    ) {
        self.sessionID = sessionID
        self.messageID = messageID
        self.callID = callID
        self.agent = agent
        self.callers = callers
        self.approvalScope = approvalScope
        self.sessionRules = sessionRules
        self.onAsk = onAsk
    }

    /// The session in which asks are shown.
    package var rootSessionID: String { approvalScope ?? sessionID }
}

/// What may be shown of a path that a search found; a pure function of the path, safe from any thread.
package typealias ReadFilter = @Sendable (_ path: String) -> PermissionAction

/// Whatever decides on demands.
package protocol PermissionGate: Sendable {
    /// Returns when every pattern of the demand may be done, else throws. May wait for a person; a cancelled task gets
    /// `PermissionDenied` with the rule `cancelled`.
    func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied)
    /// What the rules and approvals of `permission` (`read`) say of paths now, for filtering what searches find.
    func filter(_ permission: String, _ context: PermissionContext) async -> ReadFilter
    /// What the rules say of each resource of a demand, without asking: what goes into the log before the call runs.
    func preview(_ demand: PermissionDemand, _ context: PermissionContext) async -> [PermissionDecision]
    /// A new prompt begins in the session: asks that a dead process left in it are withdrawn.
    func sessionStarts(_ sessionID: String) async
}

extension PermissionGate {
    package func filter(_ permission: String, _ context: PermissionContext) async -> ReadFilter { { _ in .allow } }
    package func preview(_ demand: PermissionDemand, _ context: PermissionContext) async -> [PermissionDecision] { [] }
    package func sessionStarts(_ sessionID: String) async {}
}
