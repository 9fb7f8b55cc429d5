package import Support
package import SystemPackage

/// What becomes, or became, of one path.
package enum FileOutcome: String, Sendable, CaseIterable {
    case restored
    case alreadyOriginal = "already-original"
    case changedByYou = "changed-by-you"
    case missingObject = "missing-object"
    case skipped
}

/// One path of a plan.
package struct PlannedFile: Sendable, Equatable {
    /// Relative to the workspace.
    package var path: FilePath
    /// What becomes of it.
    package var outcome: FileOutcome
    /// Why it is left alone: a clause without a full stop; nil when it is not.
    package var reason: String?
    /// What is there now; nil = nothing.
    package var current: FileVersion?
    /// What is to be there; nil = nothing.
    package var target: FileVersion?
    /// What the agent left; nil = nothing.
    package var left: FileVersion?
    /// The journal entries that are taken back.
    package var entries: [String]
    /// True when the user's changes and the undo were merged.
    package var isMerged = false
    /// Where the merge with conflicts was written.
    package var conflictFile: FilePath?
    /// True when there is a directory now, which goes when the plan leaves nothing in it.
    var isInPlaceOfFolder = false

    init(
        path: FilePath, outcome: FileOutcome, reason: String? = nil, current: FileVersion? = nil,
        target: FileVersion? = nil, left: FileVersion? = nil, entries: [String] = []
    ) {
        self.path = path
        self.outcome = outcome
        self.reason = reason
        self.current = current
        self.target = target
        self.left = left
        self.entries = entries
    }

    /// For `--json` and HTTP.
    package var json: JSON {
        var object: JSONObject = ["path": .string(path.shown), "state": .string(outcome.rawValue)]
        if !path.isUTF8 { object["pathBytes"] = .string(Hex.text(path.bytes)) }
        object["reason"] = reason.map { .string($0) }
        if isMerged { object["merged"] = true }
        object["conflictFile"] = conflictFile.map { .string($0.shown) }
        return .object(object)
    }
}

/// What one path went through in the calls that are taken back, oldest first.
struct EffectChain: Sendable {
    var path: FilePath
    var steps: [(file: JournalFile, entry: String, isConfirmed: Bool)]
    var isShared: Bool

    /// What of the path is to be done, given what is there.
    func plan(_ found: WorkspaceAccess.Found) -> PlannedFile {
        var steps = steps
        var file = PlannedFile(path: path, outcome: .skipped, entries: steps.map(\.entry))
        var now: FileVersion?
        if case .version(let version, _) = found { now = version }
        file.current = now
        // A call that died may not have come to this file.
        while let last = steps.last, !last.isConfirmed, steps.count > 1, now != last.file.after,
            Self.isSame(now, last.file.before)
        {
            steps.removeLast()
        }
        guard let first = steps.first, let last = steps.last else { return file }
        file.left = last.file.after
        file.target = first.file.before
        guard !isShared else {
            return file.kept(.skipped, "another session, an undo or a restore changed it at the same time")
        }
        switch found {
        case .tooLarge(let size): return file.kept(.changedByYou, "it has \(size) bytes now")
        case .folder: file.isInPlaceOfFolder = file.target != nil
        case .other(let what): return file.kept(.changedByYou, "it \(what) now")
        case .missing, .version: break
        }
        if Self.isSame(now, file.target), !(now == file.left && now != file.target) {
            file.outcome = .alreadyOriginal
            return file
        }
        guard now == file.left else {
            let why =
                now == nil
                ? "you removed it" : file.left == nil ? "you created it again" : "it is not as the agent left it"
            return file.kept(.changedByYou, why)
        }
        for (one, next) in zip(steps, steps.dropFirst()) where !Self.isSame(one.file.after, next.file.before) {
            return file.kept(.changedByYou, "it was changed between the agent's edits")
        }
        file.outcome = .restored
        return file
    }

    /// The same content, kind and executable bit.
    static func isSame(_ one: FileVersion?, _ other: FileVersion?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return one.hash == other.hash && one.gitMode == other.gitMode
    }
}

extension PlannedFile {
    func kept(_ outcome: FileOutcome, _ reason: String) -> PlannedFile {
        var copy = self
        copy.outcome = outcome
        copy.reason = reason
        return copy
    }
}

extension SnapshotStore {
    /// What undoing these calls does to each path, sorted by the bytes of the path. Changes nothing.
    /// - Parameters:
    ///   - entries: calls of one session, oldest first.
    ///   - files: only these paths and what is below them; nil = all.
    package func plan(
        undoing entries: [JournalEntry], in view: JournalView, files: Set<FilePath>? = nil
    ) async throws(SnapshotError) -> [PlannedFile] {
        var chains: [FilePath: EffectChain] = [:]
        var foreign: Set<FilePath> = []
        let order = Dictionary(view.entries.enumerated().map { ($1.id, $0) }) { one, _ in one }
        for entry in entries {
            for file in entry.files where files?.covers(file.path) ?? true {
                let effect = JournalView.Effect(entry: entry.id, path: file.path)
                guard !view.undone.contains(effect) else { continue }
                if chains[file.path] == nil,
                    view.isChanged(file.path, after: order[entry.id] ?? 0, notBy: entry.call.owner)
                {
                    foreign.insert(file.path)
                }
                var chain = chains[file.path] ?? EffectChain(path: file.path, steps: [], isShared: false)
                chain.steps.append((file, entry.id, entry.isConfirmed))
                chain.isShared = chain.isShared || view.shared.contains(effect)
                chains[file.path] = chain
            }
        }
        return try await plan(chains.values.map { $0 }, foreign: foreign)
    }

