import Git
import Logging
import Support
package import SystemPackage

/// What an undo, redo or restore did.
package struct RestoreResult: Sendable, Equatable {
    /// The snapshot of what was there before: `snapshot restore` brings it back.
    package var checkpoint: String
    /// Each path, sorted by bytes.
    package var files: [PlannedFile]
}

/// What an undo is for.
package struct RestoreRequest: Sendable {
    /// What is done.
    package var kind: JournalUndo.Kind
    /// The session; empty for a restore.
    package var owner: String
    /// The undo that a redo takes back.
    package var of: String?
    /// Directories that the calls created: they go when they are empty.
    package var folders: Set<FilePath>
    /// Whether files that the user changed are merged.
    package var merges: Bool

    /// The value with these members; nothing is checked.
    package init(
        kind: JournalUndo.Kind, owner: String, of: String? = nil, folders: Set<FilePath> = [], merges: Bool = false
    ) {
        self.kind = kind
        self.owner = owner
        self.of = of
        self.folders = folders
        self.merges = merges
    }
}

extension SnapshotStore {
    /// Carries a plan out: a checkpoint, a note of what is about to happen, the files one by one, a check of each.
    ///
    /// A file that changed since the plan was made is kept. Any failure puts back what was done, so that the workspace is as it
    /// was; a crash is put right by `recover()`. Cancelling the task does not stop it.
    /// - Parameter beforeEach: called before each file is changed; what it returns fails the whole. For tests.
    /// - Throws: `failed` with what to do; nothing was changed then, or the message says what was.
    package func apply(
        _ plan: [PlannedFile], _ request: RestoreRequest,
        beforeEach: (@Sendable (FilePath) -> SnapshotError?)? = nil
    ) async throws(SnapshotError) -> RestoreResult {
        let lock = try await lock(layout.indexLock, waitMs: 30_000)
        defer { lock.release() }
        let shared = try await self.lock(layout.storeLock, shared: true, waitMs: 30_000)
        defer { shared.release() }
        let id = ids.next(.snapshot)
        var files = plan
        if request.merges { files = try await merged(files) }
        let blobs = try await blobs(Set(files.filter { $0.outcome == .restored }.compactMap(\.target?.hash)))
        for index in files.indices where files[index].outcome == .restored {
            guard let hash = files[index].target?.hash, blobs[hash] == nil else { continue }
            files[index] = files[index].kept(.missingObject, "its old content (\(hash)) cannot be read")
        }
        let chosen = files
        let current: [String: [UInt8]]
        do {
            (files, current) = try await blocking { () throws(FileError) in
                try self.checkpoint(chosen, id: id, request)
            }
        } catch {
            try? FileIO.remove(layout.pending)
            throw SnapshotError(.failed, "\(error.message) The files are as they were. Put that right and try again.")
        }
        let work = RestoreWork(
            id: id, access: WorkspaceAccess(root: workspace), blobs: blobs.merging(current) { old, _ in old },
            folders: request.folders, journal: journal, beforeEach: beforeEach)
        let planned = files
        do {
            return RestoreResult(
                checkpoint: id, files: try await blocking { () throws(FileError) in try work.run(planned) })
        } catch {
            // What was put back is not to be completed at the next start, even if the journal could not be told.
            try? FileIO.remove(layout.pending)
            throw SnapshotError(
                .failed,
                "\(error.message) What was there before is also in the snapshot \(id): `codetether snapshot restore \(id)`."
            )
        }
    }

    /// Stores what is there now and notes what is about to happen.
    /// - Returns: the files, some of them kept after all, and what was stored.
    private func checkpoint(
        _ plan: [PlannedFile], id: String, _ request: RestoreRequest
    ) throws(FileError) -> ([PlannedFile], [String: [UInt8]]) {
        let access = WorkspaceAccess(root: workspace)
        var files = plan
        var stored: [String: [UInt8]] = [:]
        var overlay = TreeOverlay()
        for index in files.indices where files[index].outcome == .restored {
            switch try access.read(files[index].path, limit: Self.readLimit) {
            case .version(let version, let bytes) where version == files[index].current:
                stored[try objects.write(.blob, bytes)] = bytes
                // What is outside the workspace is pinned by the journal alone.
                if files[index].path.isRelative { overlay.put(files[index].path, version) }
            case .missing where files[index].current == nil: continue
            case .folder where files[index].isInPlaceOfFolder: continue
            default: files[index] = files[index].kept(.changedByYou, "it changed while the undo was prepared")
            }
        }
        var written = Array(stored.keys)
        let tree = try overlay.write([:], to: objects, written: &written) ?? GitObjects.emptyTree
        if tree == GitObjects.emptyTree { written.append(try objects.write(.tree, [])) }
        let now = time.nowMs()
        let note = SnapshotNote(
            id: id, sessionID: request.owner.isEmpty ? nil : request.owner, reason: request.kind.rawValue,
            isPartial: true, createdMs: now)
        let commit = try objects.write(
            .commit, Self.commit(tree: tree, parent: nil, message: note.text, createdMs: now))
        try layout.setRef(layout.snapshotRef(id), commit, flushing: written + [commit], of: objects)
        let items = files.map { file in
            UndoItem(
                path: file.path, from: file.current, to: file.target, entries: file.entries,
                isApplied: file.outcome == .restored || file.outcome == .alreadyOriginal)
        }
        let pinned = files.filter { $0.outcome == .restored }.flatMap { file in
            [file.current?.hash, file.target?.hash].compactMap { $0 }
        }
        try journal.beginUndo(
            JournalUndo(id: id, owner: request.owner, kind: request.kind, of: request.of, timeMs: now, items: items),
            pinning: pinned)
        return (files, stored)
    }

