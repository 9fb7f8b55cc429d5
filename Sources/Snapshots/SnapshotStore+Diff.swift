import Git
package import Schema
import Support
package import SystemPackage

/// The change of one file between two snapshots.
package struct SnapshotDiff: Sendable, Equatable {
    /// 2.1's view of it.
    package var info: FileDiffInfo
    /// The path with its bytes.
    package var path: FilePath
    /// The mode before, git's six digits; nil when it was not there.
    package var oldMode: String?
    /// The mode after; nil when it is gone.
    package var newMode: String?
    /// True when the content is not text.
    package var isBinary: Bool
    /// Where a file of the same content was, for an added one.
    package var renamedFrom: FilePath?
}

extension SnapshotStore {
    /// Most bytes of a file whose lines are compared; larger ones count as binary.
    private static let textLimit = 2 << 20

    /// The tree of a snapshot, or of the workspace as it is now for nil.
    package func tree(of id: String?) async throws(SnapshotError) -> String {
        guard let id else { return try await capture(budgetMs: nil).tree }
        return try await get(id).tree
    }

    /// What changed from one snapshot to another, by path; nil is the workspace as it is now.
    package func diff(_ old: String, _ new: String?) async throws(SnapshotError) -> [SnapshotDiff] {
        try await diff(fromTree: try await get(old).tree, toTree: try await tree(of: new))
    }

    private func diff(fromTree old: String, toTree new: String) async throws(SnapshotError) -> [SnapshotDiff] {
        let changes = try await changes(from: old, to: new)
        var removed: [String: FilePath] = [:]
        for change in changes where change.after == nil {
            if let before = change.before { removed[before.hash] = change.path }
        }
        var out: [SnapshotDiff] = []
        for start in stride(from: 0, to: changes.count, by: 200) {
            let part = changes[start..<min(start + 200, changes.count)]
            let blobs = try await blobs(Set(part.flatMap { [$0.before?.hash, $0.after?.hash].compactMap { $0 } }))
            for change in part { out.append(try Self.diff(change, blobs, removed)) }
        }
        return out
    }

    /// The files of these versions as 2.1 shows changes; what cannot be read is shown without lines.
    package func diffs(_ changes: [TreeChange]) async throws(SnapshotError) -> [FileDiffInfo] {
        let blobs = try await blobs(Set(changes.flatMap { [$0.before?.hash, $0.after?.hash].compactMap { $0 } }))
        return changes.compactMap { try? Self.diff($0, blobs, [:]).info }
    }

    private static func diff(
        _ change: TreeChange, _ blobs: [String: [UInt8]], _ removed: [String: FilePath]
    ) throws(SnapshotError) -> SnapshotDiff {
        let status: FileChangeStatus =
            change.before == nil ? .added : change.after == nil ? .deleted : .modified
        let name = change.path.shown
        var header = "diff --git a/\(name) b/\(name)\n"
        switch (change.before?.gitMode, change.after?.gitMode) {
        case (nil, let mode?): header += "new file mode \(mode)\n"
        case (let mode?, nil): header += "deleted file mode \(mode)\n"
        case (let one?, let two?) where one != two: header += "old mode \(one)\nnew mode \(two)\n"
        default: break
        }
        func content(_ version: FileVersion?) throws(SnapshotError) -> [UInt8] {
            guard let version else { return [] }
            guard let bytes = blobs[version.hash] else {
                throw SnapshotError(
                    .damaged,
                    "The content \(version.hash) of \(name) is missing or damaged. `codetether snapshot verify` says what is."
                )
            }
            return bytes
        }
        let old = try content(change.before)
        let new = try content(change.after)
        let isBinary =
            [old, new].contains {
                $0.count > textLimit || $0.prefix(8_000).contains(0) || String(validating: $0, as: UTF8.self) == nil
            }
        var diff = DiffResult(text: "", additions: 0, deletions: 0)
        if old != new {
            if isBinary {
                diff.text = "Binary files a/\(name) and b/\(name) differ\n"
            } else {
                diff = UnifiedDiff.make(
                    old: String(decoding: old, as: UTF8.self), new: String(decoding: new, as: UTF8.self),
                    oldName: change.before == nil ? "/dev/null" : "a/\(name)",
                    newName: change.after == nil ? "/dev/null" : "b/\(name)")
            }
        }
        let info = FileDiffInfo(
            file: name, patch: header + diff.text, additions: diff.additions, deletions: diff.deletions, status: status)
        return SnapshotDiff(
            info: info, path: change.path, oldMode: change.before?.gitMode, newMode: change.after?.gitMode,
            isBinary: isBinary, renamedFrom: change.before == nil ? change.after.flatMap { removed[$0.hash] } : nil)
    }

    /// The same as a patch that `git apply` takes, with renames and binary content.
    /// - Throws: `failed` without a git program.
    package func patch(_ old: String, _ new: String?) async throws(SnapshotError) -> [UInt8] {
        let before = try await get(old).tree
        let after = try await tree(of: new)
        guard before != after else { return [] }
        do throws(GitError) {
            return try await git.run(
                "diff-tree",
                ["-r", "-p", "--binary", "--full-index", "-M", "--no-ext-diff", "--no-textconv", before, after],
                options: ["-c", "core.quotePath=true"])
        } catch {
            throw Self.failed(error)
        }
    }

    // MARK: Restoring

