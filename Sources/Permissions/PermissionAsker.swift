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

    private static let maxLines = 20
    private static let maxCharacters = 1_000

    /// Lines to show. Everything that came from a model or a repository is escaped, so it cannot move the cursor, hide
    /// characters or imitate the prompt; at most 20 resources of 1,000 characters.
    package var text: String {
        func safe(_ text: String) -> String {
            let cut = text.count > Self.maxCharacters ? String(text.prefix(Self.maxCharacters)) + "…" : text
            return HostileText.escaped(cut, multiline: false)
        }
        var lines = ["\(safe(permission)): \(safe(title.isEmpty ? patterns.first ?? "" : title))"]
        for pattern in patterns.prefix(Self.maxLines) where patterns.count > 1 || (!title.isEmpty && pattern != title) {
            lines.append("  \(safe(pattern))")
        }
        if patterns.count > Self.maxLines { lines.append("  … and \(patterns.count - Self.maxLines) more") }
        return lines.joined(separator: "\n")
    }

    /// What "always" would save, one line, escaped; empty when there is nothing to save.
    package var alwaysText: String {
        always.prefix(Self.maxLines).map { "\(permission) \"\(HostileText.escaped($0, multiline: false))\" = allow" }
            .joined(separator: ", ")
    }
}

/// A person's answer.
package enum PermissionReply: Sendable, Equatable {
    case once
    /// Also approves what the request's `always` says, for this session.
    case always
    case reject(feedback: String?)

    /// The word on the wire.
    package var name: String {
        switch self {
        case .once: "once"
        case .always: "always"
        case .reject: "reject"
        }
    }
}

/// Someone who can answer.
package protocol PermissionAsker: Sendable {
    /// Waits for an answer. Never called twice at a time for the same queue key. A cancelled task should return
    /// `.reject(feedback: nil)` soon.
    func ask(_ request: PermissionAsk) async -> PermissionReply
    /// Requests with the same key wait for each other; one terminal is one key.
    func queueKey(for request: PermissionAsk) -> String
}

extension PermissionAsker {
    package func queueKey(for request: PermissionAsk) -> String { "" }
}

/// What happened to an ask, for the event log; `asked` always comes before its `replied`.
package enum PermissionNotice: Sendable, Equatable {
    case asked(PermissionAsk)
    /// `reply` is the rejection when nobody is there.
    case replied(PermissionAsk, PermissionReply)
}
