package import Permissions
import Support

/// `plan_exit`: asks the user whether the plan is to be carried out, and then goes on as the build agent. Without a
/// user the agent stays: nobody has agreed to the changes.
package struct PlanExitTool: Tool {
    package init() {}

    package let name = "plan_exit"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.planExit, inputSchema: ["type": "object", "properties": [:]])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] { [] }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        guard context.agent == "plan" else {
            throw ToolError(.conflict, "Only the plan agent leaves plan mode; you are '\(context.agent)'. Go on.")
        }
        guard let asker = context.asker, let switchAgent = context.switchAgent else {
            return ToolOutput(
                text: "Nobody is there to approve the plan. Stay in plan mode and give the whole plan as your answer.",
                metadata: ["agent": "plan"], title: "plan kept")
        }
        let question = Question(
            question: "The plan is ready. Switch to the build agent and carry it out?", header: "Plan",
            options: [
                .init(label: "Yes", description: "Start the work"), .init(label: "No", description: "Keep planning"),
            ])
        let answer = try await asker.ask([question], sessionID: context.sessionID, callID: context.callID).first ?? []
        guard answer == ["Yes"] else {
            let said = answer.filter { $0 != "No" }.joined(separator: ", ")
            return ToolOutput(
                text: "The user wants to keep planning." + (said.isEmpty ? "" : " They said: \(said)"),
                metadata: ["agent": "plan"], title: "plan kept")
        }
        await switchAgent("build")
        return ToolOutput(
            text: "The user agreed. You are the build agent now: carry out the plan.", metadata: ["agent": "build"],
            title: "build")
    }
}
