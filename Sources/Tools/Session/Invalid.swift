package import Permissions
import Support

/// `invalid`: what a call of a tool that does not exist becomes. Never offered.
package struct InvalidTool: Tool {
    package init() {}

    package let name = "invalid"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.invalid,
            inputSchema: [
                "type": "object", "properties": ["tool": ["type": "string"], "error": ["type": "string"]],
                "required": ["tool", "error"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] { [] }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        ToolOutput(
            text:
                "The arguments given to '\(ShortText.shown(try input.string("tool"), bytes: 64))' are invalid: "
                + HostileText.escaped(try input.string("error"), multiline: true), title: "Invalid call")
    }

    /// The error of a call of a tool that is not there or not offered.
    func unknown(_ name: String, offered: [String]) -> ToolError {
        let shown = HostileText.escaped(String(decoding: Array(name.utf8.prefix(64)), as: UTF8.self), multiline: false)
        let list =
            offered.isEmpty ? "There are no tools; answer in text." : "Use one of: \(offered.joined(separator: ", "))."
        return ToolError(.notFound, "There is no tool '\(shown)' here. \(list)")
    }
}
