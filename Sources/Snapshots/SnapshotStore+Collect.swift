import Git
import Logging
package import Support
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What a collection did.
package struct CollectResult: Sendable, Equatable {
    /// Snapshots that were deleted.
    package var removed: Int
    /// Snapshots that are left.
    package var kept: Int
    /// Bytes on disk before.
    package var bytesBefore: Int64
    /// Bytes on disk after.
    package var bytesAfter: Int64

    /// The counts of one collection.
    package init(removed: Int, kept: Int, bytesBefore: Int64, bytesAfter: Int64) {
        self.removed = removed
        self.kept = kept
        self.bytesBefore = bytesBefore
        self.bytesAfter = bytesAfter
    }

    /// For `--json`, HTTP and events.
    package var json: JSON {
        [
            "removed": .int(Int64(removed)), "kept": .int(Int64(kept)), "bytesBefore": .int(bytesBefore),
            "bytesAfter": .int(bytesAfter), "freed": .int(max(0, bytesBefore - bytesAfter)),
        ]
    }
}

/// What a store holds.
package struct SnapshotStats: Sendable, Equatable {
    package var directory: FilePath
    package var workspace: FilePath
    package var snapshots: Int
    package var sessions: Int
    package var bytes: Int64
    package var looseObjects: Int
    package var packs: Int
    package var maxBytes: Int64

    /// For `--json` and HTTP.
    package var json: JSON {
        [
            "directory": .string(directory.shown), "workspace": .string(workspace.shown),
            "snapshots": .int(Int64(snapshots)), "sessions": .int(Int64(sessions)), "bytes": .int(bytes),
            "looseObjects": .int(Int64(looseObjects)), "packs": .int(Int64(packs)), "maxBytes": .int(maxBytes),
        ]
    }
}

extension SnapshotStore {
    /// Deletes what no session references and is older than `retentionDays`: snapshots and journals of sessions that are gone,
    /// snapshots without a session; also temporary files, and objects that nothing reaches. Interrupted at any moment it
    /// loses nothing that is referenced, and the next one goes on.
    /// - Parameter live: the ids of the sessions that exist; asked for after the refs were listed.
    package func collect(
        retentionDays: Int? = nil, live: @Sendable () async throws -> Set<String>
    ) async throws -> CollectResult {
        guard FileIO.exists(layout.head) else {
            return CollectResult(removed: 0, kept: 0, bytesBefore: 0, bytesAfter: 0)
        }
        try await recover()
        let packing = try await lock(layout.packLock, waitMs: 30_000)
        defer { packing.release() }
        let layout = layout
        layout.removeStaleLocks()
        let before = try await blocking { () throws(FileError) in layout.diskBytes() }
        let owners = try await blocking { () throws(FileError) in try layout.refs(layout.sessionRefs) }
        let all = try await list()
        let sessions = try await live()
        let oldest = time.nowMs() - Int64(retentionDays ?? limits.retentionDays) * 86_400_000
        let gone = all.filter { snapshot in
            if let owner = snapshot.sessionID, sessions.contains(owner) { return false }
            return snapshot.createdMs <= oldest
        }
        let known = Set(sessions.map { layout.sessionRef($0).lastComponent?.string ?? "" })
        let referenced = Set(all.compactMap(\.sessionID)).subtracting(gone.compactMap(\.sessionID))
        // For as long as that: the sessions may only be out of sight, in a store that is not configured at this moment.
        let pins = try await commits(Set(owners.values))
        let goneOwners = owners.keys.filter { owner in
            !known.contains(owner) && !referenced.contains(owner)
                && (owner != "none" || gone.contains { $0.reason == "restore" })
                && owners[owner].flatMap { pins[$0] }.flatMap(Self.createdMs).map { $0 <= oldest } ?? false
        }
        try await drop(gone.map { layout.snapshotRef($0.id) } + goneOwners.map { layout.sessionRefs.appending($0) })
        let journal = journal
        let ownersGone = Set(goneOwners)
        try await blocking { () throws(FileError) in
            try journal.compact { line in
                guard let owner = line["ses"]?.stringValue, !owner.isEmpty else { return true }
                return !ownersGone.contains(layout.sessionRef(owner).lastComponent?.string ?? "")
            }
            layout.removeTemporaries()
            layout.releaseOld()
        }
        if await hasGit() { try await packAll(prunes: true) } else { try await pruneWithoutGit() }
        let after = try await blocking { () throws(FileError) in layout.diskBytes() }
        return CollectResult(
            removed: gone.count, kept: all.count - gone.count, bytesBefore: before, bytesAfter: after)
    }

