package import Permissions
import Support

/// `edit`: replaces text in a file the session has read. The matching is `EditMatcher`'s; a match that was not exact is
/// reported. An empty `oldString` creates a file and never replaces one.
package struct EditTool: Tool {
    package init() {}

    package let name = "edit"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.edit,
            inputSchema: [
                "type": "object",
                "properties": [
                    "filePath": ["type": "string"], "oldString": ["type": "string"], "newString": ["type": "string"],
                    "replaceAll": ["type": "boolean"],
                ],
                "required": ["filePath", "oldString", "newString"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        _ = try Self.edit(input)
        let path = try WorkspacePaths(asking: context).resolve(try input.string("filePath"))
        try FileEditing.checkWritable(path)
        return OutsideDemand.of([path], writes: true, context)
            + [FileEditing.demand([path], title: "Edit \(path.display)")]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let written = try input.string("filePath")
        let edit = try Self.edit(input)
        return try await fileWork { () throws(ToolError) in
            let path = try WorkspacePaths(context).resolve(written)
            try FileEditing.checkWritable(path)
            return try Self.apply([edit], to: path, as: written, FileEditing(context))
        }
    }

    static func edit(_ input: ToolInput) throws(ToolError) -> TextEdit {
        TextEdit(
            oldString: try input.string("oldString"), newString: try input.string("newString"),
            replaceAll: try input.optionalBool("replaceAll") ?? false)
    }

    /// Makes `edits` one after the other, all or none.
    static func apply(
        _ edits: [TextEdit], to path: WorkspacePath, as written: String, _ editing: FileEditing
    ) throws(ToolError) -> ToolOutput {
        var bytes: [UInt8]?
        var rest = edits[...]
        if let first = edits.first, first.oldString.isEmpty, !path.exists {
            bytes = Array(first.newString.utf8)
            rest = rest.dropFirst()
        }
        var notes: [String] = []
        var replacements = 0
        var strategies: [JSON] = []
        func run(_ start: [UInt8]) throws(ToolError) -> [UInt8] {
            var current = start
            for (index, edit) in zip(rest.indices, rest) {
                do throws(TextEditError) {
                    let result = try edit.apply(to: current)
                    current = result.bytes
                    replacements += result.replacements
                    strategies.append(.string(result.strategy.rawValue))
                    if let note = result.note { notes.append(note) }
                } catch {
                    let place = edits.count > 1 ? "Edit \(index + 1) of \(edits.count), nothing was changed: " : ""
                    throw .file(.invalid, "\(place)\(error.message)")
                }
            }
            return current
        }
        let set: FileChangeSet
        let verb: String
        if let created = bytes {
            let content = try run(created)
            set = try editing.ledger.exclusively { () throws(ToolError) in
                try editing.create(path, bytes: content)
            }
            verb = "Created \(path.display)"
        } else {
            set = try editing.change(path, as: written) { (before) throws(ToolError) in try run(before.bytes) }
            verb = "Edited \(path.display): \(FileEditing.count(replacements, "replacement"))"
        }
        var metadata = set.metadata()
        metadata["matches"] = .array(strategies)
        return ToolOutput(
            text: (["\(verb)."] + notes).joined(separator: "\n"), metadata: .object(metadata), title: path.display)
    }
}
