import Glibc
package import Support
package import SystemPackage

/// The file operations of the tools, all through `WorkspaceRoot`, so that no symbolic link leads out of the workspace.
/// Every call blocks and belongs in `BlockingWork`. Paths are relative to the root, empty for the root itself; an
/// absolute path is one outside that was granted (`WorkspacePath.relative`): it must still be the real path it was, or
/// the operation is refused.
package struct WorkspaceFiles: Sendable {
    /// Largest file that is read as a whole, and so the largest that can be edited or overwritten: 8 MiB.
    package static let limitBytes = 8 * 1024 * 1024

    /// The workspace.
    package let root: WorkspaceRoot

    package init(root: WorkspaceRoot) { self.root = root }

    /// The directory below which a path is used, and the rest of the path. Outside the workspace that is the nearest
    /// directory that exists, opened and then compared with its name, so that nothing put in its place is followed.
    private func place(_ path: FilePath) throws(FileError) -> (root: WorkspaceRoot, rest: FilePath) {
        guard path.isAbsolute else { return (root, path) }
        var directory = path.removingLastComponent()
        var rest = FilePath(root: nil, path.components.suffix(1))
        while directory.lastComponent != nil, !FileIO.exists(directory) {
            rest = FilePath(root: nil, path.components.suffix(rest.components.count + 1))
            directory.removeLastComponent()
        }
        let outside = try WorkspaceRoot(directory)
        guard outside.path == directory, try outside.realPath(".").isEmpty,
            (try? outside.lstat(rest))?.isSymlink != true
        else {
            throw FileError(
                .permissionDenied, path: path,
                message: "\(path) is not the file it was when it was approved; ask again.")
        }
        return (outside, rest)
    }

    /// Opens a file; see `WorkspaceRoot.open`. A link as the last part of a path outside is refused.
    package func open(_ path: FilePath, flags: Int32) throws(FileError) -> FileDescriptor {
        let (root, rest) = try place(path)
        return try root.open(relative: rest, flags: path.isAbsolute ? flags | O_NOFOLLOW : flags)
    }

    /// What is at `path` after links that stay in the workspace, or nil when there is nothing.
    package func info(_ path: FilePath) throws(FileError) -> FileInfo? {
        do throws(FileError) {
            let (root, rest) = try place(path)
            return try root.stat(rest)
        } catch {
            if error.kind == .notFound || error.kind == .notADirectory { return nil }
            throw error
        }
    }

    /// When the file of a path, given as its bytes, was modified, nanoseconds since 1970; 0 when it is not there.
    package func modifiedNs(_ path: [UInt8]) -> Int64 {
        guard path.first == UInt8(ascii: "/") else { return root.modifiedNs(path) ?? 0 }
        return (try? info(FilePath(String(decoding: path, as: UTF8.self))))?.mtimeNs ?? 0
    }

    /// True when the last component of `path` is a symbolic link.
    package func isSymbolicLink(_ path: FilePath) -> Bool {
        path.isAbsolute ? false : (try? root.lstat(path))?.isSymlink ?? false
    }

    /// The canonical path, relative to the root.
    package func realRelative(_ path: FilePath) throws(FileError) -> FilePath {
        path.isAbsolute ? path : try root.realPath(path)
    }

    /// All bytes of a regular file of at most `limit` bytes.
    package func read(_ path: FilePath, limit: Int = limitBytes) throws(FileError) -> [UInt8] {
        guard path.isAbsolute else { return try root.read(path, limit: limit) }
        let descriptor = try open(path, flags: O_RDONLY | O_NONBLOCK)
        defer { try? descriptor.close() }
        return try FileIO.read(descriptor, path: path, limit: limit)
    }

    /// Hands the bytes of a file to `body` in chunks of at most 256 KiB until it answers false.
    package func readChunks(
        _ path: FilePath, chunkBytes: Int = 256 * 1024, _ body: (ArraySlice<UInt8>) throws(FileError) -> Bool
    ) throws(FileError) {
        // Not blocking, so that a pipe without a writer does not hang the call.
        let descriptor = try open(path, flags: O_RDONLY | O_NONBLOCK)
        defer { try? descriptor.close() }
        var buffer = [UInt8](repeating: 0, count: max(1, chunkBytes))
        while true {
            let count: Int
            do {
                count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            } catch {
                throw FileError(error as? Errno ?? .ioError, path: path, action: "read")
            }
            guard count > 0 else { return }
            guard try body(buffer[..<count]) else { return }
        }
    }

    /// The first `count` bytes, fewer when the file is shorter.
    package func head(_ path: FilePath, count: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        try readChunks(path, chunkBytes: count) { chunk throws(FileError) in
            bytes.append(contentsOf: chunk.prefix(count - bytes.count))
            return bytes.count < count
        }
        return bytes
    }

    /// The entries of a directory, sorted by the bytes of their names.
    package func list(_ path: FilePath) throws(FileError) -> [DirectoryEntry] {
        // The names are taken out once: they are not cheap.
        let (root, rest) = try place(path)
        return try root.list(rest).map { ($0, Array($0.name.string.utf8)) }
            .sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
    }

    /// Replaces or creates a file in one step; its parents must exist.
    package func write(_ bytes: [UInt8], to path: FilePath, mode: UInt16) throws(FileError) {
        let (root, rest) = try place(path)
        try root.writeAtomically(bytes, to: rest, mode: mode)
    }

    /// Creates `path` and its parents.
    package func makeDirectories(_ path: FilePath) throws(FileError) {
        guard !path.isEmpty else { return }
        let (root, rest) = try place(path)
        try root.mkdirs(rest)
    }

    /// Removes a file or an empty directory.
    package func remove(_ path: FilePath) throws(FileError) {
        let (root, rest) = try place(path)
        try root.remove(rest)
    }
}
