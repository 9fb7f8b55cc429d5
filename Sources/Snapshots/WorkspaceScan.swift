import Dispatch
import Support
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What a look at every file of a workspace found that its index does not say. Paths are bytes, relative to the workspace.
struct WorkspaceScan: Sendable {
    /// Entries that are not, or may not be, as the index says.
    var changed: [[UInt8]] = []
    /// Names that the index does not have, in directories that it has; that of a directory ends with a slash.
    var unknown: [[UInt8]] = []
    /// The ignore files among the entries with the blob of each; nil when it may have changed.
    var rules: [(path: [UInt8], hash: String?)] = []
    /// False when there may be unknown names beside those that were found: a directory cannot be read, or is too deep, or there
    /// are more than `maximumUnknown` names.
    var isComplete = true

    /// More unknown names than this are left to git.
    static let maximumUnknown = 20_000

    fileprivate mutating func addUnknown(_ path: [UInt8]) {
        if unknown.count < Self.maximumUnknown { unknown.append(path) } else { isComplete = false }
    }

    fileprivate mutating func add(_ other: WorkspaceScan) {
        changed += other.changed
        unknown += other.unknown
        rules += other.rules
        isComplete = isComplete && other.isComplete
    }

    /// The name of the files that say what is ignored.
    static let ruleName = Array(".gitignore".utf8)
}

extension GitIndex {
    /// Compares the index with what is below a directory: looks at every file, reads none, follows no link. Names that the
    /// index does not have are only looked for in directories that list more than the index has there. Blocking.
    /// - Parameters:
    ///   - workers: how many threads share the work, at most.
    ///   - isLate: asked now and then; true ends it.
    /// - Returns: nil when it was late.
    func scan(below root: FileDescriptor, workers: Int, isLate: @Sendable () -> Bool) -> WorkspaceScan? {
        let count = max(1, min(workers, marks.count / 2))
        let starts = (0..<count).map { marks.isEmpty ? Self.headBytes : marks[marks.count * $0 / count] } + [end]
        let parts = Mutex([ScanPart?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { number in
            var part = ScanPart(self, root: root.rawValue, isFirst: number == 0)
            bytes.withUnsafeBytes { part.walk($0, from: starts[number], to: starts[number + 1], isLate: isLate) }
            parts.withLock { [part] in $0[number] = part }
        }
        return bytes.withUnsafeBytes { raw in
            ScanPart.joined(parts.withLock { $0 }.compactMap { $0 }, raw)
        }
    }
}

/// The look at a range of an index's entries, on one thread.
///
/// A directory belongs to the part that came to it first: that one lists it, when all of its entries were seen. Those that are
/// open when a part ends may have entries in later parts too.
private struct ScanPart: Sendable {
    /// More open directories than this are not needed by anybody.
    private static let maximumDepth = 200
    private static let emptyBlob: [UInt8] = Hex.bytes("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391") ?? []

    private struct Folder: Sendable {
        /// Where its path, with a slash after it, ends in `prefix`.
        var end: Int
        /// -1 for one that is not there.
        var descriptor: Int32
        /// Where its first entry is.
        var first: Int
        /// How many of the index's files and directories in it are there.
        var children = 0
        var isOwned: Bool
    }

    private let index: GitIndex
    private var found = WorkspaceScan()
    /// The open directories on the way to the file that is looked at, each opened from the one above it.
    private var folders: [Folder]
    private var prefix: [UInt8] = []
    /// What was seen of directories that belong to earlier parts.
    private var shared: [[UInt8]: Int] = [:]
    private var isLate = false

    init(_ index: GitIndex, root: Int32, isFirst: Bool) {
        self.index = index
        let descriptor = Self.open(root, ".")
        folders = [Folder(end: 0, descriptor: descriptor, first: GitIndex.headBytes, isOwned: isFirst)]
        found.isComplete = descriptor >= 0
    }

    private static func open(_ above: Int32, _ name: UnsafePointer<CChar>) -> Int32 {
        openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }

    // MARK: The files

    mutating func walk(_ raw: UnsafeRawBufferPointer, from start: Int, to end: Int, isLate: () -> Bool) {
        if start > GitIndex.headBytes, let before = entry(before: start, raw) {
            _ = enter(name(raw, before), raw, before, isOwned: false)
        }
        var position = start
        var looked = 0
        while position < end {
            looked += 1
            if looked & 1_023 == 0, isLate() {
                self.isLate = true
                return
            }
            let name = name(raw, position)
            look(raw, position, name)
            position += GitIndex.size(name.count)
        }
    }

    private func name(_ raw: UnsafeRawBufferPointer, _ entry: Int) -> UnsafeRawBufferPointer {
        let start = entry + GitIndex.fixedBytes
        return UnsafeRawBufferPointer(rebasing: raw[start..<(start + GitIndex.nameLength(raw, entry))])
    }

    /// The entry before one that a mark names.
    private func entry(before mark: Int, _ raw: UnsafeRawBufferPointer) -> Int? {
        var position = index.marks.last { $0 < mark }
        while let here = position {
            let next = here + GitIndex.size(GitIndex.nameLength(raw, here))
            if next >= mark { return here }
            position = next
        }
        return nil
    }

    private enum Look { case same, other, folder, missing }

    private mutating func look(_ raw: UnsafeRawBufferPointer, _ entry: Int, _ name: UnsafeRawBufferPointer) {
        let last = enter(name, raw, entry, isOwned: true)
        let look = look(raw, entry, last)
        if look != .missing { folders[folders.count - 1].children += 1 }
        // What is in it now, the index does not have.
        if look == .folder { found.addUnknown(Array(name) + [0x2F]) }
        if look != .same { found.changed.append(Array(name)) }
        if name.count - last == WorkspaceScan.ruleName.count, look == .same || look == .other,
            name[last...].elementsEqual(WorkspaceScan.ruleName)
        {
            let hash = look == .same ? Hex.text(raw[(entry + 40)..<(entry + 60)]) : nil
            found.rules.append((Array(name), hash))
        }
    }

    private func look(_ raw: UnsafeRawBufferPointer, _ entry: Int, _ last: Int) -> Look {
        guard let folder = folders.last?.descriptor, folder >= 0,
            let text = raw.baseAddress?.advanced(by: entry + GitIndex.fixedBytes + last)
        else { return .missing }
        var info = stat()
        // The name is followed by a NUL.
        guard fstatat(folder, text.assumingMemoryBound(to: CChar.self), &info, AT_SYMLINK_NOFOLLOW) == 0 else {
            return .missing
        }
        func word(_ number: Int) -> UInt32 {
            UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: entry + 4 * number, as: UInt32.self))
        }
        let mode = word(6)
        switch info.st_mode & S_IFMT {
        case S_IFREG: guard mode == (info.st_mode & 0o100 == 0 ? 0o100644 : 0o100755) else { return .other }
        case S_IFLNK: guard mode == 0o120000 else { return .other }
        case S_IFDIR: return .folder
        default: return .other
        }
        guard word(0) == UInt32(truncatingIfNeeded: info.st_ctim.tv_sec),
            word(2) == UInt32(truncatingIfNeeded: info.st_mtim.tv_sec), info.st_ctim.tv_sec < index.racySecond,
            word(5) == UInt32(truncatingIfNeeded: info.st_ino), word(7) == info.st_uid, word(8) == info.st_gid,
            word(9) == UInt32(truncatingIfNeeded: info.st_size)
        else { return .other }
        // Git may be built not to keep nanoseconds.
        guard word(1) == 0 || word(1) == UInt32(truncatingIfNeeded: info.st_ctim.tv_nsec),
            word(3) == 0 || word(3) == UInt32(truncatingIfNeeded: info.st_mtim.tv_nsec)
        else { return .other }
        // Git's mark of an entry that it could not be sure of.
        return info.st_size > 0 || raw[(entry + 40)..<(entry + 60)].elementsEqual(Self.emptyBlob) ? .same : .other
    }

