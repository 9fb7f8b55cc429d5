package import Schema
package import Support

/// An argument of a command.
package struct CommandArgument: Sendable, Equatable {
    package var name: String
    /// In the words of who offers the command: not to be trusted.
    package var description: String?
    package var isRequired: Bool

    /// The value with these members.
    package init(name: String, description: String? = nil, isRequired: Bool = false) {
        self.name = name
        self.description = description
        self.isRequired = isRequired
    }
}

/// A command of a catalogue: what it is called and what it takes.
package struct CommandDefinition: Sendable, Equatable {
    /// Where it comes from.
    package enum Origin: Sendable, Equatable {
        /// The prompt of an MCP server.
        case mcp(server: String, prompt: String)

        /// `mcp`
        package var word: String {
            switch self {
            case .mcp: "mcp"
            }
        }
    }

    /// `<server>:<prompt>` for prompts of MCP servers. At most 256 bytes, nothing invisible in it.
    package var name: String
    /// In the words of who offers it: not to be trusted.
    package var description: String?
    /// In the order in which they are given by position.
    package var arguments: [CommandArgument]
    package var origin: Origin

    /// The value with these members.
    package init(name: String, description: String?, arguments: [CommandArgument], origin: Origin) {
        self.name = name
        self.description = description
        self.arguments = arguments
        self.origin = origin
    }

    /// 2.1's `CommandInfo`, with `source` and `arguments` beside its own members.
    package var json: JSON {
        var object: JSONObject = ["name": .string(name), "source": .string(origin.word)]
        object["description"] = description.map { .string($0) }
        object["arguments"] = .array(
            arguments.map { argument in
                var row: JSONObject = ["name": .string(argument.name), "required": .bool(argument.isRequired)]
                row["description"] = argument.description.map { .string($0) }
                return .object(row)
            })
        return .object(object)
    }
}

/// What a command became: the text and the attachments of a user message.
package struct CommandMessage: Sendable, Equatable {
    /// At most 1 MiB; empty only when there are files.
    package var text: String
    /// At most 64, 20 MiB together.
    package var files: [PromptFile]

    /// The value with these members.
    package init(text: String, files: [PromptFile] = []) {
        self.text = text
        self.files = files
    }
}

/// Why a command did not become a message. Failures of an MCP server are thrown as what they are.
package struct CommandError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: Sendable {
        /// No command of that name: exit 66.
        case notFound
        /// The arguments are not right: exit 64.
        case usage
        /// What was offered cannot be used.
        case failed
    }

    package var kind: Kind
    package var message: String

    /// The value with these members.
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The name in JSON output and HTTP bodies.
    package var code: String {
        switch kind {
        case .notFound: "CommandNotFoundError"
        case .usage: "CommandArgumentError"
        case .failed: "CommandExecutionError"
        }
    }
}
