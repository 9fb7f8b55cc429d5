import CSupport
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// O_PATH of <fcntl.h>, which needs _GNU_SOURCE and is not imported.
private let openPathOnly: Int32 = 0o10000000

/// A directory below which files are opened, and never outside it: every look-up is one `openat2` with
/// RESOLVE_BENEATH and
/// RESOLVE_NO_MAGICLINKS, so that neither `..`, nor an absolute path, nor a symbolic link swapped in at the last
/// moment leads
/// out. All operations block.
package final class WorkspaceRoot: Sendable {
    /// The directory's canonical path.
    package let path: FilePath
    private let descriptor: FileDescriptor

    /// Opens an existing directory.
    package init(_ path: FilePath) throws(FileError) {
        self.path = try FileIO.realPath(path)
        descriptor = try FileIO.open(self.path, .readOnly, options: .directory)
    }

    deinit { try? descriptor.close() }

    /// Opens a file below the root. `flags` are those of open(2); the descriptor is close-on-exec.
    /// - Throws: `permissionDenied` for a path that leads out.
    package func open(
        relative: FilePath, flags: Int32 = O_RDONLY, mode: UInt16 = 0o644
    ) throws(FileError) -> FileDescriptor {
        let name = relative.isEmpty ? FilePath(".") : relative
        let result = name.withPlatformString {
            csupport_open_beneath(descriptor.rawValue, $0, flags, UInt32(mode))
        }
        if result >= 0 { return FileDescriptor(rawValue: result) }
        let error = Errno(rawValue: -result)
        if error == .improperLink || error == Errno(rawValue: ELOOP) {
            throw FileError(
                .permissionDenied, path: relative, errno: error.rawValue,
                message:
                    "\(HostileText.escaped(relative.string, multiline: false)) leads out of the workspace \(path); only files inside it may be used."
            )
        }
        throw FileError(error, path: relative, action: "open")
    }

    /// Describes a file; follows links that stay inside.
    package func stat(_ relative: FilePath) throws(FileError) -> FileInfo {
        let file = try open(relative: relative, flags: openPathOnly)
        defer { try? file.close() }
        return try FileIO.stat(file, path: relative)
    }

    /// When a file was modified, nanoseconds since 1970; follows links that stay inside. For many files: the path is taken as its
    /// bytes. Nil when nothing is there or it leads out.
    package func modifiedNs(_ relative: [UInt8]) -> Int64? {
        let name = relative.map { CChar(bitPattern: $0) } + [0]
        let result = csupport_open_beneath(descriptor.rawValue, name, openPathOnly, 0)
        guard result >= 0 else { return nil }
        let file = FileDescriptor(rawValue: result)
        defer { try? file.close() }
        return (try? FileIO.stat(file, path: "."))?.mtimeNs
    }

    /// Describes a file or the link itself.
    package func lstat(_ relative: FilePath) throws(FileError) -> FileInfo {
        let file = try open(relative: relative, flags: openPathOnly | O_NOFOLLOW)
        defer { try? file.close() }
        return try FileIO.stat(file, path: relative)
    }

    /// Reads a whole file; see `FileIO.read`.
    package func read(_ relative: FilePath, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        let file = try open(relative: relative, flags: O_RDONLY | O_NONBLOCK)
        defer { try? file.close() }
        return try FileIO.read(file, path: relative, limit: limit)
    }

    /// The entries of a directory; see `FileIO.list`.
    package func list(_ relative: FilePath, limit: Int = 1_000_000) throws(FileError) -> [DirectoryEntry] {
        let directory = try open(relative: relative, flags: O_RDONLY | O_DIRECTORY)
        return try FileIO.list(taking: directory, path: relative, limit: limit)
    }

    /// Makes a directory and its parents.
    package func mkdirs(_ relative: FilePath, mode: UInt16 = 0o755) throws(FileError) {
        guard !relative.components.isEmpty else { return }
        if let info = try? stat(relative), info.isDirectory { return }
        guard let name = relative.lastComponent else { return }
        let parent = relative.removingLastComponent()
        try mkdirs(parent, mode: mode)
        let directory = try open(relative: parent, flags: openPathOnly | O_DIRECTORY)
        defer { try? directory.close() }
        let made = name.withPlatformString { mkdirat(directory.rawValue, $0, mode_t(mode)) }
        let error = Errno(rawValue: errno)
        guard made == 0 || error == .fileExists else {
            throw FileError(error, path: relative, action: "create the directory")
        }
    }

    /// Replaces a file's content: temporary file beside it, fsync, rename, fsync of the directory. A link that stays
    /// inside is
    /// written through.
    /// - Parameter mode: nil keeps that of the file that is replaced, 0644 for a new one.
    package func writeAtomically(
        _ bytes: [UInt8], to relative: FilePath, mode: UInt16? = nil
    ) throws(FileError) {
        var target = relative
        if (try? lstat(relative))?.isSymlink == true { target = try realPath(relative) }
        let finalMode = mode ?? (try? stat(target))?.mode ?? 0o644
        guard let name = target.lastComponent, name.kind == .regular else {
            throw FileError(.isADirectory, path: relative, message: "\(relative) does not name a file.")
        }
        let directory = try open(relative: target.removingLastComponent(), flags: O_RDONLY | O_DIRECTORY)
        defer { try? directory.close() }
        let temporary = AtomicFile.temporaryName()
        let raw = openat(
            directory.rawValue, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(0o600))
        guard raw >= 0 else { throw FileError(Errno(rawValue: errno), path: relative, action: "write") }
        let file = FileDescriptor(rawValue: raw)
        do throws(FileError) {
            defer { try? file.close() }
            try FileIO.writeAll(bytes, to: file, path: relative)
            guard fchmod(raw, mode_t(finalMode)) == 0 else {
                throw FileError(Errno(rawValue: errno), path: relative, action: "set the mode of")
            }
            try FileIO.sync(file, path: relative)
            let renamed = name.withPlatformString {
                renameat(directory.rawValue, temporary, directory.rawValue, $0)
            }
            guard renamed == 0 else { throw FileError(Errno(rawValue: errno), path: relative, action: "write") }
        } catch {
            unlinkat(directory.rawValue, temporary, 0)
            throw error
        }
        try FileIO.sync(directory, path: relative)
    }

    /// Removes a file or a link (not what it points to), or an empty directory.
    package func remove(_ relative: FilePath) throws(FileError) {
        guard let name = relative.lastComponent, name.kind == .regular else {
            throw FileError(.isADirectory, path: relative, message: "\(relative) does not name a file.")
        }
        let directory = try open(relative: relative.removingLastComponent(), flags: openPathOnly | O_DIRECTORY)
        defer { try? directory.close() }
        let component = name
        let removed = component.withPlatformString { unlinkat(directory.rawValue, $0, 0) }
        if removed == 0 { return }
        let error = Errno(rawValue: errno)
        if error == .isDirectory,
            component.withPlatformString({ unlinkat(directory.rawValue, $0, AT_REMOVEDIR) }) == 0
        {
            return
        }
        throw FileError(error, path: relative, action: "remove")
    }

    /// The canonical path of something that exists, relative to the root; "" is the root itself.
    package func realPath(_ relative: FilePath) throws(FileError) -> FilePath {
        let file = try open(relative: relative, flags: openPathOnly)
        defer { try? file.close() }
        let link = FilePath("/proc/self/fd/\(file.rawValue)")
        var buffer = [CChar](repeating: 0, count: 4_097)
        let count = link.withPlatformString { readlink($0, &buffer, 4_096) }
        guard count > 0 else { throw FileError(Errno(rawValue: errno), path: relative, action: "resolve") }
        var real = FilePath(platformString: buffer)
        guard real.removePrefix(path) else {
            throw FileError(
                .permissionDenied, path: relative, message: "\(relative) has moved out of the workspace \(path).")
        }
        return real
    }
}
