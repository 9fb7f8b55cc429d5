import Support
package import SystemPackage

/// What tools changed in one workspace: a line for each call in `journal.jsonl`, in the order in which it happened, for all
/// sessions together. The contents before and after are objects of the store, pinned by a ref of the session.
///
/// A line is added in one write under a lock, by whichever process; a line that a crash cut is skipped. All operations block
/// and belong in `BlockingWork`.
package final class ChangeJournal: Sendable {
    private let layout: StoreLayout
    private let objects: GitObjects
    private let workspace: WorkspaceRoot
    private let ids: any IDSource
    private let time: any TimeSource

    init(
        layout: StoreLayout, objects: GitObjects, workspace: WorkspaceRoot, ids: any IDSource, time: any TimeSource
    ) {
        self.layout = layout
        self.objects = objects
        self.workspace = workspace
        self.ids = ids
        self.time = time
    }

    /// A change that a tool is about to make.
    package struct Planned: Sendable {
        /// Relative to the workspace.
        package var path: FilePath
        /// What is there; nil = nothing.
        package var before: (bytes: [UInt8], mode: UInt16)?
        /// What will be there; nil = nothing.
        package var after: (bytes: [UInt8], mode: UInt16)?

        /// The value with these members; nothing is checked.
        package init(
            path: FilePath, before: (bytes: [UInt8], mode: UInt16)?, after: (bytes: [UInt8], mode: UInt16)?
        ) {
            self.path = path
            self.before = before
            self.after = after
        }
    }

    /// Stores what is about to be lost, durably, and that it is about to happen. Call it before the first write.
    /// - Parameter folders: directories that will be created.
    /// - Returns: the entry's id, for `didWrite`.
    /// - Throws: nothing may be written then.
    package func willWrite(
        _ call: JournalCall, _ changes: [Planned], folders: [FilePath]
    ) throws(SnapshotError) -> String {
        do throws(FileError) {
            try layout.prepare(workTree: workspace.path)
            let shared = try lock(layout.storeLock, shared: true)
            defer { shared.release() }
            var files: [JournalFile] = []
            var kept: [String] = []
            var lost: [String] = []
            for change in changes {
                let before = try change.before.map { (state) throws(FileError) in
                    let hash = try objects.write(.blob, state.bytes)
                    lost.append(hash)
                    return FileVersion(hash: hash, mode: state.mode)
                }
                let after = try change.after.map { (state) throws(FileError) in
                    FileVersion(hash: try objects.write(.blob, state.bytes), mode: state.mode)
                }
                kept += [before?.hash, after?.hash].compactMap { $0 }
                files.append(JournalFile(path: change.path, before: before, after: after))
            }
            let id = ids.next(.snapshot)
            var line = call.json
            line["t"] = "write"
            line["id"] = .string(id)
            line["time"] = .int(time.nowMs())
            line["files"] = .array(files.map(\.json))
            if !folders.isEmpty { line["dirs"] = .array(folders.map { .object(JournalPath.json($0)) }) }
            try add(line, pinning: kept, flushing: lost, owner: call.owner, durable: true)
            return id
        } catch {
            throw SnapshotError(
                .failed, "What the change replaces could not be kept for undo, so nothing was written. \(error.message)"
            )
        }
    }

    /// Says how the writes of an entry ended; false when all of them were taken back. A failure to say so is no harm.
    package func didWrite(_ id: String, succeeded: Bool) {
        try? add(["t": "end", "id": .string(id), "ok": .bool(succeeded)], pinning: [], owner: "", durable: false)
    }

    /// Says that a command starts, whose effects are found later. Nothing is stored yet.
    package func beginCommand(_ call: JournalCall) throws(SnapshotError) -> String {
        let id = ids.next(.snapshot)
        var line = call.json
        line["t"] = "begin"
        line["id"] = .string(id)
        line["time"] = .int(time.nowMs())
        do throws(FileError) {
            try layout.prepare(workTree: workspace.path)
            try add(line, pinning: [], owner: call.owner, durable: false)
        } catch {
            throw .file(error)
        }
        return id
    }

    /// Says what a command did; its contents are in the store already.
    /// - Parameter notice: why its effects are not known; nil when they are.
    package func endCommand(
        _ id: String, _ call: JournalCall, _ changes: [JournalFile], notice: String?
    ) throws(SnapshotError) {
        var line = call.json
        line["t"] = "command"
        line["id"] = .string(id)
        line["time"] = .int(time.nowMs())
        line["files"] = .array(changes.map(\.json))
        line["notice"] = notice.map { .string($0) }
        let hashes = changes.flatMap { [$0.before?.hash, $0.after?.hash].compactMap { $0 } }
        do throws(FileError) {
            let shared = try lock(layout.storeLock, shared: true)
            defer { shared.release() }
            try add(line, pinning: hashes, owner: call.owner, durable: !changes.isEmpty)
        } catch {
            throw .file(error)
        }
    }

    /// Says what is about to be undone, durably; from here on a crash is put right at the next start.
    func beginUndo(_ undo: JournalUndo, pinning hashes: [String]) throws(FileError) {
        var line: JSONObject = [
            "t": "undo", "id": .string(undo.id), "ses": .string(undo.owner), "kind": .string(undo.kind.rawValue),
            "time": .int(undo.timeMs), "items": .array(undo.items.map(\.json)),
        ]
        line["of"] = undo.of.map { .string($0) }
        // Who starts later sees at once that something may be half done.
        try AtomicFile.write(Array((undo.id + "\n").utf8), to: layout.pending)
        try add(line, pinning: hashes, owner: undo.owner.isEmpty ? "none" : undo.owner, durable: true)
    }

    /// Says how an undo ended and which paths were left alone after all.
    func endUndo(_ id: String, succeeded: Bool, kept: [FilePath]) throws(FileError) {
        let line: JSONObject = [
            "t": "done", "id": .string(id), "ok": .bool(succeeded),
            "kept": .array(kept.map { .object(JournalPath.json($0)) }),
        ]
        try add(line, pinning: [], owner: "", durable: true)
        try? FileIO.remove(layout.pending)
    }

    // MARK: Reading

    /// Everything the journal says. At most 1 GiB.
    package func read() throws(SnapshotError) -> JournalView {
        do throws(FileError) {
            guard FileIO.exists(layout.journal) else { return JournalView(lines: []) }
            let bytes = try FileIO.read(layout.journal, limit: 1 << 30)
            return JournalView(lines: bytes.split(separator: 0x0A).compactMap { try? JSON(parsing: Array($0)) })
        } catch {
            throw .file(error)
        }
    }

    /// Keeps only the lines that `isKept` wants. For a collection, which holds the store's lock.
    func compact(_ isKept: (JSON) -> Bool) throws(FileError) {
        let lock = try lock(layout.journalLock, shared: false)
        defer { lock.release() }
        guard FileIO.exists(layout.journal) else { return }
        var kept: [UInt8] = []
        var dropped = false
        for line in try FileIO.read(layout.journal, limit: 1 << 30).split(separator: 0x0A) {
            guard let json = try? JSON(parsing: Array(line)), isKept(json) else {
                dropped = true
                continue
            }
            kept += line
            kept.append(0x0A)
        }
        if dropped { try AtomicFile.write(kept, to: layout.journal) }
    }

    // MARK: Writing

    private func lock(_ path: FilePath, shared: Bool) throws(FileError) -> FileLock {
        if let lock = try FileLock.lockBlocking(path, shared: shared, timeoutMs: 30_000) { return lock }
        throw FileError(
            .busy, path: path, message: "Another process has held \(path) for 30 s. End it, or try again later.")
    }

    /// - Parameters:
    ///   - hashes: what the owner's ref has to reach before the line is there.
    ///   - unflushed: those of them that are not durable yet.
    private func add(
        _ line: JSONObject, pinning hashes: [String], flushing unflushed: [String] = [], owner: String, durable: Bool
    ) throws(FileError) {
        let lock = try lock(layout.journalLock, shared: false)
        defer { lock.release() }
        if !hashes.isEmpty { try pin(hashes, flushing: unflushed, owner: owner) }
        let file = try FileIO.open(layout.journal, .readWrite, options: [.create, .append], action: "write")
        defer { try? file.close() }
        var bytes = JSON.object(line).bytes() + [0x0A]
        // A line that a crash cut must not swallow this one.
        let size = try FileIO.stat(file, path: layout.journal).size
        if size > 0 {
            var last: [UInt8] = [0]
            let count = try? last.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: size - 1, into: $0) }
            if count != 1 || last != [0x0A] { bytes.insert(0x0A, at: 0) }
        }
        try FileIO.writeAll(bytes, to: file, path: layout.journal)
        if durable { try FileIO.sync(file, path: layout.journal) }
    }

    /// Makes objects reachable from the ref of a session: a commit on top of what the ref has.
    private func pin(_ hashes: [String], flushing unflushed: [String], owner: String) throws(FileError) {
        let ref = layout.sessionRef(owner)
        let tree = try objects.write(.tree, Self.tree(of: hashes))
        let commit = try objects.write(
            .commit,
            SnapshotStore.commit(
                tree: tree, parent: try layout.ref(ref), message: "journal", createdMs: time.nowMs()))
        try layout.setRef(ref, commit, flushing: unflushed + [tree, commit], of: objects)
    }

    /// A tree that names blobs by their ids.
    static func tree(of hashes: [String]) -> [UInt8] {
        var tree = GitTree()
        for hash in hashes { tree.entries[Array(hash.utf8)] = GitTree.Entry(mode: "100644", hash: hash) }
        return tree.bytes
    }
}

extension StoreLayout {
    /// The ref of a session; ids that are no ref names are hashed.
    func sessionRef(_ owner: String) -> FilePath {
        let isPlain =
            !owner.isEmpty && owner.utf8.count <= 120
            && owner.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
                default: false
                }
            }
        return sessionRefs.appending(isPlain ? owner : "x" + String(SHA256Hash.hex(of: owner.utf8).prefix(40)))
    }
}
