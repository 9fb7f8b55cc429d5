import Logging
import Schema
package import Snapshots
import Storage
package import Support
package import SystemPackage

/// What to undo.
package struct UndoRequest: Sendable, Equatable {
    /// A message or a checkpoint: everything from there on is taken back; nil: the last turn that changed files.
    package var to: String?
    /// Only these paths, absolute or below the workspace; empty = all.
    package var files: [FilePath]
    /// Only say what would happen.
    package var isDryRun: Bool
    /// Merge what the user changed since.
    package var merges: Bool

    /// The value with these members; nothing is checked.
    package init(to: String? = nil, files: [FilePath] = [], isDryRun: Bool = false, merges: Bool = false) {
        self.to = to
        self.files = files
        self.isDryRun = isDryRun
        self.merges = merges
    }
}

/// What an undo, redo or revert of files did, or would do.
package struct UndoReport: Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The message from which on changes were taken back; nil for a redo.
    package var messageID: String?
    /// The snapshot of what was there before; nil for a dry run.
    package var checkpoint: String?
    /// Each path, sorted by bytes.
    package var files: [PlannedFile]
    /// Why the effects of some calls are not covered.
    package var notices: [String]
    /// True when nothing was done.
    package var isDryRun: Bool

    /// The value with these members; nothing is checked.
    package init(
        sessionID: String, messageID: String? = nil, checkpoint: String? = nil, files: [PlannedFile], notices: [String],
        isDryRun: Bool
    ) {
        self.sessionID = sessionID
        self.messageID = messageID
        self.checkpoint = checkpoint
        self.files = files
        self.notices = notices
        self.isDryRun = isDryRun
    }

    /// `{sessionID,checkpoint,files:[{path,state}],…}` of CONTRACT §9.
    package var json: JSON {
        var object: JSONObject = [
            "sessionID": .string(sessionID), "checkpoint": checkpoint.map { .string($0) } ?? .null,
            "files": .array(files.map(\.json)), "notices": .array(notices.map { .string($0) }),
            "dryRun": .bool(isDryRun),
        ]
        object["messageID"] = messageID.map { .string($0) }
        return .object(object)
    }
}

/// A point that `undo --to` takes.
package struct UndoPoint: Sendable, Equatable {
    /// A message, or the checkpoint of an undo.
    package var id: String
    /// `turn`, or what made the checkpoint: `undo`, `redo`, `revert`.
    package var kind: String
    /// Unix milliseconds.
    package var timeMs: Int64
    /// The start of the prompt, for a turn.
    package var title: String?
    /// Paths that changed.
    package var files: [String]
    /// True when nothing of it is left to undo.
    package var isUndone: Bool

    /// For `--json`.
    package func json(sessionID: String) -> JSON {
        var object: JSONObject = [
            "id": .string(id), "sessionID": .string(sessionID), "kind": .string(kind), "time": .int(timeMs),
            "files": .array(files.map { .string($0) }), "undone": .bool(isUndone),
        ]
        object["title"] = title.map { .string($0) }
        return .object(object)
    }
}

/// Why nothing was undone.
package struct UndoError: AppError {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// There is nothing to undo or redo.
        case nothing
        /// The session has no such message, part or checkpoint.
        case unknownTarget
        /// The session is being executed.
        case busy
        /// It failed; the files are as they were.
        case failed
    }

    /// The class of the failure.
    package var kind: Kind
    /// Whole sentences with the value and the next step.
    package var message: String
    /// What failed below.
    package var underlying: (any Error)?

    /// The class as a stable name.
    package var code: String { "undo.\(kind.rawValue)" }

    /// An error; `message` is a whole sentence.
    package init(_ kind: Kind, _ message: String, underlying: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.underlying = underlying
    }
}

