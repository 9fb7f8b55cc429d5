package import Permissions
import Support
import SystemPackage

/// `write`: creates a file or replaces one the session has read. Parents are created; the mode, the byte order mark and
/// CR LF line ends of a replaced file are kept; the new content appears in one step.
package struct WriteTool: Tool {
    package init() {}

    package let name = "write"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.write,
            inputSchema: [
                "type": "object",
                "properties": ["filePath": ["type": "string"], "content": ["type": "string"]],
                "required": ["filePath", "content"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        _ = try input.string("content")
        let path = try WorkspacePaths(asking: context).resolve(try input.string("filePath"))
        try FileEditing.checkWritable(path)
        return OutsideDemand.of([path], writes: true, context)
            + [FileEditing.demand([path], title: "Write \(path.display)")]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let written = try input.string("filePath")
        let content = Array(try input.string("content").utf8)
        return try await fileWork { () throws(ToolError) in
            let path = try WorkspacePaths(context).resolve(written)
            try FileEditing.checkWritable(path)
            return try Self.write(content, to: path, FileEditing(context))
        }
    }

    private static func write(
        _ content: [UInt8], to path: WorkspacePath, _ editing: FileEditing
    ) throws(ToolError) -> ToolOutput {
        guard content.count <= WorkspaceFiles.limitBytes else {
            throw .file(
                .invalid,
                "content has \(content.count) bytes, more than the \(WorkspaceFiles.limitBytes) that can be written.")
        }
        let lines = FileEditing.count(TextLines(content).count, "line")
        return try editing.ledger.exclusively { () throws(ToolError) in
            guard let before = try editing.state(path) else {
                let set = try editing.create(path, bytes: content)
                return ToolOutput(
                    text: "Created \(path.display) (\(lines)).", metadata: .object(set.metadata()), title: path.display)
            }
            try editing.checkSeen(before, path)
            let bytes = FileText(before.bytes).rewritten(as: content)
            guard bytes != before.bytes else {
                return ToolOutput(
                    text: "\(path.display) already has this content; nothing was written.",
                    metadata: .object(FileChangeSet([]).metadata()), title: path.display)
            }
            let set = FileChangeSet([
                FileChange(path: path.relative, before: before, after: FileState(bytes: bytes, mode: before.mode))
            ])
            try editing.commit(set)
            return ToolOutput(
                text: "Wrote \(path.display) (\(lines)).", metadata: .object(set.metadata()), title: path.display)
        }
    }
}
