import Logging
import Permissions
import Providers
import Schema
import Sessions
import Support
import Tools

/// Lends the model of a running execution. See `ModelLender`.
struct SessionModelLender: ModelLender {
    let execution: Execution
    let model: ModelSpec
    /// The tool call during which it is lent.
    let context: PermissionContext

    var modelName: String { model.ref.text }

    func answer(_ loan: ModelLoan, _ demand: PermissionDemand) async throws(ToolError) -> ModelLoanAnswer {
        try await execution.lend(loan, demand, context)
    }
}

extension Execution {
    /// One request of somebody else, when it is granted. What it took is added to the session.
    func lend(
        _ loan: ModelLoan, _ demand: PermissionDemand, _ context: PermissionContext
    ) async throws(ToolError) -> ModelLoanAnswer {
        do throws(PermissionDenied) { try await dependencies.permissions.check(demand, context) } catch {
            guard error.rule != "cancelled" else { throw ToolError(.cancelled, error.message) }
            result.hadDenials = true
            if result.denials.count < 100 { result.denials.append(error) }
            throw ToolError(error)
        }
        let request = ModelRequest(
            model: model, system: loan.system.map { [$0] } ?? [],
            messages: loan.messages.map {
                ModelMessage(role: $0.isUser ? .user : .assistant, content: [.text($0.text)])
            },
            tools: [], maxOutputTokens: min(loan.maxTokens, outputLimit), temperature: loan.temperature,
            cacheBreakpoints: false, sessionID: sessionID)
        do throws(ProviderError) {
            let answer = try await complete(request)
            let cost = Cost.of(answer.usage, model)
            result.overhead.add(answer.usage, cost: cost)
            _ = try? await sessions.append(
                sessionID,
                [
                    .sessionUsageRecorded(
                        .init(sessionID: sessionID, source: .sampling, cost: cost, tokens: answer.usage))
                ])
            return ModelLoanAnswer(text: answer.text, model: model.ref.text, isCut: answer.finish == .length)
        } catch {
            dependencies.logger.info(
                "a lent model did not answer",
                metadata: ["session": "\(sessionID)", "error": "\(error.code)"])
            throw ToolError(
                error.code == .cancelled ? .cancelled : .failed, "The model did not answer: \(error.message)",
                underlying: error)
        }
    }
}
