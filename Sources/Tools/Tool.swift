package import Permissions
package import Support

/// Something a model can call. A tool is a value without state of its own: what it needs is in the `ToolContext`.
///
/// `ToolRegistry.execute` is the only caller: it validates the arguments against `definition.inputSchema`, asks the
/// permission gate for every demand, runs the tool and bounds what comes back. A tool never asks for permission itself.
package protocol Tool: Sendable {
    /// The name models call it by: `[a-z_]+`.
    var name: String { get }
    /// What models are told. The same bytes every time: a change would lose the provider's prompt cache.
    var definition: ToolDefinition { get }
    /// True when the call changes nothing, so that it may run beside others.
    var isReadOnly: Bool { get }
    /// What has to be allowed before `run`, in order. Must not change anything.
    /// - Throws: `invalidArguments` when the arguments make no sense; nothing is asked then.
    func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand]
    /// Does the work. Cancelling the task stops it: what it started is ended and `ToolError.cancelled` is thrown.
    func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput
}

/// How a tool is described to a model.
package struct ToolDefinition: Sendable, Equatable {
    /// The name models call it by.
    package let name: String
    /// What it does, for the model: at most 350 bytes for a built-in tool.
    package let description: String
    /// The JSON Schema (the subset of `ArgumentValidator`) of its arguments; always an object schema.
    package let inputSchema: JSON

    /// A definition; see the properties.
    package init(name: String, description: String, inputSchema: JSON) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }

    /// The definition as JSON, keys in a fixed order: for size budgets and `models --tools`.
    package var json: JSON {
        ["name": .string(name), "description": .string(description), "input_schema": inputSchema]
    }
}
