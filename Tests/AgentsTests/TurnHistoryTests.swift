import Providers
import Schema
import Support
import Testing

@testable import Agents

@Suite("Turn history")
struct TurnHistoryTests {
    private let time = MessageTime(created: 1)

    private func assistant(_ content: [ContentItem]) -> SessionMessage {
        .assistant(
            AssistantMessage(
                id: "msg_a", time: AssistantTime(created: 1), agent: "build", model: ModelRef(id: "m", providerID: "p"),
                content: content))
    }

    private func tool(_ id: String, _ state: ToolState) -> ContentItem {
        .tool(ToolItem(id: id, name: "read", state: state, time: ToolTime(created: 1)))
    }

    @Test("each call is answered in the message after it, also one that never finished")
    func pairs() {
        let history = TurnHistory.modelMessages(
            [
                .user(UserMessage(id: "msg_u", time: time, text: "go")),
                assistant([
                    .text(TextItem(text: "looking")),
                    tool("c1", .completed(input: ["filePath": "a"], content: [.text("A")], metadata: nil)),
                    tool("c2", .running(input: ["filePath": "b"], metadata: [:])), tool("c3", .streaming(input: "{")),
                ]),
            ], acceptsImages: true)
        #expect(history.map(\.role) == [.user, .assistant, .tool])
        var calls: [String] = []
        for case .toolCall(let id, _, _) in history[1].content { calls.append(id) }
        var results: [String] = []
        var errors: [String] = []
        for case .toolResult(let id, _, _, let isError) in history[2].content {
            results.append(id)
            if isError { errors.append(id) }
        }
        #expect(calls == ["c1", "c2", "c3"])
        #expect(results == calls)
        #expect(errors == ["c2", "c3"])
    }

    @Test("a completed summary stands for everything before it")
    func compaction() {
        let history = TurnHistory.modelMessages(
            [
                .user(UserMessage(id: "msg_1", time: time, text: "old")),
                .compaction(
                    CompactionMessage(id: "msg_2", time: time, status: .completed, reason: .auto, summary: "SUMMARY")),
                .user(UserMessage(id: "msg_3", time: time, text: "new")),
            ], acceptsImages: true)
        #expect(history.count == 1)
        let text = history.first?.content.map { if case .text(let text) = $0 { text } else { "" } }.joined() ?? ""
        #expect(text.contains("SUMMARY") && text.contains("new") && !text.contains("old"))
    }

    @Test("an answer of reasoning alone is not sent back")
    func reasoningAlone() {
        let history = TurnHistory.modelMessages(
            [
                .user(UserMessage(id: "msg_u", time: time, text: "go")),
                assistant([.reasoning(ReasoningItem(text: "hm"))]),
            ], acceptsImages: true)
        #expect(history.map(\.role) == [.user])
    }

    @Test("shortening for a summary blanks old results first and never parts a call from its result")
    func fitted() {
        let big = String(repeating: "x", count: 40_000)
        var messages: [ModelMessage] = [ModelMessage(role: .user, content: [.text("go")])]
        for index in 0..<6 {
            messages.append(
                ModelMessage(role: .assistant, content: [.toolCall(id: "c\(index)", name: "read", input: [:])]))
            messages.append(
                ModelMessage(
                    role: .tool,
                    content: [.toolResult(callID: "c\(index)", name: "read", content: [.text(big)], isError: false)]))
        }
        let plan = CompactionPlan(contextTokens: 40_000, outputTokens: 8_000, reserve: nil)
        let fitted = plan.fitted(messages)
        #expect(CompactionPlan.estimate(fitted) < 40_000)
        #expect(fitted.map(\.role) == messages.map(\.role))
    }
}
