import Glibc
package import SystemPackage

/// What went wrong in the test machinery itself, as a sentence.
package struct TestSupportError: Error, CustomStringConvertible {
    /// A whole sentence with the value and the next step.
    package let message: String
    package var description: String { message }

    /// An error that says `message`.
    package init(_ message: String) { self.message = message }
}

/// Plain file access of the test machinery, independent of the code under test. Small files only (64 MiB).
package enum TestFiles {
    /// The bytes of a file; throws when it cannot be read.
    package static func read(_ path: FilePath) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { return bytes }
                    bytes.append(contentsOf: buffer[..<count])
                    guard bytes.count <= 1 << 26 else { throw TestSupportError("\(path) is larger than 64 MiB.") }
                }
            }
        } catch let error as Errno {
            throw TestSupportError("\(path) cannot be read: \(error).")
        }
    }

    /// The text of a file, invalid UTF-8 repaired.
    package static func text(_ path: FilePath) throws -> String { String(decoding: try read(path), as: UTF8.self) }

    /// Writes a file with all its parent folders; an existing one is replaced.
    package static func write(_ bytes: some Sequence<UInt8>, to path: FilePath, mode: UInt32 = 0o644) throws {
        try makeDirectory(path.removingLastComponent())
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: mode))
            _ = try file.closeAfter { try file.writeAll(bytes) }
        } catch let error as Errno {
            throw TestSupportError("\(path) cannot be written: \(error).")
        }
    }

    /// Makes a folder and its parents; fine when it exists.
    package static func makeDirectory(_ path: FilePath, mode: UInt32 = 0o755) throws {
        if path.isEmpty || kind(path) == S_IFDIR { return }
        let parent = path.removingLastComponent()
        if parent != path, !parent.isEmpty { try makeDirectory(parent) }
        if mkdir(path.string, mode) != 0, errno != EEXIST {
            throw TestSupportError("The folder \(path) cannot be made: \(Errno(rawValue: errno)).")
        }
    }

    /// Whether something stands at `path` (a broken link counts).
    package static func exists(_ path: FilePath) -> Bool { kind(path) != nil }

    /// Names in a folder, sorted by bytes; empty when it cannot be read.
    package static func list(_ path: FilePath) -> [String] {
        guard let folder = opendir(path.string) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Every file below a folder, sorted by path; links are listed, not followed. Depth 32 at most.
    package static func tree(_ path: FilePath, depth: Int = 32) -> [FilePath] {
        guard depth > 0 else { return [] }
        return list(path).flatMap { name -> [FilePath] in
            let child = path.appending(name)
            return kind(child) == S_IFDIR ? tree(child, depth: depth - 1) : [child]
        }
    }

    /// Removes a file or a folder with all it holds; nothing there is fine. Links are removed, not followed.
    package static func remove(_ path: FilePath) {
        if kind(path) == S_IFDIR {
            chmod(path.string, 0o700)
            for name in list(path) { remove(path.appending(name)) }
            rmdir(path.string)
        } else {
            unlink(path.string)
        }
    }

    /// Changes a file's or folder's mode.
    package static func setMode(_ mode: UInt32, of path: FilePath) { chmod(path.string, mode) }

    /// Makes a new folder below `TMPDIR` whose name nobody else has; its real path without links.
    package static func makeTemporaryDirectory(_ name: String) throws -> FilePath {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestSupportError("No folder can be made below \(base): \(Errno(rawValue: errno)). Check TMPDIR.")
        }
        guard let real = realpath(template, nil) else { throw TestSupportError("\(base) has no real path.") }
        defer { free(real) }
        return FilePath(String(cString: real))
    }

    private static func kind(_ path: FilePath) -> UInt32? {
        var info = stat()
        return lstat(path.string, &info) == 0 ? info.st_mode & S_IFMT : nil
    }
}

extension TestFiles {
    /// Permission bits of a file or folder (links not followed); nil when there is none.
    package static func mode(of path: FilePath) -> UInt32? {
        var info = stat()
        return lstat(path.string, &info) == 0 ? info.st_mode & 0o7777 : nil
    }
}
