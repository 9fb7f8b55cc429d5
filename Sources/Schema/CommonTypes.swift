package import Support

/// What a permission request is about. 2.1's `PermissionSource`.
package struct PermissionSource: Codable, Sendable, Equatable {
    /// Always `tool`.
    package private(set) var type = "tool"
    /// The assistant message.
    package var messageID: String
    /// The call id.
    package var id: String

    /// The value with these members; nothing is checked.
    package init(messageID: String, id: String) {
        self.messageID = messageID
        self.id = id
    }
}

/// A terminal. 2.1's `Pty`.
package struct Pty: Codable, Sendable, Equatable {
    /// `pty_…`
    package var id: String
    /// The title.
    package var title: String
    /// The program.
    package var command: String
    /// Its arguments.
    package var args: [String]
    /// Its directory.
    package var cwd: String
    /// Whether it runs.
    package var status: String
    /// Its process.
    package var pid: Int
    /// Its exit code, once it exited; 128 and the signal's number when one ended it.
    package var exitCode: Int?
    /// The signal that ended it. Ours.
    package var signal: Int?
    /// Bytes of output so far. Ours.
    package var cursor: Int64?

    /// The value with these members; nothing is checked.
    package init(
        id: String, title: String, command: String, args: [String], cwd: String, status: String, pid: Int,
        exitCode: Int? = nil, signal: Int? = nil, cursor: Int64? = nil
    ) {
        self.id = id
        self.title = title
        self.command = command
        self.args = args
        self.cwd = cwd
        self.status = status
        self.pid = pid
        self.exitCode = exitCode
        self.signal = signal
        self.cursor = cursor
    }
}

/// A model by its provider's name for it. 2.1's `ModelRef`.
package struct ModelRef: Codable, Sendable, Equatable {
    /// The model's id at its provider.
    package var id: String
    /// The provider's id.
    package var providerID: String
    /// A named variant (reasoning effort and the like) of the model.
    package var variant: String?

    /// The value with these members; nothing is checked.
    package init(id: String, providerID: String, variant: String? = nil) {
        self.id = id
        self.providerID = providerID
        self.variant = variant
    }
}

/// Tokens that a model request, or a sum of them, took. 2.1's `TokenUsageInfo`.
package struct TokenUsage: Codable, Sendable, Equatable {
    /// Input tokens that were neither read from nor written to the cache.
    package var input: Int
    /// Output tokens without reasoning.
    package var output: Int
    /// Reasoning tokens.
    package var reasoning: Int
    /// Cache traffic.
    package var cache: TokenCache

    /// The value with these members; nothing is checked.
    package init(input: Int, output: Int, reasoning: Int, cache: TokenCache) {
        self.input = input
        self.output = output
        self.reasoning = reasoning
        self.cache = cache
    }
}

/// An error as messages and events keep it. 2.1's `SessionStructuredError`.
package struct StructuredError: Codable, Sendable, Equatable {
    /// The name of the error, such as `ProviderAuthError`.
    package var type: String
    /// Whole sentences for people.
    package var message: String
    /// The HTTP status, where there was one.
    package var status: Int?
    /// The provider's answer, where there was one.
    package var response: ErrorResponse?
    /// How long the provider asked to wait, in ms.
    package var retryAfterMs: Int?

    /// The value with these members; nothing is checked.
    package init(
        type: String, message: String, status: Int? = nil, response: ErrorResponse? = nil,
        retryAfterMs: Int? = nil
    ) {
        self.type = type
        self.message = message
        self.status = status
        self.response = response
        self.retryAfterMs = retryAfterMs
    }
}

/// Where something happens. 2.1's `LocationRef`.
package struct LocationRef: Codable, Sendable, Equatable {
    /// An absolute directory.
    package var directory: String
    /// The workspace, where the server has more than one.
    package var workspaceID: String?

    /// The value with these members; nothing is checked.
    package init(directory: String, workspaceID: String? = nil) {
        self.directory = directory
        self.workspaceID = workspaceID
    }
}

/// One permission rule of a session or an agent. 2.1's `PermissionRule`.
package struct PermissionRule: Codable, Sendable, Equatable {
    /// The permission's name, or a wildcard.
    package var action: String
    /// The pattern of the resource.
    package var resource: String
    /// What to do when both match.
    package var effect: PermissionEffect

    /// The value with these members; nothing is checked.
    package init(action: String, resource: String, effect: PermissionEffect) {
        self.action = action
        self.resource = resource
        self.effect = effect
    }
}

