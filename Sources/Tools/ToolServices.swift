package import Support
import Synchronization

/// Fetches web resources.
package protocol WebFetcher: Sendable {
    /// Fetches one resource, following at most 10 redirects. Cancelling closes the connection.
    /// - Throws: `invalidArguments` for an address that is refused, `timeout`, `cancelled`, `failed`.
    func fetch(_ request: WebRequest) async throws(ToolError) -> WebResponse
}

/// Where the `websearch` tool asks: the user's own endpoint.
package struct WebSearchEndpoint: Sendable, Equatable {
    /// Takes `POST {"query","numResults"}` and answers with JSON.
    package var url: String
    /// Sent as a bearer token; nil = none.
    package var key: String?

    /// An endpoint; the address is checked when it is used.
    package init(url: String, key: String? = nil) {
        self.url = url
        self.key = key
    }
}

/// One entry of a todo list.
package struct TodoItem: Sendable, Hashable, Codable {
    /// Where the work stands.
    package enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        case pending
        case inProgress = "in_progress"
        case completed
        case cancelled
    }

    /// How much it matters.
    package enum Priority: String, Sendable, Hashable, Codable, CaseIterable {
        case high
        case medium
        case low
    }

    /// What is to be done; at most 1,000 bytes.
    package var content: String
    /// Where the work stands.
    package var status: Status
    /// How much it matters.
    package var priority: Priority

    /// An item; see the properties.
    package init(content: String, status: Status, priority: Priority = .medium) {
        self.content = content
        self.status = status
        self.priority = priority
    }
}

/// Keeps the todo lists of sessions.
package protocol TodoStore: Sendable {
    /// The list, empty when there is none.
    func todos(sessionID: String) async throws(ToolError) -> [TodoItem]
    /// Replaces the list.
    func replaceTodos(_ items: [TodoItem], sessionID: String) async throws(ToolError)
}

/// Todo lists in memory, of the 1,000 sessions written last.
package final class MemoryTodoStore: TodoStore {
    private static let limit = 1_000
    private struct State {
        var lists: [String: [TodoItem]] = [:]
        var order: [String] = []
    }
    private let state = Mutex(State())

    package init() {}

    package func todos(sessionID: String) async throws(ToolError) -> [TodoItem] {
        state.withLock { $0.lists[sessionID] ?? [] }
    }

    package func replaceTodos(_ items: [TodoItem], sessionID: String) async throws(ToolError) {
        state.withLock { state in
            state.order.removeAll { $0 == sessionID }
            state.order.append(sessionID)
            state.lists[sessionID] = items
            while state.order.count > Self.limit { state.lists[state.order.removeFirst()] = nil }
        }
    }
}

/// A subagent that may be called.
package struct SubagentInfo: Sendable, Equatable {
    /// The agent's name.
    package var name: String
    /// For the model: when to call it.
    package var description: String

    /// A subagent; see the properties.
    package init(name: String, description: String) {
        self.name = name
        self.description = description
    }
}

/// A piece of work for a subagent.
package struct SubagentRequest: Sendable, Equatable {
    /// The subagent's name.
    package var agent: String
    /// All it is told.
    package var prompt: String
    /// A few words for people.
    package var description: String
    /// The session of an earlier call to go on with; nil starts a new one.
    package var taskID: String?

    /// A request; see the properties.
    package init(agent: String, prompt: String, description: String, taskID: String? = nil) {
        self.agent = agent
        self.prompt = prompt
        self.description = description
        self.taskID = taskID
    }
}

/// What a subagent answered.
package struct SubagentResult: Sendable, Equatable {
    /// Its session.
    package var sessionID: String
    /// Its last message.
    package var text: String

    /// An answer; see the properties.
    package init(sessionID: String, text: String) {
        self.sessionID = sessionID
        self.text = text
    }
}

/// Runs subagents.
package protocol SubagentRunner: Sendable {
    /// The agents that may be called, in a fixed order.
    var available: [SubagentInfo] { get }
    /// Runs one to its end; cancelling the task interrupts it.
    func run(_ request: SubagentRequest) async throws(ToolError) -> SubagentResult
}

/// For programs without subagents.
package struct NoSubagents: SubagentRunner {
    package init() {}
    package var available: [SubagentInfo] { [] }
    package func run(_ request: SubagentRequest) async throws(ToolError) -> SubagentResult {
        throw ToolError(.notFound, "There are no subagents here. Do the task yourself.")
    }
}

/// A question for the user.
package struct Question: Sendable, Equatable {
    /// A possible answer.
    package struct Option: Sendable, Equatable {
        /// A few words; it is the answer when chosen.
        package var label: String
        /// What choosing it means.
        package var description: String

        /// An option; see the properties.
        package init(label: String, description: String = "") {
            self.label = label
            self.description = description
        }
    }

    /// The whole question.
    package var question: String
    /// At most 30 bytes, for a tab or a heading.
    package var header: String
    /// At most 10; empty = free text only. Free text is always possible.
    package var options: [Option]
    /// Whether several options may be chosen.
    package var multiple: Bool

    /// A question; see the properties.
    package init(question: String, header: String = "", options: [Option] = [], multiple: Bool = false) {
        self.question = question
        self.header = header
        self.options = options
        self.multiple = multiple
    }
}

/// Asks the user.
package protocol QuestionAsker: Sendable {
    /// The answers to each question, in order: chosen labels or free text.
    /// - Throws: `cancelled` when the user dismisses the questions or the task is cancelled.
    func ask(_ questions: [Question], sessionID: String, callID: String) async throws(ToolError) -> [[String]]
    /// Has a form of 2.1's `FormField`s filled in. Dismissed when the task is cancelled or forms cannot be shown.
    func fill(_ title: String, fields: [JSON], sessionID: String) async -> FormOutcome
}

/// How a form ended.
package enum FormOutcome: Sendable, Equatable {
    /// The values by the fields' keys.
    case filled(JSON)
    /// The user said no.
    case declined
    /// Nobody said anything.
    case dismissed
}

extension QuestionAsker {
    /// Forms cannot be shown.
    package func fill(_ title: String, fields: [JSON], sessionID: String) async -> FormOutcome { .dismissed }
}