    /// Brings files back as a snapshot has them, after a checkpoint: a full one, or of the files that change where no snapshots
    /// are taken.
    /// - Parameters:
    ///   - exact: also removes files that came later.
    ///   - files: only these paths and what is below them; nil = all.
    ///   - isDryRun: only say what would happen.
    /// - Returns: the checkpoint, nil for a dry run, and what became of each path.
    package func restore(
        _ id: String, exact: Bool, files: Set<FilePath>? = nil, isDryRun: Bool = false
    ) async throws(SnapshotError) -> (checkpoint: String?, files: [PlannedFile]) {
        try await recover()
        let (plan, folders) = try await plan(restoring: id, exact: exact, files: files)
        guard !isDryRun else { return (nil, plan) }
        var checkpoint: String?
        if refusal == nil { checkpoint = try await create(reason: "restore", label: "before restoring \(id)").id }
        guard !plan.isEmpty else { return (checkpoint, []) }
        let result = try await apply(plan, RestoreRequest(kind: .restore, owner: "", folders: folders))
        return (checkpoint ?? result.checkpoint, result.files)
    }

    /// What bringing a snapshot back does to each path.
    /// - Parameters:
    ///   - exact: also removes files that came later.
    ///   - files: only these paths and what is below them; nil = all.
    /// - Returns: the plan, and directories that may go when they are empty.
    /// - Throws: `notFound` also for one of `files` that neither the snapshot has nor the plan touches.
    package func plan(
        restoring id: String, exact: Bool, files: Set<FilePath>? = nil
    ) async throws(SnapshotError) -> (plan: [PlannedFile], folders: Set<FilePath>) {
        let snapshot = try await get(id)
        // A partial one says nothing of other files, so that nobody has to look at them.
        let now = snapshot.isPartial ? GitObjects.emptyTree : try await capture(budgetMs: nil).tree
        let access = WorkspaceAccess(root: workspace)
        let changes = try await changes(from: now, to: snapshot.tree).filter { change in
            guard files?.covers(change.path) ?? true else { return false }
            // Files that came later stay, and so does everything that a partial snapshot does not name.
            return change.after != nil || exact && !snapshot.isPartial
        }
        for file in files ?? [] where !changes.contains(where: { Set([file]).covers($0.path) }) {
            guard try await has(file, inTree: snapshot.tree) else {
                throw SnapshotError(
                    .notFound,
                    "The snapshot \(id) has no \"\(HostileText.escaped(file.shown, multiline: false))\". `codetether snapshot diff \(id)` shows what changed since."
                )
            }
        }
        var plan = try await blocking { () throws(FileError) in
            // Seen from the snapshot, what goes is what came.
            let coming = changes.map { TreeChange(path: $0.path, before: $0.after, after: $0.before) }
            let older = Self.uncovered(coming, before: snapshot.createdMs * 1_000_000, below: access.root.path)
            var plan: [PlannedFile] = []
            for change in changes {
                let file = Self.plan(change, try access.read(change.path, limit: Self.readLimit))
                plan.append(
                    older.contains(change.path)
                        ? file.kept(.skipped, "it was there before the snapshot, which does not have it") : file)
            }
            return plan
        }
        let lost = try await missing(Set(plan.compactMap(\.target?.hash)))
        for index in plan.indices where plan[index].outcome == .restored {
            guard let hash = plan[index].target?.hash, lost.contains(hash) else { continue }
            plan[index] = plan[index].kept(.missingObject, "its content (\(hash)) is not in the store any more")
        }
        plan = try await settled(plan)
        return (plan, exact ? Set(plan.filter { $0.target == nil }.flatMap { $0.path.parents }) : [])
    }

    private func has(_ path: FilePath, inTree tree: String) async throws(SnapshotError) -> Bool {
        guard path.isRelative else { return false }
        var hash = tree
        for name in path.names {
            guard let entry = try await trees([hash])[hash]?.entries[name] else { return false }
            hash = entry.hash
        }
        return true
    }

    private static func plan(_ change: TreeChange, _ found: WorkspaceAccess.Found) -> PlannedFile {
        var file = PlannedFile(path: change.path, outcome: .restored, target: change.after, left: change.before)
        switch found {
        case .missing: file.outcome = change.after == nil ? .alreadyOriginal : .restored
        case .version(let now, _):
            file.current = now
            // Other permission bits than the executable one are not the snapshot's to change.
            if let target = change.after, !target.isSymlink, !now.isSymlink {
                file.target?.mode = (target.mode ^ now.mode) & 0o100 == 0 ? now.mode : target.mode
            }
            if file.target == now { file.outcome = .alreadyOriginal }
        case .tooLarge(let size): return file.kept(.skipped, "it has \(size) bytes now, too many for a checkpoint")
        case .folder:
            file.isInPlaceOfFolder = change.after != nil
            if change.after == nil { return file.kept(.skipped, "it is a directory now") }
        case .other(let what): return file.kept(.skipped, "it \(what) now")
        }
        return file
    }
}

extension SnapshotStore {
    /// Paths as the journal and the trees have them, of absolute ones; nil for none.
    package func paths(_ files: [FilePath]) -> Set<FilePath>? {
        guard !files.isEmpty else { return nil }
        let root = workspace.path
        return Set(
            files.map { file in
                var path = root.pushing(file).lexicallyNormalized()
                if path.removePrefix(root) { return path }
                // The workspace may be known under another name.
                if let name = file.lastComponent, let real = try? FileIO.realPath(file.removingLastComponent()) {
                    path = real.appending(name)
                    _ = path.removePrefix(root)
                }
                return path
            })
    }
}

extension Set<FilePath> {
    /// True for the paths in it and what is below them. The workspace itself is the empty path.
    package func covers(_ path: FilePath) -> Bool {
        contains(path) || path.isRelative && contains(FilePath()) || path.parents.contains { contains($0) }
    }
}

extension FilePath {
    /// The directories above a path, nearest first, without the root.
    package var parents: [FilePath] {
        var all: [FilePath] = []
        var folder = removingLastComponent()
        while folder.lastComponent != nil {
            all.append(folder)
            folder.removeLastComponent()
        }
        return all
    }
}
