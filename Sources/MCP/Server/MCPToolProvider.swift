package import Support

/// A tool of ours that an MCP client may call.
package struct MCPServedTool: Sendable, Equatable {
    package var name: String
    package var description: String
    /// JSON Schema; always an object schema.
    package var inputSchema: JSON
    package var isReadOnly: Bool

    /// The value with these members.
    package init(name: String, description: String, inputSchema: JSON, isReadOnly: Bool) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
        self.isReadOnly = isReadOnly
    }

    /// As `tools/list` has it.
    var json: JSON {
        [
            "name": .string(name), "description": .string(description), "inputSchema": inputSchema,
            "annotations": ["readOnlyHint": .bool(isReadOnly)],
        ]
    }
}

/// What server mode offers. Every call goes through the permission engine, as if a model had made it.
package protocol MCPToolProvider: Sendable {
    /// The tools, in a fixed order.
    func tools() async -> [MCPServedTool]
    /// Runs a tool; a denial or failure is a result with `isError`. Cancelling the task ends the call.
    /// - Parameter progress: told what a running call has done so far.
    /// - Returns: nil for a tool that is not offered.
    func call(_ name: String, _ arguments: JSON, progress: @escaping @Sendable (String) -> Void) async
        -> MCPToolResult?
}
