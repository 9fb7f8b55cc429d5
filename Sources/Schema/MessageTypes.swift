package import Support

/// A prompt. 2.1's `SessionMessageUser`.
package struct UserMessage: Codable, Sendable, Equatable {
    /// Always `user`.
    package private(set) var type = "user"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The text.
    package var text: String
    /// Attached files.
    package var files: [PromptFile]?
    /// Mentioned agents.
    package var agents: [PromptAgent]?
    /// Used skills.
    package var skills: [PromptSkill]?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, text: String, files: [PromptFile]? = nil,
        agents: [PromptAgent]? = nil, skills: [PromptSkill]? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.text = text
        self.files = files
        self.agents = agents
        self.skills = skills
    }
}

/// One model request of a session, its answer and what its tools did. 2.1's `SessionMessageAssistant`.
package struct AssistantMessage: Codable, Sendable, Equatable {
    /// Always `assistant`.
    package private(set) var type = "assistant"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When things happened.
    package var time: AssistantTime
    /// The agent that asked.
    package var agent: String
    /// The model that answered.
    package var model: ModelRef
    /// The parts of the answer, in order.
    package var content: [ContentItem]
    /// The files around the step.
    package var snapshot: AssistantSnapshot?
    /// Why the model stopped; nil while it runs.
    package var finish: FinishReason?
    /// The provider's own word for `finish`.
    package var rawFinish: String?
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// What it cost, in USD.
    package var cost: Double?
    /// What it took.
    package var tokens: TokenUsage?
    /// Why it failed.
    package var error: StructuredError?
    /// The retry that is under way.
    package var retry: AssistantRetry?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: AssistantTime, agent: String, model: ModelRef,
        content: [ContentItem], snapshot: AssistantSnapshot? = nil, finish: FinishReason? = nil,
        rawFinish: String? = nil, native: JSON? = nil, cost: Double? = nil, tokens: TokenUsage? = nil,
        error: StructuredError? = nil, retry: AssistantRetry? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.agent = agent
        self.model = model
        self.content = content
        self.snapshot = snapshot
        self.finish = finish
        self.rawFinish = rawFinish
        self.native = native
        self.cost = cost
        self.tokens = tokens
        self.error = error
        self.retry = retry
    }
}

/// Text that a program put into the conversation; a model reads it as the user's. 2.1's `SessionMessageSynthetic`.
package struct SyntheticMessage: Codable, Sendable, Equatable {
    /// Always `synthetic`.
    package private(set) var type = "synthetic"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The text for the model.
    package var text: String
    /// What people see instead.
    package var description: String?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, text: String, description: String? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.text = text
        self.description = description
    }
}

/// A change of the instructions in the middle of a session. 2.1's `SessionMessageSystem`.
package struct SystemMessage: Codable, Sendable, Equatable {
    /// Always `system`.
    package private(set) var type = "system"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The text for the model.
    package var text: String
    /// What people see instead.
    package var description: String?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, text: String, description: String? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.text = text
        self.description = description
    }
}

/// An activated skill. 2.1's `SessionMessageSkill`.
package struct SkillMessage: Codable, Sendable, Equatable {
    /// Always `skill`.
    package private(set) var type = "skill"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The skill's id.
    package var skill: String
    /// The skill's name.
    package var name: String
    /// The skill's text.
    package var text: String

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, skill: String, name: String, text: String
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.skill = skill
        self.name = name
        self.text = text
    }
}

/// A command that the user ran in the session. 2.1's `SessionMessageShell`.
package struct ShellMessage: Codable, Sendable, Equatable {
    /// Always `shell`.
    package private(set) var type = "shell"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When things happened.
    package var time: ShellMessageTime
    /// `sh_…`
    package var shellID: String
    /// The command line.
    package var command: String
    /// How far it is.
    package var status: ShellStatus
    /// The exit code.
    package var exit: Int?
    /// What it printed.
    package var output: ShellOutput?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: ShellMessageTime, shellID: String, command: String,
        status: ShellStatus, exit: Int? = nil, output: ShellOutput? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.shellID = shellID
        self.command = command
        self.status = status
        self.exit = exit
        self.output = output
    }
}

/// Another agent was selected. 2.1's `SessionMessageAgentSelected`.
package struct AgentSwitchedMessage: Codable, Sendable, Equatable {
    /// Always `agent-switched`.
    package private(set) var type = "agent-switched"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The agent from now on.
    package var agent: String
    /// The agent before.
    package var previous: String?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, agent: String, previous: String? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.agent = agent
        self.previous = previous
    }
}

/// Another model was selected. 2.1's `SessionMessageModelSelected`.
package struct ModelSwitchedMessage: Codable, Sendable, Equatable {
    /// Always `model-switched`.
    package private(set) var type = "model-switched"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The model from now on.
    package var model: ModelRef
    /// The model before.
    package var previous: ModelRef?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, model: ModelRef, previous: ModelRef? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.model = model
        self.previous = previous
    }
}

/// The session moved to another directory. 2.1's `SessionMessageLocationSwitched`.
package struct LocationSwitchedMessage: Codable, Sendable, Equatable {
    /// Always `location-switched`.
    package private(set) var type = "location-switched"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// The project of the new directory.
    package var projectID: String?
    /// The part of the directory below its project.
    package var subpath: String?
    /// The new directory.
    package var location: LocationPublicRef
    /// Where the session was.
    package var previous: PreviousLocation?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, projectID: String? = nil, subpath: String? = nil,
        location: LocationPublicRef, previous: PreviousLocation? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.projectID = projectID
        self.subpath = subpath
        self.location = location
        self.previous = previous
    }
}

/// The end of an execution. 2.1's `SessionMessageIdle`.
package struct IdleMessage: Codable, Sendable, Equatable {
    /// Always `idle`.
    package private(set) var type = "idle"
    /// `msg_…`
    package var id: String
    /// Free data: an object.
    package var metadata: JSON?
    /// When it was created.
    package var time: MessageTime
    /// How it ended.
    package var outcome: Outcome
    /// Why it failed.
    package var error: StructuredError?

    /// The value with these members; nothing is checked.
    package init(
        id: String, metadata: JSON? = nil, time: MessageTime, outcome: Outcome, error: StructuredError? = nil
    ) {
        self.id = id
        self.metadata = metadata
        self.time = time
        self.outcome = outcome
        self.error = error
    }
}
