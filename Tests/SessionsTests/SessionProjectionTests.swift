import Schema
import Sessions
import Support
import Testing

@Suite("Session projection") struct SessionProjectionTests {
    private let id = "ses_1"

    private func start(title: String? = nil, agent: String? = nil) throws -> SessionProjection {
        try SessionProjection(
            event(
                .sessionCreated(
                    .init(
                        sessionID: id, projectID: "p", location: .init(directory: "/w"), slug: "s", title: title,
                        agent: agent, version: "1")), seq: 1))
    }

    private func event(_ payload: EventPayload, seq: Int64, created: Int64? = nil) -> Event {
        Event(
            id: "evt_\(seq)", created: created ?? seq * 10,
            durable: payload.durableVersion.map { Durable(aggregateID: id, seq: seq, version: $0) }, payload: payload)
    }

    private func fold(_ payloads: [EventPayload], agent: String? = nil) throws -> SessionProjection {
        var projection = try start(agent: agent)
        for (index, payload) in payloads.enumerated() { projection.apply(event(payload, seq: Int64(index) + 2)) }
        return projection
    }

    private func assistant(_ projection: SessionProjection) throws -> AssistantMessage {
        let found = projection.messages.compactMap { message -> AssistantMessage? in
            if case .assistant(let assistant) = message { assistant } else { nil }
        }
        return try #require(found.last)
    }

