import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A path as git lists it.
struct ListedPath: Sendable {
    var path: FilePath
    /// True when the name ended with a slash.
    var isFolder: Bool

    init(_ bytes: some BidirectionalCollection<UInt8>) {
        path = FilePath(bytes: bytes)
        isFolder = bytes.last == 0x2F
    }
}

/// What a snapshot does with a path that changed.
struct PathFacts: Sendable {
    enum State: Sendable { case stored, gone, skipped }

    var path: FilePath
    var state: State
    var size: Int64 = 0
    /// Permission bits of a file.
    var mode: UInt16?
    /// What the index keeps of a file or link that is there, as it was before it is read.
    var stamp: FileStamp?
}

/// A file that no snapshot has: larger than `snapshot.max_file_bytes`, or it cannot be read.
struct SkippedFile: Sendable, Hashable {
    var path: FilePath
    /// Its inode, size and time of change, which every change of its content or mode changes.
    private var seen: [Int64]

    init(_ path: FilePath, _ info: stat?) {
        self.path = path
        seen =
            info.map { info in
                [
                    Int64(bitPattern: UInt64(info.st_ino)), Int64(info.st_size), Int64(info.st_ctim.tv_sec),
                    Int64(info.st_ctim.tv_nsec),
                ]
            } ?? []
    }
}

extension PathFacts {
    /// What is said of the file when it was left out.
    var skippedFile: SkippedFile? { state == .skipped ? SkippedFile(path, stamp?.info) : nil }
}

/// A file's own description.
struct FileStamp: Sendable {
    let info: stat

    /// The time that files are given, in nanoseconds since 1970.
    static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// False when a further change could leave the stamp as it is: the clock of file times ticks every 10 ms or faster, or every
    /// second where nanoseconds are not kept; and an index that is written in the second of a change does not know it either.
    func isSettled(at now: Int64) -> Bool {
        let changed = Int64(info.st_ctim.tv_sec) * 1_000_000_000 + Int64(info.st_ctim.tv_nsec)
        return now - changed > 50_000_000 && now / 1_000_000_000 > Int64(info.st_ctim.tv_sec)
    }
}

/// Directories that were found to be what their path says, without links.
struct CheckedFolders {
    private let root: FilePath
    private var known: [FilePath: Bool] = [:]

    init(_ root: FilePath) { self.root = root }

    mutating func isReal(_ folder: FilePath) -> Bool {
        if folder.isEmpty { return true }
        if let answer = known[folder] { return answer }
        let path = root.pushing(folder)
        let answer = (try? FileIO.realPath(path)) == path
        if known.count > 10_000 { known.removeAll() }
        known[folder] = answer
        return answer
    }
}

extension WorkspaceAccess {
    /// Looks at a path without reading it.
    func facts(_ path: FilePath, limit: Int64, _ folders: inout CheckedFolders) -> PathFacts {
        let full = root.path.pushing(path)
        var info = stat()
        guard folders.isReal(path.removingLastComponent()),
            full.withPlatformString({ fstatat(AT_FDCWD, $0, &info, AT_SYMLINK_NOFOLLOW) }) == 0
        else {
            return PathFacts(path: path, state: .gone)
        }
        let size = Int64(info.st_size)
        let stamp = FileStamp(info: info)
        switch info.st_mode & S_IFMT {
        case S_IFLNK: return PathFacts(path: path, state: .stored, size: size, stamp: stamp)
        case S_IFREG: break
        default: return PathFacts(path: path, state: .gone)
        }
        guard size <= limit, full.withPlatformString({ access($0, R_OK) }) == 0 else {
            return PathFacts(path: path, state: .skipped, size: size, stamp: stamp)
        }
        return PathFacts(
            path: path, state: .stored, size: size, mode: UInt16(info.st_mode & 0o7777), stamp: stamp)
    }
}

extension StoreLayout {
    /// How many files git's index has; 0 without one.
    var indexCount: Int {
        guard let file = try? FileIO.open(index, .readOnly) else { return 0 }
        defer { try? file.close() }
        var header = [UInt8](repeating: 0, count: 12)
        let count = (try? header.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
        guard count == 12, header[..<4].elementsEqual("DIRC".utf8) else { return 0 }
        return header[8...].reduce(0) { $0 << 8 | Int($1) }
    }

    private var modes: FilePath { root.appending("modes") }

    /// Permission bits other than 0644 and 0755, which git's trees do not keep, as the snapshots saw them last.
    func readModes() -> [FilePath: UInt16] {
        guard let bytes = try? FileIO.read(modes, limit: 64 << 20) else { return [:] }
        var found: [FilePath: UInt16] = [:]
        for line in bytes.split(separator: 0) {
            guard let blank = line.firstIndex(of: 0x20),
                let mode = UInt16(String(decoding: line[..<blank], as: UTF8.self), radix: 8)
            else { continue }
            found[FilePath(bytes: line[(blank + 1)...])] = mode & 0o7777
        }
        return found
    }

    /// Brings the list up to date with what was just looked at.
    func updateModes(_ facts: [PathFacts]) throws(FileError) {
        var known = readModes()
        let before = known
        for fact in facts {
            let isUsual = fact.mode == nil || fact.mode == 0o644 || fact.mode == 0o755
            // What is gone keeps its mode: that is what an undo wants to know.
            if fact.state == .stored { known[fact.path] = isUsual ? nil : fact.mode }
        }
        guard known != before, known.count <= 200_000 else { return }
        var bytes: [UInt8] = []
        for (path, mode) in known { bytes += Array(String(mode, radix: 8).utf8) + [0x20] + path.bytes + [0] }
        try AtomicFile.write(bytes, to: modes)
    }
}
