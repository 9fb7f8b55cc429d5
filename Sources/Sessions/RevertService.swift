package import Schema
import Snapshots
import Storage
import Support

/// Where to revert to, and what.
package struct RevertRequest: Sendable, Equatable {
    /// This message and what follows are hidden.
    package var messageID: String
    /// Only from this part of it on; nil = all of it.
    package var partID: String?
    /// Take back what the hidden messages did to files.
    package var files: Bool
    /// Hide messages; false reverts files only.
    package var conversation: Bool
    /// Only say what would happen.
    package var isDryRun: Bool

    /// The value with these members; nothing is checked.
    package init(
        messageID: String, partID: String? = nil, files: Bool = true, conversation: Bool = true, isDryRun: Bool = false
    ) {
        self.messageID = messageID
        self.partID = partID
        self.files = files
        self.conversation = conversation
        self.isDryRun = isDryRun
    }
}

/// What a revert did, or would do.
package struct RevertReport: Sendable, Equatable {
    /// As 2.1 shows a staged revert.
    package var revert: SessionRevert
    /// The messages that are hidden, the one that is cut included.
    package var messageIDs: [String]
    /// What became of files; nil when they were not reverted.
    package var files: UndoReport?
}

/// Reverts sessions: staged first (hidden, files taken back), then either cleared or, with the next prompt, committed. Nothing
/// is erased: superseded messages and parts stay in the log and in the session's records, marked.
package struct RevertService: Sendable {
    private let undo: UndoService
    private var sessions: SessionService { undo.sessions }

    /// A service beside an undo service.
    package init(_ undo: UndoService) { self.undo = undo }

    /// Stages a revert. One that is staged already is cleared first, so that files are taken back from where they were.
    /// - Throws: `SessionError` (`notFound`, `messageNotFound`, `busy`), `UndoError.unknownTarget` for an unknown part,
    ///   `SnapshotError`. Nothing is changed then.
    package func stage(_ sessionID: String, _ request: RevertRequest) async throws -> RevertReport {
        try await undo.locked(sessionID) {
            var projection = try await sessions.projection(sessionID)
            if !request.isDryRun { try await endCutOff(sessionID, projection) }
            let selection = try projection.selection(from: request.messageID, part: request.partID)
            if projection.info.revert != nil, !request.isDryRun {
                try await clearStaged(sessionID, projection)
                projection = try await sessions.projection(sessionID)
            }
            var report = RevertReport(
                revert: SessionRevert(messageID: request.messageID, partID: request.partID),
                messageIDs: request.conversation ? selection.messages : [])
            if request.files {
                let files = try await revertFiles(sessionID, selection, request)
                report.files = files
                report.revert.snapshot = files.checkpoint
                report.revert.files = await undo.diffs(files.files)
            }
            guard !request.isDryRun else { return report }
            var events: [EventPayload] = []
            if request.conversation {
                events.append(.sessionRevertStaged(.init(sessionID: sessionID, revert: report.revert)))
            } else {
                events.append(
                    .sessionReverted(
                        .init(
                            sessionID: sessionID, to: request.messageID, partID: request.partID,
                            files: report.revert.files)))
            }
            do {
                try await sessions.append(sessionID, events, durability: .flushed)
            } catch {
                // Files and conversation go together.
                if request.conversation { _ = try? await endCutOff(sessionID, projection) }
                throw error
            }
            return report
        }
    }

    /// Takes a staged revert back, files included; without one, the last revert of files.
    /// - Returns: what became of files; nil when none had been reverted.
    /// - Throws: `UndoError.nothing`, and as `stage`.
    @discardableResult
    package func clear(_ sessionID: String) async throws -> UndoReport? {
        let (isCleared, report) = try await undo.locked(sessionID) { () -> (Bool, UndoReport?) in
            let projection = try await sessions.projection(sessionID)
            if projection.info.revert != nil { return (true, try await clearStaged(sessionID, projection)) }
            let report = try await endCutOff(sessionID, projection)
            return (report != nil, report)
        }
        if isCleared { return report }
        return try await undo.redo(sessionID, UndoRequest(), kinds: [.revertFiles])
    }

    /// Makes a staged revert final; nothing happens without one.
    package func commit(_ sessionID: String) async throws {
        try await undo.locked(sessionID) { try await sessions.commitRevert(sessionID) }
    }

    // MARK: Parts

    private func revertFiles(
        _ sessionID: String, _ selection: RevertSelection, _ request: RevertRequest
    ) async throws -> UndoReport {
        let view = try await undo.journal()
        let chosen = view.entries(of: sessionID).filter { selection.includes($0.call) }
        let plan = try await undo.snapshots.plan(undoing: chosen, in: view)
        var report = UndoReport(
            sessionID: sessionID, messageID: request.messageID, files: plan, notices: chosen.compactMap(\.notice),
            isDryRun: request.isDryRun)
        guard !request.isDryRun, !plan.isEmpty else { return report }
        let result = try await undo.snapshots.apply(
            plan,
            RestoreRequest(
                kind: request.conversation ? .revert : .revertFiles, owner: sessionID,
                folders: UndoService.folders(chosen)))
        report.checkpoint = result.checkpoint
        report.files = result.files
        return report
    }

    @discardableResult
    private func clearStaged(_ sessionID: String, _ projection: SessionProjection) async throws -> UndoReport? {
        var report: UndoReport?
        if let id = projection.info.revert?.snapshot,
            let staged = try await undo.journal().undos.last(where: { $0.id == id && $0.owner == sessionID })
        {
            report = try await takeBack(staged)
        }
        try await sessions.append(
            sessionID, [.sessionRevertCleared(.init(sessionID: sessionID))], durability: .flushed)
        return report
    }

    /// Takes back what a revert did to files before it was cut off, so that the session does not know of it: the messages whose
    /// files it took are still shown.
    @discardableResult
    private func endCutOff(_ sessionID: String, _ projection: SessionProjection) async throws -> UndoReport? {
        let view = try await undo.journal()
        guard projection.info.revert == nil, let last = view.lastUndo(of: sessionID, [.revert]) else { return nil }
        let entries = Set(last.items.flatMap(\.entries))
        let calls = Set(view.entries.lazy.filter { entries.contains($0.id) }.map(\.call.callID))
        let isShown = projection.messages.contains { message in
            guard case .assistant(let answer) = message else { return false }
            return answer.content.contains { if case .tool(let tool) = $0 { calls.contains(tool.id) } else { false } }
        }
        return isShown ? try await takeBack(last) : nil
    }

    private func takeBack(_ staged: JournalUndo) async throws -> UndoReport {
        let plan = try await undo.snapshots.plan(redoing: staged)
        let result = try await undo.snapshots.apply(
            plan, RestoreRequest(kind: .redo, owner: staged.owner, of: staged.id))
        return UndoReport(
            sessionID: staged.owner, messageID: nil, checkpoint: result.checkpoint, files: result.files,
            notices: [], isDryRun: false)
    }
}

