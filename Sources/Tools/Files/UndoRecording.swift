import Snapshots
import Support
import SystemPackage

/// The call of the top session that a subagent's calls belong to.
package struct CallOrigin: Sendable, Equatable {
    /// The assistant message of the session at the top.
    package var messageID: String
    /// Its `task` call.
    package var callID: String

    /// The value with these members; nothing is checked.
    package init(messageID: String, callID: String) {
        self.messageID = messageID
        self.callID = callID
    }
}

/// Tells the journal of the workspace what one call changes, so that it can be undone.
package struct UndoRecorder: Sendable {
    let store: SnapshotStore
    let call: JournalCall

    /// Keeps what the changes replace.
    /// - Throws: `failed`; nothing may be written then.
    func willWrite(_ changes: [FileChange], in files: WorkspaceFiles) throws(ToolError) -> String {
        var folders: [FilePath] = []
        for change in changes where change.after != nil {
            for folder in change.path.parents where !folders.contains(folder) {
                guard (try? files.info(folder)) == .some(nil) else { break }
                folders.append(folder)
            }
        }
        do throws(SnapshotError) {
            return try store.journal.willWrite(
                call,
                changes.map { change in
                    ChangeJournal.Planned(
                        path: change.path, before: change.before.map { ($0.bytes, $0.mode) },
                        after: change.after.map { ($0.bytes, $0.mode) })
                }, folders: folders)
        } catch {
            throw ToolError(.failed, error.message, underlying: error)
        }
    }

    /// Tells how the changes ended. After a failure that could not take everything back nothing is told: what is there
    /// then decides at the undo.
    func didWrite(_ id: String, succeeded: Bool, _ changes: [FileChange], in files: WorkspaceFiles) {
        let isAsBefore =
            succeeded
            || changes.allSatisfy { change in
                guard let before = change.before else { return (try? files.info(change.path)) == .some(nil) }
                return (try? files.read(change.path)) == before.bytes
            }
        if succeeded || isAsBefore { store.journal.didWrite(id, succeeded: succeeded) }
    }
}

extension FileEditing {
    /// Makes the changes, after what they replace was kept for undo.
    func commit(_ set: FileChangeSet) throws(ToolError) {
        guard let recorder, !set.changes.isEmpty else { return try set.commit(in: files, ledger: ledger) }
        let id = try recorder.willWrite(set.changes, in: files)
        do throws(ToolError) {
            try set.commit(in: files, ledger: ledger)
        } catch {
            recorder.didWrite(id, succeeded: false, set.changes, in: files)
            throw error
        }
        recorder.didWrite(id, succeeded: true, set.changes, in: files)
    }
}

extension ToolContext {
    /// Who tells the journal of this call; nil when there is none.
    var recorder: UndoRecorder? {
        snapshots.map { store in
            UndoRecorder(
                store: store,
                call: JournalCall(
                    owner: approvalScope ?? sessionID, sessionID: sessionID, messageID: origin?.messageID ?? messageID,
                    callID: origin?.callID ?? callID, tool: tool))
        }
    }

    /// Runs a call that may change any file: what it changed is found by comparing the workspace before and after. The
    /// comparison is made also when the call failed or was cancelled.
    func comparing(
        _ name: String, _ body: (ToolContext) async throws(ToolError) -> ToolOutput
    ) async throws(ToolError) -> ToolOutput {
        var context = self
        context.tool = name
        guard name == "bash" || name.contains("__"), let recorder = context.recorder else {
            return try await body(context)
        }
        let mark = await recorder.store.beginCommand(recorder.call)
        let result: Result<ToolOutput, ToolError>
        do throws(ToolError) {
            result = .success(try await body(context))
        } catch {
            result = .failure(error)
        }
        guard let mark else { return try result.get() }
        // Not in this task: it may be cancelled.
        let found = await Task { await recorder.store.endCommand(mark) }.value
        guard case .success(var output) = result, !found.files.isEmpty || found.notice != nil else {
            return try result.get()
        }
        var metadata = output.metadata.objectValue ?? ["value": output.metadata]
        if !found.files.isEmpty { metadata["files"] = .array(found.files.prefix(200).map(Self.row)) }
        if found.files.count > 200 { metadata["filesOmitted"] = .int(Int64(found.files.count - 200)) }
        metadata["undoNotice"] = found.notice.map { .string($0) }
        output.metadata = .object(metadata)
        return output
    }

    private static func row(_ file: JournalFile) -> JSON {
        let status = file.before == nil ? "added" : file.after == nil ? "deleted" : "modified"
        var row: JSONObject = ["path": .string(file.path.shown), "status": .string(status)]
        row["beforeBlob"] = file.before.map { .string($0.hash) }
        row["afterBlob"] = file.after.map { .string($0.hash) }
        row["beforeMode"] = file.before.map { .int(Int64($0.mode)) }
        row["afterMode"] = file.after.map { .int(Int64($0.mode)) }
        return .object(row)
    }
}