    // MARK: The directories

    /// Goes to the directory of a path.
    /// - Returns: where in the path the last name starts.
    private mutating func enter(
        _ path: UnsafeRawBufferPointer, _ raw: UnsafeRawBufferPointer, _ entry: Int, isOwned: Bool
    ) -> Int {
        while folders.count > 1, let last = folders.last, !isInside(path, last.end) {
            leave(raw, at: entry)
        }
        var start = prefix.count
        var position = start
        while position < path.count {
            if path[position] == 0x2F {
                push(path[start...position], entry, isOwned: isOwned)
                start = position + 1
            }
            position += 1
        }
        return start
    }

    private func isInside(_ path: UnsafeRawBufferPointer, _ end: Int) -> Bool {
        guard path.count > end else { return false }
        return prefix.withUnsafeBytes { mine in
            guard let one = mine.baseAddress, let other = path.baseAddress else { return false }
            return memcmp(one, other, end) == 0
        }
    }

    /// - Parameter name: with a slash after it.
    private mutating func push(_ name: Slice<UnsafeRawBufferPointer>, _ entry: Int, isOwned: Bool) {
        let above = folders[folders.count - 1].descriptor
        var descriptor: Int32 = -1
        if folders.count > Self.maximumDepth {
            found.isComplete = false
        } else if above >= 0 {
            descriptor = Self.open(above, name.dropLast().map { CChar(bitPattern: $0) } + [0])
            if descriptor < 0 {
                // What stands there instead is found when the directory above is listed.
                if ![ENOENT, ENOTDIR, ELOOP].contains(errno) { found.isComplete = false }
            } else if isOwned {
                folders[folders.count - 1].children += 1
            }
        }
        prefix += name
        folders.append(Folder(end: prefix.count, descriptor: descriptor, first: entry, isOwned: isOwned))
    }

