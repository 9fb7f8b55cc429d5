import Logging
package import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What the commit of a snapshot says of it, as JSON in its message.
struct SnapshotNote: Sendable {
    var id: String
    var sessionID: String?
    var reason: String
    var label: String?
    var isPartial = false
    var skipped = 0
    var createdMs: Int64

    init(
        id: String, sessionID: String?, reason: String, label: String? = nil, isPartial: Bool = false,
        skipped: Int = 0, createdMs: Int64
    ) {
        self.id = id
        self.sessionID = sessionID
        self.reason = reason
        self.label = label
        self.isPartial = isPartial
        self.skipped = skipped
        self.createdMs = createdMs
    }

    var text: String {
        var object: JSONObject = ["id": .string(id), "reason": .string(reason), "time": .int(createdMs)]
        object["ses"] = sessionID.map { .string($0) }
        object["label"] = label.map { .string($0) }
        if isPartial { object["partial"] = true }
        if skipped > 0 { object["skipped"] = .int(Int64(skipped)) }
        return JSON.object(object).text()
    }

    /// The snapshot that a commit describes; nil for a commit of another kind.
    static func snapshot(_ commit: [UInt8], hash: String, id: String) -> Snapshot? {
        let lines = commit.split(separator: 0x0A)
        guard let first = lines.first, first.starts(with: "tree ".utf8), let last = lines.last,
            let json = try? JSON(parsing: Array(last))
        else { return nil }
        let tree = String(decoding: first.dropFirst(5), as: UTF8.self)
        guard GitObjects.isHash(tree) else { return nil }
        return Snapshot(
            id: id, createdMs: json["time"]?.intValue ?? 0, sessionID: json["ses"]?.stringValue,
            reason: json["reason"]?.stringValue ?? "manual", label: json["label"]?.stringValue,
            isPartial: json["partial"]?.boolValue ?? false, skipped: Int(json["skipped"]?.intValue ?? 0), tree: tree,
            commit: hash)
    }
}

extension Snapshot {
    /// For `--json` and HTTP.
    package var json: JSON {
        var object: JSONObject = [
            "id": .string(id), "created": .int(createdMs), "reason": .string(reason), "tree": .string(tree),
            "partial": .bool(isPartial), "skipped": .int(Int64(skipped)),
        ]
        object["sessionID"] = sessionID.map { .string($0) }
        object["label"] = label.map { .string($0) }
        return .object(object)
    }
}

extension SnapshotStore {
    /// Takes a snapshot and pins it. What did not change since the last one costs nothing.
    /// - Parameters:
    ///   - sessionID: who references it; nil: it is kept for `retentionDays`.
    ///   - budgetMs: the time it may take; nil = ten minutes.
    /// - Throws: `refused`, `disabled`, `limit`, `busy`, `failed`; there is no snapshot then.
    package func create(
        sessionID: String? = nil, reason: String = "manual", label: String? = nil, budgetMs: Int? = nil
    ) async throws(SnapshotError) -> Snapshot {
        try await capture(budgetMs: budgetMs) { captured throws(SnapshotError) in
            try await self.pin(captured, sessionID: sessionID, reason: reason, label: label)
        }
    }

    private func pin(
        _ captured: CapturedTree, sessionID: String?, reason: String, label: String?
    ) async throws(SnapshotError) -> Snapshot {
        let id = ids.next(.snapshot)
        let now = time.nowMs()
        let note = SnapshotNote(
            id: id, sessionID: sessionID, reason: reason, label: label, skipped: captured.skipped.count, createdMs: now)
        let objects = objects
        let layout = layout
        let commit = try await blocking { () throws(FileError) in
            if captured.tree == GitObjects.emptyTree { try objects.write(.tree, []) }
            let bytes = Self.commit(tree: captured.tree, parent: nil, message: note.text, createdMs: now)
            let commit = try objects.write(.commit, bytes)
            try layout.setRef(layout.snapshotRef(id), commit, flushing: captured.unflushed + [commit], of: objects)
            return commit
        }
        return Snapshot(
            id: id, createdMs: now, sessionID: sessionID, reason: reason, label: label, skipped: captured.skipped.count,
            tree: captured.tree, commit: commit)
    }

