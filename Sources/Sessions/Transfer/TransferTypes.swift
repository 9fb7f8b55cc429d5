package import Schema
import Support

/// The formats that sessions are read from.
package enum TransferFormat: String, Sendable, CaseIterable {
    /// Ours: 2.1's `SessionTransferData` with an envelope, as one document or as lines.
    case codetether
    /// OpenCode 2.1 `SessionTransferData`.
    case opencode
    /// OpenCode 1.x: exports, and the data of its shares.
    case opencode1 = "opencode-1"
    /// A transcript of Claude Code, JSONL.
    case claudeCode = "claude-code"
    /// A rollout of Codex, JSONL.
    case codex
    /// A session file of codetether 0.1.5.
    case codetether01 = "codetether-0.1"
}

/// A message outside the store.
package struct TransferMessage: Sendable, Equatable {
    /// The message.
    package var message: SessionMessage
    /// Reverted: kept, but not part of the conversation any more.
    package var isSuperseded: Bool
    /// The part from which on the message is reverted; nil = none of it, or all.
    package var supersededFrom: String?

    /// The value with these members; nothing is checked.
    package init(_ message: SessionMessage, isSuperseded: Bool = false, supersededFrom: String? = nil) {
        self.message = message
        self.isSuperseded = isSuperseded
        self.supersededFrom = supersededFrom
    }
}

extension TransferMessage {
    /// What puts it into a session.
    func event(of sessionID: String) -> EventPayload {
        .sessionMessageAdded(
            .init(
                sessionID: sessionID, message: message, superseded: isSuperseded ? true : nil,
                supersededFrom: supersededFrom))
    }
}

/// A session outside the store, with the ids of where it comes from.
package struct TransferSession: Sendable, Equatable {
    /// What lists show of it.
    package var info: SessionInfo
    /// Oldest first.
    package var messages: [TransferMessage]
    /// The sessions that its agents started.
    package var children: [TransferSession]

    /// The value with these members; nothing is checked.
    package init(info: SessionInfo, messages: [TransferMessage], children: [TransferSession] = []) {
        self.info = info
        self.messages = messages
        self.children = children
    }

    /// How many sessions these are.
    package var count: Int { children.reduce(1) { $0 + $1.count } }
}

/// What a file holds.
package struct TransferDocument: Sendable, Equatable {
    /// The format it was read from.
    package var format: TransferFormat
    /// The session, with those below it.
    package var session: TransferSession
    /// Sentences about what could not be taken over, or was repaired.
    package var warnings: [String]

    /// The value with these members; nothing is checked.
    package init(format: TransferFormat, session: TransferSession, warnings: [String] = []) {
        self.format = format
        self.session = session
        self.warnings = warnings
    }
}

/// Why a file is no session that can be imported. Nothing was changed.
package struct TransferError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// The bytes are no session; `path` says where.
        case malformed
        /// More bytes than the limit.
        case tooLarge
        /// The session is there already.
        case conflict
    }

    /// The class of the failure.
    package var kind: Kind
    /// Where in the document, as `$.messages[2].time`; nil when it is no place in it.
    package var path: String?
    /// Whole sentences with the value and the next step.
    package var message: String

    /// The class as a stable name.
    package var code: String { "transfer.\(kind.rawValue)" }
    /// The path, when there is one.
    package var metadata: [String: String] { path.map { ["path": $0] } ?? [:] }

    /// The value with these members; nothing is checked.
    package init(_ kind: Kind, path: String? = nil, _ message: String) {
        self.kind = kind
        self.path = path
        self.message = message
    }
}
