import Configuration
package import Support

/// An ask as a person gets to see it.
package struct PermissionAsk: Sendable, Equatable {
    /// `per_…`
    package var id: String
    package var context: PermissionContext
    package var permission: String
    /// The resources that need the approval.
    package var patterns: [String]
    /// What "always" would approve.
    package var always: [String]
    package var metadata: JSON
    package var title: String
    /// The rule that asks, for the first resource.
    package var decision: PermissionDecision
    /// Unix milliseconds.
    package var createdMs: Int64
    /// True when the process that asked is gone: a reply can still save an approval, but resumes nothing.
    package var isOrphan: Bool

    package init(
        id: String, context: PermissionContext, permission: String, patterns: [String], always: [String],
        metadata: JSON, title: String, decision: PermissionDecision, createdMs: Int64 = 0, isOrphan: Bool = false
    ) {
        self.id = id
        self.context = context
        self.permission = permission
        self.patterns = patterns
        self.always = always
        self.metadata = metadata
        self.title = title
        self.decision = decision
        self.createdMs = createdMs
        self.isOrphan = isOrphan
    }

    /// The session in which it is shown: the one at the top, also for a subagent's ask.
    package var sessionID: String { context.rootSessionID }
    /// True when the ask comes from a subagent.
    package var isNested: Bool { context.rootSessionID != context.sessionID || !context.callers.isEmpty }
}

/// How far an "always" reaches.
package enum PermissionScope: String, Sendable, Hashable, CaseIterable {
    /// The session at the top and the subagents below it.
    case session
    /// The workspace, by its real path.
    case project
    /// Every workspace of this user.
    case global
}

/// A person's answer.
package enum PermissionReply: Sendable, Equatable {
    case once
    /// Also approves what the request's `always` says, for this far, until `expiresMs` (Unix milliseconds; `nil`: for
    /// good).
    case always(PermissionScope, expiresMs: Int64? = nil)
    /// `feedback` is told to the model.
    case reject(feedback: String?)

    /// Reads the words of a request: `once`, `always` (scope `project` unless said) or `reject`; `nil` for others.
    package init?(decision: String, scope: String? = nil, message: String? = nil, expiresMs: Int64? = nil) {
        switch decision {
        case "once": self = .once
        case "always":
            guard let scope = scope.map(PermissionScope.init(rawValue:)) ?? .project else { return nil }
            self = .always(scope, expiresMs: expiresMs)
        case "reject": self = .reject(feedback: message)
        default: return nil
        }
    }

    /// The word on the wire.
    package var name: String {
        switch self {
        case .once: "once"
        case .always: "always"
        case .reject: "reject"
        }
    }
}

/// Why a reply was not taken.
package struct PermissionReplyError: AppError, Equatable {
    package enum Kind: Sendable, Equatable {
        /// There is no such ask (404).
        case notFound
        /// It has its answer already (409).
        case alreadyAnswered
        /// The answer could not be stored; the ask still waits.
        case storage
    }
    package var kind: Kind
    package var message: String
    package var underlying: (any Error)? { nil }
    package var code: String { "permission.reply.\(kind)" }

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// Someone who can answer in this process; other faces answer through `PermissionService.reply`.
package protocol PermissionAsker: Sendable {
    /// Waits for an answer. Never called twice at a time for the same queue key. The task is cancelled when the ask was
    /// answered elsewhere or withdrawn; the answer does not count then.
    func ask(_ request: PermissionAsk) async -> PermissionReply
    /// Requests with the same key wait for each other; one terminal is one key.
    func queueKey(for request: PermissionAsk) -> String
}

extension PermissionAsker {
    package func queueKey(for request: PermissionAsk) -> String { "" }
}

/// What happened, for the event bus; `asked` always comes before its `replied`.
package enum PermissionNotice: Sendable, Equatable {
    case asked(PermissionAsk)
    /// `reply` is the rejection when nobody is there or the ask was withdrawn.
    case replied(PermissionAsk, PermissionReply)
    case saved(SavedApproval)
    case revoked(id: String)
}