    /// All snapshots, latest first. Damaged ones are left out; `verify` names them.
    package func list() async throws(SnapshotError) -> [Snapshot] {
        guard FileIO.exists(layout.head) else { return [] }
        let layout = layout
        let refs = try await blocking { () throws(FileError) in try layout.refs(layout.snapshotRefs) }
        let commits = try await commits(Set(refs.values))
        return refs.compactMap { id, hash in
            commits[hash].flatMap { SnapshotNote.snapshot($0, hash: hash, id: id) }
        }
        .sorted { ($0.createdMs, $0.id) > ($1.createdMs, $1.id) }
    }

    /// One snapshot.
    /// - Throws: `notFound`, `damaged`.
    package func get(_ id: String) async throws(SnapshotError) -> Snapshot {
        let layout = layout
        let hash: String? =
            IDFormat.isValid(id, prefix: .snapshot) && FileIO.exists(layout.head)
            ? try await blocking { () throws(FileError) in try layout.ref(layout.snapshotRef(id)) } : nil
        guard let hash else {
            throw SnapshotError(
                .notFound,
                "There is no snapshot \"\(HostileText.escaped(id, multiline: false))\" of \(workspace.path). `codetether snapshot list` shows those there are."
            )
        }
        guard let commit = try await commits([hash])[hash],
            let snapshot = SnapshotNote.snapshot(commit, hash: hash, id: id)
        else {
            throw SnapshotError(
                .damaged, "The snapshot \(id) is damaged: its object \(hash) is missing or cannot be read.")
        }
        return snapshot
    }

    // MARK: Commands

    /// What is kept between the start and the end of a command whose effects are found by comparing.
    package struct CommandMark: Sendable {
        let id: String
        let call: JournalCall
        /// What was created before is no work of the command.
        let startNs: Int64
        let before: CapturedTree?
        /// Unusual permission bits; nil when they are not known.
        let modes: [FilePath: UInt16]?
        let notice: String?
    }

    /// Takes the workspace before a command that may change anything. Never fails: what cannot be had is said in the notice
    /// of `endCommand`.
    package func beginCommand(_ call: JournalCall) async -> CommandMark? {
        let journal = journal
        let startNs = FileStamp.now()
        guard
            case .success(let id)? = try? await BlockingWork.run({ () -> Result<String, SnapshotError> in
                do throws(SnapshotError) { return .success(try journal.beginCommand(call)) } catch {
                    return .failure(error)
                }
            })
        else { return nil }
        let layout = layout
        do throws(SnapshotError) {
            // Until the command has ended no collection may take it.
            let shared = try await lock(layout.storeLock, shared: true, waitMs: limits.budgetMs)
            defer { shared.release() }
            let before = try await capture(budgetMs: limits.budgetMs)
            try await blocking { () throws(FileError) in try layout.hold(before.tree, for: id) }
            // As the workspace is now: the capture has brought the list up to date.
            let modes =
                await hasGit() ? try await blocking { () throws(FileError) in layout.readModes() } : nil
            return CommandMark(id: id, call: call, startNs: startNs, before: before, modes: modes, notice: nil)
        } catch {
            return CommandMark(id: id, call: call, startNs: startNs, before: nil, modes: [:], notice: error.message)
        }
    }

    /// Finds what a command changed and notes it.
    /// - Returns: the paths that changed, and why they are not known if they are not.
    package func endCommand(_ mark: CommandMark) async -> (files: [JournalFile], notice: String?) {
        var notice = mark.notice.map { "Undo does not cover what this command changed: \($0)" }
        var files: [JournalFile] = []
        var shared: FileLock?
        defer { shared?.release() }
        if let before = mark.before {
            do throws(SnapshotError) {
                // Until the journal refers to it no collection may take it.
                shared = try await lock(layout.storeLock, shared: true, waitMs: 30_000)
                let after = try await capture(budgetMs: limits.budgetMs)
                let found = try await changes(mark, from: before, to: after)
                files = found.files
                if !found.uncovered.isEmpty { notice = Self.uncoveredNotice(found.uncovered) }
            } catch {
                notice = "Undo does not cover what this command changed: \(error.message)"
            }
        }
        let journal = journal
        let layout = layout
        let (found, said) = (files, notice)
        let stored = try? await BlockingWork.run { () -> String? in
            defer { layout.release(mark.id) }
            do throws(SnapshotError) {
                try journal.endCommand(mark.id, mark.call, found, notice: said)
                return nil
            } catch {
                return error.message
            }
        }
        if let failure = stored ?? nil { return ([], "Undo does not cover what this command changed: \(failure)") }
        if let notice { logger.warning("snapshot left out", metadata: ["reason": "\(notice)"]) }
        return (files, notice)
    }