extension SessionService {
    /// Makes a staged revert final; nothing happens without one. The caller holds the session's lock.
    package func commitRevert(_ id: String) async throws(SessionError) {
        guard let staged = try await projection(id).info.revert else { return }
        try await append(
            id, [.sessionRevertCommitted(.init(sessionID: id, to: staged.messageID))], durability: .flushed)
    }
}

/// What a revert hides: whole messages, and the calls of a message that is cut.
struct RevertSelection: Sendable {
    /// In the order of the log.
    var messages: [String] = []
    /// The message that is cut, and its calls that are hidden.
    var cut: (message: String, calls: Set<String>)?

    func includes(_ call: JournalCall) -> Bool {
        if let cut, cut.message == call.messageID { return cut.calls.contains(call.callID) }
        return messages.contains(call.messageID)
    }
}

extension SessionProjection {
    /// - Throws: `messageNotFound`; `invalid` never; `UndoError.unknownTarget` for a part that the message does not have.
    func selection(from messageID: String, part partID: String?) throws -> RevertSelection {
        guard let start = entries.lastIndex(where: { $0.message.id == messageID && !$0.isSuperseded }) else {
            throw SessionError.messageNotFound(messageID, of: info.id)
        }
        var selection = RevertSelection()
        selection.messages = entries[start...].filter { !$0.isSuperseded }.map(\.message.id)
        guard let partID else { return selection }
        guard case .assistant(let message) = entries[start].message,
            let index = message.content.firstIndex(where: { $0.partID == partID })
        else {
            throw UndoError(
                .unknownTarget,
                "Message \(HostileText.escaped(messageID, multiline: false)) has no part \"\(HostileText.escaped(partID, multiline: false))\". `codetether session show \(info.id) --json` prints the partID of each."
            )
        }
        var calls: Set<String> = []
        for case .tool(let tool) in message.content[index...] { calls.insert(tool.id) }
        selection.cut = (messageID, calls)
        return selection
    }
}
