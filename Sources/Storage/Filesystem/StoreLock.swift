import Glibc
import Support
import SystemPackage

/// The lock of a store directory: many readers or one writer, across processes. Dies with its process.
struct StoreLock: Sendable {
    /// How long an operation waits for one and the same process.
    static let timeoutMs: Int64 = 5_000
    /// How often it waits that long when many work and the lock goes from hand to hand.
    private static let turns = 6

    let path: FilePath

    /// Takes the lock, waiting on this thread (never one of the cooperative pool).
    func take(shared: Bool) throws(StorageError) -> FileLock {
        var lock: FileLock?
        var waitedMs: Int64 = 0
        do throws(FileError) {
            for _ in 0..<Self.turns where lock == nil {
                let before = holder
                lock = try FileLock.lockBlocking(path, shared: shared, timeoutMs: Self.timeoutMs)
                waitedMs += Self.timeoutMs
                if holder == before { break }
            }
        } catch {
            throw StorageError(error)
        }
        guard let lock else {
            throw StorageError.busy(store: path.string, waitedMs: waitedMs, holder: holder)
        }
        if !shared { lock.write("process \(getpid())\n") }
        return lock
    }

    /// The last process that wrote, nil when unknown.
    private var holder: String? {
        guard let bytes = try? FileIO.read(path, limit: 4_096) else { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let text = String(decoding: line, as: UTF8.self)
        return text.hasPrefix("process ") ? HostileText.escaped(text, multiline: false) : nil
    }
}
