import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

extension SnapshotStore {
    /// The same as with git, by looking at and storing every file: for machines without git. Ignore files have no effect.
    func captureWithoutGit() async throws(SnapshotError) -> CapturedTree {
        try await checkTotal()
        let access = WorkspaceAccess(root: workspace)
        let objects = objects
        let limits = limits
        let own = layout.root
        let result = try await blocking { () throws(FileError) -> (CapturedTree?, Int) in
            var walk = NativeWalk(access: access, objects: objects, limits: limits, own: own)
            let tree = try walk.tree(FilePath(), depth: 0)
            guard walk.files <= limits.maxFiles else { return (nil, walk.files) }
            return (CapturedTree(tree: tree ?? GitObjects.emptyTree, skipped: walk.skipped), walk.files)
        }
        guard let captured = result.0 else {
            throw SnapshotError(
                .limit,
                "\(workspace.path) has more than \(limits.maxFiles) files, and without a git program none is ignored. Install git, or raise snapshot.max_files."
            )
        }
        return captured
    }

    /// Deletes the objects that no ref reaches, as `git prune` does, on machines without git. Where git has packed or indexed
    /// objects it is left to git.
    /// - Throws: when something on the way cannot be read; nothing is deleted then.
    func pruneWithoutGit() async throws(SnapshotError) {
        let lock = try await lock(layout.storeLock, waitMs: 30_000)
        defer { lock.release() }
        let (layout, objects) = (layout, objects)
        try await blocking { () throws(FileError) in
            guard layout.packCount() == 0, layout.indexCount == 0 else { return }
            var reached: Set<String> = []
            var next: [String] = []
            for folder in [layout.snapshotRefs, layout.sessionRefs, layout.commandRefs] {
                next += try layout.refs(folder).values
            }
            while let hash = next.popLast() {
                guard hash != GitObjects.emptyTree || objects.isLoose(hash), reached.insert(hash).inserted else {
                    continue
                }
                guard let object = try objects.read(hash) else {
                    throw FileError(
                        .io, path: layout.root,
                        message:
                            "The object \(hash) is missing, so nothing was deleted. `codetether snapshot verify` says what is damaged."
                    )
                }
                if object.kind == .tree, let tree = GitTree(object.bytes) {
                    for entry in tree.entries.values {
                        if entry.isTree { next.append(entry.hash) } else { reached.insert(entry.hash) }
                    }
                } else if object.kind == .commit {
                    for line in String(decoding: object.bytes, as: UTF8.self).split(separator: "\n") {
                        guard line.hasPrefix("tree ") || line.hasPrefix("parent ") else { break }
                        next += line.split(separator: " ").dropFirst().map(String.init)
                    }
                }
            }
            layout.removeLoose(except: reached)
        }
    }

    /// The differences of two trees by path, sorted by the bytes of the path.
    func changes(from old: String, to new: String) async throws(SnapshotError) -> [TreeChange] {
        var found: [TreeChange] = []
        var level: [(path: FilePath, old: String?, new: String?)] = [(FilePath(), old, new)]
        while !level.isEmpty {
            let hashes = Set(level.flatMap { [$0.old, $0.new].compactMap { $0 } }).subtracting([GitObjects.emptyTree])
            let trees = try await trees(hashes)
            if let lost = hashes.first(where: { trees[$0] == nil }) {
                throw SnapshotError(
                    .damaged, "The object \(lost) is missing or damaged. `codetether snapshot verify` says what is.")
            }
            var next: [(path: FilePath, old: String?, new: String?)] = []
            for folder in level {
                let before = folder.old.flatMap { trees[$0] }?.entries ?? [:]
                let after = folder.new.flatMap { trees[$0] }?.entries ?? [:]
                for name in Set(before.keys).union(after.keys) where before[name] != after[name] {
                    let path = FilePath(bytes: folder.path.isEmpty ? name : folder.path.bytes + [0x2F] + name)
                    let (one, two) = (before[name], after[name])
                    let change = TreeChange(path: path, before: one?.version, after: two?.version)
                    if change.before != nil || change.after != nil { found.append(change) }
                    let trees = (one?.isTree == true ? one?.hash : nil, two?.isTree == true ? two?.hash : nil)
                    if trees.0 != nil || trees.1 != nil { next.append((path, trees.0, trees.1)) }
                }
            }
            level = next
        }
        return found.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    }
}

extension GitTree.Entry {
    var version: FileVersion? { FileVersion(gitMode: mode, hash: hash) }
}

/// Stores a workspace file by file.
private struct NativeWalk {
    let access: WorkspaceAccess
    let objects: GitObjects
    let limits: SnapshotLimits
    let own: FilePath
    var files = 0
    var skipped: [SkippedFile] = []

    init(access: WorkspaceAccess, objects: GitObjects, limits: SnapshotLimits, own: FilePath) {
        self.access = access
        self.objects = objects
        self.limits = limits
        self.own = own
    }

    mutating func tree(_ folder: FilePath, depth: Int) throws(FileError) -> String? {
        guard files <= limits.maxFiles, access.root.path.pushing(folder) != own else { return nil }
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = depth < 128 ? try access.root.list(folder) : []
            if depth >= 128 { skip(folder) }
        } catch {
            // As git does: a directory that cannot be read, or is gone by now, is left out.
            guard depth > 0, error.kind == .permissionDenied || error.kind == .notFound else { throw error }
            if error.kind == .permissionDenied { skip(folder) }
            return nil
        }
        var tree = GitTree()
        for entry in entries where entry.name.string != ".git" {
            let path = folder.appending(entry.name)
            if entry.kind == .directory {
                if let hash = try self.tree(path, depth: depth + 1) {
                    tree.entries[path.names.last ?? []] = GitTree.Entry(mode: "40000", hash: hash)
                }
                continue
            }
            switch try access.read(path, limit: limits.maxFileBytes) {
            case .version(let version, let bytes):
                files += 1
                guard files <= limits.maxFiles else { return nil }
                let hash = try objects.write(.blob, bytes)
                tree.entries[path.names.last ?? []] = GitTree.Entry(mode: version.gitMode, hash: hash)
            case .tooLarge: skip(path)
            case .missing, .folder, .other: continue
            }
        }
        guard !tree.entries.isEmpty else { return nil }
        return try objects.write(.tree, tree.bytes)
    }

    private mutating func skip(_ path: FilePath) {
        var info = stat()
        let isSeen = access.root.path.pushing(path).withPlatformString { lstat($0, &info) } == 0
        skipped.append(SkippedFile(path, isSeen ? info : nil))
    }
}
