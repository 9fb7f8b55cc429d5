import CSupport
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What `stat` says of a file.
package struct FileInfo: Sendable, Equatable {
    /// Bytes.
    package var size: Int64
    /// Permission bits, without the file type.
    package var mode: UInt16
    /// Nanoseconds since 1970.
    package var mtimeNs: Int64
    /// A directory.
    package var isDirectory: Bool
    /// An ordinary file.
    package var isRegular: Bool
    /// A symbolic link (only when links were not followed).
    package var isSymlink: Bool
    /// The file's number; unique together with `device`.
    package var inode: UInt64
    /// The file system's number.
    package var device: UInt64
}

/// One name in a directory.
package struct DirectoryEntry: Sendable, Equatable {
    /// What the directory says the entry is; `unknown` on file systems that do not say.
    package enum Kind: Sendable { case file, directory, symlink, other, unknown }

    /// The name's bytes, as they are on disk.
    package var name: FilePath.Component
    /// What the directory says the entry is.
    package var kind: Kind
}

/// Blocking file operations with typed errors. Call them on `BlockingWork` when the file may be large or on a slow
/// disk.
package enum FileIO {
    /// Reads a whole regular file.
    /// - Parameter limit: `tooLarge` beyond this many bytes.
    package static func read(_ path: FilePath, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        let descriptor = try open(path, .readOnly, action: "read")
        defer { try? descriptor.close() }
        return try read(descriptor, path: path, limit: limit)
    }

    /// Reads an open file from its current offset to its end.
    package static func read(
        _ descriptor: FileDescriptor, path: FilePath, limit: Int = 64 << 20
    ) throws(FileError) -> [UInt8] {
        let info = try stat(descriptor, path: path)
        if info.isDirectory { throw FileError(.isDirectory, path: path, action: "read") }
        guard info.size <= Int64(limit) else { throw tooLarge(path, limit: limit) }
        var bytes = [UInt8]()
        bytes.reserveCapacity(Int(info.size) + 1)
        var chunk = [UInt8](repeating: 0, count: max(4_096, min(Int(info.size) + 1, 1 << 20)))
        while true {
            let count: Int
            do {
                count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            } catch {
                throw FileError(error as? Errno ?? .ioError, path: path, action: "read")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw tooLarge(path, limit: limit) }
        }
    }

    private static func tooLarge(_ path: FilePath, limit: Int) -> FileError {
        FileError(
            .tooLarge, path: path,
            message:
                "Cannot read \(HostileText.escaped(path.string, multiline: false)): it has more than \(limit) bytes.")
    }

    /// Writes all bytes at the descriptor's offset.
    package static func writeAll(
        _ bytes: [UInt8], to descriptor: FileDescriptor, path: FilePath
    ) throws(FileError) {
        do {
            _ = try descriptor.writeAll(bytes)
        } catch {
            throw FileError(error as? Errno ?? .ioError, path: path, action: "write")
        }
    }

    /// Opens a file close-on-exec.
    package static func open(
        _ path: FilePath, _ access: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        mode: UInt16 = 0o600, action: String = "open"
    ) throws(FileError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                path, access, options: options.union(.closeOnExec), permissions: FilePermissions(rawValue: .init(mode)))
        } catch {
            throw FileError(error as? Errno ?? .ioError, path: path, action: action)
        }
    }

    /// True when something is there; follows symbolic links.
    package static func exists(_ path: FilePath) -> Bool { (try? stat(path)) != nil }

    /// True for a directory or a link to one.
    package static func isDirectory(_ path: FilePath) -> Bool { (try? stat(path))?.isDirectory ?? false }

    /// - Parameter followSymlink: false describes a link itself.
    package static func stat(_ path: FilePath, followSymlink: Bool = true) throws(FileError) -> FileInfo {
        var buffer = Glibc.stat()
        let result = path.withPlatformString { fstatat(AT_FDCWD, $0, &buffer, followSymlink ? 0 : AT_SYMLINK_NOFOLLOW) }
        guard result == 0 else { throw FileError(Errno(rawValue: errno), path: path, action: "look at") }
        return FileInfo(buffer)
    }

    /// When a file was created, or a link itself; nanoseconds since 1970. Writing, renaming, and setting times do not change it.
    /// - Returns: nil when it is not there, or the file system does not say.
    package static func birthNs(_ path: FilePath) -> Int64? {
        let time = path.withPlatformString { csupport_birth_ns($0) }
        return time < 0 ? nil : time
    }

    /// Describes an open file.
    package static func stat(_ descriptor: FileDescriptor, path: FilePath) throws(FileError) -> FileInfo {
        var buffer = Glibc.stat()
        guard fstat(descriptor.rawValue, &buffer) == 0 else {
            throw FileError(Errno(rawValue: errno), path: path, action: "look at")
        }
        return FileInfo(buffer)
    }

    /// Makes a directory; one that is there is fine.
    package static func createDirectory(
        _ path: FilePath, mode: UInt16 = 0o700, intermediate: Bool = true
    ) throws(FileError) {
        let made = path.withPlatformString { mkdir($0, mode_t(mode)) }
        if made == 0 { return }
        let error = Errno(rawValue: errno)
        if error == .fileExists, isDirectory(path) { return }
        let parent = path.removingLastComponent()
        guard error == .noSuchFileOrDirectory, intermediate, !parent.isEmpty, parent != path else {
            throw FileError(error, path: path, action: "create the directory")
        }
        try createDirectory(parent, mode: mode, intermediate: true)
        try createDirectory(path, mode: mode, intermediate: false)
    }

    /// The entries of a directory without `.` and `..`, in the directory's order.
    /// - Parameter limit: `tooLarge` beyond this many entries.
    package static func list(_ path: FilePath, limit: Int = 1_000_000) throws(FileError) -> [DirectoryEntry] {
        let descriptor = try open(path, .readOnly, options: .directory, action: "list")
        return try list(taking: descriptor, path: path, limit: limit)
    }

    /// The same for an open directory; closes it.
    static func list(
        taking descriptor: FileDescriptor, path: FilePath, limit: Int
    ) throws(FileError) -> [DirectoryEntry] {
        guard let stream = fdopendir(descriptor.rawValue) else {
            let error = Errno(rawValue: errno)
            try? descriptor.close()
            throw FileError(error, path: path, action: "list")
        }
        defer { closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw FileError(Errno(rawValue: errno), path: path, action: "list") }
                return entries
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { FilePath(platformString: $0) }
            }
            guard let component = name.lastComponent, component.kind == .regular else { continue }
            let kind: DirectoryEntry.Kind =
                switch Int32(entry.pointee.d_type) {
                case 8: .file
                case 4: .directory
                case 10: .symlink
                case 0: .unknown
                default: .other
                }
            entries.append(DirectoryEntry(name: component, kind: kind))
            guard entries.count <= limit else {
                throw FileError(
                    .tooLarge, path: path, message: "\(path) has more than \(limit) entries; name a smaller directory.")
            }
        }
    }

    /// Removes a file, a link or an empty directory.
    package static func remove(_ path: FilePath) throws(FileError) {
        let result = path.withPlatformString { unlink($0) }
        if result == 0 { return }
        let error = Errno(rawValue: errno)
        if error == .isDirectory || error == .notPermitted, path.withPlatformString({ rmdir($0) }) == 0 { return }
        throw FileError(error, path: path, action: "remove")
    }

    /// Renames within a file system, replacing what is there.
    package static func rename(_ from: FilePath, to: FilePath) throws(FileError) {
        let result = from.withPlatformString { old in to.withPlatformString { Glibc.rename(old, $0) } }
        guard result == 0 else { throw FileError(Errno(rawValue: errno), path: from, action: "rename") }
    }

    /// The canonical path of something that exists: no links, no `.` or `..`.
    package static func realPath(_ path: FilePath) throws(FileError) -> FilePath {
        let resolved = path.withPlatformString { realpath($0, nil) }
        guard let resolved else { throw FileError(Errno(rawValue: errno), path: path, action: "resolve") }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }

    /// Makes the entries of a directory durable.
    package static func syncDirectory(_ path: FilePath) throws(FileError) {
        let descriptor = try open(path, .readOnly, options: .directory, action: "sync")
        defer { try? descriptor.close() }
        try sync(descriptor, path: path)
    }

    /// Makes a file's content durable.
    package static func sync(
        _ descriptor: FileDescriptor, path: FilePath, dataOnly: Bool = false
    ) throws(FileError) {
        let result = csupport_sync(descriptor.rawValue, dataOnly ? 1 : 0)
        guard result == 0 else { throw FileError(Errno(rawValue: result), path: path, action: "sync") }
    }
}

extension FileError {
    init(_ kind: Code, path: FilePath, action: String) {
        self.init(Errno.isDirectory, path: path, action: action)
        self.kind = kind
    }
}

extension FileInfo {
    init(_ buffer: Glibc.stat) {
        let type = buffer.st_mode & S_IFMT
        size = Int64(buffer.st_size)
        mode = UInt16(truncatingIfNeeded: buffer.st_mode & 0o7777)
        mtimeNs = Int64(buffer.st_mtim.tv_sec) * 1_000_000_000 + Int64(buffer.st_mtim.tv_nsec)
        isDirectory = type == S_IFDIR
        isRegular = type == S_IFREG
        isSymlink = type == S_IFLNK
        inode = UInt64(buffer.st_ino)
        device = UInt64(buffer.st_dev)
    }
}
