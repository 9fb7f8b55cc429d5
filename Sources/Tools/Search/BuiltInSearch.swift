import CSupport
import Support
import SystemPackage

/// The search without ripgrep: walks the workspace and looks through the bytes of each file with POSIX `regexec`, or
/// byte by byte when the pattern is plain text. Files over 8 MiB, binary files and ignored ones are left out. Blocks.
struct BuiltInSearch: Sendable {
    let files: WorkspaceFiles
    let budget: SearchBudget

    func run(
        _ query: SearchQuery, below start: WorkspacePath, isDirectory: Bool, _ receive: (SearchHit) -> Void
    ) throws(ToolError) -> TextSearch.End {
        let matcher = try LineMatcher(query)
        guard isDirectory else {
            search(start.relative, matcher, query, receive)
            return budget.isSpent ? .timedOut : .complete
        }
        let include: PathPattern? = if let include = query.include { try PathPattern(include) } else { nil }
        let base = PathPattern.base(start.relative)
        do throws(FileError) {
            let walker = WorkspaceWalker(files: files, budget: budget)
            let end = try walker.walk(from: start.relative) { entry throws(FileError) in
                guard entry.kind == .file else { return .next }
                if let include, !include.matches(entry, below: base) { return .next }
                if query.leavesOutSensitiveFiles, SensitiveFiles.contains(name: Array(entry.nameBytes)) { return .next }
                search(entry.path, matcher, query, receive)
                return .next
            }
            return end == .limited ? .timedOut : .complete
        } catch {
            throw .file(error, path: start.display)
        }
    }

    private func search(
        _ path: FilePath, _ matcher: LineMatcher, _ query: SearchQuery, _ receive: (SearchHit) -> Void
    ) {
        guard let info = try? files.info(path), info.isRegular, info.size <= WorkspaceFiles.limitBytes,
            let bytes = try? files.read(path), FileKind(head: bytes) == .text
        else { return }
        let name = Array(path.string.utf8)
        var found = 0
        var number = 0
        if let literal = matcher.literalToFind, TextBytes.occurrences(of: literal, in: bytes[...], limit: 1).isEmpty {
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty, found < query.perFileLimit {
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            number += 1
            // Each line is checked against the clock only now and then.
            if number & 0x3FF == 0, budget.isSpent { return }
            let line = rest[..<end]
            if matcher.matches(line) {
                found += 1
                receive(
                    SearchHit(path: name, line: number, text: Array(line.prefix(SearchOutputParser.lineLimitBytes))))
            }
            rest = end < rest.endIndex ? rest[(end + 1)...] : []
        }
    }
}
