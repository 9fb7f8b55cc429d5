import Configuration
package import Permissions
import Support
import SystemPackage

/// `grep`: lines that match a regular expression, by file, newest file first, at most 100. Hidden files are searched,
/// ignored ones, `.git` and (unless named by `path`) `.env` files are not. Lines are cut at 2,000 characters.
package struct GrepTool: Tool {
    /// Most lines of a call.
    package static let limit = 100
    /// Time a call may take; what was found by then is shown.
    package static let duration = Duration.seconds(30)

    private let ripgrep: RipgrepChoice

    /// Uses ripgrep when the environment of the call has it.
    package init() { ripgrep = .whenFound }

    init(ripgrep: RipgrepChoice) { self.ripgrep = ripgrep }

    package let name = "grep"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.grep,
            inputSchema: [
                "type": "object",
                "properties": [
                    "pattern": ["type": "string"], "path": ["type": "string"],
                    "include": ["type": "string", "description": "file glob"],
                ],
                "required": ["pattern"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let pattern = try input.string("pattern")
        let path = try WorkspacePaths(asking: context).resolve(try input.optionalString("path") ?? ".")
        var demands = OutsideDemand.of([path], writes: false, context)
        demands.append(
            PermissionDemand(
                permission: "grep", patterns: [pattern], always: [pattern],
                metadata: .object(["pattern": .string(pattern), "path": .string(path.display)]),
                title: "Search \(pattern)"))
        // A named file is shown in part, so it is read.
        if try !SearchScope.isDirectory(path, context) {
            demands.append(
                PermissionDemand(
                    permission: "read", patterns: path.patterns, always: PermissionDemand.literal(path.patterns),
                    metadata: .object(["files": .array([.string(path.display)])]), title: "Read \(path.display)"))
        }
        return demands
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let pattern = try input.string("pattern")
        guard !pattern.isEmpty, !pattern.utf8.contains(0) else {
            throw .file(.invalid, "The pattern is empty or holds a NUL byte. Give a regular expression.")
        }
        let written = try input.optionalString("path") ?? "."
        let include = try input.optionalString("include")
        let start = try await fileWork { () throws(ToolError) in try WorkspacePaths(context).resolve(written) }
        let isDirectory = try await fileWork { () throws(ToolError) in try SearchScope.isDirectory(start, context) }
        let query = SearchQuery(
            pattern: pattern, include: include?.isEmpty == true ? nil : include, perFileLimit: Self.limit,
            leavesOutSensitiveFiles: isDirectory)
        let files = WorkspaceFiles(root: context.workspace)
        // A named file was asked about by itself.
        var rules: ReadFilter = { _ in .allow }
        if isDirectory { rules = await context.permissions.filter("read", context.permissionContext) }
        let gate = PathGate(rules)
        let groups = MatchGroups(limit: Self.limit) { files.modifiedNs($0) }
        let end = try await ripgrep.search(context, duration: Self.duration).run(query, below: start) { hit in
            if gate.shows(hit.path) { groups.add(hit) }
        }
        return Self.output(groups, pattern, start, end)
    }

    private static func output(
        _ groups: MatchGroups, _ pattern: String, _ start: WorkspacePath, _ end: TextSearch.End
    ) -> ToolOutput {
        let (shown, hits, fileCount) = groups.result()
        var text = hits == 0 ? "No matches for \(pattern) in \(start.display)\n" : ""
        if hits > 0 {
            text +=
                "Found \(hits) match\(hits == 1 ? "" : "es") in "
                + "\(FileEditing.count(fileCount, "file"))\n"
        }
        for group in shown {
            text += "\(HostileText.escaped(String(decoding: group.path, as: UTF8.self), multiline: false)):\n"
            for hit in group.hits { text += "  \(hit.line): \(hit.shown)\n" }
        }
        let count = shown.reduce(0) { $0 + $1.hits.count }
        if count < hits {
            text += "(Only \(count) are shown, newest files first. Use a narrower pattern, path or include.)\n"
        }
        if end == .timedOut { text += "(The search was stopped after its time limit; matches may be missing.)\n" }
        return ToolOutput(
            text: text,
            metadata: .object([
                "matches": .int(Int64(hits)), "files": .int(Int64(fileCount)),
                "truncated": .bool(count < hits || end == .timedOut),
            ]), title: pattern)
    }
}

/// Which search a tool uses.
enum RipgrepChoice: Sendable {
    /// ripgrep when the environment has it.
    case whenFound
    /// Always the built-in search.
    case never

    func search(_ context: ToolContext, duration: Duration) -> TextSearch {
        switch self {
        case .whenFound: TextSearch(context, duration: duration)
        case .never: TextSearch(context, duration: duration, ripgrep: nil)
        }
    }
}

/// Where a search looks.
enum SearchScope {
    /// False for a file; throws when there is nothing.
    static func isDirectory(_ path: WorkspacePath, _ context: ToolContext) throws(ToolError) -> Bool {
        let files = WorkspaceFiles(root: context.workspace)
        let info: FileInfo?
        do throws(FileError) {
            info = try files.info(path.relative)
        } catch {
            throw .file(error, path: path.display)
        }
        guard let info else { throw NearNames.missing(path, written: path.display, in: files) }
        return info.isDirectory
    }
}
