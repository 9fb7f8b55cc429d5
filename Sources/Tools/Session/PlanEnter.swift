package import Permissions
import Support

/// `plan_enter`: goes on as the plan agent, which may change nothing. Needs no permission: it only tightens.
package struct PlanEnterTool: Tool {
    package init() {}

    package let name = "plan_enter"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.planEnter, inputSchema: ["type": "object", "properties": [:]])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] { [] }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        guard context.agent != "plan" else { throw ToolError(.conflict, "This is the plan agent already. Go on.") }
        guard let switchAgent = context.switchAgent else {
            throw ToolError(.failed, "The agent cannot be changed here. Write the plan in your answer.")
        }
        await switchAgent("plan")
        return ToolOutput(
            text: "You are the plan agent now. Read what you need, change nothing, then call plan_exit.",
            metadata: ["agent": "plan"], title: "plan")
    }
}
