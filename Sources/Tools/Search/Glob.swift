import Configuration
package import Permissions
import Support
import SystemPackage

/// `glob`: files whose path matches a pattern, newest first, at most 100. A pattern without `/` matches names anywhere.
package struct GlobTool: Tool {
    /// Most files of a call.
    package static let limit = 100
    /// Time a call may take.
    package static let duration = Duration.seconds(20)

    package init() {}

    package let name = "glob"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.glob,
            inputSchema: [
                "type": "object",
                "properties": ["pattern": ["type": "string"], "path": ["type": "string"]],
                "required": ["pattern"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let pattern = try input.string("pattern")
        let path = try WorkspacePaths(asking: context).resolve(try input.optionalString("path") ?? ".")
        return OutsideDemand.of([path], writes: false, context) + [
            PermissionDemand(
                permission: "glob", patterns: [pattern], always: [pattern],
                metadata: .object(["pattern": .string(pattern)]), title: "Find \(pattern)")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let pattern = try input.string("pattern")
        let written = try input.optionalString("path") ?? "."
        let budget = SearchBudget(time: context.time, duration: Self.duration)
        let rules = await context.permissions.filter("read", context.permissionContext)
        return try await searchWork(budget) { () throws(ToolError) in
            let paths = WorkspacePaths(context)
            let start = try paths.resolve(written)
            let matcher = try Self.matcher(pattern, root: context.workspace.path)
            return try Self.find(matcher, pattern, below: start, WorkspaceFiles(root: context.workspace), budget, rules)
        }
    }

    /// `pattern` relative to where the search starts; an absolute one is taken relative to the workspace.
    private static func matcher(_ pattern: String, root: FilePath) throws(ToolError) -> PathPattern {
        var text = pattern
        let prefix = root.string + "/"
        let absolute = text.utf8.starts(with: prefix.utf8)
        if absolute { text = String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) }
        return try PathPattern(text, fromRoot: absolute)
    }

    private static func find(
        _ matcher: PathPattern, _ pattern: String, below start: WorkspacePath, _ files: WorkspaceFiles,
        _ budget: SearchBudget, _ rules: ReadFilter
    ) throws(ToolError) -> ToolOutput {
        var newest = NewestFirst<[UInt8]>(limit: limit)
        let base = PathPattern.base(start.relative)
        let end: WorkspaceWalker.End
        do throws(FileError) {
            let walker = WorkspaceWalker(files: files, budget: budget)
            end = try walker.walk(from: start.relative) { entry throws(FileError) in
                guard entry.kind != .directory, matcher.matches(entry, below: base),
                    rules(UTF8Text.lossy(entry.bytes)) != .deny
                else { return .next }
                newest.add(entry.bytes, mtimeNs: (try? files.info(entry.path))?.mtimeNs ?? 0)
                return .next
            }
        } catch {
            if error.kind == .notADirectory {
                throw .file(.invalid, "'\(start.display)' is a file. Give a directory to search in.")
            }
            if error.kind == .notFound { throw NearNames.missing(start, written: start.display, in: files) }
            throw .file(error, path: start.display)
        }
        var lines = newest.sorted.map { HostileText.escaped(UTF8Text.lossy($0), multiline: false) }
        if lines.isEmpty { lines = ["No files match \(pattern) in \(start.display)"] }
        if newest.total > limit {
            lines.append("(\(newest.total) files match, the \(limit) newest are shown. Narrow the pattern or path.)")
        }
        if end == .limited { lines.append("(The search was stopped after its time limit; some files may be missing.)") }
        return ToolOutput(
            text: lines.joined(separator: "\n"),
            metadata: .object([
                "count": .int(Int64(newest.total)), "truncated": .bool(newest.total > limit || end == .limited),
            ]), title: pattern)
    }
}

/// A glob over paths below a directory.
struct PathPattern: Sendable {
    private let glob: Glob
    private let nameOnly: Bool
    private let fromRoot: Bool

    init(_ pattern: String, fromRoot: Bool = false) throws(ToolError) {
        var text = pattern
        if text.utf8.starts(with: "./".utf8) { text = String(text.dropFirst(2)) }
        guard !text.isEmpty else { throw .file(.invalid, "The pattern is empty. Give one such as '**/*.swift'.") }
        do throws(GlobError) {
            glob = try Glob(text)
        } catch {
            throw .file(.invalid, "'\(pattern)' is no valid pattern: \(error). Use *, ?, **, [a-z] and {a,b}.")
        }
        nameOnly = !text.utf8.contains(UInt8(ascii: "/"))
        self.fromRoot = fromRoot
    }

    /// What paths below `start` begin with: empty for the root, else with a trailing `/`.
    static func base(_ start: FilePath) -> [UInt8] {
        start.isEmpty ? [] : Array(start.string.utf8) + [UInt8(ascii: "/")]
    }

    /// True when an entry, whose path begins with `base`, matches.
    func matches(_ entry: WorkspaceWalker.Entry, below base: [UInt8]) -> Bool {
        if fromRoot { return glob.matches(entry.bytes) }
        return glob.matches(nameOnly ? entry.nameBytes : entry.bytes.dropFirst(base.count))
    }
}

/// Keeps the newest `limit` values by time of modification, in bounded memory.
struct NewestFirst<Value: Sendable>: Sendable {
    private let limit: Int
    private var kept: [(value: Value, mtimeNs: Int64, order: Int)] = []

    /// Number of values added.
    private(set) var total = 0

    init(limit: Int) { self.limit = max(1, limit) }

    mutating func add(_ value: Value, mtimeNs: Int64) {
        total += 1
        kept.append((value, mtimeNs, total))
        if kept.count >= limit * 4 { trim() }
    }

    /// Newest first, in the order added when equal.
    var sorted: [Value] {
        var copy = self
        copy.trim()
        return copy.kept.map(\.value)
    }

    private mutating func trim() {
        kept.sort { ($1.mtimeNs, $0.order) < ($0.mtimeNs, $1.order) }
        if kept.count > limit { kept.removeLast(kept.count - limit) }
    }
}
