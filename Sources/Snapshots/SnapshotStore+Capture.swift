import Git
import Logging
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A workspace at one moment, not pinned by anything yet.
package struct CapturedTree: Sendable {
    /// The git tree.
    var tree: String
    /// The files that were left out.
    var skipped: [SkippedFile]
    /// Objects that are not durable yet.
    var unflushed: [String] = []
}

/// The time that is left for a snapshot.
struct CaptureBudget: Sendable {
    private let time: any TimeSource
    private let endNs: UInt64

    init(time: any TimeSource, milliseconds: Int) {
        self.time = time
        endNs = time.uptimeNs() &+ UInt64(max(milliseconds, 1)) * 1_000_000
    }

    /// At least a millisecond, so that what is late fails as such.
    var rest: Duration {
        let now = time.uptimeNs()
        return now < endNs ? .nanoseconds(Int64(endNs - now)) : .milliseconds(1)
    }

    /// True when none is left.
    var isOver: Bool { time.uptimeNs() >= endNs }
}

extension SnapshotStore {
    /// Above these the changes go into the index, below they are written beside it.
    private static let overlayFiles = 64
    private static let overlayBytes: Int64 = 4 << 20
    /// Changes are put into the index after they were written, so that they are not read again, when there is one for this many
    /// of its entries: all of those are written for it.
    private static let refreshShare = 2_500

    /// Takes the workspace as it is: a tree object whose every file is stored. Costs about a `git status`.
    /// - Parameter budgetMs: the time it may take; nil = ten minutes.
    /// - Throws: `refused`, `disabled`, `limit`, `busy`, `failed`. A tree is returned only when every step succeeded.
    func capture(budgetMs: Int?) async throws(SnapshotError) -> CapturedTree {
        try await capture(budgetMs: budgetMs) { captured throws(SnapshotError) in
            let objects = self.objects
            try await self.blocking { () throws(FileError) in try objects.flush(captured.unflushed) }
            return captured
        }
    }

    /// The same, and something that is done with the tree before a collection may take what nothing refers to.
    /// - Parameter use: has to make durable what is not.
    func capture<T: Sendable>(
        budgetMs: Int?, use: (CapturedTree) async throws(SnapshotError) -> T
    ) async throws(SnapshotError) -> T {
        if let refusal { throw refusal }
        let budget = CaptureBudget(time: time, milliseconds: budgetMs ?? 600_000)
        let lock = try await lock(layout.indexLock, waitMs: budgetMs ?? 30_000)
        defer { lock.release() }
        let shared = try await self.lock(layout.storeLock, shared: true, waitMs: budgetMs ?? 30_000)
        defer { shared.release() }
        return try await use(try await captureLocked(budget))
    }

    private func captureLocked(_ budget: CaptureBudget) async throws(SnapshotError) -> CapturedTree {
        guard await hasGit() else { return try await captureWithoutGit() }
        var tries = 0
        while true {
            layout.removeStaleIndexLock()
            do throws(SnapshotError) {
                return try await captureWithGit(budget)
            } catch {
                // A file that changed while it was read; an index that a crash left damaged.
                tries += 1
                guard error.kind == .failed, tries < 3 else { throw error }
                logger.debug("snapshot tried again", metadata: ["error": "\(error.message)"])
                if tries == 2 {
                    try? FileIO.remove(layout.base)
                    try? FileIO.remove(layout.index)
                }
            }
        }
    }

    private func captureWithGit(_ budget: CaptureBudget) async throws(SnapshotError) -> CapturedTree {
        let (index, paths) = try await changedPaths(budget)
        let known = index?.count ?? layout.indexCount
        let base = try await baseTree(known, index?.checksum, budget)
        guard !paths.isEmpty else { return CapturedTree(tree: base, skipped: []) }
        try await checkTotal()
        guard known + paths.count <= limits.maxFiles * 2 else { throw tooMany(known + paths.count) }
        let access = WorkspaceAccess(root: workspace)
        let limit = Int64(limits.maxFileBytes)
        let facts = try await blocking { () throws(FileError) in
            var folders = CheckedFolders(access.root.path)
            return paths.map { access.facts($0, limit: limit, &folders) }
        }
        let stored = facts.filter { $0.state == .stored }
        // Those of them that are in the index already are counted twice; a workspace near the cap is measured anew.
        guard known <= limits.maxFiles, stored.count <= limits.maxFiles else { throw tooMany(known + stored.count) }
        var captured = CapturedTree(tree: "", skipped: facts.compactMap(\.skippedFile))
        if known > 0, facts.count <= Self.overlayFiles, stored.reduce(0, { $0 + $1.size }) <= Self.overlayBytes {
            (captured.tree, captured.unflushed) = try await overlay(facts, on: base, access, index)
        } else {
            captured.tree = try await fold(facts, budget)
            guard layout.indexCount <= limits.maxFiles else { throw tooMany(layout.indexCount) }
        }
        try await blocking { [layout] () throws(FileError) in try layout.updateModes(facts) }
        return captured
    }

