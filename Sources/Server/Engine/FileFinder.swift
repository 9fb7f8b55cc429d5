import Support
import SystemPackage

/// Finds files by a piece of their path, without what git ignores by name (`.git`, `node_modules` and the like).
enum FileFinder {
    struct Found: Sendable {
        var path: String
        var isDirectory: Bool
    }

    private static let skipped: Set<String> = [
        ".git", "node_modules", ".build", "target", "dist", ".venv", "__pycache__",
    ]
    private static let maximumEntries = 200_000
    private static let maximumDepth = 32

    /// Shorter paths first, then by bytes. The letters of the query occur in the path in this order, case-blind.
    static func find(_ query: String, type: String?, limit: Int, in root: FilePath) throws(FileError) -> [Found] {
        let wanted = Array(query.lowercased().utf8)
        var found: [Found] = []
        var seen = 0
        var pending: [(path: FilePath, shown: String, depth: Int)] = [(root, "", 0)]
        while let next = pending.popLast(), seen < maximumEntries {
            // A directory that cannot be read hides nothing else.
            guard let entries = try? FileIO.list(next.path, limit: 100_000) else { continue }
            for entry in entries {
                seen += 1
                let name = entry.name.string
                let shown = next.shown.isEmpty ? name : "\(next.shown)/\(name)"
                let isDirectory = entry.kind == .directory
                if isDirectory, skipped.contains(name) { continue }
                if type == nil || (type == "directory") == isDirectory, matches(wanted, shown) {
                    found.append(Found(path: shown, isDirectory: isDirectory))
                }
                if isDirectory, next.depth < maximumDepth {
                    pending.append((next.path.appending(entry.name), shown, next.depth + 1))
                }
            }
        }
        found.sort { left, right in
            let first = left.path.utf8
            let second = right.path.utf8
            return first.count != second.count ? first.count < second.count : first.lexicographicallyPrecedes(second)
        }
        return Array(found.prefix(limit))
    }

    private static func matches(_ wanted: [UInt8], _ path: String) -> Bool {
        var index = 0
        for byte in path.lowercased().utf8 where index < wanted.count && byte == wanted[index] { index += 1 }
        return index == wanted.count
    }
}
