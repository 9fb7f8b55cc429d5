package import Permissions
import Support

/// `batch`: several calls in one. Each is validated and needs its own permission, as if it were made alone; runs of
/// read-only calls go in parallel (at most 8), everything else one after the other in order. A failure does not stop
/// the others.
package struct BatchTool: Tool {
    /// Most calls of a batch.
    package static let limit = 25
    private static let width = 8
    private static let refused: Set<String> = ["batch", "question", "plan_enter", "plan_exit"]
    private static let parallel: Set<String> = [
        "read", "glob", "grep", "list", "codesearch", "webfetch", "websearch", "todoread", "skill",
    ]

    package init() {}

    package let name = "batch"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.batch,
            inputSchema: [
                "type": "object",
                "properties": [
                    "tool_calls": [
                        "type": "array", "minItems": 1, "maxItems": .int(Int64(Self.limit)),
                        "items": [
                            "type": "object",
                            "properties": ["tool": ["type": "string"], "parameters": ["type": "object"]],
                            "required": ["tool", "parameters"],
                        ],
                    ]
                ],
                "required": ["tool_calls"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        _ = try Self.calls(input)
        return []
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let calls = try Self.calls(input)
        guard let runTool = context.runTool else {
            throw ToolError(.failed, "A batch cannot run inside another call. Call the tools one by one.")
        }
        var results = [Result<ToolOutput, ToolError>?](repeating: nil, count: calls.count)
        var index = 0
        while index < calls.count {
            if Task.isCancelled { throw ToolError(.cancelled, "The batch was cancelled after \(index) calls.") }
            var end = index + 1
            while end < calls.count, end - index < Self.width,
                calls[index..<(end + 1)].allSatisfy({ Self.parallel.contains($0.tool) })
            {
                end += 1
            }
            if end == index + 1 {
                results[index] = await runTool(calls[index].tool, calls[index].parameters)
            } else {
                let group = Array(zip(index..<end, calls[index..<end]))
                await withTaskGroup(of: (Int, Result<ToolOutput, ToolError>).self) { tasks in
                    for (place, call) in group {
                        tasks.addTask { (place, await runTool(call.tool, call.parameters)) }
                    }
                    for await (place, result) in tasks { results[place] = result }
                }
            }
            index = end
        }
        return try Self.output(calls, results)
    }

    private struct Call: Sendable {
        var tool: String
        var parameters: JSON
    }

    private static func calls(_ input: ToolInput) throws(ToolError) -> [Call] {
        let items = try input.array("tool_calls")
        guard (1...limit).contains(items.count) else {
            throw ToolError(
                .invalidArguments, "A batch has 1 to \(limit) calls, but this one has \(items.count). Split it.")
        }
        var calls: [Call] = []
        for (index, json) in items.enumerated() {
            let item = ToolInput(json)
            let tool = try item.string("tool")
            guard !refused.contains(tool) else {
                throw ToolError(.invalidArguments, "tool_calls[\(index)]: \(tool) cannot be part of a batch.")
            }
            calls.append(Call(tool: tool, parameters: .object(try item.optionalObject("parameters") ?? [:])))
        }
        return calls
    }

    /// Every call gets an even share of what a model may see. When all failed and one was denied, the batch is denied.
    private static func output(
        _ calls: [Call], _ results: [Result<ToolOutput, ToolError>?]
    ) throws(ToolError) -> ToolOutput {
        var text = ""
        var rows: [JSON] = []
        var attachments = ToolOutput(text: "").attachments
        var denial: ToolError?
        var succeeded = 0
        let bytes = ToolOutputFile.maximumBytes / calls.count - 128
        let lines = ToolOutputFile.maximumLines / calls.count - 4
        for (index, call) in calls.enumerated() {
            let name = ShortText.cut(HostileText.escaped(call.tool, multiline: false), bytes: 64)
            let status: String
            let body: String
            switch results[index] {
            case .success(let output):
                succeeded += 1
                status = "completed"
                body = TextTruncation.headTail(output.text, maxLines: lines, maxBytes: bytes).text
                attachments += output.attachments
            case .failure(let error):
                status = error.isDenial ? "denied" : "error"
                if error.isDenial, denial == nil { denial = error }
                body = "Error: " + TextTruncation.headTail(error.message, maxLines: lines, maxBytes: bytes).text
            case nil:
                status = "error"
                body = "Error: it did not run."
            }
            text += "\(index == 0 ? "" : "\n")[\(index + 1)] \(name): \(status)\n\(body)\n"
            rows.append(["tool": .string(name), "status": .string(status)])
        }
        if succeeded == 0, let denial { throw denial }
        return ToolOutput(
            text: text, content: attachments, metadata: ["calls": .array(rows)],
            title: "\(succeeded) of \(calls.count) calls succeeded")
    }
}
