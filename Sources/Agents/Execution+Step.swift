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
    /// What follows a step.
    enum StepOutcome { case done, again }

    /// One model request with its retries, and the tool calls of its answer.
    func step() async throws(AgentError) -> StepOutcome {
        await gatherTools()
        let definitions = tools.definitions(for: toolModel, agent: toolFilter)
        offeredNames = definitions.map(\.name)
        let messageID = dependencies.ids.next(.message)
        try await append([
            .sessionStepStarted(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, agent: activeAgent.name, model: model.ref,
                    started: dependencies.time.nowMs()))
        ])
        // With the prompt that was pending until now.
        let messages = try await ownProjection().messages
        var request = ModelRequest(
            model: model, system: try await systemBlocks(),
            messages: TurnHistory.modelMessages(messages, acceptsImages: model.capabilities.attachment),
            tools: definitions.map {
                ToolSpec(name: $0.name, description: $0.description, inputSchema: $0.inputSchema)
            },
            maxOutputTokens: outputLimit, sessionID: sessionID)
        request.temperature = activeAgent.temperature
        let answer = try await ask(
            request, messageID: messageID, usedCallIDs: TurnHistory.callIDs(messages))
        result.steps += 1
        result.messageID = messageID
        result.text = answer.text
        result.finish = answer.finish
        let cost = Cost.of(answer.usage, model)
        result.spending.add(answer.usage, cost: cost)
        lastUsedTokens =
            answer.usage.input + answer.usage.output + answer.usage.cache.read + answer.usage.cache.write

        pending.append(.sessionStepStreamed(.init(sessionID: sessionID, assistantMessageID: messageID)))
        let again = try await runTools(answer, messageID: messageID)
        pending.append(
            .sessionStepEnded(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, finish: answer.finish ?? .unknown,
                    rawFinish: answer.rawFinish, cost: cost, tokens: answer.usage)))
        compactionsInARow = 0
        if answer.finish == .contentFilter {
            throw AgentError(
                .provider, "The provider's content filter stopped the answer; rephrase the request.",
                type: "ContentFilterError")
        }
        isUsageDue = true
        return again ? .again : .done
    }

    /// Streams one answer, retrying what can be retried. What a failed attempt had already shown is withdrawn
    /// (`session.message.content.updated` with no content) before the next one.
    private func ask(
        _ request: ModelRequest, messageID: String, usedCallIDs: Set<String>
    ) async throws(AgentError) -> StepAccumulator {
        let retry = dependencies.client.retryPolicy(for: request.model)
        let started = dependencies.time.uptimeNs()
        var attempt = 1
        while true {
            var answer = StepAccumulator(
                sessionID: sessionID, messageID: messageID, ids: dependencies.ids, usedCallIDs: usedCallIDs)
            let failure = try await stream(request, into: &answer)
            guard let failure else { return answer }
            if Task.isCancelled || failure.code == .cancelled {
                try await giveUp(messageID, answer, StructuredError(type: "InterruptedError", message: "Interrupted."))
                throw AgentError(.interrupted, "The run was interrupted.", type: "InterruptedError")
            }
            let elapsed = Duration.nanoseconds(Int64(dependencies.time.uptimeNs() - started))
            let structured = failure.structured
            guard case .retry(let delay) = retry.next(attempt: attempt, error: failure, elapsed: elapsed) else {
                try await giveUp(messageID, answer, structured)
                var error = AgentError(
                    failure.code == .contextOverflow ? .contextOverflow : .provider, failure.message,
                    underlying: failure)
                error.structured = structured
                throw error
            }
            dependencies.logger.warning(
                "model request failed, retrying",
                metadata: [
                    "session": "\(sessionID)", "attempt": "\(attempt)", "error": "\(failure.code)",
                    "status": "\(failure.status ?? 0)", "delayMs": "\(delay.milliseconds)",
                ])
            if answer.hasContent {
                pending.append(
                    .sessionMessageContentUpdated(.init(sessionID: sessionID, messageID: messageID, content: [])))
            }
            let at = dependencies.time.nowMs() + delay.milliseconds
            try await append([
                .sessionRetryScheduled(
                    .init(
                        sessionID: sessionID, assistantMessageID: messageID, attempt: attempt, at: at,
                        error: structured))
            ])
            await publish(
                .sessionStatusChanged(
                    .init(
                        sessionID: sessionID,
                        status: .retry(attempt: attempt, message: failure.message, next: at))))
            do {
                try await dependencies.time.sleep(for: delay)
            } catch {
                try await giveUp(messageID, answer, StructuredError(type: "InterruptedError", message: "Interrupted."))
                throw AgentError(.interrupted, "The run was interrupted.", type: "InterruptedError")
            }
            await publish(.sessionStatusChanged(.init(sessionID: sessionID, status: .busy)))
            attempt += 1
        }
    }

    /// - Returns: nil when the answer is complete, else why it is not.
    private func stream(
        _ request: ModelRequest, into answer: inout StepAccumulator
    ) async throws(AgentError) -> ProviderError? {
        let stream: ModelStream
        if !request.tools.isEmpty { sessions.warmUp() }
        do {
            stream = try await dependencies.client.stream(request)
            warmUpSnapshots()
        } catch {
            return error
        }
        while true {
            let batch: [ModelEvent]?
            do {
                batch = try await stream.next()
            } catch {
                return error
            }
            guard let batch else { break }
            let events = answer.receive(batch)
            if answer.finish != nil, !answer.toolCalls.isEmpty {
                // The answer is complete: stored with what it calls, before any of it runs.
                pending += events
                continue
            }
            do {
                try await emit(events)
            } catch {
                await stream.cancel()
                throw error
            }
            if answer.isRepeating {
                await stream.cancel()
                try await emit(answer.close())
                throw AgentError(
                    .loop, "The model repeated the same lines without end; the run was stopped.",
                    type: "RepetitionError")
            }
        }
        let rest = answer.close()
        if answer.toolCalls.isEmpty { try await emit(rest) } else { pending += rest }
        return nil
    }

    /// Stores that the step failed for good, with what had arrived of the answer.
    private func giveUp(
        _ messageID: String, _ answer: StepAccumulator, _ error: StructuredError
    ) async throws(AgentError) {
        var answer = answer
        pending += answer.close()
        let usage = answer.usage
        let cost = Cost.of(usage, model)
        if usage != .zero { result.spending.add(usage, cost: cost) }
        pending.append(
            .sessionStepFailed(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, error: error, cost: cost, tokens: usage)))
        result.messageID = messageID
        result.text = answer.text
        result.finish = .error
        try await append([])
    }

    /// How many tokens the answer may have.
    var outputLimit: Int {
        let limit = model.limits.output > 0 ? model.limits.output : 8_192
        guard model.limits.context > 0 else { return min(limit, 32_000) }
        return max(256, min(limit, 32_000, model.limits.context / 2))
    }

    var isCompact: Bool { model.limits.context > 0 && model.limits.context <= SystemPrompt.smallContext }

    var toolModel: ToolModel {
        ToolModel(
            providerID: model.ref.providerID, modelID: model.ref.id, tools: model.capabilities.tools,
            context: model.limits.context)
    }

    var toolFilter: ToolFilter {
        ToolFilter(
            agent: activeAgent.name, tools: activeAgent.tools,
            deniedPermissions: dependencies.deniedPermissions(activeAgent.name))
    }

    /// What every request of this session starts with.
    func systemBlocks() async throws(AgentError) -> [String] {
        let entries: [(key: String, value: JSON)]
        do {
            entries = try await sessions.instructionEntries(sessionID)
        } catch {
            throw AgentError(.storage, error.message, type: "StorageError", underlying: error)
        }
        return systemPrompt() + entries.map { "Instructions (\($0.key)):\n\($0.value.stringValue ?? $0.value.text())" }
    }

    private func systemPrompt() -> [String] {
        SystemPrompt.blocks(
            agent: activeAgent,
            context: PromptContext(
                directory: dependencies.toolEnvironment.directory,
                git: GitState.read(dependencies.toolEnvironment.directory),
                date: CivilDate(unixMs: dependencies.time.nowMs()).text, instructions: dependencies.instructions,
                compact: isCompact))
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        let parts = components
        return parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
    }
}
