import Providers
import Schema
import Support
import TestSupport
import Testing

@testable import Agents

@Suite("Step accumulator")
struct StepAccumulatorTests {
    private func accumulator(used: Set<String> = []) -> StepAccumulator {
        StepAccumulator(sessionID: "ses_1", messageID: "msg_1", ids: TestIDs(), usedCallIDs: used)
    }

    @Test("the deltas of one batch become one event, between a start and an end")
    func coalesces() {
        var step = accumulator()
        let first = step.receive([.textDelta("Hel"), .textDelta("lo"), .textDelta("!")])
        #expect(first.map(\.type) == ["session.text.started", "session.text.delta"])
        let last = step.close()
        #expect(last.map(\.type) == ["session.text.ended"])
        guard case .sessionTextEnded(let ended) = last.first else {
            Issue.record("no end")
            return
        }
        #expect(ended.text == "Hello!")
        #expect(step.text == "Hello!")
    }

    @Test("reasoning closes before text opens and keeps what the provider wants back")
    func reasoning() {
        var step = accumulator()
        let events = step.receive([
            .reasoningStart, .reasoningDelta("hm"), .reasoningEnd(native: ["signature": "s"]), .textDelta("yes"),
        ])
        #expect(
            events.map(\.type) == [
                "session.reasoning.started", "session.reasoning.delta", "session.reasoning.ended",
                "session.text.started", "session.text.delta",
            ])
    }

    @Test("a call that never ends is not run")
    func unfinished() {
        var step = accumulator()
        _ = step.receive([.toolCallStart(id: "a", name: "bash"), .toolCallDelta(id: "a", delta: "{\"comm")])
        _ = step.close()
        #expect(step.toolCalls.isEmpty)
        #expect(step.hasContent)
    }

    @Test("a call id that the session already has, or none, becomes a fresh one")
    func freshIDs() {
        var step = accumulator(used: ["a"])
        _ = step.receive([
            .toolCallStart(id: "a", name: "read"), .toolCallEnd(id: "a", name: "read", arguments: "{}"),
            .toolCallStart(id: "b", name: "read"), .toolCallEnd(id: "b", name: "read", arguments: "{}"),
        ])
        let ids = step.toolCalls.map(\.callID)
        #expect(ids.count == 2)
        #expect(ids.first != "a")
        #expect(ids.last == "b")
    }
}
