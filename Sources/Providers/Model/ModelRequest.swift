package import Schema
package import Support

/// Everything that one request to a model consists of, independent of the provider's wire format.
///
/// The value is complete: two equal requests give byte-identical bodies. Nothing in it is secret; keys are added by
/// `ModelClient` as headers only.
package struct ModelRequest: Sendable {
    /// Who answers, and by which route.
    package var model: ModelSpec
    /// The system prompt in blocks; empty blocks are left out.
    package var system: [String]
    /// The conversation, oldest first. Each tool call is answered in the tool message directly after it.
    package var messages: [ModelMessage]
    /// The tools on offer, in the order in which they are sent; empty = none.
    package var tools: [ToolSpec]
    /// The largest answer in tokens. Always sent, cut to what the model and its context can give.
    package var maxOutputTokens: Int
    /// Nil leaves it to the provider; never sent to a model that does not take it.
    package var temperature: Double?
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`; nil leaves it to the provider.
    package var reasoningEffort: String?
    /// Whether the model may, must or must not call a tool.
    package var toolChoice: ToolChoice
    /// True marks system prompt, tools and the last two user messages as cacheable where the protocol has markers.
    package var cacheBreakpoints: Bool
    /// Sent as cache key to providers that route by it; no content.
    package var sessionID: String

    package init(
        model: ModelSpec, system: [String] = [], messages: [ModelMessage], tools: [ToolSpec] = [],
        maxOutputTokens: Int? = nil, temperature: Double? = nil, reasoningEffort: String? = nil,
        toolChoice: ToolChoice = .auto, cacheBreakpoints: Bool = true, sessionID: String = ""
    ) {
        self.model = model
        self.system = system
        self.messages = messages
        self.tools = tools
        self.maxOutputTokens = maxOutputTokens ?? model.defaultOutputTokens
        self.temperature = temperature
        self.reasoningEffort = reasoningEffort
        self.toolChoice = toolChoice
        self.cacheBreakpoints = cacheBreakpoints
        self.sessionID = sessionID
    }

    /// System blocks that have content.
    var systemBlocks: [String] { system.filter { !$0.isEmpty } }

    /// The names of tools that the conversation calls, in order of first use: some protocols refuse calls of tools that
    /// the request does not define.
    var calledToolNames: [String] {
        var names: [String] = []
        for message in messages {
            for case .toolCall(_, let name, _) in message.content where !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// One message of a conversation.
package struct ModelMessage: Sendable, Equatable {
    /// Who speaks. Tool results go back in role `tool`, whatever the wire calls it.
    package enum Role: String, Sendable { case user, assistant, tool }

    package var role: Role
    package var content: [ModelContent]

    package init(role: Role, content: [ModelContent]) {
        self.role = role
        self.content = content
    }
}

/// One piece of a message.
package enum ModelContent: Sendable, Equatable {
    case text(String)
    /// What the model thought. `native` is what `ModelEvent.reasoningEnd` gave; only the protocol that made it sends it back.
    case reasoning(text: String, native: JSON?)
    case image(mime: String, base64: String)
    /// A document such as a PDF.
    case file(mime: String, name: String, base64: String)
    case toolCall(id: String, name: String, input: JSON)
    /// `content` takes text and files whose uri is a `data:` URL with base64.
    case toolResult(callID: String, name: String, content: [ToolContent], isError: Bool)
}

/// A tool as a model sees it.
package struct ToolSpec: Sendable, Equatable {
    /// 1…64 characters of `[A-Za-z0-9_-]`; anything else is replaced on the wire and restored in the answer.
    package var name: String
    package var description: String
    /// A JSON Schema of type object; sent with its keys in the given order.
    package var inputSchema: JSON

    package init(name: String, description: String, inputSchema: JSON) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}

/// Whether the model may call tools.
package enum ToolChoice: Sendable, Equatable {
    case auto
    case required
    case none
    case named(String)
}
