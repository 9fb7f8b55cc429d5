package import Permissions
import Support

/// `todoread`: the todo list of the session.
package struct TodoReadTool: Tool {
    package init() {}

    package let name = "todoread"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.todoread, inputSchema: ["type": "object", "properties": [:]])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] { [] }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        TodoWriteTool.output(try await context.todos.todos(sessionID: context.sessionID))
    }
}
