import Git
package import Logging
package import Support
import Synchronization
package import SystemPackage

/// The snapshots and the journal of one workspace.
///
/// They are in a git directory of ours, `data/snapshots/<project>`; the workspace need not be a repository, and without a git
/// program the same store works with what is written here in Swift (ignore files are not read then). Safe to use from several
/// tasks and processes: whoever uses the index holds a lock that dies with the process. Blocking work runs on `BlockingWork`.
package final class SnapshotStore: Sendable {
    /// The workspace.
    package let workspace: WorkspaceRoot
    /// What it may cost.
    package let limits: SnapshotLimits
    /// What tools changed.
    package let journal: ChangeJournal
    let layout: StoreLayout
    let objects: GitObjects
    let git: OwnRepository
    let environment: Environment
    let ids: any IDSource
    let time: any TimeSource
    let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var hasGit: Bool?
        var captures = 0
        var isPrepared = false
    }

    /// Nothing is created before the first use.
    /// - Parameter dataDirectory: `snapshots` below it is ours.
    package convenience init(
        workspace: WorkspaceRoot, dataDirectory: FilePath, limits: SnapshotLimits = SnapshotLimits(),
        runner: ProcessRunner, environment: Environment, ids: any IDSource, time: any TimeSource, logger: Logger
    ) {
        self.init(
            workspace, Self.directory(of: workspace.path, in: dataDirectory), limits, runner, environment, ids, time,
            logger)
    }

    /// A store that is there, found by its directory; for collections. The workspace may be gone.
    package convenience init(
        existing directory: FilePath, workspace: FilePath, limits: SnapshotLimits, runner: ProcessRunner,
        environment: Environment, ids: any IDSource, time: any TimeSource, logger: Logger
    ) throws(FileError) {
        let root: WorkspaceRoot
        do throws(FileError) { root = try WorkspaceRoot(workspace) } catch { root = try WorkspaceRoot(directory) }
        self.init(root, directory, limits, runner, environment, ids, time, logger)
    }

    private init(
        _ workspace: WorkspaceRoot, _ directory: FilePath, _ limits: SnapshotLimits, _ runner: ProcessRunner,
        _ environment: Environment, _ ids: any IDSource, _ time: any TimeSource, _ logger: Logger
    ) {
        self.workspace = workspace
        self.limits = limits
        self.environment = environment
        self.ids = ids
        self.time = time
        self.logger = logger
        layout = StoreLayout(root: directory)
        objects = GitObjects(layout.objects)
        git = OwnRepository(
            gitDirectory: layout.root, workTree: workspace.path, runner: runner, environment: environment)
        journal = ChangeJournal(layout: layout, objects: objects, workspace: workspace, ids: ids, time: time)
    }

    /// Where the store of a workspace is.
    package static func directory(of workspace: FilePath, in dataDirectory: FilePath) -> FilePath {
        dataDirectory.appending("snapshots").appending(String(SHA256Hash.hex(of: workspace.bytes).prefix(40)))
    }

    /// Our git directory.
    package var directory: FilePath { layout.root }

    /// Why this workspace is not snapshotted; nil when it is. The journal does not mind.
    package var refusal: SnapshotError? {
        guard limits.isEnabled else {
            return SnapshotError(
                .disabled, "Snapshots are switched off (snapshot.enabled is false). Set it to true to use them.")
        }
        let path = workspace.path
        let home = environment["HOME"].flatMap { try? FileIO.realPath(FilePath($0)) }
        guard path != home, path != "/" else {
            return SnapshotError(
                .refused,
                "\(path) is the \(path == "/" ? "root of the file system" : "home directory"), which is not snapshotted. Work in a directory below it."
            )
        }
        return nil
    }

    /// Makes the store's directories.
    func prepare() throws(FileError) {
        guard !state.withLock({ $0.isPrepared }) else { return }
        try layout.prepare(workTree: workspace.path)
        state.withLock { $0.isPrepared = true }
    }

    /// Runs blocking work that fails with file errors.
    func blocking<T: Sendable>(
        _ work: @escaping @Sendable () throws(FileError) -> T
    ) async throws(SnapshotError) -> T {
        do throws(FileError) {
            return try await BlockingWork.run(throwing: FileError.self, work)
        } catch {
            throw SnapshotError.file(error)
        }
    }

    /// Whether there is a git program that can be told of this workspace, which needs a path that is text; looked for once.
    func hasGit() async -> Bool {
        guard workspace.path.isUTF8, layout.root.isUTF8 else { return false }
        if let known = state.withLock({ $0.hasGit }) { return known }
        let git = git
        let found = await BlockingWork.run(throwing: Never.self) { () throws(Never) -> Bool in git.isInstalled }
        state.withLock { $0.hasGit = found }
        return found
    }

    /// Takes a lock of the store.
    /// - Throws: `busy` when the time is over.
    func lock(_ path: FilePath, shared: Bool = false, waitMs: Int) async throws(SnapshotError) -> FileLock {
        try await blocking { () throws(FileError) in try self.prepare() }
        do {
            if let lock = try await FileLock.lock(path, timeout: .milliseconds(waitMs), shared: shared) { return lock }
        } catch let error as FileError {
            throw SnapshotError.file(error)
        } catch {
            throw SnapshotError(.busy, "Waiting for the snapshots of \(workspace.path) was cancelled.")
        }
        throw SnapshotError(
            .busy, "Another process uses the snapshots of \(workspace.path). Try again when it is done.")
    }

    /// Throws `limit` when the store has reached its size. Looked at on every 16th call.
    func checkTotal() async throws(SnapshotError) {
        let isDue = state.withLock { state in
            state.captures += 1
            return state.captures % 16 == 1
        }
        guard isDue else { return }
        let layout = layout
        let limit = Int64(limits.maxTotalBytes)
        let bytes = try await blocking { () throws(FileError) in layout.recentDiskBytes(limit: limit) }
        guard bytes < limit else {
            throw SnapshotError(
                .limit,
                "The snapshots of \(workspace.path) take \(bytes >> 20) MiB, their limit (snapshot.max_total_bytes). Run `codetether snapshot gc`, or raise the limit."
            )
        }
    }

    static func failed(_ error: GitError) -> SnapshotError {
        SnapshotError(error.kind == .timeout ? .limit : .failed, error.message)
    }
}