    @Test("a log that does not start with session.created is refused")
    func badStart() {
        #expect(throws: SessionError.self) {
            try SessionProjection(event(.sessionArchived(.init(sessionID: id)), seq: 1))
        }
    }

    @Test("one execution gives the user's message, the answers in order, and the end")
    func execution() throws {
        let projection = try fold(script(id, prompt: "Hello", tag: "x").flatMap { $0 })
        #expect(projection.messages.map(\.type) == ["user", "assistant", "assistant", "idle"])
        #expect(projection.messages.map(\.id).prefix(3) == ["msg_xu", "msg_xa", "msg_xb"])
        #expect(projection.info.outcome == .succeeded)
        #expect(projection.info.time.idle == projection.info.time.updated)
        #expect(projection.info.cost == 0.875)
        #expect(projection.info.tokens == usage + usage + usage)
        #expect(projection.info.usage?.requests == 3)
        #expect(projection.todo == [["content": "x"]])
        guard case .assistant(let first) = projection.messages[1] else {
            Issue.record("no assistant message")
            return
        }
        #expect(first.content.map(\.partID) == ["prt_x1", "prt_x2", "prt_x3", nil])
        #expect(first.retry == nil)
        #expect(first.finish == .toolCalls)
        #expect(first.snapshot == AssistantSnapshot(end: "s1", files: ["a"]))
        #expect(first.time.streamed != nil)
        guard case .text(let text) = first.content[1], case .tool(let todo) = first.content[2],
            case .tool(let bash) = first.content[3]
        else {
            Issue.record("wrong content")
            return
        }
        #expect(text.text == "I look. ")
        #expect(
            todo.state
                == .completed(
                    input: ["todos": []], content: [.text("done")], metadata: ["todos": [["content": "x"]]]))
        #expect(
            bash.state
                == .error(input: ["c": 1], error: .init(type: "failed", message: "No."), content: nil, metadata: nil))
    }

    @Test("deltas grow the open part, and the end event has the last word")
    func deltas() throws {
        let message = "msg_a"
        var projection = try fold([
            .sessionStepStarted(
                .init(sessionID: id, assistantMessageID: message, agent: "a", model: model, started: 1)),
            .sessionTextStarted(.init(sessionID: id, assistantMessageID: message, ordinal: 0)),
        ])
        let seq = projection.seq
        for delta in ["He", "llo"] {
            projection.apply(
                event(
                    .sessionTextDelta(.init(sessionID: id, assistantMessageID: message, ordinal: 0, delta: delta)),
                    seq: 99))
        }
        #expect(try assistant(projection).content == [.text(TextItem(text: "Hello"))])
        #expect(projection.seq == seq)
        projection.apply(
            event(
                .sessionTextEnded(.init(sessionID: id, assistantMessageID: message, ordinal: 0, text: "Hello!")), seq: 4
            ))
        #expect(try assistant(projection).content == [.text(TextItem(text: "Hello!"))])
    }

    @Test("a failed step keeps its text and says why")
    func stepFailed() throws {
        let error = StructuredError(type: "server", message: "Gone.", status: 500)
        let projection = try fold([
            .sessionStepStarted(
                .init(sessionID: id, assistantMessageID: "msg_a", agent: "a", model: model, started: 1)),
            .sessionTextEnded(.init(sessionID: id, assistantMessageID: "msg_a", ordinal: 0, text: "Half")),
            .sessionStepFailed(
                .init(sessionID: id, assistantMessageID: "msg_a", error: error, cost: 0.5, tokens: usage)),
        ])
        let message = try assistant(projection)
        #expect(message.error == error)
        #expect(message.finish == .error)
        #expect(message.content == [.text(TextItem(text: "Half"))])
        #expect(projection.info.tokens == usage)
        #expect(projection.info.usage?.requests == 1)
    }

    @Test("the inbox is ordered, changes its delivery, and loses what is cancelled or delivered")
    func inbox() throws {
        var projection = try fold([
            .sessionInboxEnqueued(.init(sessionID: id, inboxID: "a", item: .user(.init(text: "1"), delivery: .queue))),
            .sessionInboxEnqueued(
                .init(sessionID: id, inboxID: "b", item: .synthetic(.init(text: "2"), delivery: .steer))),
            .sessionInboxEnqueued(.init(sessionID: id, inboxID: "c", item: .compaction(delivery: .queue))),
        ])
        #expect(projection.inbox.map(\.id) == ["a", "b", "c"])
        projection.apply(
            event(.sessionInboxDeliveryChanged(.init(sessionID: id, inboxID: "a", delivery: .steer)), seq: 5))
        #expect(projection.inbox.map(\.delivery) == [.steer, .steer, .queue])
        projection.apply(event(.sessionInboxCancelled(.init(sessionID: id, inboxID: "a")), seq: 6))
        projection.apply(event(.sessionInboxDelivered(.init(sessionID: id, inboxID: "b")), seq: 7))
        projection.apply(event(.sessionInboxDelivered(.init(sessionID: id, inboxID: "c")), seq: 8))
        #expect(projection.inbox.isEmpty)
        #expect(projection.messages.map(\.type) == ["synthetic"])
    }

    @Test("a compaction runs, grows, ends or fails, in one message")
    func compaction() throws {
        var projection = try fold([.sessionCompactionStarted(.init(sessionID: id, reason: .auto))])
        projection.apply(event(.sessionCompactionDelta(.init(sessionID: id, text: "Sum")), seq: 3))
        guard case .compaction(let running)? = projection.messages.last else {
            Issue.record("no compaction")
            return
        }
        #expect(running.status == .running)
        #expect(running.summary == "Sum")
        projection.apply(
            event(
                .sessionCompactionEnded(
                    .init(sessionID: id, reason: .auto, model: model, text: "Summary", cost: 0.5, tokens: usage)),
                seq: 3))
        projection.apply(event(.sessionCompactionStarted(.init(sessionID: id, reason: .manual)), seq: 4))
        projection.apply(
            event(
                .sessionCompactionFailed(
                    .init(sessionID: id, reason: .manual, error: .init(type: "x", message: "y"))), seq: 5))
        let statuses = projection.messages.compactMap { message -> CompactionMessage.Status? in
            if case .compaction(let compaction) = message { compaction.status } else { nil }
        }
        #expect(statuses == [.completed, .failed])
        #expect(projection.messages.first?.id == running.id)
        #expect(projection.info.tokens == usage)
    }

    @Test("the first choice of agent and model is no switch, a later one is")
    func switches() throws {
        let projection = try fold([
            .sessionAgentSelected(.init(sessionID: id, agent: "build")),
            .sessionModelSelected(.init(sessionID: id, model: model)),
            .sessionAgentSelected(.init(sessionID: id, agent: "plan", previous: "build")),
            .sessionAgentSelected(.init(sessionID: id, agent: "plan")),
            .sessionModelSelected(.init(sessionID: id, model: ModelRef(id: "n", providerID: "p"))),
        ])
        #expect(projection.messages.map(\.type) == ["agent-switched", "model-switched"])
        #expect(projection.info.agent == "plan")
        #expect(projection.info.model?.id == "n")
    }

    @Test("facts about the session change its info")
    func facts() throws {
        let rules = [PermissionRule(action: "bash", resource: "*", effect: .deny)]
        var projection = try fold([
            .sessionRenamed(.init(sessionID: id, title: "T")),
            .sessionArchived(.init(sessionID: id)),
            .sessionMetadataUpdated(.init(sessionID: id, metadata: ["a": 1])),
            .sessionPermissionsChanged(.init(sessionID: id, permissions: rules)),
            .sessionMoved(.init(sessionID: id, location: .init(directory: "/new"), projectID: "q")),
            .sessionShared(.init(sessionID: id, url: "u")),
            .sessionInstructionsUpdated(.init(sessionID: id, delta: [:], text: "Be brief.")),
            .sessionSkillActivated(.init(sessionID: id, id: "sk", name: "S", text: "t")),
            .sessionSynthetic(.init(sessionID: id, text: "s")),
            .sessionRevertStaged(.init(sessionID: id, revert: .init(messageID: "m"))),
            .sessionForked(.init(sessionID: id, parentID: "ses_0", boundary: .before(messageID: "m"))),
        ])
        let info = projection.info
        #expect(info.title == "T")
        #expect(info.hasTitle)
        #expect(info.time.archived == 30)
        #expect(info.metadata == ["a": 1])
        #expect(info.permissions == rules)
        #expect(info.location.directory == "/new")
        #expect(info.projectID == "q")
        #expect(info.share?.url == "u")
        #expect(info.revert?.messageID == "m")
        #expect(info.forkedFrom == SessionOrigin(sessionID: "ses_0", messageID: "m"))
        #expect(projection.messages.map(\.type) == ["location-switched", "system", "skill", "synthetic"])
        let updated = info.time.updated
        projection.apply(event(.sessionViewed(.init(sessionID: id, idle: 7)), seq: 13))
        projection.apply(event(.sessionUnarchived(.init(sessionID: id)), seq: 14, created: updated - 5))
        #expect(projection.info.time.viewed == 7)
        #expect(projection.info.time.archived == nil)
        #expect(projection.info.time.updated == updated)
        #expect(projection.info.seq == 14)
    }

    @Test("a committed revert hides the message and what follows, and keeps them")
    func revert() throws {
        var projection = try fold(
            (script(id, prompt: "1", tag: "x") + script(id, prompt: "2", tag: "y")).flatMap { $0 })
        let count = projection.messages.count
        projection.apply(event(.sessionRevertCommitted(.init(sessionID: id, to: "msg_yu")), seq: 99))
        #expect(projection.messages.count == count / 2)
        #expect(projection.changedMessageIDs.contains("msg_yu"))
    }

    @Test("a command that the user ran is one message from start to end")
    func shell() throws {
        var info = ShellInfo(
            id: "sh_1", status: .running, command: "ls", cwd: "/w", shell: "sh", file: "f", metadata: .object([:]),
            time: .init(started: 3))
        var projection = try fold([.sessionShellStarted(.init(sessionID: id, shell: info))])
        info.status = .exited
        info.exit = 0
        let output = ShellOutput(output: "a\n", cursor: 2, size: 2, truncated: false)
        projection.apply(event(.sessionShellEnded(.init(sessionID: id, shell: info, output: output)), seq: 3))
        guard case .shell(let message)? = projection.messages.last else {
            Issue.record("no shell message")
            return
        }
        #expect(projection.messages.count == 1)
        #expect(message.status == .exited)
        #expect(message.exit == 0)
        #expect(message.output == output)
        #expect(message.time.completed == 30)
    }

    @Test("unknown events and events about messages that are not there change nothing but the place in the log")
    func unknown() throws {
        let before = try start()
        var after = before
        after.apply(
            Event(
                id: "evt_2", created: 10, durable: Durable(aggregateID: id, seq: 2, version: 1),
                payload: .unknown(type: "session.future", data: [:])))
        after.apply(
            event(
                .sessionStepEnded(
                    .init(sessionID: id, assistantMessageID: "no", finish: .stop, cost: 0, tokens: .zero)), seq: 3,
                created: 10))
        #expect(after.messages.isEmpty)
        #expect(after.seq == 3)
    }
}
