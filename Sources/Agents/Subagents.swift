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

/// Runs the `task` tool: a child session with another agent, executed by the same service.
///
/// A subagent may at most what its caller may: its asks go through the same gate, and its depth is bounded by
/// `AgentService.maximumDepth`. Cancelling the call interrupts the child.
struct Subagents: SubagentRunner {
    let service: AgentService
    let parent: Execution
    let parentID: String
    /// The caller included.
    let lineage: Lineage

    /// The agents that may be called, with their descriptions, in the order of `agent list`.
    var available: [SubagentInfo] {
        service.dependencies.agents.filter { $0.mode != .primary && !$0.hidden }
            .map { SubagentInfo(name: $0.name, description: $0.description) }
    }

    func run(_ request: SubagentRequest) async throws(ToolError) -> SubagentResult {
        guard lineage.depth <= AgentService.maximumDepth else {
            throw ToolError(
                .failed, "Subagents may call subagents \(AgentService.maximumDepth) levels deep; do this task yourself."
            )
        }
        let sessions = service.dependencies.sessions
        let childID: String
        do {
            let parentSession = try await sessions.get(parentID)
            if let id = request.taskID {
                childID = try await sessions.get(id).id
            } else {
                var new = NewSession(directory: parentSession.location.directory, projectID: parentSession.projectID)
                new.parentID = parentID
                new.title = request.description
                new.agent = request.agent
                new.model = parentSession.model
                childID = try await sessions.create(new).id
            }
        } catch {
            throw ToolError(.failed, "The subagent's session could not be made: \(error.message)")
        }
        let result: ExecutionResult
        do {
            result = try await service.prompt(
                PromptInput(sessionID: childID, text: request.prompt, agent: request.agent), lineage: lineage)
        } catch {
            throw ToolError(.failed, "The subagent could not start: \(error.message)")
        }
        await parent.absorb(result)
        switch result.outcome {
        case .succeeded: return SubagentResult(sessionID: childID, text: result.text)
        case .interrupted: throw ToolError(.cancelled, "The subagent was interrupted.")
        case .failed:
            throw ToolError(
                .failed,
                "The subagent failed: \(result.error?.message ?? "no reason given"). Its session is \(childID).")
        }
    }
}

extension Execution {
    /// Adds what a subagent spent to this execution's work.
    func absorb(_ child: ExecutionResult) {
        result.spending.add(child.spending)
        result.overhead.add(child.overhead)
        if child.hadDenials { result.hadDenials = true }
        result.denials += child.denials.prefix(max(0, 100 - result.denials.count))
    }
}
