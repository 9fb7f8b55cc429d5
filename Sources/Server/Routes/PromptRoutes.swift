import Agents
import Configuration
import Permissions
import Schema
import Sessions
import Support
import SystemPackage

/// Prompts and what else goes through a session's inbox; waiting and interrupting.
enum PromptRoutes {
    static let all: [Route] = [
        prompt,
        Route(
            openCode: "Session.synthetic", .prompt,
            body: .json(
                Shape.object(
                    [
                        "id": Shape.optional(Shape.id("msg_")), "text": Shape.name,
                        "description": Shape.optional(Shape.string), "metadata": Shape.map,
                        "delivery": Prompts.delivery, "resume": Shape.optional(Shape.boolean),
                    ], required: ["text"]))
        ) { context in
            let session = try await context.session()
            let receipt = try await Prompts.admit(
                Admission(
                    sessionID: session.id, id: context.text("id"),
                    item: .synthetic(
                        .init(
                            text: context.text("text") ?? "", description: context.text("description"),
                            metadata: context.body["metadata"]), delivery: Prompts.delivery(context)),
                    resumes: context.flag("resume") ?? true), context)
            return .data(try receipt.json())
        },
        Route(
            openCode: "Session.compact", .prompt,
            body: .json(
                Shape.object(["id": Shape.optional(Shape.id("msg_")), "delivery": Prompts.delivery]), isOptional: true)
        ) { context in
            let session = try await context.session()
            let receipt = try await Prompts.admit(
                Admission(
                    sessionID: session.id, id: context.text("id"),
                    item: .compaction(delivery: Prompts.delivery(context, default: .queue))), context)
            return .data(try receipt.json())
        },
        Route(
            openCode: "Session.move", .prompt,
            body: .json(
                Shape.object(["directory": Shape.name, "delivery": Prompts.delivery], required: ["directory"]))
        ) { context in
            let session = try await context.session()
            let directory = context.text("directory") ?? ""
            guard directory.hasPrefix("/"), FileIO.isDirectory(FilePath(directory)) else {
                throw HTTPFailure.invalid("'directory' must be an absolute path of a directory.", field: "directory")
            }
            let location = try await context.namedLocation(directory)
            _ = try await Prompts.admit(
                Admission(
                    sessionID: session.id,
                    item: .move(
                        .init(
                            location: LocationRef(directory: location.directory.string), projectID: location.projectID),
                        delivery: Prompts.delivery(context, default: .queue))), context)
            return .noContent
        },
        Route(openCode: "Session.wait", .read) { context in
            let session = try await context.session()
            try await context.request.whileConnected { await context.services.runs.waitUntilIdle(session.id) }
            return .noContent
        },
        Route(openCode: "Session.interrupt", .prompt) { context in
            let session = try await context.session()
            let interrupted = await context.services.runs.interrupt(
                session.id, resumes: context.queryFlag("resume") ?? false)
            return .json(["interrupted": .bool(interrupted)])
        },
        Route(openCode: "SessionInbox.list", .read) { context in
            let session = try await context.session()
            let inbox = try await context.services.sessions.projection(session.id).inbox
            return .data(
                .array(
                    try inbox.map {
                        try AdmissionReceipt(id: $0.id, sessionID: session.id, created: $0.created, item: $0.item)
                            .json()
                    }))
        },
        Route(openCode: "SessionInbox.cancel", .prompt) { context in
            let session = try await context.session()
            try await context.services.runs.cancel(context.parameter("inbox_id"), in: session.id)
            return .noContent
        },
        Route(
            openCode: "SessionInbox.update", .prompt,
            body: .json(Shape.object(["delivery": Shape.word("steer", "queue")], required: ["delivery"]))
        ) { context in
            let session = try await context.session()
            let id = context.parameter("inbox_id")
            guard let delivery = context.text("delivery").flatMap(Delivery.init(rawValue:)) else { return .noContent }
            let inbox = try await context.services.sessions.projection(session.id).inbox
            guard let entry = inbox.first(where: { $0.id == id }) else {
                throw HTTPFailure(
                    409, .conflict(message: "The prompt was delivered or cancelled already.", resource: "inbox"))
            }
            if entry.delivery != delivery {
                try await context.append(
                    session.id,
                    .sessionInboxDeliveryChanged(.init(sessionID: session.id, inboxID: id, delivery: delivery)))
            }
            return .noContent
        },
    ]

