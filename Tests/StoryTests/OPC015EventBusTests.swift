import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-015 Event bus")
struct OPC015EventBusTests {

    @Test("OPC-015.1 Every event that a run publishes reaches its subscriber as one of the typed events")
    func typed() async throws {
        try await StoryWorld.with([
            .call("write", ["filePath": "a.txt", "content": "one\n"]), .reasoning("Think.", text: "Done now."),
        ]) { world in
            let (result, events) = try await world.events("Write a")
            #expect(result.code == 0, "\(result.story)")
            #expect(events.count > 8)
            var modules: Set<String> = []
            let schema = try JSON(parsing: try TestFiles.text(SourceTree.root.pushing("schema/events.schema.json")))
            let validator = JSONSchemaValidator(schema)
            for json in events {
                #expect(json["id"]?.stringValue?.hasPrefix("evt_") == true, "\(json.text())")
                #expect((json["created"]?.intValue ?? 0) > 1_577_836_800_000)
                let violations = validator.violations(of: json, against: schema)
                #expect(violations.isEmpty, "\(json.text()): \(violations.prefix(2))")
                let event = try json.decode(Event.self)
                if case .unknown(let type, _) = event.payload { Issue.record("\(type) has no Swift type.") }
                #expect(event.payload.type == json["type"]?.stringValue)
                let again = try JSON(encoding: event)
                #expect(again.text(sortedKeys: true) == json.text(sortedKeys: true))
                modules.insert(String(event.payload.type.split(separator: ".").prefix(2).joined(separator: ".")))
            }
            #expect(
                modules.isSuperset(of: ["session.execution", "session.step", "session.text", "session.tool"]),
                "\(modules)")
        }
    }

    @Test("OPC-015.2 Subscribers of six runs at once each see their own session, complete and in order")
    func manySubscribers() async throws {
        let count = 6
        let turns = (0..<count).flatMap { number -> [Turn] in
            let mine: @Sendable (RecordedRequest) -> Bool = { $0.userTexts.first?.contains("task \(number)!") == true }
            return [
                Turn.call("write", ["filePath": .string("f\(number).txt"), "content": .string("\(number)\n")]).when(
                    mine),
                Turn.deltas(300).when(mine),
            ]
        }
        try await StoryWorld.with(turns) { world in
            let runs = try await withThrowingTaskGroup(of: (Int, [JSON]).self) { group in
                for number in 0..<count {
                    group.addTask {
                        let (result, events) = try await world.events("Do task \(number)!")
                        #expect(result.code == 0, "\(result.story)")
                        return (number, events)
                    }
                }
                return try await group.reduce(into: [(Int, [JSON])]()) { $0.append($1) }
            }
            var sessions: Set<String> = []
            for (number, events) in runs {
                let ids = Set(events.compactMap { $0.at("data", "sessionID")?.stringValue })
                #expect(ids.count == 1, "run \(number) saw \(ids)")
                sessions.formUnion(ids)
                let sequence = events.compactMap { $0.at("durable", "seq")?.intValue }
                let first = sequence.first ?? 0
                #expect(sequence.elementsEqual((0..<sequence.count).map { first + Int64($0) }), "\(sequence)")
                let text = events.of("session.text.delta").compactMap { $0.at("data", "delta")?.stringValue }.joined()
                #expect(text == (0..<300).map { "word\($0 % 97) " }.joined())
                #expect(try world.workspace.text("f\(number).txt") == "\(number)\n")
            }
            #expect(sessions.count == count)
        }
    }

    @Test("OPC-015.3 A subscriber that goes away in the middle does not damage what was published")
    func brokenSubscriber() async throws {
        try await StoryWorld.with([
            .call("write", ["filePath": "a.txt", "content": "one\n"]), .deltas(2_000), .text("Still here."),
        ]) { world in
            let gone = try await world.cli.start(
                ["run", "--format", "jsonl", "--title", "Story", "Write a"], change: { $0.closeStdoutAfter = 1 }
            ) { try await $0.finish() }
            #expect(gone.code == 141, "\(gone.story)")
            #expect(!gone.err.lowercased().contains("fatal"), "\(gone.story)")
            let id = try await world.onlySession()
            let stored = try await world.show(id)
            #expect(stored.users == ["Write a"])
            #expect(stored.toolStates.allSatisfy { $0 == "completed" || $0 == "error" }, "\(stored.tools)")
            let (next, _) = try await world.run("-c", "Are you there?")
            #expect(next.code == 0, "\(next.story)")
        }
    }

    @Test("OPC-015.4 A run emits the lifecycle of its session, steps and tools in order, and the log numbers them")
    func lifecycle() async throws {
        try await StoryWorld.with([
            .call("write", ["filePath": "a.txt", "content": "one\n"]), .call("read", ["filePath": "missing.txt"]),
            .reasoning("Hm.", text: "Done."),
        ]) { world in
            let (result, events) = try await world.events("Write a")
            #expect(result.code == 0, "\(result.story)")
            let types = events.types
            var position = 0
            for wanted in [
                "session.created", "session.execution.started", "session.step.started", "session.tool.input.started",
                "session.tool.called", "session.tool.success", "session.step.started", "session.tool.called",
                "session.tool.failed", "session.step.started", "session.reasoning.ended", "session.text.started",
                "session.text.ended", "session.step.ended", "session.execution.succeeded",
            ] {
                guard let found = types[position...].firstIndex(of: wanted) else {
                    Issue.record("\(wanted) is missing after \(types[..<position]), before \(types[position...])")
                    break
                }
                position = found + 1
            }
            let ends = types.filter {
                ["session.execution.succeeded", "session.execution.failed", "session.execution.interrupted"].contains(
                    $0)
            }
            #expect(ends == ["session.execution.succeeded"])
            let called = events.of("session.tool.called").compactMap { $0.at("data", "id")?.stringValue }
            let ended = (events.of("session.tool.success") + events.of("session.tool.failed"))
                .compactMap { $0.at("data", "id")?.stringValue }
            #expect(called.count == 2 && Set(called) == Set(ended))
            let aggregates = Set(events.compactMap { $0.at("durable", "aggregateID")?.stringValue })
            #expect(aggregates.count == 1)
            let numbers = events.compactMap { $0.at("durable", "seq")?.intValue }
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 }, "\(numbers)")
        }
    }
}
