import Configuration
import Git
import Logging
package import Permissions
import Providers
package import Schema
import Sessions
import Support
import SystemPackage
import Tools

/// A prompt to be executed.
package struct PromptInput: Sendable {
    /// The session, which must exist.
    package var sessionID: String
    /// What the user wrote; may be empty only when there are files.
    package var text: String
    /// Attachments.
    package var files: [PromptFile]
    /// Switches the session's model when it differs.
    package var model: ModelRef?
    /// Switches the session's agent when it differs.
    package var agent: String?
    /// At most this many model requests; nil = the agent's limit.
    package var maxSteps: Int?
    /// The message's id; nil = a fresh one.
    package var messageID: String?
    /// What happens to asks; nil = the default of the permission service.
    package var onAsk: AskPolicy?
    /// True: the execution only summarises the conversation.
    package var isCompaction = false

    package init(
        sessionID: String, text: String, files: [PromptFile] = [], model: ModelRef? = nil, agent: String? = nil,
        maxSteps: Int? = nil, messageID: String? = nil, onAsk: AskPolicy? = nil
    ) {
        self.sessionID = sessionID
        self.text = text
        self.files = files
        self.model = model
        self.agent = agent
        self.maxSteps = maxSteps
        self.messageID = messageID
        self.onAsk = onAsk
    }
}

/// Token and money counts of some model requests.
package struct Spending: Sendable, Equatable {
    package var tokens = TokenUsage.zero
    /// USD.
    package var cost = 0.0
    /// How many model requests were answered.
    package var requests = 0

    package init() {}

    package mutating func add(_ usage: TokenUsage, cost: Double) {
        tokens = tokens + usage
        self.cost += cost
        requests += 1
    }

    package mutating func add(_ other: Spending) {
        tokens = tokens + other.tokens
        cost += other.cost
        requests += other.requests
    }
}

/// What one execution came to.
package struct ExecutionResult: Sendable {
    /// How it ended.
    package enum Outcome: String, Sendable { case succeeded, failed, interrupted }

    /// One tool call of the execution.
    package struct ToolCallSummary: Sendable, Equatable {
        package var id: String
        package var name: String
        /// `completed`, `error` or `denied`.
        package var status: String
    }

    package var sessionID: String
    package var outcome: Outcome
    /// The last assistant message, "" when there is none.
    package var messageID = ""
    /// The text of the last assistant message.
    package var text = ""
    package var finish: FinishReason?
    /// Model requests of the loop, without subagents.
    package var steps = 0
    package var toolCalls: [ToolCallSummary] = []
    /// The work, subagents included.
    package var spending = Spending()
    /// Titles and compaction.
    package var overhead = Spending()
    /// Why it failed.
    package var error: StructuredError?
    /// True when a call was denied or an ask stayed unanswered.
    package var hadDenials = false
    /// What was denied, subagents included; the first 100.
    package var denials: [PermissionDenied] = []

    package init(sessionID: String, outcome: Outcome) {
        self.sessionID = sessionID
        self.outcome = outcome
    }
}

/// Errors of the agent layer that keep a prompt from being executed, or end an execution.
package struct AgentError: AppError {
    /// What went wrong.
    package enum Code: String, Sendable {
        /// No such agent.
        case agentNotFound
        /// The model cannot be resolved.
        case modelNotFound
        /// No key for the model's provider.
        case authentication
        /// Text and files are both missing, or another field is wrong.
        case invalidPrompt
        /// Another execution holds the session.
        case busy
        /// The step limit was reached.
        case stepLimit
        /// The agent repeated itself.
        case loop
        /// The provider failed for good.
        case provider
        /// The conversation does not fit and cannot be summarised further.
        case contextOverflow
        /// The session store failed.
        case storage
        /// The task was cancelled.
        case interrupted
    }

    package var kind: Code
    package var message: String
    package var metadata: [String: String] = [:]
    package var underlying: (any Error)?
    /// The error as it is stored in the session.
    package var structured: StructuredError

    package var code: String { kind.rawValue }

    package init(_ kind: Code, _ message: String, type: String? = nil, underlying: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.underlying = underlying
        structured = StructuredError(type: type ?? "\(kind.rawValue)Error", message: message)
    }
}
