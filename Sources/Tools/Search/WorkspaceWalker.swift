package import Support
package import SystemPackage

/// Walks the workspace: every entry that `.gitignore` and `.ignore` files (and `.git/info/exclude`) do not leave out.
/// Hidden files are included, `.git` is not; symbolic links are reported and never followed. Entries of a directory
/// come sorted by the bytes of their names, a directory before what is in it. Blocks; for `BlockingWork`.
package struct WorkspaceWalker: Sendable {
    /// Most entries of a walk.
    package static let entryLimit = 500_000
    /// Deepest directory below the start.
    package static let depthLimit = 64
    /// Largest ignore file that is read, bytes.
    package static let ignoreFileLimitBytes = 512 * 1024

    /// One entry.
    package struct Entry: Sendable {
        /// The directory it is in, relative to the root of the workspace.
        package let directory: FilePath
        /// Its name.
        package let name: FilePath.Component
        /// The bytes of its path relative to the root.
        package let bytes: [UInt8]
        /// File, directory, symbolic link or other.
        package let kind: DirectoryEntry.Kind
        /// 0 for an entry of the directory the walk starts in.
        package let depth: Int

        /// Relative to the root of the workspace.
        package var path: FilePath { directory.appending(name) }
        /// The bytes of its name.
        package var nameBytes: ArraySlice<UInt8> {
            bytes[((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
        }
    }

    /// What the visitor wants next.
    package enum Step: Sendable {
        /// Go on.
        case next
        /// Do not enter this directory.
        case skip
        /// End the walk.
        case stop
    }

    /// How a walk ended.
    package enum End: Sendable, Equatable {
        /// Everything was seen.
        case complete
        /// The visitor stopped it.
        case stopped
        /// The time was over or a limit was reached.
        case limited
    }

    private static let ruleNames = [".gitignore", ".ignore"]
    /// Names in a directory that say there are rules to read.
    private static let rulesFollow = [".gitignore", ".ignore", ".git"]

    private let files: WorkspaceFiles
    private let budget: SearchBudget

    package init(files: WorkspaceFiles, budget: SearchBudget) {
        self.files = files
        self.budget = budget
    }

    /// Walks below `start`, relative to the root. Directories that cannot be read are passed over, except the first.
    package func walk(
        from start: FilePath, _ visit: (Entry) throws(FileError) -> Step
    ) throws(FileError) -> End {
        struct Pending {
            let entry: Entry
            let rules: IgnoreRules
        }
        var seen = 0
        func children(of directory: FilePath, depth: Int, rules: IgnoreRules) throws(FileError) -> [Pending] {
            let entries = try files.list(directory)
            let names = entries.map { Array($0.name.string.utf8) }
            let hasRules = names.contains { name in Self.rulesFollow.contains { name.elementsEqual($0.utf8) } }
            let own = hasRules ? rulesAdding(directory, to: rules) : rules
            let base = directory.isEmpty ? [] : Array(directory.string.utf8) + [UInt8(ascii: "/")]
            var result: [Pending] = []
            for (entry, name) in zip(entries, names) where !name.elementsEqual(".git".utf8) {
                let path = base + name
                if own.isIgnored(path, isDirectory: entry.kind == .directory) { continue }
                let found = Entry(directory: directory, name: entry.name, bytes: path, kind: entry.kind, depth: depth)
                result.append(Pending(entry: found, rules: own))
            }
            return result.reversed()
        }
        var above = IgnoreRules()
        var ancestor = FilePath()
        // Outside the workspace only the ignore files below the start count.
        if !start.isEmpty, !start.isAbsolute { above = rulesAdding(ancestor, to: above) }
        for component in start.isAbsolute ? [] : Array(start.components.dropLast()) {
            ancestor.append(component)
            above = rulesAdding(ancestor, to: above)
        }
        var stack = try children(of: start, depth: 0, rules: above)
        while let next = stack.popLast() {
            seen += 1
            guard seen <= Self.entryLimit, !budget.isSpent else { return .limited }
            switch try visit(next.entry) {
            case .stop: return .stopped
            case .skip: continue
            case .next: break
            }
            guard next.entry.kind == .directory, next.entry.depth < Self.depthLimit else { continue }
            if let below = try? children(of: next.entry.path, depth: next.entry.depth + 1, rules: next.rules) {
                stack += below
            }
        }
        return .complete
    }

    private func rulesAdding(_ directory: FilePath, to rules: IgnoreRules) -> IgnoreRules {
        var result = rules
        let base = Array(directory.string.utf8)
        if directory.isEmpty, let exclude = ignoreFile(".git/info/exclude") {
            result = result.adding(exclude, in: base)
        }
        for name in Self.ruleNames {
            if let file = ignoreFile(directory.appending(name)) { result = result.adding(file, in: base) }
        }
        return result
    }

    private func ignoreFile(_ path: FilePath) -> [UInt8]? {
        guard let info = try? files.info(path), info.isRegular else { return nil }
        return try? files.read(path, limit: Self.ignoreFileLimitBytes)
    }
}
