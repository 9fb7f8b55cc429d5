import Agents
import Events
import Permissions
import Providers
import Schema
import Sessions
import Support
import TestSupport
import Testing

@Suite("The loop", .timeLimit(.minutes(1)))
struct ExecutionTests {
    private func text(_ text: String, input: Int64 = 10) -> JSON {
        ["events": [["type": "text", "text": .string(text)], ["type": "usage", "input": .int(input), "output": 5]]]
    }

    private func call(_ name: String, _ arguments: JSON, id: String, input: Int64 = 10) -> JSON {
        [
            "events": [
                ["type": "tool", "id": .string(id), "name": .string(name), "arguments": arguments],
                ["type": "usage", "input": .int(input), "output": 5],
            ]
        ]
    }

    private func types(_ events: [Event], _ prefix: String) -> [String] {
        events.map(\.payload.type).filter { $0.hasPrefix(prefix) }
    }

    @Test("A conversation that nearly fills the context is summarised once, and the run goes on with the summary")
    func compaction() async throws {
        let long = String(repeating: "All work and no play. ", count: 200)
        try await AgentWorld.with(
            [
                call("read", ["filePath": "long.txt"], id: "c1", input: 1_900), text("Summary: it was long."),
                text("Done."),
            ], files: ["long.txt": long], context: 2_000
        ) { world, session in
            let (result, events) = try await world.run(session, "Read long.txt")
            #expect(result.outcome == .succeeded && result.text == "Done.", "\(result)")
            #expect(result.steps == 2)
            #expect(
                types(events, "session.compaction").filter { $0 != "session.compaction.delta" }
                    == ["session.compaction.started", "session.compaction.ended"])
            #expect(world.transport.calls.count == 3)
            let last = String(decoding: world.transport.calls.last?.body ?? [], as: UTF8.self)
            #expect(last.contains("it was long") && !last.contains("no play"), "\(last)")
            #expect(result.overhead.tokens.input == 10)
        }
    }

    @Test("A summary that does not shrink the conversation by a fifth ends the run after one try")
    func uselessSummary() async throws {
        try await AgentWorld.with(
            [
                call("read", ["filePath": "a.txt"], id: "c1", input: 1_900),
                text(String(repeating: "blah blah ", count: 3_000)), text("never"),
            ], files: ["a.txt": "short\n"], context: 2_000
        ) { world, session in
            let (result, events) = try await world.run(session, "Read a.txt")
            #expect(result.outcome == .failed)
            #expect(result.error?.message.contains("does not shrink") == true, "\(result)")
            #expect(types(events, "session.compaction.started").count == 1)
            #expect(world.transport.calls.count == 2)
        }
    }

    @Test("What a failed attempt had shown is withdrawn before the next one, and is not in the session")
    func withdrawal() async throws {
        var cut = text("This gets lost")
        cut["cut"] = true
        try await AgentWorld.with([cut, text("This stays")]) { world, session in
            let (result, events) = try await world.run(session, "Hello")
            #expect(result.outcome == .succeeded && result.text == "This stays", "\(result)")
            let seen = events.map(\.payload.type)
            let withdrawn = try #require(seen.firstIndex(of: "session.message.content.updated"))
            let retry = try #require(seen.firstIndex(of: "session.retry.scheduled"))
            let first = try #require(seen.firstIndex(of: "session.text.delta"))
            let last = try #require(seen.lastIndex(of: "session.text.delta"))
            #expect(first < withdrawn && withdrawn < retry && retry < last)
            guard case .sessionMessageContentUpdated(let data) = events[withdrawn].payload else { return }
            #expect(data.content.isEmpty)
            let messages = try await world.sessions.messages(session.id)
            let texts = messages.compactMap { message -> [String]? in
                guard case .assistant(let assistant) = message else { return nil }
                return assistant.content.compactMap { if case .text(let item) = $0 { item.text } else { nil } }
            }
            #expect(texts == [["This stays"]])
        }
    }

    @Test("A subagent's calls are checked with the agents that called it, and what is denied there counts for the run")
    func subagents() async throws {
        try await AgentWorld.with(
            [
                call(
                    "task", ["description": "Write it", "prompt": "Write a.txt", "subagent_type": "general"], id: "c1"),
                call("write", ["filePath": "a.txt", "content": "x"], id: "c2"), text("I may not."), text("It may not."),
            ], denied: ["edit"]
        ) { world, session in
            let (result, _) = try await world.run(session, "Let somebody write a.txt")
            #expect(result.outcome == .succeeded && result.text == "It may not.", "\(result)")
            #expect(result.hadDenials)
            #expect(!world.workspace.exists("a.txt"))
            let edit = try #require(world.gate.asked.first { $0.permission == "edit" })
            #expect(edit.agent == "general" && edit.callers == ["build"])
            let task = try #require(world.gate.asked.first { $0.permission == "task" })
            #expect(task.agent == "build" && task.callers.isEmpty)
        }
    }

    @Test("session.usage.updated comes when the tools of its step have ended, with what the run has spent so far")
    func usage() async throws {
        try await AgentWorld.with(
            [call("read", ["filePath": "a.txt"], id: "c1", input: 100), text("Done.", input: 200)],
            files: ["a.txt": "x\n"]
        ) { world, session in
            let (_, events) = try await world.run(session, "Read")
            let spent = events.compactMap { event -> Int? in
                if case .sessionUsageUpdated(let data) = event.payload { data.tokens.input } else { nil }
            }
            #expect(spent == [100, 300])
            let seen = events.map(\.payload.type)
            let tool = try #require(seen.firstIndex(of: "session.tool.success"))
            #expect(try #require(seen.firstIndex(of: "session.usage.updated")) > tool, "\(seen)")
        }
    }

    @Test("A step with a call makes two commits: the answer with what it calls, before it runs; and what came of it")
    func commits() async throws {
        let steps = 4
        let calls = (0..<steps).map {
            call("read", ["filePath": "a.txt", "offset": .int(Int64($0 + 1))], id: "c\($0)")
        }
        try await AgentWorld.with(calls + [text("Done.")], files: ["a.txt": "1\n2\n3\n4\n5\n"]) { world, session in
            let before = world.storage.reads
            let (result, events) = try await world.run(session, "Read a.txt")
            #expect(result.outcome == .succeeded && result.steps == steps + 1, "\(result)")
            let commits = world.storage.commits.map { $0.map { $0.replacing("session.", with: "") } }
            let called = commits.filter { $0.contains("tool.called") }
            #expect(
                called
                    == Array(
                        repeating: ["tool.input.started", "tool.input.ended", "step.streamed", "tool.called"],
                        count: steps), "\(commits)")
            let ended = commits.filter { $0.contains("tool.success") }
            #expect(
                ended == Array(repeating: ["tool.success", "step.ended", "step.started"], count: steps), "\(commits)")
            #expect(world.storage.reads - before <= 3 * (steps + 1) + 12)
            // Who listens sees them in the order of the log.
            let seqs = events.compactMap { $0.durable?.seq }
            #expect(seqs == seqs.sorted())
        }
    }
}