    private func tooMany(_ count: Int) -> SnapshotError {
        SnapshotError(
            .limit,
            "\(workspace.path) has more than \(limits.maxFiles) files that are not ignored, so it is not snapshotted. Ignore some, or raise snapshot.max_files."
        )
    }

    // MARK: What changed

    /// The paths in which the workspace differs from the index, or may differ. Git looks for what cannot be seen without it.
    func changedPaths(
        _ budget: CaptureBudget
    ) async throws(SnapshotError) -> (index: GitIndex?, paths: [FilePath]) {
        let (layout, ignoreFiles) = (layout, ignoreFiles)
        let exclude = try await blocking { () throws(FileError) in
            try layout.writeExclude(ignoreFiles.map { FilePath($0) })
        }
        let (index, scan) = try await scan(budget)
        var found: Set<FilePath> = []
        if let scan {
            found.formUnion(scan.changed.map { FilePath(bytes: $0) })
            if let new = try await newFiles(scan, exclude, budget) { return (index, Array(found.union(new))) }
        } else if layout.indexCount > 0 {
            found.formUnion(try await listed(git, "ls-files", ["-z", "-m"], budget).map(\.path))
        }
        let arguments = ["-z", "-o", "--exclude-standard"]
        var nested: [FilePath] = []
        for entry in try await listed(git, "ls-files", arguments, budget) {
            if entry.isFolder { nested.append(entry.path) } else { found.insert(entry.path) }
        }
        // A repository in the workspace is listed as one name with a slash; its files are the user's like all others.
        var rounds = 0
        while let folder = nested.popLast(), rounds < 1_000 {
            rounds += 1
            for entry in try await listed(git.inside(folder), "ls-files", arguments, budget) {
                let path = folder.pushing(entry.path)
                if entry.isFolder { nested.append(path) } else { found.insert(path) }
            }
        }
        return (index, Array(found))
    }

