package import Support

/// A request as the scripted server received it.
package struct RecordedRequest: Sendable {
    /// Place among all requests, from 0.
    package let index: Int
    package let wire: ModelProtocol
    package let path: String
    package let query: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// The body parsed; `null` when it is not JSON.
    package let json: JSON
    /// The conversation in it, the same shape for every protocol.
    package let conversation: Conversation

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// Value of a header, its name in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The tools offered, name and input schema, in their order.
    package var tools: [(name: String, schema: JSON)] { conversation.tools }
    package var toolNames: [String] { conversation.tools.map(\.name) }
    /// System prompt, all parts joined.
    package var system: String { conversation.system }
    /// The messages, without the system prompt.
    package var turns: [Conversation.Turn] { conversation.turns }
    /// What the tools answered, in order.
    package var toolResults: [(id: String?, name: String?, text: String)] {
        turns.flatMap(\.items).compactMap { item in
            if case .result(let id, let name, let text) = item { (id, name, text) } else { nil }
        }
    }
    /// Everything the user wrote, in order.
    package var userTexts: [String] { texts(of: "user") }
    /// Everything the model wrote, in order.
    package var assistantTexts: [String] { texts(of: "assistant") }

    private func texts(of role: String) -> [String] {
        turns.filter { $0.role == role }.flatMap(\.items).compactMap { item in
            if case .text(let text) = item { text } else { nil }
        }
    }
}

/// The messages of a request in one shape for all protocols, read from the raw JSON without the code under test.
package struct Conversation: Sendable {
    /// One thing in a message.
    package enum Item: Sendable {
        case text(String)
        /// A tool call; `arguments` is nil when they are not a JSON object.
        case call(id: String?, name: String, arguments: JSON?)
        case result(id: String?, name: String?, text: String)
        /// Images, reasoning and so on, by the wire's type name.
        case other(String)
    }

    /// One message: `user`, `assistant` or `tool`, or what the wire says when it is none of these.
    package struct Turn: Sendable {
        package var role: String
        package var items: [Item]
    }

    package var system = ""
    package var turns: [Turn] = []
    package var tools: [(name: String, schema: JSON)] = []
    /// Sentences about what could not be read.
    package var problems: [String] = []

    mutating func add(_ role: String, _ item: Item, merging: Bool = false) {
        if merging, let last = turns.indices.last, turns[last].role == role {
            turns[last].items.append(item)
        } else {
            turns.append(Turn(role: role, items: [item]))
        }
    }

    mutating func addSystem(_ text: String) { system += system.isEmpty ? text : "\n" + text }
}
