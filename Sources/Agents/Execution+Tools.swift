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
    /// A call that is ready to run, or already answered because it cannot run.
    private struct PreparedCall: Sendable {
        var requested: RequestedToolCall
        var input: JSON
        /// Set when the call fails without running.
        var refusal: StructuredError?
        /// The tool and what it needs, or why it cannot run; nil until its turn comes.
        var tool: Result<ToolRegistry.Prepared, ToolError>?
    }

    /// Runs the calls of one answer: runs of read-only calls in parallel, everything else one after the other, in order.
    /// - Returns: true when the model has to see results.
    func runTools(_ answer: StepAccumulator, messageID: String) async throws(AgentError) -> Bool {
        let calls = answer.toolCalls.map(prepare)
        guard !calls.isEmpty else { return false }
        var index = 0
        while index < calls.count {
            var group = [calls[index]]
            if runsInParallel(calls[index]) {
                while index + group.count < calls.count, group.count < 8, runsInParallel(calls[index + group.count]) {
                    group.append(calls[index + group.count])
                }
            }
            index += group.count
            try await run(group, messageID: messageID)
            if Task.isCancelled {
                for call in calls[index...] {
                    record(
                        call, messageID: messageID, status: "error",
                        .failure(StructuredError(type: "InterruptedError", message: "Interrupted before it ran.")))
                }
                try await append([])
                try checkCancelled()
            }
        }
        if refusedRepeats >= DoomLoopGuard.repeats {
            throw AgentError(
                .loop, "The model kept repeating the same tool calls after they were refused; the run was stopped.",
                type: "DoomLoopError")
        }
        return true
    }

    private func runsInParallel(_ call: PreparedCall) -> Bool {
        call.requested.name == "task" || tools.isReadOnly(call.requested.name)
    }

    private func prepare(_ call: RequestedToolCall) -> PreparedCall {
        let text = call.arguments.isEmpty ? "{}" : call.arguments
        let input: JSON
        do throws(JSONParseError) {
            input = try JSON(parsing: text)
        } catch {
            return PreparedCall(
                requested: call, input: .object([:]),
                refusal: StructuredError(
                    type: "InvalidToolArgumentsError",
                    message:
                        "The arguments of \(HostileText.escaped(call.name, multiline: false)) are not valid JSON (\(error.message)). Call it again with a JSON object."
                ))
        }
        guard input.objectValue != nil else {
            return PreparedCall(
                requested: call, input: .object([:]),
                refusal: StructuredError(
                    type: "InvalidToolArgumentsError",
                    message:
                        "The arguments of \(HostileText.escaped(call.name, multiline: false)) must be a JSON object. Call it again with one."
                ))
        }
        return PreparedCall(requested: call, input: input)
    }

    private func run(_ calls: [PreparedCall], messageID: String) async throws(AgentError) {
        var group = calls
        // What runs, and which rules decide about it, is in the log before it has an effect.
        var events: [EventPayload] = []
        var metadata: [Int: JSON] = [:]
        for index in group.indices {
            let call = group[index]
            if call.refusal == nil {
                let context = toolContext(call.requested, messageID: messageID)
                group[index].tool = await prepareTool(call, context)
                if case .success(let tool) = group[index].tool {
                    metadata[index] = await decisions(on: tool.demands, context)
                }
            }
            events.append(
                .sessionToolCalled(
                    .init(
                        sessionID: sessionID, assistantMessageID: messageID, id: call.requested.callID,
                        input: call.input, executed: false)))
        }
        try await emit(events, metadata: metadata)
        if group.count == 1, let call = group.first {
            let outcome = await execute(call, messageID: messageID)
            record(call, messageID: messageID, status: outcome.status, outcome)
            return
        }
        let outcomes = await withTaskGroup(of: (Int, CallOutcome).self) { tasks in
            for (index, call) in group.enumerated() {
                tasks.addTask { (index, await self.execute(call, messageID: messageID)) }
            }
            var outcomes = [CallOutcome?](repeating: nil, count: group.count)
            for await (index, outcome) in tasks { outcomes[index] = outcome }
            return outcomes
        }
        for (call, outcome) in zip(group, outcomes) {
            guard let outcome else { continue }
            record(call, messageID: messageID, status: outcome.status, outcome)
        }
    }

    private func prepareTool(
        _ call: PreparedCall, _ context: ToolContext
    ) async -> Result<ToolRegistry.Prepared, ToolError> {
        do throws(ToolError) {
            return .success(
                await tools.settled(
                    try tools.prepare(
                        call.requested.name, input: call.input, context: context, offered: offeredNames), context))
        } catch {
            return .failure(error)
        }
    }

    /// `{"permission":[{action,permission,pattern,rule,source}]}`: what the rules and saved approvals say, at most 64
    /// resources; nil when the call needs nothing. An ask is followed by `permission.asked` and `permission.replied`.
    private func decisions(on demands: [PermissionDemand], _ context: ToolContext) async -> JSON? {
        var rows: [JSON] = []
        for demand in demands where rows.count < 64 {
            rows += await dependencies.permissions.preview(demand, context.permissionContext).prefix(64).map(\.json)
        }
        return rows.isEmpty ? nil : ["permission": .array(Array(rows.prefix(64)))]
    }

    /// How a call ended.
    enum CallOutcome: Sendable {
        case success(ToolOutput)
        case failure(StructuredError)
        case denied(StructuredError, PermissionDenied?)

        var status: String {
            switch self {
            case .success: "completed"
            case .failure: "error"
            case .denied: "denied"
            }
        }
    }

    private func execute(_ call: PreparedCall, messageID: String) async -> CallOutcome {
        if let refusal = call.refusal { return .failure(refusal) }
        let started = dependencies.time.uptimeNs()
        let outcome = await attempt(call, messageID: messageID)
        dependencies.logger.info(
            "tool finished",
            metadata: [
                "session": "\(sessionID)", "tool": "\(HostileText.escaped(call.requested.name, multiline: false))",
                "call": "\(call.requested.callID)", "status": "\(outcome.status)",
                "durationMs": "\((dependencies.time.uptimeNs() - started) / 1_000_000)",
            ])
        return outcome
    }

    private func attempt(_ call: PreparedCall, messageID: String) async -> CallOutcome {
        let context = toolContext(call.requested, messageID: messageID)
        if let period = doom.record(tool: call.requested.name, input: call.input) {
            let demand = PermissionDemand(
                permission: "doom_loop", patterns: [call.requested.name], always: [call.requested.name],
                metadata: ["input": call.input],
                title: "\(call.requested.name) repeats itself (a cycle of \(period), three times)")
            do {
                try await dependencies.permissions.check(demand, context.permissionContext)
            } catch {
                refusedRepeats += 1
                return .failure(
                    StructuredError(
                        type: "DoomLoopError",
                        message:
                            "This call repeats what you did before, three times over, with the same input. It was not run. Do something different, or answer with what you have."
                    ))
            }
        } else {
            refusedRepeats = 0
        }
        do throws(ToolError) {
            let prepared: Result<ToolRegistry.Prepared, ToolError>
            if let tool = call.tool { prepared = tool } else { prepared = await prepareTool(call, context) }
            let tool = try prepared.get()
            return .success(try await tools.execute(tool, context: context, offered: offeredNames))
        } catch {
            let structured = StructuredError(type: error.structuredType, message: error.message)
            return error.isDenial ? .denied(structured, error.denial) : .failure(structured)
        }
    }

    /// Adds the events of a finished call to `pending`, and the call to the result.
    private func record(_ call: PreparedCall, messageID: String, status: String, _ outcome: CallOutcome) {
        result.toolCalls.append(.init(id: call.requested.callID, name: call.requested.name, status: status))
        switch outcome {
        case .success(let output):
            pending.append(
                .sessionToolSuccess(
                    .init(
                        sessionID: sessionID, assistantMessageID: messageID, id: call.requested.callID,
                        content: output.content, metadata: output.storedMetadata, executed: false)))
        case .failure(let error), .denied(let error, _):
            if case .denied(_, let denial) = outcome {
                result.hadDenials = true
                if let denial, result.denials.count < 100 { result.denials.append(denial) }
            }
            pending.append(
                .sessionToolFailed(
                    .init(
                        sessionID: sessionID, assistantMessageID: messageID, id: call.requested.callID, error: error,
                        executed: false)))
        }
    }

    private func toolContext(_ call: RequestedToolCall, messageID: String) -> ToolContext {
        let root = lineage.rootSessionID ?? sessionID
        let rules = lineage.sessionRules + sessionRules
        let onAsk = input.onAsk ?? lineage.onAsk
        let below = Lineage(
            callers: lineage.callers + [activeAgent.name], rootSessionID: root, sessionRules: rules, onAsk: onAsk,
            origin: lineage.origin ?? CallOrigin(messageID: messageID, callID: call.callID))
        var context = dependencies.toolEnvironment.context(
            sessionID: sessionID, messageID: messageID, callID: call.callID, agent: activeAgent.name,
            permissions: dependencies.permissions, files: ledger, model: model.ref,
            subagents: Subagents(service: service, parent: self, parentID: sessionID, lineage: below),
            callers: lineage.callers, approvalScope: root, sessionRules: rules, onAsk: onAsk,
            origin: lineage.origin, switchAgent: { [weak self] name in await self?.switchAgent(to: name) },
            progress: { [weak self] metadata in
                guard let self else { return }
                Task {
                    await self.publish(
                        .sessionToolProgress(
                            .init(
                                sessionID: self.input.sessionID, assistantMessageID: messageID, id: call.callID,
                                metadata: metadata)))
                }
            })
        context.lender = SessionModelLender(execution: self, model: model, context: context.permissionContext)
        return context
    }
}