    /// The index, and how the files differ from it; nothing for one that only git can read.
    private func scan(
        _ budget: CaptureBudget
    ) async throws(SnapshotError) -> (index: GitIndex?, scan: WorkspaceScan?) {
        let (root, layout) = (workspace.path, layout)
        let (index, scan) = try await blocking { () throws(FileError) -> (GitIndex?, WorkspaceScan?) in
            guard let index = GitIndex(layout.index) else { return (nil, nil) }
            let folder = try FileIO.open(root, .readOnly, options: .directory)
            defer { try? folder.close() }
            let workers = min(4, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            return (index, index.scan(below: folder, workers: workers) { budget.isOver })
        }
        guard index == nil || scan != nil else {
            throw SnapshotError(.limit, "Comparing the files of \(root) took too long and was stopped.")
        }
        return (index, scan)
    }

    private func listed(
        _ git: OwnRepository, _ command: String, _ arguments: [String], _ budget: CaptureBudget
    ) async throws(SnapshotError) -> [ListedPath] {
        do throws(GitError) {
            let output = try await git.run(command, arguments, timeout: budget.rest, limit: 64 << 20)
            return output.split(separator: 0).map { ListedPath($0) }
        } catch {
            throw Self.failed(error)
        }
    }

    /// The user's own ignore files beside `.gitignore`, those that exist, later ones winning: plain text, no configuration is
    /// read for them.
    var ignoreFiles: [String] {
        var files: [FilePath] = []
        let home = environment["HOME"].map { FilePath($0) }
        if let folder = environment["XDG_CONFIG_HOME"].map({ FilePath($0) }) ?? home?.appending(".config") {
            files.append(folder.pushing("git/ignore"))
        }
        if let state = GitState.read(workspace.path), state.root == workspace.path {
            var common = state.gitDirectory
            if let name = try? FileIO.read(common.appending("commondir"), limit: 4_096) {
                common = common.pushing(FilePath(bytes: name.filter { $0 != 0x0A }))
            }
            files.append(common.pushing("info/exclude"))
        }
        files.append(layout.root.pushing("info/own-exclude"))
        return files.filter { FileIO.exists($0) && $0.isUTF8 }.map(\.string)
    }

    // MARK: The tree

    /// The tree that an index of so many files describes.
    private func baseTree(
        _ count: Int, _ checksum: String?, _ budget: CaptureBudget
    ) async throws(SnapshotError) -> String {
        guard count > 0 else { return GitObjects.emptyTree }
        if let checksum, let tree = layout.baseTree(of: checksum) { return tree }
        return try await writeBase(budget)
    }

    private func writeBase(_ budget: CaptureBudget) async throws(SnapshotError) -> String {
        let output: [UInt8]
        do throws(GitError) {
            output = try await git.run("write-tree", [], timeout: budget.rest)
        } catch {
            throw Self.failed(error)
        }
        let hash = String(decoding: output.prefix(40), as: UTF8.self)
        try await blocking { [layout] () throws(FileError) in
            guard let checksum = GitIndex.checksum(layout.index) else { return }
            try layout.setBaseTree(hash, of: checksum)
        }
        return hash
    }

    /// Puts changes into the index, in parts, so that a budget that ends loses little, and writes the tree.
    private func fold(_ facts: [PathFacts], _ budget: CaptureBudget) async throws(SnapshotError) -> String {
        try? FileIO.remove(layout.base)
        let gone = facts.filter { $0.state != .stored }
        let stored = facts.filter { $0.state == .stored }
        do throws(GitError) {
            if !gone.isEmpty {
                _ = try await git.run(
                    "update-index", ["-z", "--force-remove", "--stdin"], input: Self.list(gone), timeout: budget.rest)
            }
            for start in stride(from: 0, to: stored.count, by: 2_000) {
                let part = Array(stored[start..<min(start + 2_000, stored.count)])
                // Many new blobs go into one pack instead of a file each.
                let options = part.count > 200 ? ["-c", "core.bigFileThreshold=0"] : []
                _ = try await git.run(
                    "update-index", ["-z", "--add", "--replace", "--remove", "--stdin"], options: options,
                    input: Self.list(part), timeout: budget.rest)
            }
        } catch {
            throw Self.failed(error)
        }
        return try await writeBase(budget)
    }

    private static func list(_ facts: [PathFacts]) -> [UInt8] { facts.flatMap { $0.path.bytes + [0] } }

    /// Writes the tree that `base` becomes by a few changes. When they are not that few, they go into the index too.
    private func overlay(
        _ facts: [PathFacts], on base: String, _ access: WorkspaceAccess, _ index: GitIndex?
    ) async throws(SnapshotError) -> (tree: String, written: [String]) {
        let objects = objects
        let limit = limits.maxFileBytes
        let start = FileStamp.now()
        let (changes, entries, settled, written) = try await blocking { () throws(FileError) in
            var changes = TreeOverlay()
            var entries: [[UInt8]: GitIndex.Entry?] = [:]
            var settled = 0
            var written: [String] = []
            for fact in facts {
                var version: FileVersion?
                if fact.state == .stored, case .version(let found, let bytes) = try access.read(fact.path, limit: limit)
                {
                    written.append(try objects.write(.blob, bytes))
                    version = found
                }
                changes.put(fact.path, version)
                // What may still change without another stamp goes in without one, and is read again the next time.
                let stamp = fact.stamp.map { $0.isSettled(at: start) ? $0 : FileStamp(info: stat()) }
                entries.updateValue(version.flatMap { GitIndex.Entry($0, stamp) }, forKey: fact.path.bytes)
                if stamp?.info.st_ino != 0 { settled += 1 }
            }
            return (changes, entries, settled, written)
        }
        let (tree, all) = try await write(changes, on: base, written: written)
        guard let index, settled * Self.refreshShare > index.count else { return (tree, all) }
        try await blocking { [layout] () throws(FileError) in
            let bytes = index.applying(entries)
            try layout.replace(layout.index, bytes)
            try layout.setBaseTree(tree, of: Hex.text(bytes.suffix(20)))
        }
        return (tree, all)
    }

    /// Writes the tree that another one becomes by changes.
    /// - Returns: the tree, and what has to be flushed, `written` included.
    private func write(
        _ changes: TreeOverlay, on base: String, written: [String]
    ) async throws(SnapshotError) -> (tree: String, written: [String]) {
        let objects = objects
        var known: [[[UInt8]]: GitTree] = [:]
        var packed: [GitTree] = []
        var level: [(names: [[UInt8]], hash: String, changes: TreeOverlay)] =
            base == GitObjects.emptyTree ? [] : [([], base, changes)]
        while !level.isEmpty {
            let found = try await trees(Set(level.map(\.hash)))
            var next: [(names: [[UInt8]], hash: String, changes: TreeOverlay)] = []
            for folder in level {
                guard let tree = found[folder.hash] else {
                    try? FileIO.remove(layout.base)
                    throw SnapshotError(.failed, "The tree \(folder.hash) is missing in \(layout.root).")
                }
                known[folder.names] = tree
                if !objects.isLoose(folder.hash) { packed.append(tree) }
                for (name, node) in folder.changes.nodes {
                    if case .folder(let inner) = node, let entry = tree.entries[name], entry.isTree {
                        next.append((folder.names + [name], entry.hash, inner))
                    }
                }
            }
            level = next
        }
        return try await blocking { [known, packed] () throws(FileError) in
            var all = written
            // The next change below the same folders then needs no git to read them.
            for tree in packed.prefix(64) { all.append(try objects.write(.tree, tree.bytes)) }
            let tree = try changes.write(known, to: objects, written: &all) ?? GitObjects.emptyTree
            return (tree, all)
        }
    }
}