    private static let prompt = Route(
        openCode: "Session.prompt", .prompt,
        body: .json(
            Shape.object([
                "id": Shape.optional(Shape.id("msg_")), "text": Shape.string,
                // 0.1.5's name of `text`.
                "message": Shape.string, "files": Prompts.files, "agents": Prompts.agents, "skills": Prompts.skills,
                "metadata": Shape.map, "delivery": Prompts.delivery, "resume": Shape.optional(Shape.boolean),
                "model": Shape.optional(Prompts.model), "agent": Shape.optional(Shape.name),
                "onAsk": Shape.word("wait", "deny"), "askTimeoutMs": Shape.integer(1...86_400_000),
                "maxSteps": Shape.integer(1...10_000),
            ])),
        success: .json(
            [
                "type": "object",
                "properties": [
                    "data": ["anyOf": [Shape.ref("SessionInboxUser"), Shape.ref("SessionMessageAssistant")]]
                ],
                "required": ["data"],
            ])
    ) { context in
        let session = try await context.session()
        let admission = try await admission(context, session)
        if context.request.accepts("text/event-stream") {
            return try await PromptStream.response(admission, context)
        }
        let receipt = try await Prompts.admit(admission, context)
        guard context.request.prefers("wait") else { return .data(try receipt.json()) }
        let services = context.services
        do {
            try await context.request.whileConnected {
                try await services.runs.wait(for: receipt.id, in: receipt.sessionID)
            }
        } catch let error as AdmissionError {
            throw Prompts.failure(error, sessionID: session.id)
        }
        let messages = try await services.sessions.messages(session.id)
        return .data(try context.json(try answer(to: receipt.id, in: messages, context)))
    }

    private static func admission(_ context: RouteContext, _ session: SessionInfo) async throws -> Admission {
        let text = context.text("text") ?? context.text("message") ?? ""
        let files = try await Prompts.files(context, in: session)
        guard !text.utf8.allSatisfy({ $0 <= 0x20 }) || files != nil else {
            throw HTTPFailure.invalid("The prompt is empty; give a text or a file.", field: "text")
        }
        let agents: [PromptAgent]? = try context.decode("agents")
        var payload = InboxUserPayload(
            text: text, files: files, agents: agents, skills: nil, metadata: context.body["metadata"])
        payload.skills = try await skills(context, session)
        try await Prompts.addMentions(to: &payload, context, session)
        var admission = Admission(
            sessionID: session.id, id: context.text("id"),
            item: .user(payload, delivery: Prompts.delivery(context)), resumes: context.flag("resume") ?? true)
        admission.model = try Prompts.modelRef(context.body["model"])
        admission.agent = context.text("agent")
        admission.maxSteps = context.body["maxSteps"]?.intValue.map { Int(clamping: $0) }
        let timeout = context.body["askTimeoutMs"]?.intValue.map { Int(clamping: $0) }
        switch context.text("onAsk") {
        case "deny": admission.onAsk = .deny
        case "wait": admission.onAsk = .wait(timeoutMs: timeout)
        default: admission.onAsk = timeout.map { .wait(timeoutMs: $0) }
        }
        return admission
    }

    /// The skills that a body names, with their texts; nil for none.
    static func skills(_ context: RouteContext, _ session: SessionInfo) async throws -> [PromptSkill]? {
        guard let wanted = context.body["skills"]?.arrayValue, !wanted.isEmpty else { return nil }
        let location = try await context.location(session.location.directory)
        return try wanted.enumerated().map { index, item in
            let name = item["id"]?.stringValue ?? ""
            guard let skill = location.skills.first(where: { $0.name == name }) else {
                throw HTTPFailure.invalid(
                    "There is no skill \"\(HostileText.escaped(name, multiline: false))\".",
                    field: "skills[\(index)].id")
            }
            return PromptSkill(id: skill.name, name: skill.name, text: try? skill.body())
        }
    }

    /// The last assistant message that answers a prompt.
    static func answer(
        to id: String, in messages: [SessionMessage], _ context: RouteContext
    ) throws -> SessionMessage {
        guard let start = messages.firstIndex(where: { $0.id == id }) else {
            throw HTTPFailure(409, .conflict(message: "The prompt was cancelled before it was delivered."))
        }
        var found: SessionMessage?
        search: for message in messages[(start + 1)...] {
            switch message {
            case .assistant: found = message
            case .user where found != nil: break search
            case .idle: break search
            default: continue
            }
        }
        if let found { return found }
        // The execution failed before a model was asked: its reason is with the end of the execution.
        for message in messages[(start + 1)...] {
            guard case .idle(let idle) = message else { continue }
            let error =
                idle.error ?? StructuredError(type: "UnknownError", message: "The execution ended without an answer.")
            return .assistant(
                AssistantMessage(
                    id: idle.id, time: .init(created: idle.time.created, completed: idle.time.created), agent: "build",
                    model: ModelRef(id: "", providerID: ""), content: [], finish: .error, error: error))
        }
        throw HTTPFailure(
            503, .serviceUnavailable(message: "The execution has no answer; read the session's messages."))
    }
}