    private func changes(
        _ mark: CommandMark, from old: CapturedTree, to new: CapturedTree
    ) async throws(SnapshotError) -> (files: [JournalFile], uncovered: Set<FilePath>) {
        let touched = Set(Set(old.skipped).symmetricDifference(new.skipped).map(\.path))
        guard old.tree != new.tree else { return ([], touched) }
        let changes = try await changes(from: old.tree, to: new.tree)
        let root = workspace.path
        let skipped = Set(old.skipped.map(\.path))
        return try await blocking { () throws(FileError) in
            let older = Self.uncovered(changes, skipped, before: mark.startNs, below: root)
            let files = changes.filter { !older.contains($0.path) }.map { change in
                var file = JournalFile(path: change.path, before: change.before, after: change.after)
                if let after = file.after, !after.isSymlink,
                    let info = try? FileIO.stat(root.pushing(change.path), followSymlink: false), info.isRegular,
                    (info.mode ^ after.mode) & 0o100 == 0
                {
                    file.after?.mode = info.mode
                }
                guard let before = file.before, !before.isSymlink else { return file }
                // Git's trees have the executable bit only; the others are as they were seen last. Without git nobody looks at
                // them: then they are taken to be as they are now.
                if let known = mark.modes?[change.path] {
                    if (known ^ before.mode) & 0o100 == 0 { file.before?.mode = known }
                } else if mark.modes == nil, let after = file.after, !after.isSymlink,
                    (after.mode ^ before.mode) & 0o100 == 0
                {
                    file.before?.mode = after.mode
                }
                return file
            }
            return (files, older.union(touched))
        }
    }

    /// Those of the files that came into the tree that were there before, in no snapshot: ignored until an ignore file changed or
    /// they were renamed, too large, unreadable. An undo must not take them for the command's and delete what nothing can bring
    /// back. A covered file under another name is not one, and a further link costs no byte.
    /// - Parameter skipped: what was left out before.
    static func uncovered(
        _ changes: [TreeChange], _ skipped: Set<FilePath> = [], before momentNs: Int64, below root: FilePath
    ) -> Set<FilePath> {
        let moved = Set(changes.filter { $0.after == nil }.compactMap(\.before?.hash))
        let found = changes.lazy.filter { change in
            guard change.before == nil, let after = change.after, !moved.contains(after.hash) else { return false }
            if skipped.contains(change.path) { return true }
            let path = root.pushing(change.path)
            guard let birth = FileIO.birthNs(path), birth < momentNs else { return false }
            var info = stat()
            return path.withPlatformString { lstat($0, &info) } == 0 && info.st_nlink == 1
        }
        return Set(found.map(\.path))
    }

    private static func uncoveredNotice(_ paths: Set<FilePath>) -> String {
        let paths = paths.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        let names = paths.prefix(3).map { HostileText.escaped($0.shown, multiline: false) }.joined(separator: ", ")
        let more = paths.count > 3 ? " and \(paths.count - 3) more" : ""
        return
            "Undo does not cover \(names)\(more): no snapshot has what was there (ignored, too large or unreadable)."
    }

    /// Takes the first snapshot of a workspace ahead of need, so that later ones are quick, and packs what has piled up.
    /// Meant for the background; failures are only logged.
    package func warmUp() async {
        guard refusal == nil, layout.indexCount == 0 else { return await packIfNeeded() }
        do throws(SnapshotError) {
            _ = try await capture(budgetMs: 120_000)
        } catch {
            logger.debug("snapshots not warmed up", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Packs what has piled up, if there is enough of it; failures are only logged.
    package func packIfNeeded() async {
        do throws(SnapshotError) {
            try await packIfDue()
        } catch {
            logger.debug("snapshots not packed", metadata: ["reason": "\(error.message)"])
        }
    }
}
