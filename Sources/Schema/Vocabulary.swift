/// Why a model stopped.
package enum FinishReason: String, Codable, Sendable {
    /// It was done.
    case stop
    /// The output limit was reached.
    case length
    /// It wants tools to be run.
    case toolCalls = "tool-calls"
    /// The provider withheld the answer.
    case contentFilter = "content-filter"
    /// The request failed.
    case error
    /// The provider said something else.
    case unknown
}

/// Why a conversation is summarised.
package enum CompactionReason: String, Codable, Sendable { case auto, manual }

/// When a prompt joins: `steer` before the next request of the running execution, `queue` after it.
package enum Delivery: String, Codable, Sendable { case steer, queue }

/// Who ended an execution.
package enum InterruptReason: String, Codable, Sendable { case user, shutdown, superseded, inactivity }

/// What overhead was spent on.
package enum UsageSource: String, Codable, Sendable { case title, compaction, sampling }

/// An answer to an ask.
package enum PermissionReplyKind: String, Codable, Sendable { case once, always, reject }

/// What a rule says.
package enum PermissionEffect: String, Codable, Sendable { case allow, deny, ask }

/// The state of a shell command.
package enum ShellStatus: String, Codable, Sendable { case running, exited, timeout, killed }

/// How an execution ended.
package enum Outcome: String, Codable, Sendable { case succeeded, failed, interrupted }

/// What happened to a file in a diff.
package enum FileChangeStatus: String, Codable, Sendable { case added, deleted, modified }

/// What a watcher saw happen to a file.
package enum FileChangeKind: String, Codable, Sendable { case add, change, unlink }

/// The kind of a note.
package enum ToastVariant: String, Codable, Sendable { case info, success, warning, error }

/// When things happened to a project, in Unix ms.
package struct ProjectTime: Codable, Sendable, Equatable {
    /// When it was first seen.
    package var created: Int64
    /// When it last changed.
    package var updated: Int64
    /// When somebody last worked in it.
    package var active: Int64
    /// When it was archived.
    package var archived: Int64?

    /// Times in Unix ms.
    package init(created: Int64, updated: Int64, active: Int64, archived: Int64? = nil) {
        self.created = created
        self.updated = updated
        self.active = active
        self.archived = archived
    }
}

/// Counts that we add to a session.
package struct SessionUsage: Codable, Sendable, Equatable {
    /// Answered model requests.
    package var requests: Int

    /// The value with these members; nothing is checked.
    package init(requests: Int) { self.requests = requests }
}

/// Where a forked session comes from.
package struct SessionOrigin: Codable, Sendable, Equatable {
    /// The origin.
    package var sessionID: String
    /// Nil for a fork of the whole session.
    package var messageID: String?

    /// The value with these members; nothing is checked.
    package init(sessionID: String, messageID: String? = nil) {
        self.sessionID = sessionID
        self.messageID = messageID
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sessionID, forKey: .sessionID)
        try container.encode(messageID, forKey: .messageID)
    }
}

/// A session's public copy.
package struct SessionShare: Codable, Sendable, Equatable {
    /// The public address; readable without a credential.
    package var url: String

    /// The value with these members; nothing is checked.
    package init(url: String) { self.url = url }
}

extension TokenUsage {
    /// No tokens.
    package static let zero = TokenUsage(input: 0, output: 0, reasoning: 0, cache: TokenCache(read: 0, write: 0))

    /// The sum; it saturates instead of overflowing.
    package static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(
            input: saturated(left.input, right.input), output: saturated(left.output, right.output),
            reasoning: saturated(left.reasoning, right.reasoning),
            cache: TokenCache(
                read: saturated(left.cache.read, right.cache.read),
                write: saturated(left.cache.write, right.cache.write)))
    }

    private static func saturated(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (right < 0 ? .min : .max) : sum
    }
}
