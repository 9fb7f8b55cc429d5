import Glibc
import Support
import TestSupport
import Testing

@Suite("Interrupts")
struct InterruptStoryTests {
    /// A sleep that no other process has, so that it can be found in the process table.
    private static func uniqueSleep() -> String { "300.\(UInt64.random(in: 1_000_000_000...9_999_999_999))" }

    @Test(
        "A signal in a tool call ends the run, the whole child tree is gone and the session goes on with -c",
        arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))] as [(Int32, Int32)])
    func duringTool(signal: Int32, code: Int32) async throws {
        let time = Self.uniqueSleep()
        let command = "sleep \(time) & setsid sleep \(time) & (trap '' INT TERM; sleep \(time)); echo never"
        try await StoryWorld.with([
            .text("Before."), .call("bash", ["command": .string(command), "description": "wait"]), .text("After."),
        ]) { world in
            let (before, _) = try await world.run("Say before")
            #expect(before.code == 0, "\(before.story)")
            let result = try await world.cli.start(["run", "-c", "--format", "jsonl", "Wait a while"]) { process in
                #expect(await ProcessTable.waitUntilThere(time))
                process.send(signal)
                return try await process.finish()
            }
            #expect(result.code == code, "\(result.story)")
            #expect(await ProcessTable.waitUntilGone(time, atMost: .seconds(2)))
            let events = try result.jsonLines()
            #expect(events.types.contains("session.execution.interrupted"), "\(events.types)")
            let id = try await world.onlySession()
            let stored = try await world.show(id)
            #expect(stored.users == ["Say before", "Wait a while"])
            #expect(stored.toolStates == ["error"])
            #expect(stored.info["outcome"] == "interrupted")
            let (next, json) = try await world.run("-c", "Go on")
            #expect(next.code == 0, "\(next.story)")
            #expect(json["text"] == "After.")
            #expect(json["sessionID"]?.stringValue == id)
            #expect(world.server.agentRequests.last?.toolResults.count == 1)
        }
    }

    @Test(
        "SIGINT while the model speaks closes the connection, keeps what was said and ends with 130",
        arguments: ModelProtocol.allCases)
    func duringStream(wire: ModelProtocol) async throws {
        let gate = Gate()
        try await StoryWorld.with([.stalled("Half a", at: gate, then: " sentence."), .text("Whole.")], wire: wire) {
            world in
            let result = try await world.cli.start(["run", "--title", "Story", "Speak"]) { process in
                #expect(await process.waitForOutput("Half a"))
                process.send(SIGINT)
                return try await process.finish()
            }
            #expect(result.code == 130, "\(result.story)")
            #expect(await world.server.waitForAbort())
            let (next, json) = try await world.run("-c", "Again")
            #expect(next.code == 0, "\(next.story)")
            #expect(json["text"] == "Whole.")
        }
    }

    @Test("A run killed with SIGKILL leaves no child behind, and the next start repairs its session")
    func killed() async throws {
        let time = Self.uniqueSleep()
        try await StoryWorld.with([
            .call("bash", ["command": .string("sleep \(time)"), "description": "wait"]), .text("Repaired."),
        ]) { world in
            let result = try await world.cli.start(["run", "--title", "Story", "Wait a while"]) { process in
                #expect(await ProcessTable.waitUntilThere(time))
                process.send(SIGKILL)
                return try await process.finish()
            }
            #expect(result.status == .signaled(SIGKILL))
            #expect(await ProcessTable.waitUntilGone(time, atMost: .seconds(2)))
            let (next, json) = try await world.run("-c", "Go on")
            #expect(next.code == 0, "\(next.story)")
            let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
            #expect(stored.users == ["Wait a while", "Go on"])
            #expect(stored.toolStates == ["error"])
            #expect(stored.answers == ["Repaired."])
        }
    }

    @Test("What a command leaves in the background is killed when its call ends")
    func leftovers() async throws {
        let time = Self.uniqueSleep()
        let command = "sleep \(time) & setsid sleep \(time) & echo started"
        try await StoryWorld.with([
            .call("bash", ["command": .string(command), "description": "start"]), .text("Done."),
        ]) { world in
            let (result, _) = try await world.run("Start it")
            #expect(result.code == 0, "\(result.story)")
            #expect(await ProcessTable.waitUntilGone(time, atMost: .seconds(2)))
            #expect(world.server.agentRequests.last?.toolResults.first?.text.contains("started") == true)
        }
    }
}