    /// Deletes refs, packed ones too.
    private func drop(_ refs: [FilePath]) async throws(SnapshotError) {
        guard !refs.isEmpty else { return }
        let layout = layout
        let shared = try await lock(layout.storeLock, waitMs: 30_000)
        defer { shared.release() }
        try await blocking { () throws(FileError) in
            let names = Set(
                refs.compactMap { ref in
                    var relative = ref
                    return relative.removePrefix(layout.root) ? relative.string : nil
                })
            try layout.dropPacked(names)
            for ref in refs where FileIO.exists(ref) { try FileIO.remove(ref) }
        }
    }

    /// Puts all refs into one file. No session's ref may move between being put there and being removed.
    private func packRefs() async throws(SnapshotError) {
        let lock = try await lock(layout.journalLock, waitMs: 30_000)
        defer { lock.release() }
        do throws(GitError) {
            _ = try await git.run("pack-refs", ["--all"], timeout: .seconds(20))
        } catch {
            throw Self.failed(error)
        }
    }

    /// Packs everything that is reachable and deletes the rest. Snapshots can be taken meanwhile, except in the moment of deletion.
    private func packAll(prunes: Bool) async throws(SnapshotError) {
        try await packRefs()
        do throws(GitError) {
            let options = ["-c", "repack.writeBitmaps=false"]
            _ = try await git.run("repack", ["-a", "-d", "-q"], options: options, timeout: .seconds(3_600))
        } catch {
            throw SnapshotError(
                .failed,
                "\(error.message) Nothing was deleted by this; `codetether snapshot verify` says whether something is damaged."
            )
        }
        guard prunes else { return }
        // For this moment nobody may be between storing an object and pinning it.
        let lock = try await lock(layout.storeLock, waitMs: 30_000)
        defer { lock.release() }
        // Nothing but this file may refer to the tree of the index; git writes it anew then.
        try? FileIO.remove(layout.base)
        do throws(GitError) {
            _ = try await git.run("prune", ["--expire=now"], timeout: .seconds(3_600))
        } catch {
            throw Self.failed(error)
        }
        let layout = layout
        try await blocking { () throws(FileError) in layout.removeEmptyFolders() }
    }

    /// Packs loose objects when there are many.
    func packIfDue() async throws(SnapshotError) {
        let layout = layout
        let (loose, packs) = try await blocking { () throws(FileError) in (layout.looseEstimate(), layout.packCount()) }
        guard loose > 2_000 || packs > 30, await hasGit() else { return }
        let lock = try await lock(layout.packLock, waitMs: 1_000)
        defer { lock.release() }
        layout.removeStaleLocks()
        guard packs <= 30 else { return try await packAll(prunes: false) }
        try await packRefs()
        do throws(GitError) {
            _ = try await git.run(
                "repack", ["-d", "-q"], options: ["-c", "repack.writeBitmaps=false"], timeout: .seconds(600))
        } catch {
            throw Self.failed(error)
        }
        try await unpackTrees()
    }

