import Configuration
import Logging
import Schema
package import Sessions
package import Snapshots
import Support
package import SystemPackage

extension Runtime {
    /// The snapshots and the journal of this workspace (the git root, else the directory). Nothing is created.
    /// - Throws: `FileError` when the workspace cannot be opened.
    package nonisolated func snapshotStore() throws -> SnapshotStore {
        try snapshotStore(of: config.workspace)
    }

    /// The snapshots and the journal of a workspace.
    package nonisolated func snapshotStore(of workspace: FilePath) throws -> SnapshotStore {
        SnapshotStore(
            workspace: try WorkspaceRoot(workspace), dataDirectory: paths.data, limits: snapshotLimits,
            runner: ProcessRunner(), environment: environment, ids: ids, time: time, logger: logger)
    }

    /// The same, after what a crash left half undone was ended.
    nonisolated func recoveredSnapshots() async throws -> SnapshotStore {
        let store = try snapshotStore()
        do {
            for sentence in try await store.recover() { logger.notice("\(sentence)") }
        } catch {
            logger.warning("an undo that was cut off is still open", metadata: ["reason": "\(error)"])
        }
        return store
    }

    private nonisolated var snapshotLimits: SnapshotLimits {
        let configured = config.config.snapshot
        var limits = SnapshotLimits()
        limits.isEnabled = configured.enabled
        limits.maxFileBytes = min(configured.maxFileBytes, 1 << 30)
        limits.maxFiles = configured.maxFiles ?? limits.maxFiles
        limits.maxTotalBytes = configured.maxTotalBytes
        limits.retentionDays = configured.retentionDays ?? limits.retentionDays
        return limits
    }

    /// Undo and redo of this workspace's sessions.
    package func undoService() async throws -> UndoService {
        try FileIO.createDirectory(paths.state)
        return UndoService(sessions: try await sessions(), snapshots: try snapshotStore(), stateDirectory: paths.state)
    }

    /// Undo and redo of a session: in this workspace when it has changed files here, else in the one that it works in.
    /// - Throws: `SessionError.notFound`, and `UndoError.failed` when that workspace is not there.
    package func undoService(of sessionID: String) async throws -> UndoService {
        let sessions = try await sessions()
        let directory = FilePath(try await sessions.get(sessionID).location.directory)
        let here = try await undoService()
        let journal = here.snapshots.journal
        if try FileIO.realPath(self.directory).string == directory.string { return here }
        if try await !BlockingWork.run({ try journal.read().entries(of: sessionID).isEmpty }) { return here }
        // The session may have removed the directory that it works in.
        var place = directory
        while !FileIO.isDirectory(place), place.lastComponent != nil { place.removeLastComponent() }
        let workspace = Workspace.root(of: place)
        guard place == directory || FileIO.exists(workspace.appending(".git")) else {
            throw UndoError(
                .failed,
                "Session \(sessionID) works in \(HostileText.escaped(directory.shown, multiline: false)), which is not there. Move the directory back or create it, and try again."
            )
        }
        return UndoService(
            sessions: sessions, snapshots: try snapshotStore(of: workspace), stateDirectory: paths.state)
    }

    /// The ids of all sessions, archived and children's too.
    package func liveSessionIDs() async throws -> Set<String> {
        try await sessions().allIDs()
    }

    /// Deletes what no session references, in the snapshots of every project of this home. One that fails does not stop the
    /// others.
    /// - Returns: the sum.
    package func collectAllSnapshots() async throws -> CollectResult {
        var sum = CollectResult(removed: 0, kept: 0, bytesBefore: 0, bytesAfter: 0)
        let root = paths.data.appending("snapshots")
        guard FileIO.isDirectory(root) else { return sum }
        for entry in try FileIO.list(root) {
            let folder = root.appending(entry.name)
            guard let bytes = try? FileIO.read(folder.appending("workspace"), limit: 8_192) else { continue }
            let workspace = FilePath(bytes: bytes.filter { $0 != 0x0A })
            do {
                let store = try SnapshotStore(
                    existing: folder, workspace: workspace, limits: snapshotLimits, runner: ProcessRunner(),
                    environment: environment, ids: ids, time: time, logger: logger)
                let result = try await store.collect { try await self.liveSessionIDs() }
                sum.removed += result.removed
                sum.kept += result.kept
                sum.bytesBefore += result.bytesBefore
                sum.bytesAfter += result.bytesAfter
            } catch {
                logger.warning(
                    "snapshots not collected", metadata: ["store": "\(folder)", "reason": "\(error)"])
            }
        }
        return sum
    }
}