/// Takes back what the tools of a session did to files, and puts it there again: one service for all faces.
///
/// It acts on the files that the session's tools wrote, and on each only when it is as the agent left it. A checkpoint is made
/// first, the result is checked by hash, and a failure leaves the files as they were. The user's repository is not touched.
/// A session that is being executed, here or in another process, is `busy`.
package struct UndoService: Sendable {
    let sessions: SessionService
    /// Of the workspace of the sessions that are undone.
    package let snapshots: SnapshotStore
    let stateDirectory: FilePath

    /// - Parameters:
    ///   - snapshots: of the workspace of the sessions that are undone.
    ///   - stateDirectory: where sessions are locked.
    package init(sessions: SessionService, snapshots: SnapshotStore, stateDirectory: FilePath) {
        self.sessions = sessions
        self.snapshots = snapshots
        self.stateDirectory = stateDirectory
    }

    /// Undoes the last turn that changed files, or everything from a message or checkpoint on.
    /// - Throws: `UndoError`, `SessionError` (`notFound`, `busy`), `SnapshotError`.
    package func undo(_ sessionID: String, _ request: UndoRequest = UndoRequest()) async throws -> UndoReport {
        try await locked(sessionID) {
            let projection = try await sessions.projection(sessionID)
            let view = try await journal()
            let mine = view.entries(of: sessionID)
            let paths = snapshots.paths(request.files)
            let turns = UndoTurns(projection)
            let chosen: [JournalEntry]
            var start: String?
            if let to = request.to {
                (chosen, start) = try entries(mine, since: to, view, turns, projection)
            } else {
                start = mine.last { entry in
                    !entry.files.isEmpty && view.isOpen(entry)
                        && (paths.map { wanted in entry.files.contains { wanted.covers($0.path) } } ?? true)
                }.map { turns.turn(of: $0) }
                chosen = mine.filter { turns.turn(of: $0) == start }
            }
            let plan = try await snapshots.plan(undoing: chosen, in: view, files: paths)
            // Commands that came last and whose effects are not known: that these are not taken back has to be said once.
            let newest = mine.lastIndex { !$0.files.isEmpty }
            let later = mine[(newest.map { $0 + 1 } ?? 0)...].filter { !chosen.contains($0) }.compactMap(\.notice)
            let isNewest = newest.map { chosen.contains(mine[$0]) } ?? true
            var notices: [String] = []
            for notice in chosen.compactMap(\.notice) + (isNewest ? later : []) where !notices.contains(notice) {
                notices.append(notice)
            }
            guard start != nil, !plan.isEmpty else {
                if let name = request.files.first { throw nothing("undo", sessionID, with: name) }
                throw nothing("undo", sessionID, notices: later)
            }
            var report = UndoReport(
                sessionID: sessionID, messageID: start, files: plan, notices: notices, isDryRun: request.isDryRun)
            guard !request.isDryRun else { return report }
            let result = try await snapshots.apply(
                plan,
                RestoreRequest(
                    kind: .undo, owner: sessionID, folders: Self.folders(chosen), merges: request.merges))
            report.checkpoint = result.checkpoint
            report.files = result.files
            let event = EventPayload.sessionReverted(
                .init(sessionID: sessionID, to: start ?? "", files: await diffs(result.files)))
            await tell(event, &report)
            return report
        }
    }

    /// Takes the last undo back, or the one that made a checkpoint.
    /// - Throws: as `undo`.
    package func redo(_ sessionID: String, _ request: UndoRequest = UndoRequest()) async throws -> UndoReport {
        try await redo(sessionID, request, kinds: [.undo])
    }

    func redo(
        _ sessionID: String, _ request: UndoRequest, kinds: Set<JournalUndo.Kind>
    ) async throws -> UndoReport {
        try await locked(sessionID) {
            _ = try await sessions.get(sessionID)
            let view = try await journal()
            let undo: JournalUndo?
            if let to = request.to {
                undo = view.undos.last { $0.id == to && $0.owner == sessionID && $0.kind != .redo }
                if undo == nil { throw unknown(to, sessionID) }
            } else {
                undo = view.lastUndo(of: sessionID, kinds)
            }
            guard let undo else { throw nothing("redo", sessionID, notices: []) }
            let plan = try await snapshots.plan(redoing: undo, files: snapshots.paths(request.files))
            if plan.isEmpty, let name = request.files.first { throw nothing("redo", sessionID, with: name) }
            var report = UndoReport(
                sessionID: sessionID, messageID: nil, files: plan, notices: [], isDryRun: request.isDryRun)
            guard !request.isDryRun else { return report }
            let result = try await snapshots.apply(
                plan,
                RestoreRequest(
                    kind: .redo, owner: sessionID, of: undo.id,
                    folders: Set(plan.filter { $0.target == nil }.flatMap { $0.path.parents }), merges: request.merges))
            report.checkpoint = result.checkpoint
            report.files = result.files
            await tell(
                .sessionUnreverted(.init(sessionID: sessionID, files: await diffs(result.files))), &report)
            return report
        }
    }

    /// The points of a session that `undo --to` takes, latest first.
    package func points(_ sessionID: String) async throws -> [UndoPoint] {
        let projection = try await sessions.projection(sessionID)
        let view = try await journal()
        let turns = UndoTurns(projection)
        var points: [String: UndoPoint] = [:]
        var order: [String] = []
        for entry in view.entries(of: sessionID) where !entry.files.isEmpty {
            let turn = turns.turn(of: entry)
            if points[turn] == nil {
                order.append(turn)
                points[turn] = UndoPoint(
                    id: turn, kind: "turn", timeMs: entry.timeMs, title: turns.titles[turn], files: [], isUndone: true)
            }
            for file in entry.files where points[turn]?.files.contains(file.path.shown) == false {
                points[turn]?.files.append(file.path.shown)
            }
            if view.isOpen(entry) { points[turn]?.isUndone = false }
        }
        let undos = view.undos.filter { $0.owner == sessionID && $0.succeeded == true }.map { undo in
            UndoPoint(
                id: undo.id, kind: undo.kind.rawValue, timeMs: undo.timeMs, title: nil,
                files: undo.items.filter(\.isApplied).map(\.path.shown), isUndone: false)
        }
        return (order.compactMap { points[$0] } + undos).sorted { $0.timeMs > $1.timeMs }
    }

    // MARK: Parts

    /// Runs `body` while nobody executes the session, after what a crash left half done was ended.
    func locked<T: Sendable>(_ sessionID: String, _ body: () async throws -> T) async throws -> T {
        _ = try await sessions.get(sessionID)
        let lock = try await SessionLock.acquire(
            stateDirectory: stateDirectory, sessionID: sessionID, timeout: .zero, leases: sessions.runLeases)
        defer { lock.release() }
        for sentence in try await snapshots.recover() { sessions.logger.notice("\(sentence)") }
        return try await body()
    }

    func journal() async throws -> JournalView {
        let journal = snapshots.journal
        return try await BlockingWork.run { try journal.read() }
    }

    /// Tells the session's log what was done. The files and the journal are in order without it.
    private func tell(_ event: EventPayload, _ report: inout UndoReport) async {
        do {
            try await sessions.append(report.sessionID, [event])
        } catch {
            report.notices.append("It is done, but the session's log could not be told: \(error.message)")
        }
    }

    /// What from a point on was done.
    private func entries(
        _ mine: [JournalEntry], since target: String, _ view: JournalView, _ turns: UndoTurns,
        _ projection: SessionProjection
    ) throws -> ([JournalEntry], String) {
        if let undo = view.undos.first(where: { $0.id == target && $0.owner == sessionID(projection) }) {
            let later = mine.filter { $0.timeMs > undo.timeMs }
            return (later, later.first.map { turns.turn(of: $0) } ?? target)
        }
        guard let ids = turns.messages(from: target) else { throw unknown(target, sessionID(projection)) }
        return (mine.filter { ids.contains($0.call.messageID) }, target)
    }

    private func sessionID(_ projection: SessionProjection) -> String { projection.info.id }

    private func unknown(_ target: String, _ sessionID: String) -> UndoError {
        UndoError(
            .unknownTarget,
            "Session \(sessionID) has no message or checkpoint \"\(HostileText.escaped(target, multiline: false))\". `codetether undo --list` shows what there is."
        )
    }

    private func nothing(_ what: String, _ sessionID: String, with file: FilePath) -> UndoError {
        UndoError(
            .nothing,
            "There is nothing to \(what) in session \(sessionID) that changed \(HostileText.escaped(file.shown, multiline: false)). `codetether undo --list --json` shows the files of each turn."
        )
    }

    private func nothing(_ what: String, _ sessionID: String, notices: [String]) -> UndoError {
        if let reason = notices.last {
            return UndoError(.failed, "There is nothing to \(what) in session \(sessionID). \(reason)")
        }
        return UndoError(.nothing, "There is nothing to \(what) in session \(sessionID).")
    }

    static func folders(_ entries: [JournalEntry]) -> Set<FilePath> {
        var folders = Set(entries.flatMap(\.folders))
        // A command does not say which directories it made; those of files it made go when they are empty.
        for entry in entries where entry.call.tool == "bash" || entry.call.tool.contains("__") {
            for file in entry.files where file.before == nil { folders.formUnion(file.path.parents) }
        }
        return folders
    }

    func diffs(_ files: [PlannedFile]) async -> [FileDiffInfo] {
        let changes = files.filter { $0.outcome == .restored }.prefix(500).map {
            TreeChange(path: $0.path, before: $0.current, after: $0.target)
        }
        return (try? await snapshots.diffs(Array(changes))) ?? []
    }
}

