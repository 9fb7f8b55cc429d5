import Git
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Where things are in the store of one project, `data/snapshots/<project>`: a git directory of ours with `journal.jsonl`,
/// `base` (the tree that the index describes), `modes` and locks beside git's files.
struct StoreLayout: Sendable {
    let root: FilePath

    var objects: FilePath { root.appending("objects") }
    var index: FilePath { root.appending("index") }
    var base: FilePath { root.appending("base") }
    var journal: FilePath { root.appending("journal.jsonl") }
    /// There while an undo changes files.
    var pending: FilePath { root.appending("undo-pending") }
    var head: FilePath { root.appending("HEAD") }
    var snapshotRefs: FilePath { root.pushing("refs/codetether/snapshots") }
    var sessionRefs: FilePath { root.pushing("refs/codetether/sessions") }
    /// Held by whoever packs, deletes or checks all of the store; one at a time, for as long as that takes.
    var packLock: FilePath { root.appending("codetether-pack.lock") }
    /// Held by whoever uses git's index; one at a time.
    var indexLock: FilePath { root.appending("codetether-index.lock") }
    /// Shared by all who write objects; exclusive for the moment in which objects are deleted.
    var storeLock: FilePath { root.appending("codetether-store.lock") }
    /// Held while a line is added to the journal or a ref is moved.
    var journalLock: FilePath { root.appending("codetether-journal.lock") }

    /// Makes the git directory, or puts right what belongs to us in it. Nothing of a store that is there is lost.
    func prepare(workTree: FilePath) throws(FileError) {
        if FileIO.exists(head), FileIO.exists(root.pushing("info/attributes")) { return }
        for folder in [objects.appending("pack"), objects.appending("info"), root.appending("info")] {
            try FileIO.createDirectory(folder)
        }
        try FileIO.createDirectory(snapshotRefs)
        try FileIO.createDirectory(sessionRefs)
        try AtomicFile.write(Array(OwnRepository.config.utf8), to: root.appending("config"))
        try AtomicFile.write(workTree.bytes + [0x0A], to: root.appending("workspace"))
        try AtomicFile.write(Array(OwnRepository.attributes.utf8), to: root.pushing("info/attributes"))
        if let own = ownExclude(workTree) { try AtomicFile.write(own, to: root.pushing("info/own-exclude")) }
        if !FileIO.exists(head) { try AtomicFile.write(Array("ref: refs/heads/none\n".utf8), to: head) }
    }

    /// Our data directory as an ignore rule, when it is inside the workspace.
    private func ownExclude(_ workTree: FilePath) -> [UInt8]? {
        var data = root.removingLastComponent().removingLastComponent()
        guard let real = try? FileIO.realPath(data) else { return nil }
        data = real
        guard data.removePrefix(workTree), !data.isEmpty else { return nil }
        return [0x2F] + data.bytes.flatMap { "*?[\\ ".utf8.contains($0) ? [0x5C, $0] : [$0] } + [0x2F, 0x0A]
    }

    /// Removes git's own lock file of the index: whoever holds ours knows that its owner is dead.
    func removeStaleIndexLock() { try? FileIO.remove(root.appending("index.lock")) }

    /// The same for the other ones and `packLock`.
    func removeStaleLocks() {
        for name: FilePath.Component in ["HEAD.lock", "packed-refs.lock", "packed-refs.new", "gc.pid", "shallow.lock"] {
            try? FileIO.remove(root.appending(name))
        }
    }

    // MARK: The tree of the index

    /// The tree that the index with this checksum describes; nil when that is not known.
    func baseTree(of checksum: String) -> String? {
        guard let bytes = try? FileIO.read(base, limit: 100) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[1] == checksum, GitObjects.isHash(String(words[0])) else { return nil }
        return String(words[0])
    }

    /// Not durable: one that does not fit the index is found out.
    func setBaseTree(_ tree: String, of checksum: String) throws(FileError) {
        try replace(base, Array("\(tree) \(checksum)\n".utf8))
    }

    // MARK: Refs

    func snapshotRef(_ id: String) -> FilePath { snapshotRefs.appending(id) }

    /// Sets a ref durably, after the objects it needs; the waits for the disk overlap.
    func setRef(
        _ path: FilePath, _ hash: String, flushing hashes: [String], of objects: GitObjects
    ) throws(FileError) {
        try FileIO.createDirectory(path.removingLastComponent())
        try replace(path, Array((hash + "\n").utf8)) { temporary throws(FileError) in
            try objects.flush(hashes, and: [temporary])
        }
        try FileIO.syncDirectory(path.removingLastComponent())
    }

    /// Replaces a file in one step, without waiting for the disk: a crash of the machine may leave any content.
    /// - Parameter isWritten: called with the new file before it takes the other's place; what it throws leaves that one there.
    func replace(
        _ path: FilePath, _ bytes: [UInt8], isWritten: (FilePath) throws(FileError) -> Void = { _ in }
    ) throws(FileError) {
        let temporary = path.removingLastComponent().appending(
            AtomicFile.temporaryPrefix + String(UInt64.random(in: .min ... .max), radix: 36))
        let file = try FileIO.open(temporary, .writeOnly, options: [.create, .exclusiveCreate], action: "create")
        do throws(FileError) {
            defer { try? file.close() }
            try FileIO.writeAll(bytes, to: file, path: path)
            try isWritten(temporary)
        } catch {
            try? FileIO.remove(temporary)
            throw error
        }
        try FileIO.rename(temporary, to: path)
    }

    /// The refs of a folder by name, loose ones over packed ones.
    func refs(_ folder: FilePath) throws(FileError) -> [String: String] {
        var found: [String: String] = [:]
        var relative = folder
        _ = relative.removePrefix(root)
        let prefix = relative.string + "/"
        if let packed = try? FileIO.read(root.appending("packed-refs"), limit: 256 << 20) {
            for line in packed.split(separator: 0x0A) where line.count > 41 {
                let text = String(decoding: line, as: UTF8.self)
                let name = text.dropFirst(41)
                guard name.hasPrefix(prefix), GitObjects.isHash(String(text.prefix(40))) else { continue }
                found[String(name.dropFirst(prefix.count))] = String(text.prefix(40))
            }
        }
        // `pack-refs` removes a folder that has become empty.
        for entry in FileIO.exists(folder) ? try FileIO.list(folder) : [] where entry.kind != .directory {
            let name = entry.name.string
            guard !name.hasPrefix("."), !name.hasSuffix(".lock"),
                let bytes = try? FileIO.read(folder.appending(entry.name), limit: 4_096)
            else { continue }
            let hash = String(decoding: bytes.prefix(40), as: UTF8.self)
            if GitObjects.isHash(hash) { found[name] = hash }
        }
        return found
    }

    /// One ref, nil when it is not there.
    func ref(_ path: FilePath) throws(FileError) -> String? {
        if let bytes = try? FileIO.read(path, limit: 4_096) {
            let hash = String(decoding: bytes.prefix(40), as: UTF8.self)
            if GitObjects.isHash(hash) { return hash }
        }
        guard FileIO.exists(root.appending("packed-refs")), let name = path.lastComponent else { return nil }
        return try refs(path.removingLastComponent())[name.string]
    }
}
