import Logging
import Schema
import Sessions
import Storage
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Export and import")
struct SessionTransferTests {
    /// A session with two executions, a child and rules.
    static func fill(_ world: SessionWorld) async throws -> SessionInfo {
        let info = try await world.create {
            $0.title = "Töst"
            $0.metadata = ["k": "v"]
            $0.permissions = [
                .init(action: "bash", resource: "*", effect: .deny),
                .init(action: "edit", resource: "*", effect: .allow),
            ]
        }
        let id = info.id
        let prompt = "msg_7000000000000000000000000p"
        let first = "msg_7000000000000000000000000a"
        let second = "msg_7000000000000000000000000b"
        try await world.service.append(
            id,
            [
                .sessionInboxEnqueued(
                    .init(sessionID: id, inboxID: prompt, item: .user(.init(text: "Hello"), delivery: .queue))),
                .sessionExecutionStarted(.init(sessionID: id)),
                .sessionInboxDelivered(.init(sessionID: id, inboxID: prompt)),
                .sessionStepStarted(
                    .init(sessionID: id, assistantMessageID: first, agent: "build", model: model, started: 5)),
                .sessionTextStarted(
                    .init(
                        sessionID: id, assistantMessageID: first, ordinal: 0, partID: "prt_70000000000000000000000001")
                ),
                .sessionTextEnded(.init(sessionID: id, assistantMessageID: first, ordinal: 0, text: "I look. ")),
                .sessionToolInputStarted(
                    .init(
                        sessionID: id, assistantMessageID: first, id: "call_1", name: "todowrite",
                        partID: "prt_70000000000000000000000002")),
                .sessionToolInputEnded(
                    .init(sessionID: id, assistantMessageID: first, id: "call_1", text: "{\"todos\":[]}")),
                .sessionToolCalled(
                    .init(
                        sessionID: id, assistantMessageID: first, id: "call_1", input: ["todos": []], executed: false)),
                .sessionToolSuccess(
                    .init(
                        sessionID: id, assistantMessageID: first, id: "call_1", content: [.text("done")],
                        metadata: ["todos": [["content": "Buy milk"]]], executed: false)),
                .sessionStepEnded(
                    .init(sessionID: id, assistantMessageID: first, finish: .toolCalls, cost: 0.25, tokens: usage)),
                .sessionStepStarted(
                    .init(sessionID: id, assistantMessageID: second, agent: "build", model: model, started: 6)),
                .sessionTextStarted(
                    .init(
                        sessionID: id, assistantMessageID: second, ordinal: 0, partID: "prt_70000000000000000000000003")
                ),
                .sessionTextEnded(.init(sessionID: id, assistantMessageID: second, ordinal: 0, text: "Answer.")),
                .sessionStepEnded(
                    .init(sessionID: id, assistantMessageID: second, finish: .stop, cost: 0.5, tokens: usage)),
                .sessionExecutionSucceeded(.init(sessionID: id)),
            ])
        let child = try await world.create { $0.parentID = info.id }
        try await world.service.append(
            child.id, [.sessionSynthetic(.init(sessionID: child.id, text: "Child text"))])
        return try await world.service.get(info.id)
    }

