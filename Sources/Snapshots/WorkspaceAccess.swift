import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// O_PATH of <fcntl.h>, which needs _GNU_SOURCE and is not imported.
private let openPathOnly: Int32 = 0o10000000

/// Reads and replaces single files of a workspace, never through a symbolic link in the path: a parent that became a link
/// makes the path one that does not exist. Blocking.
struct WorkspaceAccess: Sendable {
    /// What is at a path.
    enum Found: Sendable, Equatable {
        case missing
        /// A file or link, and its bytes (the target for a link).
        case version(FileVersion, [UInt8])
        case tooLarge(Int64)
        case folder
        /// A pipe, a device or a socket; or something that cannot be read.
        case other(String)
    }

    let root: WorkspaceRoot

    /// Opens the directory of a path; nil when it is not there, or is reached through a link.
    private func parent(of path: FilePath) throws(FileError) -> FileDescriptor? {
        let folder = path.removingLastComponent()
        do throws(FileError) {
            if path.isAbsolute {
                // A file outside that a tool was allowed to write: by its real path only.
                guard (try? FileIO.realPath(folder)) == folder else { return nil }
                return try FileIO.open(folder, .readOnly, options: [.directory, .noFollow])
            }
            let descriptor = try root.open(relative: folder, flags: openPathOnly | O_DIRECTORY | O_NOFOLLOW)
            guard folder.isEmpty || (try? root.realPath(folder)) == folder else {
                try? descriptor.close()
                return nil
            }
            return descriptor
        } catch {
            if [.notFound, .notADirectory, .permissionDenied].contains(error.kind) || error.errno == ELOOP {
                return nil
            }
            throw error
        }
    }

