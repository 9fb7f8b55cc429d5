package import Permissions
package import Schema
package import Sessions
package import Support

/// Something to be put into a session's inbox.
package struct Admission: Sendable {
    /// The session.
    package var sessionID: String
    /// The id it gets, and the message that it becomes; nil = a fresh one. The same id again is the same admission.
    package var id: String?
    /// What it is, with how it is delivered.
    package var item: InboxItem
    /// False leaves it in the inbox until something else starts the session.
    package var resumes: Bool
    /// The model to switch to when it is delivered.
    package var model: ModelRef?
    /// The agent to switch to when it is delivered.
    package var agent: String?
    /// At most this many model requests.
    package var maxSteps: Int?
    /// What happens to asks of the execution.
    package var onAsk: AskPolicy?

    /// An admission; see the members.
    package init(
        sessionID: String, id: String? = nil, item: InboxItem, resumes: Bool = true, model: ModelRef? = nil,
        agent: String? = nil, maxSteps: Int? = nil, onAsk: AskPolicy? = nil
    ) {
        self.sessionID = sessionID
        self.id = id
        self.item = item
        self.resumes = resumes
        self.model = model
        self.agent = agent
        self.maxSteps = maxSteps
        self.onAsk = onAsk
    }

    /// The prompt to execute.
    func prompt(id: String) -> PromptInput {
        var input = PromptInput(
            sessionID: sessionID, text: "", model: model, agent: agent, maxSteps: maxSteps, messageID: id,
            onAsk: onAsk)
        switch item {
        case .user(let payload, _):
            input.text = payload.text
            input.files = payload.files ?? []
        case .synthetic(let payload, _): input.text = payload.text
        case .compaction: input.isCompaction = true
        case .move, .unknown: break
        }
        return input
    }
}

/// What a client gets for an admission: 2.1's `SessionInboxUser` and its siblings.
package struct AdmissionReceipt: Sendable, Equatable {
    /// The id.
    package var id: String
    /// The session.
    package var sessionID: String
    /// Unix milliseconds.
    package var created: Int64
    /// What was admitted.
    package var item: InboxItem

    /// A receipt; see the members.
    package init(id: String, sessionID: String, created: Int64, item: InboxItem) {
        self.id = id
        self.sessionID = sessionID
        self.created = created
        self.item = item
    }

    /// As clients see it: `{id, sessionID, time{created}, type, payload, delivery}`.
    package func json() throws -> JSON {
        var object = try JSON(encoding: item).objectValue ?? JSONObject()
        object["id"] = .string(id)
        object["sessionID"] = .string(sessionID)
        object["time"] = ["created": .int(created)]
        if object["payload"] == nil { object["payload"] = [:] }
        return .object(object)
    }
}

/// Why something was not admitted, or will not be executed; nothing was changed.
package enum AdmissionError: Error, Sendable {
    /// The id is another session's, or something else has it.
    case conflict(String)
    /// Agent, model or session.
    case agent(AgentError)
    /// The session or the store.
    case session(SessionError)
    /// The session was interrupted, or the server stops, before it was delivered; it stays in the inbox.
    case parked(String)
}