    static func export(_ world: SessionWorld, _ id: String, _ options: ExportOptions = .init()) async throws -> String {
        var bytes: [UInt8] = []
        _ = try await SessionExporter(world.service, options).write(id) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func `import`(
        _ world: SessionWorld, _ text: String, _ conflict: ImportConflict = .fail, dryRun: Bool = false,
        directory: String = "/elsewhere"
    ) async throws -> ImportReport {
        try await SessionImporter(world.service).run(
            try TransferSamples.read(text),
            ImportOptions(onConflict: conflict, isDryRun: dryRun, directory: directory, projectID: "p2"))
    }

    @Test(
        "An export that another home imports is exported there with the same bytes, but for directory and project",
        arguments: [ExportOptions.Shape.json, .jsonl], [false, true])
    func roundTrip(shape: ExportOptions.Shape, filesystem: Bool) async throws {
        try await SessionWorld.with { one, _ in
            let info = try await Self.fill(one)
            let options = ExportOptions(shape: shape, includesChildren: true)
            let text = try await Self.export(one, info.id, options)
            #expect(try await Self.export(one, info.id, options) == text, "equal sessions give equal bytes")
            try await SessionWorld.with(filesystem: filesystem) { other, _ in
                let report = try await Self.import(other, text)
                #expect(report.items.map(\.action) == [.created, .created])
                #expect(report.items.first?.id == info.id)
                #expect(report.warnings.count == 1, "the allowing rule is told: \(report.warnings)")
                let again = try await Self.export(other, info.id, options)
                let moved = text.replacing("\"directory\":\"/work\"", with: "\"directory\":\"/elsewhere\"")
                    .replacing("\"projectID\":\"p1\"", with: "\"projectID\":\"p2\"")
                    .replacing(",{\"action\":\"edit\",\"resource\":\"*\",\"effect\":\"allow\"}", with: "")
                #expect(again == moved)
                // What the log says is what the records say.
                let replayed = try await other.replayed(info.id)
                let stored = try await other.service.projection(info.id)
                #expect(replayed.messages == stored.messages)
                #expect(replayed.info == stored.info)
                #expect(replayed.todo == stored.todo)
                #expect(stored.todo != nil)
                #expect(try await other.service.childIDs(of: info.id).count == 1)
            }
        }
    }

    @Test("The same file again is a conflict, can be skipped, copied or merged, and nothing is lost")
    func conflicts() async throws {
        try await SessionWorld.with { world, _ in
            let info = try await Self.fill(world)
            let text = try await Self.export(world, info.id)
            let before = try await world.service.messages(info.id)
            let seq = try await world.service.get(info.id).seq
            let error = await #expect(throws: TransferError.self) { try await Self.import(world, text) }
            #expect(error?.kind == .conflict)
            #expect(error?.message.contains(info.id) == true)
            let skipped = try await Self.import(world, text, .skip)
            #expect(skipped.items.map(\.action) == [.skipped])
            let dry = try await Self.import(world, text, .copy, dryRun: true)
            #expect(dry.items.map(\.action) == [.copied])
            #expect(try await world.service.list(SessionFilter()).sessions.count == 1)
            let copied = try await Self.import(world, text, .copy)
            let copy = try #require(copied.items.first?.id)
            #expect(copy != info.id)
            let copies = try await world.service.messages(copy)
            #expect(copies.count == before.count)
            #expect(Set(copies.map(\.id)).isDisjoint(with: before.map(\.id)))
            #expect(try await world.service.get(info.id).seq == seq, "the old one is as it was")
            // A message more in the file than here.
            let line = "{\"id\":\"msg_more\",\"type\":\"hologram\",\"beams\":[1,2]}"
            let longer = text.replacing("\n],\n\"format\"", with: ",\n\(line)\n],\n\"format\"")
            #expect(longer != text)
            let merged = try await Self.import(world, longer, .merge)
            #expect(merged.items.map(\.action) == [.merged])
            #expect(merged.items.first?.added == 1)
            #expect(merged.warnings.contains { $0.contains("exported with") })
            let after = try await world.service.messages(info.id)
            #expect(after.dropLast() == before[...])
            #expect(after.last?.type == "hologram", "messages of unknown types are kept")
            #expect(try await Self.import(world, longer, .merge).items.first?.added == 0)
        }
    }

    @Test("Of another program's file the same ids follow every time; its running calls become errors")
    func foreign() async throws {
        try await SessionWorld.with { world, _ in
            let text = TransferSamples.opencode1.text()
            let report = try await Self.import(world, text)
            let id = try #require(report.items.first?.id)
            #expect(IDFormat.isValid(id, prefix: .session))
            let messages = try await world.service.messages(id)
            #expect(messages.allSatisfy { IDFormat.isValid($0.id, prefix: .message) })
            guard case .assistant(let answer)? = messages.last else {
                Issue.record("no answer")
                return
            }
            #expect(answer.content.allSatisfy { IDFormat.isValid($0.partID ?? "", prefix: .part) })
            #expect(Set(answer.content.map(\.partID)).count == answer.content.count)
            let states = answer.content.compactMap { item -> String? in
                guard case .tool(let tool) = item else { return nil }
                switch tool.state {
                case .completed: return "completed"
                case .error(_, let error, _, _): return error.type
                default: return "open"
                }
            }
            #expect(states == ["completed", "interrupted"])
            let error = await #expect(throws: TransferError.self) { try await Self.import(world, text) }
            #expect(error?.kind == .conflict)
            for sample in [TransferSamples.claude, TransferSamples.codex, TransferSamples.codetether01.text()] {
                let created = try await Self.import(world, sample)
                #expect(created.items.map(\.action) == [.created])
                let again = try await Self.import(world, sample, .merge)
                #expect(again.items.first?.added == 0)
                #expect(again.items.first?.id == created.items.first?.id)
                let info = try #require(again.items.first?.info)
                #expect(info.location.directory == "/elsewhere")
            }
        }
    }

    @Test("An import that the store refuses leaves nothing", arguments: [100, 1_100])
    func atomic(count: Int) async throws {
        try await SessionWorld.with { source, path in
            let info = try await source.create()
            for start in stride(from: 0, to: count, by: 1_000) {
                try await source.service.append(
                    info.id,
                    (start..<min(count, start + 1_000)).map {
                        .sessionSynthetic(.init(sessionID: info.id, text: "Text \($0)"))
                    })
            }
            let text = try await Self.export(source, info.id, .init(shape: .jsonl))
            try await SessionWorld.with { world, _ in
                let storage = RefusingStorage(world.storage)
                let service = SessionService(
                    storage: storage, bus: world.bus, ids: TestIDs(), time: world.time, logger: .init(label: "test"))
                let refusing = SessionWorld(
                    storage: storage, bus: world.bus, service: service, time: world.time)
                await #expect(throws: SessionError.self) { try await Self.import(refusing, text) }
                #expect(try await world.storage.lastSeq(of: info.id) == 0)
                #expect(try await world.service.list(SessionFilter()).sessions.isEmpty)
                let left = try await world.storage.list(RecordQuery(collection: "message/\(info.id)", limit: 10))
                #expect(left.records.isEmpty)
                #expect(try await Self.import(world, text).items.first?.added == count)
                #expect(try await world.service.messages(info.id).count == count)
                #expect(try await Self.export(world, info.id, .init(shape: .jsonl)).utf8.count > text.utf8.count)
            }
        }
    }

    @Test("A sanitized export has the shape of the session and none of its words; equal texts have equal marks")
    func sanitized() async throws {
        try await SessionWorld.with { world, _ in
            let info = try await Self.fill(world)
            try await world.service.append(
                info.id,
                [
                    .sessionSynthetic(
                        .init(sessionID: info.id, text: "secret-123", metadata: ["/etc/key": "x", "n": 987_654])),
                    .sessionSynthetic(.init(sessionID: info.id, text: "secret-123")),
                ])
            let text = try await Self.export(world, info.id, .init(isSanitized: true))
            for word in ["Hello", "Töst", "/work", "Answer", "secret", "I look", "milk", "/etc", "987654"] {
                #expect(!text.contains(word), "\(word) is in the export")
            }
            let json = try JSON(parsing: text)
            let messages = try #require(json["messages"]?.arrayValue)
            #expect(json["info"]?["tokens"]?["input"]?.intValue == Int64(usage.input) * 2, "counts stay")
            #expect(messages.count == (try await world.service.messages(info.id)).count)
            let marks = messages.suffix(2).compactMap { $0["text"]?.stringValue }
            #expect(marks.count == 2, "\(messages.suffix(2))")
            #expect(marks.first == marks.last)
            #expect(messages.compactMap { $0["id"]?.stringValue }.allSatisfy { $0.hasPrefix("msg_") })
            #expect(text.contains("\"name\":\"todowrite\""), "names of tools stay")
            #expect(try await Self.export(world, info.id, .init(isSanitized: true)) != text, "marks are salted")
            try await SessionWorld.with { other, _ in
                let report = try await Self.import(other, text)
                #expect(report.items.map(\.action) == [.created])
            }
        }
    }
}