    /// Puts the trees that the next snapshots change beside the packs, the upper ones first and not too many, so that writing
    /// their successors needs no git.
    private func unpackTrees() async throws(SnapshotError) {
        guard let checksum = GitIndex.checksum(layout.index), let base = layout.baseTree(of: checksum) else { return }
        let objects = objects
        var level: Set<String> = [base]
        var left = 512
        while !level.isEmpty, left > 0 {
            let found = try await trees(Set(level.prefix(left)))
            left -= level.count
            try await blocking { () throws(FileError) in
                var written: [String] = []
                for tree in found.values { written.append(try objects.write(.tree, tree.bytes)) }
                try objects.flush(written)
            }
            level = Set(found.values.flatMap { $0.entries.values.filter(\.isTree).map(\.hash) })
        }
    }

    /// What is wrong with the store: a sentence that names the object for each problem; empty when it is sound.
    package func verify() async throws(SnapshotError) -> [String] {
        guard FileIO.exists(layout.head) else { return [] }
        let lock = try await lock(layout.packLock, waitMs: 30_000)
        defer { lock.release() }
        layout.removeStaleLocks()
        var problems: [String] = []
        if await hasGit() {
            do throws(GitError) {
                let result = try await git.runStatus(
                    "fsck", ["--full", "--no-dangling", "--no-progress"], allowed: Set(0...127),
                    timeout: .seconds(3_600))
                let lines = (UTF8Text.lossy(result.output) + "\n" + result.errors).split(separator: "\n")
                problems += lines.filter { line in
                    !line.hasPrefix("notice:") && !line.hasPrefix("warning:") && !line.hasPrefix("Checking")
                }
                .prefix(1_000).map { HostileText.escaped(String($0), multiline: false) }
                if result.status == 0 { problems = [] }
                if result.status != 0, problems.isEmpty { problems = ["git fsck ended with \(result.status)."] }
            } catch {
                throw Self.failed(error)
            }
        }
        let objects = objects
        let damaged = try await blocking { [layout] () throws(FileError) in layout.damagedLoose(objects) }
        problems += damaged.filter { hash in !problems.contains { $0.contains(hash) } }
            .map { "The object \($0) is damaged." }
        let view = try readJournal()
        let hashes = Set(
            view.entries.flatMap { $0.files.flatMap { [$0.before?.hash, $0.after?.hash].compactMap { $0 } } })
        for hash in try await missing(hashes).sorted() where !problems.contains(where: { $0.contains(hash) }) {
            problems.append("The object \(hash), which the journal names, is missing.")
        }
        return problems
    }

    private func readJournal() throws(SnapshotError) -> JournalView { try journal.read() }

    /// What the store holds and takes.
    package func stats() async throws(SnapshotError) -> SnapshotStats {
        let layout = layout
        var stats = SnapshotStats(
            directory: layout.root, workspace: workspace.path, snapshots: 0, sessions: 0, bytes: 0, looseObjects: 0,
            packs: 0, maxBytes: Int64(limits.maxTotalBytes))
        guard FileIO.exists(layout.head) else { return stats }
        let counts = try await blocking { () throws(FileError) in
            (
                try layout.refs(layout.snapshotRefs).count, try layout.refs(layout.sessionRefs).count,
                layout.diskBytes(), layout.looseCount(), layout.packCount()
            )
        }
        (stats.snapshots, stats.sessions, stats.bytes, stats.looseObjects, stats.packs) = counts
        return stats
    }
}

extension StoreLayout {
    private var fanout: [FilePath] {
        (0..<256).map { objects.appending(Hex.text([UInt8($0)])) }
    }

    /// The number of loose objects, guessed from one of the 256 directories as git does.
    func looseEstimate() -> Int {
        var count = 0
        for name in ["17", "2a", "8c", "e3"] { count += (try? FileIO.list(objects.appending(name)).count) ?? 0 }
        return count * 64
    }

    func looseCount() -> Int { fanout.reduce(0) { $0 + ((try? FileIO.list($1).count) ?? 0) } }

