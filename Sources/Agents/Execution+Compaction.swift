import Configuration
import Git
import Logging
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage
import Tools

extension Execution {
    /// Summarises the conversation when the next request would not fit well.
    ///
    /// A summary stands for everything before it, so a call is never parted from its result. Stops with
    /// `contextOverflow` after three compactions without a model answer between them, or when one did not shrink the
    /// conversation by a fifth.
    func compactIfDue(_ projection: SessionProjection) async throws(AgentError) {
        guard dependencies.config.compaction.auto != false else { return }
        let plan = CompactionPlan(
            contextTokens: model.limits.context, outputTokens: model.limits.output,
            reserve: dependencies.config.compaction.reserveTokens)
        let messages = projection.messages
        let history = TurnHistory.modelMessages(messages, acceptsImages: model.capabilities.attachment)
        let estimate = CompactionPlan.estimate(history)
        let used = max(lastUsedTokens, estimate)
        guard plan.isDue(usedTokens: used), history.contains(where: { $0.role == .assistant }) else { return }
        guard compactionsInARow < CompactionPlan.maximumInARow else {
            throw overflow("Summarising three times in a row did not make room in the model's context.")
        }
        compactionsInARow += 1
        let summary = try await compact(plan.fitted(history), messages, reason: .auto)
        let after = summary.utf8.count / 4
        guard Double(after) <= Double(estimate) * CompactionPlan.requiredShare else {
            throw overflow(
                "A summary of \(after) tokens does not shrink the conversation of \(estimate) tokens by a fifth.")
        }
    }

    /// Summarises because a person asked for it; nothing happens in a conversation without an answer.
    func compactNow() async throws(AgentError) {
        let plan = CompactionPlan(
            contextTokens: model.limits.context, outputTokens: model.limits.output,
            reserve: dependencies.config.compaction.reserveTokens)
        let messages = try await projection().messages
        let history = TurnHistory.modelMessages(messages, acceptsImages: model.capabilities.attachment)
        guard history.contains(where: { $0.role == .assistant }) else { return try await append([]) }
        _ = try await compact(plan.fitted(history), messages, reason: .manual)
    }

    private func compact(
        _ history: [ModelMessage], _ messages: [SessionMessage], reason: CompactionReason
    ) async throws(AgentError) -> String {
        let inputID = reason == .manual ? input.messageID : nil
        try await append([.sessionCompactionStarted(.init(sessionID: sessionID, reason: reason, inputID: inputID))])
        let (text, usage) = try await summarise(history, reason)
        let cost = Cost.of(usage, model)
        result.overhead.add(usage, cost: cost)
        let summary = Self.summary(text, lastRequest: messages)
        try await append([
            .sessionCompactionEnded(
                .init(
                    sessionID: sessionID, reason: reason, model: model.ref, text: summary, cost: cost, tokens: usage))
        ])
        lastUsedTokens = 0
        return summary
    }

    private func summarise(
        _ messages: [ModelMessage], _ reason: CompactionReason
    ) async throws(AgentError) -> (text: String, usage: TokenUsage) {
        let agent = dependencies.agents.first { $0.name == "compaction" }
        var messages = messages
        let order = ModelContent.text(agent?.prompt ?? "Summarise this conversation.")
        if let last = messages.indices.last, messages[last].role == .user {
            messages[last].content.append(order)
        } else {
            messages.append(ModelMessage(role: .user, content: [order]))
        }
        let request = ModelRequest(
            model: model, system: [], messages: messages, tools: [], maxOutputTokens: min(outputLimit, 4_096),
            sessionID: sessionID)
        do {
            let answer = try await complete(request) { [sessions, sessionID] delta in
                await sessions.publish(
                    sessionID, .sessionCompactionDelta(.init(sessionID: sessionID, text: delta)))
            }
            return (answer.text, answer.usage)
        } catch {
            try await append([
                .sessionCompactionFailed(.init(sessionID: sessionID, reason: reason, error: error.structured))
            ])
            try checkCancelled()
            throw AgentError(.provider, "The conversation could not be summarised: \(error.message)", underlying: error)
        }
    }

    /// The summary, with the user's latest request word for word (at most 4,000 bytes of it): it is what must not get lost.
    private static func summary(_ text: String, lastRequest messages: [SessionMessage]) -> String {
        let request = messages.reversed().lazy.compactMap { message in
            if case .user(let user) = message { user.text } else { nil }
        }.first
        guard let request, !request.isEmpty else { return text }
        let cut = TextTruncation.headTail(request, maxLines: 200, maxBytes: 4_000).text
        return "\(text)\n\nThe user's latest request, word for word:\n\(cut)\n\nContinue with the work."
    }

    private func overflow(_ why: String) -> AgentError {
        AgentError(
            .contextOverflow,
            "\(why) Start a new session, or choose a model with a larger context than \(model.limits.context) tokens.",
            type: "ContextOverflowError")
    }
}
