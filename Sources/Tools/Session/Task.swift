package import Permissions
import Support

/// `task`: gives work to a subagent.
package struct TaskTool: Tool {
    private let agents: [SubagentInfo]

    /// `agents` are named in the description, in this order; at most 20 of them, 120 bytes each.
    package init(agents: [SubagentInfo]) { self.agents = agents }

    package let name = "task"
    /// A subagent may write; the loop runs several at once all the same, because the model asked for that.
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        let lines = agents.prefix(20).map { "\n- \($0.name): \(ShortText.cut($0.description, bytes: 120))" }
        return ToolDefinition(
            name: name, description: ToolDescriptions.task + " Agents:" + lines.joined(),
            inputSchema: [
                "type": "object",
                "properties": [
                    "description": ["type": "string", "description": "3-5 words"], "prompt": ["type": "string"],
                    "subagent_type": ["type": "string"], "task_id": ["type": "string"],
                ],
                "required": ["description", "prompt", "subagent_type"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let request = try request(input, context)
        return [
            PermissionDemand(
                permission: "task", patterns: [request.agent], always: [request.agent],
                metadata: ["description": .string(request.description), "subagent_type": .string(request.agent)],
                title: "Task for \(request.agent): \(HostileText.escaped(request.description, multiline: false))")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let request = try request(input, context)
        let result = try await context.subagents.run(request)
        // The registry stores the whole text when this is longer than a model may see.
        let text = "task_id: \(result.sessionID)\n\n<task_result>\n\(result.text)\n</task_result>"
        return ToolOutput(
            text: text, metadata: ["sessionID": .string(result.sessionID), "agent": .string(request.agent)],
            title: request.description)
    }

    private func request(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> SubagentRequest {
        let agent = try input.string("subagent_type")
        let available = context.subagents.available.map(\.name)
        guard available.contains(agent) else {
            throw ToolError(
                .notFound,
                "There is no subagent '\(HostileText.escaped(agent, multiline: false))'. "
                    + (available.isEmpty
                        ? "There are none here; do the task yourself."
                        : "Use one of: \(available.joined(separator: ", "))."))
        }
        let prompt = try input.string("prompt")
        guard prompt.utf8.contains(where: { $0 > 0x20 }) else {
            throw ToolError(.invalidArguments, "The prompt is empty. Say what the subagent is to do.")
        }
        var id = try input.optionalString("task_id")
        if id?.isEmpty == true { id = nil }
        if let id, !IDFormat.isValid(id, prefix: .session) {
            throw ToolError(
                .invalidArguments,
                "'\(ShortText.cut(HostileText.escaped(id, multiline: false), bytes: 60))' is no task_id. "
                    + "Use the one an earlier result named, or none.")
        }
        return SubagentRequest(
            agent: agent, prompt: prompt, description: ShortText.cut(try input.string("description"), bytes: 200),
            taskID: id)
    }
}

/// Text cut to a length.
enum ShortText {
    /// Cut and made visible, on one line: for text of others in our sentences.
    static func shown(_ text: String, bytes: Int) -> String {
        HostileText.escaped(cut(text, bytes: bytes), multiline: false)
    }

    /// At most `bytes` bytes, never half a character; "…" marks a cut and counts.
    static func cut(_ text: String, bytes limit: Int) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > limit else { return text }
        return UTF8Text.lossy(bytes[..<UTF8Text.boundary(bytes, atMost: max(0, limit - 3))]) + "…"
    }
}