    func packCount() -> Int {
        (try? FileIO.list(objects.appending("pack")).filter { $0.name.extension == "pack" }.count) ?? 0
    }

    /// Loose objects of ours whose bytes are not what their id says.
    func damagedLoose(_ objects: GitObjects) -> [String] {
        var damaged: [String] = []
        for folder in fanout {
            guard let entries = try? FileIO.list(folder) else { continue }
            for entry in entries where entry.name.string.utf8.count == 38 {
                let hash = (folder.lastComponent?.string ?? "") + entry.name.string
                do { _ = try objects.read(hash) } catch { damaged.append(hash) }
            }
        }
        return damaged
    }

    /// Removes what killed processes left. Only while the index's lock is held.
    func removeTemporaries() {
        for folder in [root, objects, objects.appending("pack"), snapshotRefs, sessionRefs] {
            guard let entries = try? FileIO.list(folder) else { continue }
            for entry in entries {
                let name = entry.name.string
                let isTemporary = ["tmp_", ".tmp-", "incoming-", "bulk_fsync_"].contains { name.hasPrefix($0) }
                guard isTemporary || name.hasPrefix(AtomicFile.temporaryPrefix), isOld(folder.appending(entry.name))
                else { continue }
                removeTree(folder.appending(entry.name), depth: 0)
            }
        }
    }

    /// By default older than ten minutes: nobody is about to rename it.
    private func isOld(_ path: FilePath, seconds: Int64 = 600) -> Bool {
        guard let info = try? FileIO.stat(path, followSymlink: false) else { return false }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) - info.mtimeNs / 1_000_000_000 > seconds
    }

    private func removeTree(_ path: FilePath, depth: Int) {
        if depth < 4, (try? FileIO.stat(path, followSymlink: false))?.isDirectory == true {
            for entry in (try? FileIO.list(path)) ?? [] { removeTree(path.appending(entry.name), depth: depth + 1) }
        }
        try? FileIO.remove(path)
    }

    /// What commands that run found. Git packs no refs of this folder, so that removing the file is enough.
    var commandRefs: FilePath { root.pushing("refs/worktree") }

    /// Keeps a tree until a command has ended.
    func hold(_ tree: String, for command: String) throws(FileError) {
        guard tree != GitObjects.emptyTree else { return }
        try FileIO.createDirectory(commandRefs)
        try replace(commandRefs.appending(command), Array((tree + "\n").utf8))
    }

    func release(_ command: String) { try? FileIO.remove(commandRefs.appending(command)) }

    /// Lets go of what killed commands held.
    func releaseOld() {
        for entry in (try? FileIO.list(commandRefs)) ?? [] {
            let path = commandRefs.appending(entry.name)
            if isOld(path, seconds: 86_400) { try? FileIO.remove(path) }
        }
    }

    /// Deletes the loose objects that are not in a set.
    func removeLoose(except kept: Set<String>) {
        for folder in fanout {
            for entry in (try? FileIO.list(folder)) ?? [] where entry.name.string.utf8.count == 38 {
                guard !kept.contains((folder.lastComponent?.string ?? "") + entry.name.string) else { continue }
                try? FileIO.remove(folder.appending(entry.name))
            }
        }
        removeEmptyFolders()
    }

    func removeEmptyFolders() { for folder in fanout { _ = folder.withPlatformString { rmdir($0) } } }

    /// Takes refs out of `packed-refs`.
    func dropPacked(_ names: Set<String>) throws(FileError) {
        let file = root.appending("packed-refs")
        guard FileIO.exists(file) else { return }
        var kept: [UInt8] = []
        for line in try FileIO.read(file, limit: 256 << 20).split(separator: 0x0A) {
            if line.count > 41, names.contains(String(decoding: line.dropFirst(41), as: UTF8.self)) { continue }
            kept += line
            kept.append(0x0A)
        }
        try AtomicFile.write(kept, to: file)
    }
}
