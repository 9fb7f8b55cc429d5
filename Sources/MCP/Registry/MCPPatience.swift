import Support
import Synchronization
package import SystemPackage

/// Which servers were too slow for the first request of a run: those are not waited for again, until they have once been quick.
///
/// Kept in one small file between processes; when it cannot be read or written, every server is waited for. At most
/// `maxEntries` are remembered.
package final class MCPPatience: Sendable {
    /// Definitions that are remembered; the ones noted first go first.
    package static let maxEntries = 256

    private let file: FilePath?
    private let known: Mutex<[String]?>

    /// - Parameter file: where it is kept; nil: only in memory.
    package init(file: FilePath?) {
        self.file = file
        known = Mutex(file == nil ? [] : nil)
    }

    /// True when a server with this definition (`MCPServerEntry.hash`) was too slow.
    package func isSlow(_ hash: String) -> Bool {
        known.withLock { known in
            let slow = known ?? read()
            known = slow
            return slow.contains(hash)
        }
    }

    /// Notes how these definitions did.
    package func note(_ hashes: [String], isSlow: Bool) {
        let changed = known.withLock { known -> [String]? in
            let before = known ?? read()
            var after = before.filter { isSlow || !hashes.contains($0) }
            if isSlow { after += hashes.filter { !before.contains($0) } }
            after = Array(after.suffix(Self.maxEntries))
            known = after
            return after == before ? nil : after
        }
        guard let changed, let file else { return }
        Task {
            try? await BlockingWork.run {
                try FileIO.createDirectory(file.removingLastComponent(), mode: 0o700, intermediate: true)
                let json = JSON.object(["slow": .array(changed.map { .string($0) })])
                try AtomicFile.write(json.bytes(), to: file, mode: 0o600)
            }
        }
    }

    private func read() -> [String] {
        guard let file, let bytes = try? FileIO.read(file, limit: 1 << 20), let json = try? JSON(parsing: bytes) else {
            return []
        }
        return Array((json["slow"]?.arrayValue ?? []).compactMap(\.stringValue).suffix(Self.maxEntries))
    }
}