    /// What taking an undo back does to each path. Changes nothing.
    package func plan(
        redoing undo: JournalUndo, files: Set<FilePath>? = nil
    ) async throws(SnapshotError) -> [PlannedFile] {
        let chains = undo.items.filter { $0.isApplied && files?.covers($0.path) ?? true }.map { item in
            EffectChain(
                path: item.path,
                steps: [(JournalFile(path: item.path, before: item.from, after: item.to), undo.id, true)],
                isShared: false)
        }
        let entries = Dictionary(undo.items.map { ($0.path, $0.entries) }) { $0 + $1 }
        return try await plan(chains).map { file in
            var file = file
            file.entries = entries[file.path] ?? []
            if file.outcome == .changedByYou { file.reason = "it is not as the undo left it" }
            return file
        }
    }

    /// - Parameter foreign: paths that another session changed since.
    private func plan(
        _ chains: [EffectChain], foreign: Set<FilePath> = []
    ) async throws(SnapshotError) -> [PlannedFile] {
        let access = WorkspaceAccess(root: workspace)
        let sorted = chains.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        var plan = try await blocking { () throws(FileError) in
            var plan: [PlannedFile] = []
            for chain in sorted {
                let file = chain.plan(try access.read(chain.path, limit: Self.readLimit))
                let isForeign = file.outcome == .restored && foreign.contains(file.path)
                plan.append(isForeign ? file.kept(.changedByYou, "another session changed it since") : file)
            }
            return plan
        }
        let wanted = Set(plan.filter { $0.outcome == .restored }.compactMap(\.target?.hash))
        let lost = try await missing(wanted)
        for index in plan.indices where plan[index].outcome == .restored {
            guard let hash = plan[index].target?.hash, lost.contains(hash) else { continue }
            plan[index] = plan[index].kept(.missingObject, "its old content (\(hash)) is not in the store any more")
        }
        return try await settled(plan)
    }

    /// A plan without what cannot be done: files in the place of a directory that does not get empty, and below something that
    /// is no directory and does not go.
    func settled(_ plan: [PlannedFile]) async throws(SnapshotError) -> [PlannedFile] {
        let access = WorkspaceAccess(root: workspace)
        return try await blocking { () throws(FileError) in
            var plan = plan
            Self.keepFolders(&plan, access)
            Self.keepBlocked(&plan, access)
            return plan
        }
    }

    private static func keepFolders(_ plan: inout [PlannedFile], _ access: WorkspaceAccess) {
        guard plan.contains(where: { $0.outcome == .restored && $0.isInPlaceOfFolder }) else { return }
        let removed = Set(plan.filter { $0.outcome == .restored && $0.target == nil }.map(\.path))
        let emptied = Set(removed.flatMap(\.parents))
        for index in plan.indices where plan[index].outcome == .restored && plan[index].isInPlaceOfFolder {
            var left = 10_000
            if !getsEmpty(plan[index].path, removed, emptied, access, &left) {
                plan[index] = plan[index].kept(.changedByYou, "it is a directory now")
            }
        }
    }

    /// True when everything in a directory is removed, and no directory in it is one that nothing is removed from.
    private static func getsEmpty(
        _ folder: FilePath, _ removed: Set<FilePath>, _ emptied: Set<FilePath>, _ access: WorkspaceAccess,
        _ left: inout Int
    ) -> Bool {
        guard emptied.contains(folder), let entries = try? access.root.list(folder) else { return false }
        left -= entries.count
        guard left > 0 else { return false }
        for entry in entries {
            let path = folder.appending(entry.name)
            if removed.contains(path) { continue }
            guard entry.kind == .directory, getsEmpty(path, removed, emptied, access, &left) else { return false }
        }
        return true
    }

    /// Keeps paths whose directory has become something else that does not go away.
    private static func keepBlocked(_ plan: inout [PlannedFile], _ access: WorkspaceAccess) {
        let removed = Set(plan.filter { $0.outcome == .restored && $0.target == nil }.map(\.path))
        for index in plan.indices
        where plan[index].outcome == .restored && plan[index].target != nil && plan[index].current == nil {
            let blocker = plan[index].path.parents.first { folder in
                guard let info = try? access.root.lstat(folder) else { return false }
                return !info.isDirectory && !removed.contains(folder)
            }
            if let blocker { plan[index] = plan[index].kept(.changedByYou, "\(blocker.shown) is no directory now") }
        }
    }

    /// The largest file that is compared and restored: 64 MiB.
    static let readLimit = 64 << 20
}
