import Support
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A workspace and what decides about its snapshot, seen from outside: no file is read for it.
struct OutsideLook: Sendable, Equatable {
    /// A file that tells git what to ignore, and how it was found.
    struct Ignore: Sendable, Equatable {
        var path: String
        /// As `OutsideMemory.facts`.
        var facts: [Int64]

        var changedNs: Int64? { facts.count > 3 ? facts[3] : nil }
    }

    /// Names, inodes, sizes, modes and times of everything in the workspace, as two keyed sums.
    var sums: [UInt64]
    var ignores: [Ignore]
    /// The store: another one, or one from which objects were taken since, is not the same.
    var store: [Int64]
}

/// Remembers the last capture and how the workspace looked before it. While it still looks like that, a capture would give the
/// same tree again, and neither git nor the store is asked. It trusts what git trusts: that a change moves the inode's time,
/// which no program can set. For one store in one process; safe from any thread.
final class OutsideMemory: Sendable {
    /// Larger workspaces are left to git at once.
    static let maximumEntries = 2_000
    /// After a workspace was too large, that many captures go to git without a look.
    private static let pause = 32

    private struct State {
        var look: OutsideLook?
        var captured: CapturedTree?
        var paused = 0
    }

    private let key = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    private let state = Mutex(State())

    /// Looks at the workspace. Blocking.
    /// - Returns: nil when nothing can be said about it; `isSettled` is false when a file changed so recently that a further
    ///   change need not move its time.
    func look(
        _ workspace: FilePath, ignores: [String], _ layout: StoreLayout
    ) -> (look: OutsideLook, isSettled: Bool)? {
        let isPaused = state.withLock { state in
            state.paused -= state.paused > 0 ? 1 : 0
            return state.paused > 0
        }
        guard !isPaused else { return nil }
        let found = ignores.map { OutsideLook.Ignore(path: $0, facts: Self.facts(FilePath($0))) }
        do throws(TreeStamp.Failure) {
            let stamp = try TreeStamp.of(
                workspace, maximumEntries: Self.maximumEntries, key: key, alsoSettled: found.compactMap(\.changedNs))
            let look = OutsideLook(sums: stamp.sums, ignores: found, store: Self.identity(layout))
            return (look, stamp.isSettled)
        } catch {
            if error == .unsuitable { state.withLock { $0.paused = Self.pause } }
            return nil
        }
    }

    /// The tree that was captured when the workspace looked like this.
    func known(_ look: OutsideLook) -> CapturedTree? { state.withLock { $0.look == look ? $0.captured : nil } }

    /// Keeps a capture that began after the look.
    func remember(_ look: OutsideLook, _ captured: CapturedTree) {
        state.withLock { state in
            state.look = look
            state.captured = captured
        }
    }

    /// Nothing when the store is not there.
    static func identity(_ layout: StoreLayout) -> [Int64] { facts(layout.objects).prefix(2) + facts(layout.collected) }

    /// Device, inode, mtime and ctime (nanoseconds), size; empty for what is not there.
    private static func facts(_ path: FilePath) -> [Int64] {
        var info = stat()
        guard path.withPlatformString({ stat($0, &info) }) == 0 else { return [] }
        func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
        return [
            Int64(bitPattern: UInt64(info.st_dev)), Int64(bitPattern: UInt64(info.st_ino)),
            nanoseconds(info.st_mtim), nanoseconds(info.st_ctim), Int64(info.st_size),
        ]
    }
}

extension StoreLayout {
    /// Written when objects that nothing reaches are about to be deleted: what was captured before may be gone.
    var collected: FilePath { root.appending("collected") }

    /// Tells every process that captures made until now may lose their objects.
    func markCollected() throws(FileError) {
        let mark = String(UInt64.random(in: .min ... .max), radix: 36) + "\n"
        try AtomicFile.write(Array(mark.utf8), to: collected)
    }
}

extension SnapshotStore {
    /// Takes the workspace as it is: a tree object whose every file is stored. Costs about a `git status`; a look from outside
    /// when nothing changed since the last one.
    /// - Parameter budgetMs: the time it may take; nil = ten minutes.
    /// - Throws: `refused`, `disabled`, `limit`, `busy`, `failed`. A tree is returned only when every step succeeded.
    func capture(budgetMs: Int?) async throws(SnapshotError) -> CapturedTree {
        if let refusal { throw refusal }
        guard await hasGit() else { return try await captureAll(budgetMs: budgetMs) }
        // Before the capture: what changes meanwhile makes the next look different, whether the capture has it or not.
        let (memory, layout, workspace, ignores) = (outside, layout, workspace.path, ignoreFiles)
        let found = try await blocking {
            () throws(FileError) -> ((look: OutsideLook, isSettled: Bool), CapturedTree?)? in
            try self.prepare()
            guard let found = memory.look(workspace, ignores: ignores, layout) else { return nil }
            guard found.isSettled, let known = memory.known(found.look),
                // While this is held nothing is deleted.
                let lock = try FileLock.tryLock(layout.storeLock, shared: true)
            else { return (found, nil) }
            defer { lock.release() }
            return (found, OutsideMemory.identity(layout) == found.look.store ? known : nil)
        }
        if let known = found?.1 { return known }
        let captured = try await captureAll(budgetMs: budgetMs)
        if let found, found.0.isSettled, !found.0.look.store.isEmpty { memory.remember(found.0.look, captured) }
        return captured
    }
}
