import Configuration
package import Permissions
import Support
import Synchronization
import SystemPackage

/// `codesearch`: finds where the names in a query are defined and used. Definitions come first, then the lines that
/// hold most of the words; at most 50 lines. Leaves out what grep leaves out.
package struct CodeSearchTool: Tool {
    /// Most lines of a call.
    package static let limit = 50
    /// Time a call may take.
    package static let duration = Duration.seconds(20)
    /// Most hits that are ranked; a word that is more frequent is too common to be looked for.
    package static let hitLimit = 20_000

    private let ripgrep: RipgrepChoice

    /// Uses ripgrep when the environment of the call has it.
    package init() { ripgrep = .whenFound }

    init(ripgrep: RipgrepChoice) { self.ripgrep = ripgrep }

    package let name = "codesearch"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.codeSearch,
            inputSchema: [
                "type": "object",
                "properties": [
                    "query": ["type": "string"], "path": ["type": "string"], "include": ["type": "string"],
                ],
                "required": ["query"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let query = try input.string("query")
        let path = try WorkspacePaths(asking: context).resolve(try input.optionalString("path") ?? ".")
        guard try SearchScope.isDirectory(path, context) else {
            throw .file(.invalid, "'\(path.display)' is a file. Give a directory, or use grep for one file.")
        }
        return OutsideDemand.of([path], writes: false, context) + [
            PermissionDemand(
                permission: "grep", patterns: [query], always: [query],
                metadata: .object(["query": .string(query), "path": .string(path.display)]), title: "Search \(query)")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let text = try input.string("query")
        guard let query = CodeQuery(text) else {
            throw .file(
                .invalid, "The query '\(text)' holds no word of two or more letters. Give a name or some words.")
        }
        let written = try input.optionalString("path") ?? "."
        let include = try input.optionalString("include")
        let start = try await fileWork { () throws(ToolError) in
            let path = try WorkspacePaths(context).resolve(written)
            guard try SearchScope.isDirectory(path, context) else {
                throw ToolError.file(.invalid, "'\(written)' is a file. Give a directory, or use grep for one file.")
            }
            return path
        }
        let ranking = CodeRanking(query: query, limit: Self.limit, hitLimit: Self.hitLimit)
        let search = SearchQuery(
            pattern: query.pattern, ignoresCase: query.ignoresCase, include: include?.isEmpty == true ? nil : include,
            perFileLimit: 100)
        let gate = PathGate(await context.permissions.filter("read", context.permissionContext))
        let searcher = ripgrep.search(context, duration: Self.duration)
        let end = try await searcher.run(search, below: start) { hit in
            if gate.shows(hit.path) { ranking.add(hit) }
        }
        return Self.output(ranking, text, start, end)
    }

    private static func output(
        _ ranking: CodeRanking, _ query: String, _ start: WorkspacePath, _ end: TextSearch.End
    ) -> ToolOutput {
        let (rows, total) = ranking.result()
        var text = rows.isEmpty ? "Nothing in \(start.display) holds \(query)\n" : ""
        for (title, wanted) in [("Definitions", true), ("Other places", false)] {
            let part = rows.filter { $0.isDefinition == wanted }
            if part.isEmpty { continue }
            text += "\(title):\n"
            for row in part {
                let path = HostileText.escaped(String(decoding: row.hit.path, as: UTF8.self), multiline: false)
                let line = String(row.hit.shown.unicodeScalars.prefix(300).map(Character.init))
                text += "  \(path):\(row.hit.line): \(line.trimmingSpaces())\n"
            }
        }
        if total > rows.count { text += "(\(rows.count) of \(total) lines are shown, best first.)\n" }
        if end == .timedOut { text += "(The search was stopped after its time limit; places may be missing.)\n" }
        return ToolOutput(
            text: text,
            metadata: .object([
                "definitions": .int(Int64(rows.count { $0.isDefinition })), "matches": .int(Int64(total)),
                "truncated": .bool(total > rows.count || end == .timedOut),
            ]), title: query)
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    fileprivate func trimmingSpaces() -> String { String(decoding: TextBytes.trimmed(Array(utf8)[...]), as: UTF8.self) }
}

/// The best hits of a code search, in bounded memory. Safe from any thread.
final class CodeRanking: Sendable {
    /// A hit and how well it answers.
    struct Row: Sendable {
        let hit: SearchHit
        let score: Int
        let isDefinition: Bool
    }

    private struct State {
        var rows: [Row] = []
        var total = 0
    }

    private let query: CodeQuery
    private let limit: Int
    private let hitLimit: Int
    private let state = Mutex(State())

    init(query: CodeQuery, limit: Int, hitLimit: Int) {
        self.query = query
        self.limit = max(1, limit)
        self.hitLimit = hitLimit
    }

    /// Ranks a hit; after `hitLimit` hits the rest is only counted.
    func add(_ hit: SearchHit) {
        state.withLock { state in
            state.total += 1
            guard state.total <= hitLimit else { return }
            let (score, isDefinition) = query.score(line: hit.text, path: hit.path)
            guard score > 0 else { return }
            state.rows.append(Row(hit: hit, score: score, isDefinition: isDefinition))
            if state.rows.count >= limit * 8 { trim(&state) }
        }
    }

    /// The best rows, best first, and the number of hits.
    func result() -> (rows: [Row], total: Int) {
        state.withLock { state in
            trim(&state)
            return (state.rows, state.total)
        }
    }

    private func trim(_ state: inout State) {
        state.rows.sort { first, second in
            if first.score != second.score { return first.score > second.score }
            if first.hit.path != second.hit.path { return first.hit.path.lexicographicallyPrecedes(second.hit.path) }
            return first.hit.line < second.hit.line
        }
        if state.rows.count > limit { state.rows.removeLast(state.rows.count - limit) }
    }
}
