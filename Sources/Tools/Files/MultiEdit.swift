package import Permissions
import Support

/// `multiedit`: several edits of one file, in order, each on the result of the one before; all are made or none.
package struct MultiEditTool: Tool {
    /// Most edits in a call.
    package static let limit = 200

    package init() {}

    package let name = "multiedit"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.multiEdit,
            inputSchema: [
                "type": "object",
                "properties": [
                    "filePath": ["type": "string"],
                    "edits": [
                        "type": "array",
                        "items": [
                            "type": "object",
                            "properties": [
                                "oldString": ["type": "string"], "newString": ["type": "string"],
                                "replaceAll": ["type": "boolean"],
                            ],
                            "required": ["oldString", "newString"],
                        ],
                    ],
                ],
                "required": ["filePath", "edits"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        _ = try Self.edits(input)
        let path = try WorkspacePaths(asking: context).resolve(try input.string("filePath"))
        try FileEditing.checkWritable(path)
        return OutsideDemand.of([path], writes: true, context)
            + [FileEditing.demand([path], title: "Edit \(path.display)")]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let written = try input.string("filePath")
        let edits = try Self.edits(input)
        return try await fileWork { () throws(ToolError) in
            let path = try WorkspacePaths(context).resolve(written)
            try FileEditing.checkWritable(path)
            return try EditTool.apply(edits, to: path, as: written, FileEditing(context))
        }
    }

    private static func edits(_ input: ToolInput) throws(ToolError) -> [TextEdit] {
        let items = try input.array("edits")
        guard !items.isEmpty, items.count <= limit else {
            throw .file(.invalid, "edits has \(items.count) entries; give 1 to \(limit).")
        }
        var result: [TextEdit] = []
        for item in items { result.append(try EditTool.edit(ToolInput(item))) }
        return result
    }
}