/// Which turn a message belongs to: a turn starts with what the user said.
struct UndoTurns {
    /// The turn of each message, by message id.
    private var turns: [String: String] = [:]
    private var order: [String] = []
    private(set) var titles: [String: String] = [:]

    init(_ projection: SessionProjection) {
        var turn: String?
        for entry in projection.entries {
            let id = entry.message.id
            switch entry.message {
            case .user(let user):
                turn = id
                titles[id] = String(user.text.prefix(80))
            case .assistant, .shell: break
            default: break
            }
            turns[id] = turn ?? id
            order.append(id)
        }
    }

    func turn(of entry: JournalEntry) -> String { turns[entry.call.messageID] ?? entry.call.messageID }

    /// A message and all that follow; nil when there is no such message.
    func messages(from id: String) -> Set<String>? {
        order.firstIndex(of: id).map { Set(order[$0...]) }
    }
}

extension SessionService {
    /// The ids of all sessions, archived and children's too: what a collection of snapshots must keep.
    /// - Throws: `storage`; also when a session cannot be read, because it may reference anything.
    package func allIDs() async throws(SessionError) -> Set<String> {
        var filter = SessionFilter()
        filter.includeArchived = true
        filter.includeChildren = true
        filter.limit = 1_000
        var ids: Set<String> = []
        while true {
            let page = try await list(filter)
            ids.formUnion(page.sessions.map(\.id))
            guard page.damaged.isEmpty else {
                throw SessionError(
                    .storage,
                    "Some sessions cannot be read, so it is not known which snapshots they reference; nothing was collected. Run `codetether storage doctor`."
                )
            }
            guard let next = page.next else { return ids }
            filter.cursor = next
        }
    }
}
