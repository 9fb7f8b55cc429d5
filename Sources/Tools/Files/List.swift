import Configuration
package import Permissions
import Support
import SystemPackage

/// `list`: the tree below a directory, at most 100 entries; upper levels come first, so a large tree is cut at its
/// leaves. Ignored files are left out.
package struct ListTool: Tool {
    /// Most entries of a call.
    package static let limit = 100
    /// Time a call may take.
    package static let duration = Duration.seconds(10)
    /// Most entries looked at.
    static let scanLimit = 20_000

    package init() {}

    package let name = "list"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.list,
            inputSchema: [
                "type": "object",
                "properties": [
                    "path": ["type": "string"], "ignore": ["type": "array", "items": ["type": "string"]],
                ],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let path = try WorkspacePaths(asking: context).resolve(try input.optionalString("path") ?? ".")
        return OutsideDemand.of([path], writes: false, context) + [
            PermissionDemand(
                permission: "list", patterns: path.patterns, always: PermissionDemand.literal(path.patterns),
                metadata: .object(["path": .string(path.display)]), title: "List \(path.display)")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let written = try input.optionalString("path") ?? "."
        var ignore: [PathPattern] = []
        for item in try input.optionalArray("ignore") ?? [] {
            guard let text = item.stringValue else {
                throw .file(.invalid, "ignore must be a list of patterns, but holds \(item.text()).")
            }
            ignore.append(try PathPattern(text.utf8.last == UInt8(ascii: "/") ? String(text.dropLast()) : text))
        }
        let patterns = ignore
        let budget = SearchBudget(time: context.time, duration: Self.duration)
        let rules = await context.permissions.filter("read", context.permissionContext)
        return try await searchWork(budget) { () throws(ToolError) in
            let start = try WorkspacePaths(context).resolve(written)
            return try Self.list(start, written, patterns, WorkspaceFiles(root: context.workspace), budget, rules)
        }
    }

    private static func list(
        _ start: WorkspacePath, _ written: String, _ ignore: [PathPattern], _ files: WorkspaceFiles,
        _ budget: SearchBudget, _ rules: ReadFilter
    ) throws(ToolError) -> ToolOutput {
        var entries: [WorkspaceWalker.Entry] = []
        let base = PathPattern.base(start.relative)
        let end: WorkspaceWalker.End
        do throws(FileError) {
            let walker = WorkspaceWalker(files: files, budget: budget)
            end = try walker.walk(from: start.relative) { entry throws(FileError) in
                if ignore.contains(where: { $0.matches(entry, below: base) }) { return .skip }
                if rules(UTF8Text.lossy(entry.bytes)) == .deny { return .skip }
                entries.append(entry)
                return entries.count >= scanLimit ? .stop : .next
            }
        } catch {
            if error.kind == .notFound { throw NearNames.missing(start, written: written, in: files) }
            if error.kind == .notADirectory { throw .file(.invalid, "'\(written)' is a file. Use read for it.") }
            throw .file(error, path: written)
        }
        let shown = upperLevels(entries)
        var text = "\(start.display)/\n"
        for entry in shown {
            let mark = entry.kind == .directory ? "/" : entry.kind == .symlink ? "@" : ""
            let name = HostileText.escaped(UTF8Text.lossy(entry.nameBytes), multiline: false)
            text += String(repeating: "  ", count: entry.depth + 1) + name + mark + "\n"
        }
        if entries.isEmpty { text += "  (empty)\n" }
        let more = entries.count - shown.count
        if more > 0 || end != .complete {
            text += "(\(end == .complete ? "" : "at least ")\(more) more entries; list a directory below)\n"
        }
        return ToolOutput(
            text: text,
            metadata: .object([
                "count": .int(Int64(shown.count)), "truncated": .bool(more > 0 || end != .complete),
            ]), title: start.display)
    }

    /// At most `limit` entries, those of upper levels first, in the order of the walk.
    private static func upperLevels(_ entries: [WorkspaceWalker.Entry]) -> [WorkspaceWalker.Entry] {
        guard entries.count > limit else { return entries }
        var left = limit
        var allowance: [Int: Int] = [:]
        for depth in Set(entries.map(\.depth)).sorted() where left > 0 {
            let taken = min(left, entries.count { $0.depth == depth })
            allowance[depth] = taken
            left -= taken
        }
        return entries.filter { entry in
            guard let rest = allowance[entry.depth], rest > 0 else { return false }
            allowance[entry.depth] = rest - 1
            return true
        }
    }
}