    /// What is at a path.
    func read(_ path: FilePath, limit: Int) throws(FileError) -> Found {
        guard let name = path.lastComponent, name.kind == .regular, let folder = try parent(of: path) else {
            return .missing
        }
        defer { try? folder.close() }
        var info = stat()
        let status = name.withPlatformString { fstatat(folder.rawValue, $0, &info, AT_SYMLINK_NOFOLLOW) }
        guard status == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return .missing }
            return .other("cannot be looked at")
        }
        switch info.st_mode & S_IFMT {
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: 4_097)
            let count = name.withPlatformString { readlinkat(folder.rawValue, $0, &target, 4_096) }
            guard count > 0 else { return .missing }
            let bytes = target[..<count].map { UInt8(bitPattern: $0) }
            return .version(FileVersion(hash: GitObjects.hash(.blob, bytes), mode: 0o777, isSymlink: true), bytes)
        case S_IFREG:
            guard info.st_size <= limit else { return .tooLarge(Int64(info.st_size)) }
            let raw = name.withPlatformString { openat(folder.rawValue, $0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
            guard raw >= 0 else { return errno == ENOENT ? .missing : .other("cannot be read") }
            let file = FileDescriptor(rawValue: raw)
            defer { try? file.close() }
            do throws(FileError) {
                let mode = try FileIO.stat(file, path: path).mode
                let bytes = try FileIO.read(file, path: path, limit: limit)
                return .version(FileVersion(hash: GitObjects.hash(.blob, bytes), mode: mode), bytes)
            } catch {
                if error.kind == .tooLarge { return .tooLarge(Int64(info.st_size)) }
                throw error
            }
        case S_IFDIR: return .folder
        default: return .other("is no regular file")
        }
    }

    /// Puts a version at a path in one step, or removes what is there, if it is still `expected` at that moment.
    /// Parents are created. The content is on disk then, the name after `flush`.
    /// - Returns: false when something else is there by now; nothing was changed then.
    func replace(
        _ path: FilePath, expecting expected: FileVersion?, with version: FileVersion?, bytes: [UInt8]
    ) throws(FileError) -> Bool {
        guard let name = path.lastComponent, name.kind == .regular else {
            throw FileError(.isADirectory, path: path, message: "\(path.shown) does not name a file.")
        }
        let place = path.removingLastComponent()
        if version != nil, path.isAbsolute {
            try FileIO.createDirectory(place, mode: 0o755)
        } else if version != nil, !place.isEmpty {
            try root.mkdirs(place)
        }
        guard let folder = try parent(of: path) else { return expected == nil && version == nil }
        defer { try? folder.close() }
        let temporary = AtomicFile.temporaryPrefix + String(UInt64.random(in: .min ... .max), radix: 36)
        guard let version else {
            guard try isStill(path, expected) else { return false }
            let status = name.withPlatformString { unlinkat(folder.rawValue, $0, 0) }
            guard status == 0 || errno == ENOENT else {
                throw FileError(Errno(rawValue: errno), path: path, action: "remove")
            }
            return true
        }
        do throws(FileError) {
            try create(temporary, in: folder, version, bytes, path)
            guard try isStill(path, expected) else {
                unlinkat(folder.rawValue, temporary, 0)
                return false
            }
            let status = name.withPlatformString { renameat(folder.rawValue, temporary, folder.rawValue, $0) }
            guard status == 0 else { throw FileError(Errno(rawValue: errno), path: path, action: "write") }
        } catch {
            unlinkat(folder.rawValue, temporary, 0)
            throw error
        }
        return true
    }

    /// Makes durable what `replace` did with some paths, each directory once.
    func flush(_ paths: [FilePath]) throws(FileError) {
        for place in Set(paths.map { root.path.pushing($0.removingLastComponent()) }) {
            var folder = place
            while true {
                do throws(FileError) {
                    try FileIO.syncDirectory(folder)
                    break
                } catch {
                    // One that got empty was removed: that is on record in the one above.
                    guard error.kind == .notFound || error.kind == .notADirectory, folder.removeLastComponent() else {
                        throw error
                    }
                }
            }
        }
    }

    private func isStill(_ path: FilePath, _ expected: FileVersion?) throws(FileError) -> Bool {
        switch try read(path, limit: 1 << 30) {
        case .missing: expected == nil
        case .version(let now, _): now == expected
        case .tooLarge, .folder, .other: false
        }
    }

    private func create(
        _ name: String, in folder: FileDescriptor, _ version: FileVersion, _ bytes: [UInt8], _ path: FilePath
    ) throws(FileError) {
        if version.isSymlink {
            let target = bytes.map { CChar(bitPattern: $0) } + [0]
            guard symlinkat(target, folder.rawValue, name) == 0 else {
                throw FileError(Errno(rawValue: errno), path: path, action: "write")
            }
            return
        }
        let raw = openat(folder.rawValue, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(0o600))
        guard raw >= 0 else { throw FileError(Errno(rawValue: errno), path: path, action: "write") }
        let file = FileDescriptor(rawValue: raw)
        defer { try? file.close() }
        try FileIO.writeAll(bytes, to: file, path: path)
        guard fchmod(raw, mode_t(version.mode)) == 0 else {
            throw FileError(Errno(rawValue: errno), path: path, action: "set the mode of")
        }
        try FileIO.sync(file, path: path)
    }

    /// Removes directories that are empty by now, from `path`'s parent upwards, as long as `isOurs` says so.
    func removeEmptyParents(of path: FilePath, where isOurs: (FilePath) -> Bool) {
        var folder = path.removingLastComponent()
        while folder.lastComponent != nil, isOurs(folder), let parent = try? parent(of: folder) {
            defer { try? parent.close() }
            guard let name = folder.lastComponent,
                name.withPlatformString({ unlinkat(parent.rawValue, $0, AT_REMOVEDIR) }) == 0
            else { return }
            folder.removeLastComponent()
        }
    }

    /// Removes temporary files that a dead process left in a directory.
    func removeTemporaries(beside path: FilePath) {
        guard let folder = try? parent(of: path) else { return }
        defer { try? folder.close() }
        let place = root.path.pushing(path.removingLastComponent())
        for entry in (try? FileIO.list(place)) ?? [] where entry.name.string.hasPrefix(AtomicFile.temporaryPrefix) {
            _ = entry.name.withPlatformString { unlinkat(folder.rawValue, $0, 0) }
        }
    }
}
