import CSupport
import Glibc
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Replaces files so that a reader or a crash sees the old content or the new one, never a part.
package enum AtomicFile {
    /// Writes to a temporary file in the same directory (created exclusively, 0600), syncs it, gives it its mode,
    /// renames it
    /// over the target and syncs the directory. Blocking.
    /// - Parameters:
    ///   - mode: permission bits; nil keeps those of the file that is replaced, 0600 for a new one.
    ///   - followSymlink: a link is written through (its target is replaced); false replaces the link itself.
    package static func write(
        _ bytes: [UInt8], to path: FilePath, mode: UInt16? = nil, followSymlink: Bool = true
    ) throws(FileError) {
        var target = path
        if followSymlink, let info = try? FileIO.stat(path, followSymlink: false), info.isSymlink {
            target = try FileIO.realPath(path)
        }
        let finalMode = mode ?? (try? FileIO.stat(target))?.mode ?? 0o600
        let directory = target.removingLastComponent()
        let parent = directory.isEmpty ? FilePath(".") : directory
        let temporary = temporaryPath(in: parent)
        let descriptor = try FileIO.open(
            temporary, .writeOnly, options: [.create, .exclusiveCreate, .noFollow], action: "create")
        do throws(FileError) {
            defer { try? descriptor.close() }
            try FileIO.writeAll(bytes, to: descriptor, path: target)
            guard fchmod(descriptor.rawValue, mode_t(finalMode)) == 0 else {
                throw FileError(Errno(rawValue: errno), path: target, action: "set the mode of")
            }
            try FileIO.sync(descriptor, path: target)
        } catch {
            try? FileIO.remove(temporary)
            throw error
        }
        do throws(FileError) {
            try FileIO.rename(temporary, to: target)
        } catch {
            try? FileIO.remove(temporary)
            throw error
        }
        try FileIO.syncDirectory(parent)
    }

    /// The prefix of temporary names; a crash may leave one behind, which the next writer of the store removes.
    package static let temporaryPrefix = ".codetether-tmp-"

    static func temporaryName() -> String {
        temporaryPrefix + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private static func temporaryPath(in directory: FilePath) -> FilePath {
        directory.appending(temporaryName())
    }
}

/// An advisory lock (flock) on a file, which dies with its process. Held until `release()` or deinit.
package final class FileLock: Sendable {
    private let descriptor: FileDescriptor

    private init(descriptor: FileDescriptor) { self.descriptor = descriptor }

    deinit { try? descriptor.close() }

    /// Takes the lock at once. A file that its last holder removed meanwhile is made again: what is locked is what is at the path.
    /// - Returns: nil when another holder has it.
    package static func tryLock(_ path: FilePath, shared: Bool = false) throws(FileError) -> FileLock? {
        for _ in 0..<16 {
            let descriptor = try FileIO.open(path, .readWrite, options: .create, action: "lock")
            let result = csupport_flock(descriptor.rawValue, shared ? 1 : 2)
            guard result == 0 else {
                try? descriptor.close()
                let error = Errno(rawValue: result)
                if error == .wouldBlock { return nil }
                throw FileError(error, path: path, action: "lock")
            }
            let lock = FileLock(descriptor: descriptor)
            let locked = try FileIO.stat(descriptor, path: path)
            if let there = try? FileIO.stat(path), there.inode == locked.inode, there.device == locked.device {
                return lock
            }
        }
        return nil
    }

    /// Waits for the lock, trying every 5 ms growing to 50 ms; cancellation ends the wait.
    /// - Returns: nil when the time is over.
    package static func lock(
        _ path: FilePath, timeout: Duration, shared: Bool = false
    ) async throws -> FileLock? {
        let clock = ContinuousClock()
        let end = clock.now + timeout
        var pause = Duration.milliseconds(5)
        while true {
            if let lock = try tryLock(path, shared: shared) { return lock }
            guard clock.now < end else { return nil }
            try await clock.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Waits for the lock on the calling thread, trying after 1 ms growing to 20 ms. For threads that may block only.
    /// - Returns: nil when the time is over.
    package static func lockBlocking(
        _ path: FilePath, shared: Bool = false, timeoutMs: Int64
    ) throws(FileError) -> FileLock? {
        var waitedMs: Int64 = 0
        var pauseMs: Int64 = 1
        while true {
            if let lock = try tryLock(path, shared: shared) { return lock }
            guard waitedMs < timeoutMs else { return nil }
            var pause = timespec(tv_sec: 0, tv_nsec: Int(pauseMs) * 1_000_000)
            nanosleep(&pause, nil)
            waitedMs += pauseMs
            pauseMs = min(pauseMs * 2, 20)
        }
    }

    /// What the lock's file says, at most 4 KiB; used to name the holder.
    package func write(_ text: String) {
        guard ftruncate(descriptor.rawValue, 0) == 0 else { return }
        _ = try? descriptor.writeAll(toAbsoluteOffset: 0, Array(text.utf8.prefix(4_096)))
    }

    /// Gives the lock back; calling it twice is fine.
    package func release() { _ = csupport_flock(descriptor.rawValue, 0) }
}