    // MARK: Merging

    /// Merges what the user changed with the undo, file by file.
    private func merged(_ plan: [PlannedFile]) async throws(SnapshotError) -> [PlannedFile] {
        var files: [PlannedFile] = []
        for file in plan {
            guard file.outcome == .changedByYou, let target = file.target, !target.isSymlink, let left = file.left,
                !left.isSymlink, let current = file.current, !current.isSymlink
            else {
                files.append(file)
                continue
            }
            files += try await merge(file, current: current, left: left, target: target)
        }
        return files
    }

    private func merge(
        _ file: PlannedFile, current: FileVersion, left: FileVersion, target: FileVersion
    ) async throws(SnapshotError) -> [PlannedFile] {
        let access = WorkspaceAccess(root: workspace)
        let found = try await blobs([left.hash, target.hash])
        let read = try await blocking { () throws(FileError) in try access.read(file.path, limit: Self.readLimit) }
        guard let base = found[left.hash], let other = found[target.hash], case .version(_, let mine) = read else {
            return [file]
        }
        let merge = try await threeWay(mine: mine, base: base, other: other)
        let objects = objects
        let hash = try await blocking { () throws(FileError) in
            let hash = try objects.write(.blob, merge.bytes)
            try objects.flush([hash])
            return hash
        }
        if !merge.hasConflicts {
            var done = file
            done.outcome = .restored
            done.reason = nil
            done.isMerged = true
            done.target = FileVersion(hash: hash, mode: current.mode)
            return [done]
        }
        var kept = file
        var name = FilePath(bytes: file.path.bytes + Array(".codetether-conflict".utf8))
        for number in 2..<100 {
            let path = name
            let there = try await blocking { () throws(FileError) in try access.read(path, limit: 0) }
            if there == .missing { break }
            name = FilePath(bytes: file.path.bytes + Array(".codetether-conflict-\(number)".utf8))
        }
        kept.conflictFile = name
        let beside = PlannedFile(
            path: name, outcome: .restored, target: FileVersion(hash: hash, mode: current.mode & 0o666))
        return [kept, beside]
    }

    /// Git's three-way merge of files; without git, and for binary files, the other side as it is, as a conflict.
    private func threeWay(
        mine: [UInt8], base: [UInt8], other: [UInt8]
    ) async throws(SnapshotError) -> (bytes: [UInt8], hasConflicts: Bool) {
        guard await hasGit(), ![mine, base, other].contains(where: { $0.contains(0) }) else { return (other, true) }
        let folder = layout.root.appending("tmp_merge_" + String(UInt64.random(in: .min ... .max), radix: 36))
        defer { try? FileIO.remove(folder) }
        let names = ["yours", "agent", "original"]
        let paths = names.map { folder.appending($0) }
        try await blocking { () throws(FileError) in
            try FileIO.createDirectory(folder)
            for (path, bytes) in zip(paths, [mine, base, other]) { try AtomicFile.write(bytes, to: path) }
        }
        defer { for path in paths { try? FileIO.remove(path) } }
        do throws(GitError) {
            let labels = names.flatMap { ["-L", $0] }
            let result = try await git.runStatus(
                "merge-file", ["-p", "-q"] + labels + paths.map(\.string), allowed: Set(0...127))
            return (result.output, result.status != 0)
        } catch {
            return (other, true)
        }
    }

    // MARK: After a crash

    /// Ends what a dead process left half done: completes it when everything for it is there, else puts it back. Files that
    /// somebody changed since are left alone. Call it before a new undo and when a program starts; quick when there is nothing.
    /// - Returns: a sentence for each undo that was ended.
    @discardableResult
    package func recover() async throws(SnapshotError) -> [String] {
        guard FileIO.exists(layout.pending) else { return [] }
        let journal = journal
        let layout = layout
        let read: @Sendable () async throws(SnapshotError) -> [JournalUndo] = { () async throws(SnapshotError) in
            let result = try await self.blocking { () throws(FileError) -> Result<[JournalUndo], SnapshotError> in
                // Another one that has no end was put back when its end could not be written.
                let id = (try? FileIO.read(layout.pending, limit: 256)).map {
                    String(decoding: $0.dropLast(), as: UTF8.self)
                }
                do throws(SnapshotError) {
                    return .success(try journal.read().undos.filter { $0.succeeded == nil && $0.id == id })
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
        let lock = try await lock(layout.indexLock, waitMs: 30_000)
        defer { lock.release() }
        var said: [String] = []
        for undo in try await read() {
            let items = undo.items.filter(\.isApplied)
            let blobs = try await blobs(Set(items.flatMap { [$0.from?.hash, $0.to?.hash].compactMap { $0 } }))
            let work = RestoreWork(
                id: undo.id, access: WorkspaceAccess(root: workspace), blobs: blobs, folders: [], journal: journal)
            let isComplete = items.allSatisfy { $0.to.map { blobs[$0.hash] != nil } ?? true }
            try await blocking { () throws(FileError) in try work.finish(items, forwards: isComplete) }
            said.append(
                "The \(undo.kind.rawValue) \(undo.id) that was cut off has been \(isComplete ? "completed" : "taken back")."
            )
        }
        try? FileIO.remove(layout.pending)
        return said
    }
}