/// A command that runs beside the model's tools. 2.1's `ShellInfo`.
package struct ShellInfo: Codable, Sendable, Equatable {
    /// `sh_…`
    package var id: String
    /// How far it is.
    package var status: ShellStatus
    /// The command line.
    package var command: String
    /// Its directory.
    package var cwd: String
    /// The shell that runs it.
    package var shell: String
    /// The file that has its output.
    package var file: String
    /// Its process.
    package var pid: Int?
    /// Its exit code.
    package var exit: Int?
    /// The signal that ended it.
    package var signal: String?
    /// Free data: an object.
    package var metadata: JSON
    /// When it ran.
    package var time: ShellInfoTime

    /// The value with these members; nothing is checked.
    package init(
        id: String, status: ShellStatus, command: String, cwd: String, shell: String, file: String,
        pid: Int? = nil, exit: Int? = nil, signal: String? = nil, metadata: JSON, time: ShellInfoTime
    ) {
        self.id = id
        self.status = status
        self.command = command
        self.cwd = cwd
        self.shell = shell
        self.file = file
        self.pid = pid
        self.exit = exit
        self.signal = signal
        self.metadata = metadata
        self.time = time
    }
}

/// A request to decide about a tool call, while it is open. 2.1's `PermissionRequest`.
package struct PermissionRequest: Codable, Sendable, Equatable {
    /// `per_…`
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

    /// The value with these members; nothing is checked.
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

/// The change of one file. 2.1's `FileDiffInfo`.
package struct FileDiffInfo: Codable, Sendable, Equatable {
    /// The path below the workspace.
    package var file: String
    /// The unified diff.
    package var patch: String
    /// Lines added.
    package var additions: Int
    /// Lines deleted.
    package var deletions: Int
    /// What happened to the file.
    package var status: FileChangeStatus

    /// The value with these members; nothing is checked.
    package init(file: String, patch: String, additions: Int, deletions: Int, status: FileChangeStatus) {
        self.file = file
        self.patch = patch
        self.additions = additions
        self.deletions = deletions
        self.status = status
    }
}

/// Prompt-cache traffic. 2.1's `TokenUsageInfoCache`.
package struct TokenCache: Codable, Sendable, Equatable {
    /// Input tokens that were read from the provider's cache.
    package var read: Int
    /// Input tokens that were written to it.
    package var write: Int

    /// The value with these members; nothing is checked.
    package init(read: Int, write: Int) {
        self.read = read
        self.write = write
    }
}

/// What the server answered. 2.1's `SessionStructuredErrorResponse`.
package struct ErrorResponse: Codable, Sendable, Equatable {
    /// The body of the answer; hostile text.
    package var body: String

    /// The value with these members; nothing is checked.
    package init(body: String) {
        self.body = body
    }
}

/// When it ran, in Unix ms. 2.1's `ShellInfoTime`.
package struct ShellInfoTime: Codable, Sendable, Equatable {
    /// When it was started.
    package var started: Int64
    /// When it ended.
    package var completed: Int64?

    /// The value with these members; nothing is checked.
    package init(started: Int64, completed: Int64? = nil) {
        self.started = started
        self.completed = completed
    }
}

/// A directory as clients see it. 2.1's `LocationPublicRef`.
package struct LocationPublicRef: Codable, Sendable, Equatable {
    /// An absolute directory.
    package var directory: String

    /// The value with these members; nothing is checked.
    package init(directory: String) {
        self.directory = directory
    }
}

/// A file attached to a prompt. 2.1's `PromptFileAttachment`.
package struct PromptFile: Codable, Sendable, Equatable {
    /// Text, or a base64 data URL for anything else.
    package var data: String
    /// The media type.
    package var mime: String
    /// Where it came from.
    package var source: PromptFileSource
    /// The file's name.
    package var name: String?
    /// What it is.
    package var description: String?
    /// Where the prompt mentions it.
    package var mention: PromptMention?

    /// The value with these members; nothing is checked.
    package init(
        data: String, mime: String, source: PromptFileSource, name: String? = nil, description: String? = nil,
        mention: PromptMention? = nil
    ) {
        self.data = data
        self.mime = mime
        self.source = source
        self.name = name
        self.description = description
        self.mention = mention
    }
}

/// An agent that a prompt mentions. 2.1's `PromptAgentAttachment`.
package struct PromptAgent: Codable, Sendable, Equatable {
    /// The agent's name.
    package var name: String
    /// Where the prompt mentions it.
    package var mention: PromptMention?

    /// The value with these members; nothing is checked.
    package init(name: String, mention: PromptMention? = nil) {
        self.name = name
        self.mention = mention
    }
}

/// A skill that a prompt uses. 2.1's `PromptSkillAttachment`.
package struct PromptSkill: Codable, Sendable, Equatable {
    /// The skill's id.
    package var id: String
    /// The skill's name.
    package var name: String
    /// The skill's text.
    package var text: String?
    /// Where the prompt mentions it.
    package var mention: PromptMention?

    /// The value with these members; nothing is checked.
    package init(id: String, name: String, text: String? = nil, mention: PromptMention? = nil) {
        self.id = id
        self.name = name
        self.text = text
        self.mention = mention
    }
}

/// The place in a prompt's text that stands for an attachment. 2.1's `PromptMention`.
package struct PromptMention: Codable, Sendable, Equatable {
    /// The first character.
    package var start: Int
    /// The character after the last one.
    package var end: Int
    /// The text there.
    package var text: String

    /// The value with these members; nothing is checked.
    package init(start: Int, end: Int, text: String) {
        self.start = start
        self.end = end
        self.text = text
    }
}
