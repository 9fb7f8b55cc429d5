import Support
import Synchronization
package import SystemPackage

/// What a session knows of the files it read or wrote: the SHA-256 of the content it last saw, by canonical path in the
/// workspace. It guards writes: a file that was never read, or has other content by now, is not overwritten.
/// Safe to share between concurrent tool calls of the session. Bounded: the entry used longest ago goes first, after
/// which its file has to be read again.
package final class FileLedger: Sendable {
    private struct Entry {
        var hash: String
        var used: UInt64
    }

    private struct State {
        var entries: [FilePath: Entry] = [:]
        var clock: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())
    private let writing = Mutex<Void>(())

    /// A ledger of at most `limit` files, at least 1.
    package init(limit: Int = 4_096) {
        self.limit = max(1, limit)
    }

    /// Remembers that the session has seen `path` with the content of this hash.
    package func record(_ path: FilePath, hash: String) {
        state.withLock { state in
            state.clock += 1
            state.entries[path] = Entry(hash: hash, used: state.clock)
            guard state.entries.count > limit else { return }
            // A quarter at once, so that this does not happen at every call.
            let oldest = state.entries.sorted { $0.value.used < $1.value.used }.prefix(max(1, limit / 4))
            for (path, _) in oldest { state.entries[path] = nil }
        }
    }

    /// The hash of the content last seen, or nil when the file was never seen.
    package func hash(of path: FilePath) -> String? {
        state.withLock { state in
            guard let entry = state.entries[path] else { return nil }
            state.clock += 1
            state.entries[path]?.used = state.clock
            return entry.hash
        }
    }

    /// Forgets `path`, as after its removal.
    package func forget(_ path: FilePath) {
        state.withLock { $0.entries[path] = nil }
    }

    /// Number of files remembered.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Runs `body` while no other writing call of this ledger runs: read, compare, write. Blocks the thread, so it is
    /// for `BlockingWork` only; do not nest.
    package func exclusively<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value {
        let result: Result<Value, ToolError> = writing.withLock { _ in
            do throws(ToolError) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
