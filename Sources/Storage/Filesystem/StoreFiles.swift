import Glibc
import Support
import SystemPackage

/// The file operations of a commit, each announced to the test hook. Blocking.
struct StoreFiles: Sendable {
    var hook: StorageStep.Hook?

    /// Writes a whole new file.
    func write(_ bytes: [UInt8], to path: FilePath, sync: Bool) throws(StorageError) {
        try step(.before, "write", path)
        try translate { () throws(FileError) in
            let descriptor = try FileIO.open(
                path, .writeOnly, options: [.create, .truncate, .noFollow], action: "create")
            defer { try? descriptor.close() }
            try FileIO.writeAll(bytes, to: descriptor, path: path)
        }
        try step(.after, "write", path)
        if sync { try self.sync(path) }
    }

    /// Appends to a file that must have `size` bytes; it is created when `size` is 0.
    func append(_ bytes: [UInt8], to path: FilePath, at size: Int64, sync: Bool) throws(StorageError) {
        try step(.before, "append", path)
        try translate { () throws(FileError) in
            let descriptor = try FileIO.open(
                path, .writeOnly, options: size == 0 ? [.create, .noFollow] : .noFollow, action: "append to")
            defer { try? descriptor.close() }
            guard try FileIO.stat(descriptor, path: path).size == size else {
                throw FileError(.io, path: path, message: "\(path) changed its size while it was locked.")
            }
            guard lseek(descriptor.rawValue, off_t(size), SEEK_SET) == size else {
                throw FileError(Errno(rawValue: errno), path: path, action: "append to")
            }
            try FileIO.writeAll(bytes, to: descriptor, path: path)
        }
        try step(.after, "append", path)
        if sync { try self.sync(path) }
    }

    func sync(_ path: FilePath) throws(StorageError) {
        try step(.before, "sync", path)
        try translate(isSync: true) { () throws(FileError) in
            let descriptor = try FileIO.open(path, .readOnly, action: "sync")
            defer { try? descriptor.close() }
            try FileIO.sync(descriptor, path: path)
        }
        try step(.after, "sync", path)
    }

    func rename(_ from: FilePath, to: FilePath) throws(StorageError) {
        try step(.before, "rename", to)
        try translate { () throws(FileError) in try FileIO.rename(from, to: to) }
        try step(.after, "rename", to)
    }

    /// Removes a file; one that is not there is fine.
    func remove(_ path: FilePath) throws(StorageError) {
        try step(.before, "remove", path)
        try translate { () throws(FileError) in
            do throws(FileError) {
                try FileIO.remove(path)
            } catch {
                if error.kind != .notFound { throw error }
            }
        }
        try step(.after, "remove", path)
    }

    /// Cuts a file; one that is not there is fine.
    func truncate(_ path: FilePath, to size: Int64) throws(StorageError) {
        try step(.before, "truncate", path)
        guard size > 0 else { return try remove(path) }
        try translate { () throws(FileError) in
            guard path.withPlatformString({ Glibc.truncate($0, off_t(size)) }) == 0 || errno == ENOENT else {
                throw FileError(Errno(rawValue: errno), path: path, action: "truncate")
            }
        }
        try step(.after, "truncate", path)
    }

    func makeDirectory(_ path: FilePath) throws(StorageError) {
        try translate { () throws(FileError) in try FileIO.createDirectory(path) }
    }

    private func step(_ phase: StorageStep.Phase, _ operation: String, _ path: FilePath) throws(StorageError) {
        guard let hook else { return }
        try hook(StorageStep(phase: phase, operation: operation, target: path.lastComponent?.string ?? ""))
    }

    private func translate<T>(isSync: Bool = false, _ body: () throws(FileError) -> T) throws(StorageError) -> T {
        do throws(FileError) {
            return try body()
        } catch {
            if isSync {
                throw StorageError(
                    .readOnly,
                    "\(error.message) What was written may be lost; the store is read-only until codetether starts again."
                )
            }
            throw StorageError(error)
        }
    }
}
