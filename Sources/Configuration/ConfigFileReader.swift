package import Support
package import SystemPackage

/// Reads small text files that people wrote; never hangs on a pipe or device.
package enum ConfigFileReader {
    /// The bytes of a regular file, `nil` when there is none. Throws for a directory, a pipe, a file over `limit` bytes
    /// or one that may not be read.
    package static func read(_ path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileIO.open(path, .readOnly, options: [.nonBlocking], action: "read")
        } catch {
            if error.kind == .notFound || error.kind == .notADirectory { return nil }
            throw error
        }
        defer { try? descriptor.close() }
        guard try FileIO.stat(descriptor, path: path).isRegular else {
            throw FileError(.io, path: path, message: "Cannot read \(path): it is not a regular file.")
        }
        return try FileIO.read(descriptor, path: path, limit: limit)
    }
}

/// Where the files of a project may stand.
package enum Workspace {
    /// The nearest directory at or above `directory` that holds `.git` (a directory or a file), else `directory`.
    ///
    /// At most 128 levels are looked at; no process is started.
    package static func root(of directory: FilePath) -> FilePath {
        var current = directory
        for _ in 0..<128 {
            if FileIO.exists(current.appending(".git")) { return current }
            let parent = current.removingLastComponent()
            if parent == current || parent.isEmpty { break }
            current = parent
        }
        return directory
    }

    /// The directories from `root` down to `directory`, both included; only `directory` when it is not below `root`.
    package static func chain(from root: FilePath, to directory: FilePath) -> [FilePath] {
        guard directory.starts(with: root) else { return [directory] }
        var chain = [directory]
        var current = directory
        while current != root, chain.count < 128 {
            current = current.removingLastComponent()
            chain.append(current)
        }
        return chain.reversed()
    }

    /// True when the real path of `path` is the real path of `root` or below it; false when either cannot be resolved.
    package static func contains(_ path: FilePath, root: FilePath) -> Bool {
        guard let real = try? FileIO.realPath(path), let realRoot = try? FileIO.realPath(root) else { return false }
        return real.starts(with: realRoot)
    }
}