    private mutating func leave(_ raw: UnsafeRawBufferPointer, at entry: Int) {
        let folder = folders.removeLast()
        finish(folder, prefix, raw, to: entry)
        prefix.removeSubrange((folders.last?.end ?? 0)...)
    }

    private mutating func finish(_ folder: Folder, _ path: [UInt8], _ raw: UnsafeRawBufferPointer, to end: Int) {
        guard folder.descriptor >= 0 else { return }
        if folder.isOwned {
            list(folder, path, raw, to: end)
        } else {
            shared[path, default: 0] += folder.children
            Glibc.close(folder.descriptor)
        }
    }

    /// Adds what the parts found, and lists the directories that several of them have entries of.
    static func joined(_ parts: [ScanPart], _ raw: UnsafeRawBufferPointer) -> WorkspaceScan? {
        var all = WorkspaceScan()
        let isLate = parts.contains { $0.isLate }
        var shared: [[UInt8]: Int] = [:]
        var open: [(part: Int, folder: Folder, path: [UInt8])] = []
        var parts = parts
        for number in parts.indices {
            for folder in parts[number].folders {
                let path = Array(parts[number].prefix[..<folder.end])
                if folder.isOwned, !isLate {
                    open.append((number, folder, path))
                } else if folder.descriptor >= 0 {
                    parts[number].shared[path, default: 0] += folder.children
                    Glibc.close(folder.descriptor)
                }
            }
            shared.merge(parts[number].shared) { $0 + $1 }
        }
        if isLate { return nil }
        for (number, var folder, path) in open {
            folder.children += shared[path] ?? 0
            parts[number].finish(folder, path, raw, to: parts[number].index.end)
        }
        for part in parts { all.add(part.found) }
        return all
    }

    /// Counts the names in a directory and, when there are more than entries of the index, finds those that are not in it.
    private mutating func list(_ folder: Folder, _ path: [UInt8], _ raw: UnsafeRawBufferPointer, to end: Int) {
        guard let stream = fdopendir(folder.descriptor) else {
            Glibc.close(folder.descriptor)
            found.isComplete = false
            return
        }
        defer { closedir(stream) }
        var count = 0
        let isRead = Self.forEach(stream) { _, _ in count += 1 }
        guard isRead, count != folder.children else {
            found.isComplete = found.isComplete && isRead
            return
        }
        let known = children(path, raw, from: folder.first, to: end)
        rewinddir(stream)
        let isReadAgain = Self.forEach(stream) { name, type in
            var type = type
            if type == DirectoryEntryType.unknown { type = Self.type(folder.descriptor, name) }
            let isFolder = type == DirectoryEntryType.folder
            guard isFolder || type == DirectoryEntryType.file || type == DirectoryEntryType.link else { return }
            let bytes = Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
            // A directory in the place of a file was found when the file was looked at.
            if let wasFolder = known[bytes], wasFolder == isFolder || !wasFolder { return }
            found.addUnknown(path + bytes + (isFolder ? [0x2F] : []))
        }
        if !isReadAgain { found.isComplete = false }
    }

    /// The names that the index has directly in a directory; true for directories.
    private func children(
        _ path: [UInt8], _ raw: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> [[UInt8]: Bool] {
        var known: [[UInt8]: Bool] = [:]
        var position = start
        while position < end {
            let name = name(raw, position)
            position += GitIndex.size(name.count)
            guard name.count > path.count, name.starts(with: path) else { break }
            let rest = name[path.count...]
            let last = rest.firstIndex(of: 0x2F)
            known[Array(rest[..<(last ?? rest.endIndex)])] = last != nil
        }
        return known
    }

    /// Every name but `.`, `..` and `.git`.
    /// - Returns: false when the directory could not be read to its end.
    private static func forEach(
        _ stream: OpaquePointer, _ body: (UnsafePointer<CChar>, UInt8) -> Void
    ) -> Bool {
        while true {
            errno = 0
            guard let entry = readdir(stream) else { return errno == 0 }
            let type = entry.pointee.d_type
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    if name[0] == 0x2E, name[1] == 0 || strcmp(name, "..") == 0 || strcmp(name, ".git") == 0 { return }
                    body(name, type)
                }
            }
        }
    }

    private static func type(_ folder: Int32, _ name: UnsafePointer<CChar>) -> UInt8 {
        var info = stat()
        guard fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 else { return DirectoryEntryType.unknown }
        switch info.st_mode & S_IFMT {
        case S_IFDIR: return DirectoryEntryType.folder
        case S_IFREG: return DirectoryEntryType.file
        case S_IFLNK: return DirectoryEntryType.link
        default: return DirectoryEntryType.unknown
        }
    }
}

/// `d_type` of readdir(3).
private enum DirectoryEntryType {
    static let unknown: UInt8 = 0
    static let folder: UInt8 = 4
    static let file: UInt8 = 8
    static let link: UInt8 = 10
}
