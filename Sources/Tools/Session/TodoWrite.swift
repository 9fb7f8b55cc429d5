package import Permissions
import Support

/// `todowrite`: replaces the todo list of the session. At most 100 items of 1,000 bytes.
package struct TodoWriteTool: Tool {
    /// Most items of a list.
    package static let limit = 100

    package init() {}

    package let name = "todowrite"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.todowrite,
            inputSchema: [
                "type": "object",
                "properties": [
                    "todos": [
                        "type": "array", "maxItems": .int(Int64(Self.limit)),
                        "items": [
                            "type": "object",
                            "properties": [
                                "content": ["type": "string", "maxLength": 1000],
                                "status": ["enum": ["pending", "in_progress", "completed", "cancelled"]],
                                "priority": ["enum": ["high", "medium", "low"]],
                            ],
                            "required": ["content", "status"],
                        ],
                    ]
                ],
                "required": ["todos"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        _ = try Self.items(input)
        return []
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let items = try Self.items(input)
        try await context.todos.replaceTodos(items, sessionID: context.sessionID)
        return Self.output(items)
    }

    private static func items(_ input: ToolInput) throws(ToolError) -> [TodoItem] {
        var items: [TodoItem] = []
        for (index, json) in try input.array("todos").enumerated() {
            let item = ToolInput(json)
            let content = try item.string("content")
            guard content.utf8.contains(where: { $0 > 0x20 }) else {
                throw ToolError(.invalidArguments, "todos[\(index)].content is empty. Say what is to be done.")
            }
            guard let status = TodoItem.Status(rawValue: try item.string("status")),
                let priority = TodoItem.Priority(rawValue: try item.optionalString("priority") ?? "medium")
            else {
                throw ToolError(
                    .invalidArguments,
                    "todos[\(index)] has a status or priority that does not exist: \(ArgumentValidator.shown(json)).")
            }
            items.append(TodoItem(content: content, status: status, priority: priority))
        }
        return items
    }

    static func output(_ items: [TodoItem]) -> ToolOutput {
        let rows = items.map { item -> JSON in
            [
                "content": .string(item.content), "status": .string(item.status.rawValue),
                "priority": .string(item.priority.rawValue),
            ]
        }
        let open = items.count { $0.status == .pending || $0.status == .inProgress }
        let lines = items.map { item in
            let mark =
                switch item.status {
                case .pending: " "
                case .inProgress: ">"
                case .completed: "x"
                case .cancelled: "-"
                }
            return "[\(mark)] \(HostileText.escaped(item.content, multiline: false))"
                + (item.priority == .medium ? "" : " (\(item.priority.rawValue))")
        }
        return ToolOutput(
            text: items.isEmpty ? "The todo list is empty." : lines.joined(separator: "\n"),
            metadata: ["todos": .array(rows)], title: "\(open) open")
    }
}
