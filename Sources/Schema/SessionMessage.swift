package import Support

/// A message of a session; OpenCode 2.1's `SessionMessageInfo`.
package enum SessionMessage: Sendable, Equatable {
    /// A prompt.
    case user(UserMessage)
    /// A model's answer with its tool calls.
    case assistant(AssistantMessage)
    /// Text of a program.
    case synthetic(SyntheticMessage)
    /// A change of the instructions.
    case system(SystemMessage)
    /// An activated skill.
    case skill(SkillMessage)
    /// A command that the user ran.
    case shell(ShellMessage)
    /// Another agent was selected.
    case agentSwitched(AgentSwitchedMessage)
    /// Another model was selected.
    case modelSwitched(ModelSwitchedMessage)
    /// The session moved.
    case locationSwitched(LocationSwitchedMessage)
    /// A summary of everything before it.
    case compaction(CompactionMessage)
    /// The end of an execution.
    case idle(IdleMessage)
    /// A message of a type that this version does not know; kept as it is.
    case unknown(JSON)

    /// The value of the member `type`, "" when an unknown one has none.
    package var type: String {
        switch self {
        case .user: "user"
        case .assistant: "assistant"
        case .synthetic: "synthetic"
        case .system: "system"
        case .skill: "skill"
        case .shell: "shell"
        case .agentSwitched: "agent-switched"
        case .modelSwitched: "model-switched"
        case .locationSwitched: "location-switched"
        case .compaction: "compaction"
        case .idle: "idle"
        case .unknown(let json): json["type"]?.stringValue ?? ""
        }
    }

    /// The message's id, "" when an unknown one has none.
    package var id: String {
        switch self {
        case .user(let message): message.id
        case .assistant(let message): message.id
        case .synthetic(let message): message.id
        case .system(let message): message.id
        case .skill(let message): message.id
        case .shell(let message): message.id
        case .agentSwitched(let message): message.id
        case .modelSwitched(let message): message.id
        case .locationSwitched(let message): message.id
        case .compaction(let message): message.id
        case .idle(let message): message.id
        case .unknown(let json): json["id"]?.stringValue ?? ""
        }
    }
}

/// A summary that stands for everything before it.
package struct CompactionMessage: Codable, Sendable, Equatable {
    /// How far the summary is.
    package enum Status: String, Codable, Sendable { case running, completed, failed }

    /// The discriminator.
    package private(set) var type = "compaction"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// How far it is.
    package var status: Status
    /// Who asked for it.
    package var reason: CompactionReason
    /// The model that wrote it; only when completed.
    package var model: ModelRef?
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// The summary: so far when running, whole when completed, nil when failed.
    package var summary: String?
    /// Why it failed; only when failed.
    package var error: StructuredError?
    /// What it cost, in USD.
    package var cost: Double?
    /// What it took.
    package var tokens: TokenUsage?

    /// The value with these members; nothing is checked.
    package init(
        id: String, time: MessageTime, status: Status, reason: CompactionReason, model: ModelRef? = nil,
        native: JSON? = nil, summary: String? = nil, error: StructuredError? = nil, cost: Double? = nil,
        tokens: TokenUsage? = nil
    ) {
        self.id = id
        self.time = time
        self.status = status
        self.reason = reason
        self.model = model
        self.native = native
        self.summary = summary
        self.error = error
        self.cost = cost
        self.tokens = tokens
    }
}

extension SessionMessage: Codable {
    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        switch json["type"]?.stringValue {
        case "user": self = .user(try UserMessage(from: decoder))
        case "assistant": self = .assistant(try AssistantMessage(from: decoder))
        case "synthetic": self = .synthetic(try SyntheticMessage(from: decoder))
        case "system": self = .system(try SystemMessage(from: decoder))
        case "skill": self = .skill(try SkillMessage(from: decoder))
        case "shell": self = .shell(try ShellMessage(from: decoder))
        case "agent-switched": self = .agentSwitched(try AgentSwitchedMessage(from: decoder))
        case "model-switched": self = .modelSwitched(try ModelSwitchedMessage(from: decoder))
        case "location-switched": self = .locationSwitched(try LocationSwitchedMessage(from: decoder))
        case "compaction":
            let isKnown = CompactionMessage.Status(rawValue: json["status"]?.stringValue ?? "") != nil
            self = isKnown ? .compaction(try CompactionMessage(from: decoder)) : .unknown(json)
        case "idle": self = .idle(try IdleMessage(from: decoder))
        default: self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .user(let message): try message.encode(to: encoder)
        case .assistant(let message): try message.encode(to: encoder)
        case .synthetic(let message): try message.encode(to: encoder)
        case .system(let message): try message.encode(to: encoder)
        case .skill(let message): try message.encode(to: encoder)
        case .shell(let message): try message.encode(to: encoder)
        case .agentSwitched(let message): try message.encode(to: encoder)
        case .modelSwitched(let message): try message.encode(to: encoder)
        case .locationSwitched(let message): try message.encode(to: encoder)
        case .compaction(let message): try message.encode(to: encoder)
        case .idle(let message): try message.encode(to: encoder)
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}
