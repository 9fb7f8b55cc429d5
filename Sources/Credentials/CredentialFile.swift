import Support
import Synchronization
package import SystemPackage

/// `data/auth.json` (0600): the keys that a user stored, one a provider: `{id:{type,key…}}`.
///
/// Blocking, but one small file. Entries of types that we do not know are kept as they are. Every change reads the file anew under
/// a lock that other processes respect and writes it in one step; a damaged file is set aside (`auth.json.damaged-…`), never
/// overwritten. Reading is cached until the file changes.
package final class CredentialFile: Sendable {
    /// A stored entry.
    package struct Entry: Sendable, Equatable {
        /// The provider or integration it is for.
        package var id: String
        /// `api`, `oauth`, or a word that we do not know.
        package var type: String
        /// The key of an `api` entry.
        package var key: Secret?
        /// What the user calls it.
        package var label: String?

        /// The value with these members.
        package init(id: String, type: String, key: Secret?, label: String?) {
            self.id = id
            self.type = type
            self.key = key
            self.label = label
        }
    }

    /// A longer key is refused.
    package static let maxKeyBytes = 16 << 10
    private static let maxFileBytes = 1 << 20

    private struct Cache {
        var stamp = ""
        var object = JSONObject()
    }

    /// Where it is.
    package let path: FilePath
    private let lockPath: FilePath
    private let cache = Mutex(Cache())

    /// Touches nothing.
    /// - Parameters:
    ///   - data: the data directory; - state: the state directory, for the lock.
    package init(data: FilePath, state: FilePath) {
        path = data.appending("auth.json")
        lockPath = state.appending("locks").appending("auth.lock")
    }

    /// All entries, sorted by id.
    package func entries() -> [Entry] {
        read().compactMap { id, value in
            guard let object = value.objectValue else { return nil }
            return Entry(
                id: id, type: object["type"]?.stringValue ?? "", key: object["key"]?.stringValue.map { Secret($0) },
                label: object["label"]?.stringValue)
        }.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    /// The key stored for a provider; nil when there is none.
    package func key(_ id: String) -> Secret? {
        guard let object = read()[id]?.objectValue, let key = object["key"]?.stringValue, !key.isEmpty else {
            return nil
        }
        return Secret(key)
    }

    /// Stores a key in place of what there was.
    /// - Throws: `FileError` when it cannot be written; `busy` when another process keeps the lock for 10 s.
    package func set(_ id: String, key: String, label: String?, nowMs: Int64) async throws {
        var entry: JSONObject = ["type": "api", "key": .string(key)]
        entry["label"] = label.map { .string($0) }
        try await change(nowMs) { $0[id] = .object(entry) }
    }

    /// Removes an entry. False when there is none.
    package func remove(_ id: String, nowMs: Int64) async throws -> Bool {
        guard read()[id] != nil else { return false }
        try await change(nowMs) { _ = $0.removeValue(forKey: id) }
        return true
    }

    private func change(_ nowMs: Int64, _ body: (inout JSONObject) -> Void) async throws {
        try FileIO.createDirectory(lockPath.removingLastComponent(), mode: 0o700, intermediate: true)
        guard let lock = try await FileLock.lock(lockPath, timeout: .seconds(10)) else {
            throw FileError(
                .busy, path: lockPath, message: "Another codetether has kept the lock \(lockPath) for 10 s. Try again.")
        }
        defer { lock.release() }
        if let bytes = try? FileIO.read(path, limit: Self.maxFileBytes), (try? JSON(parsing: bytes))?.objectValue == nil
        {
            try AtomicFile.write(bytes, to: FilePath("\(path).damaged-\(nowMs)"), mode: 0o600)
        }
        var object = fresh()
        body(&object)
        try FileIO.createDirectory(path.removingLastComponent(), mode: 0o700, intermediate: true)
        try AtomicFile.write(JSON.object(object).bytes(.pretty) + [0x0A], to: path, mode: 0o600)
        cache.withLock { $0.stamp = "" }
    }

    private func fresh() -> JSONObject {
        guard let bytes = try? FileIO.read(path, limit: Self.maxFileBytes) else { return [:] }
        return (try? JSON(parsing: bytes))?.objectValue ?? [:]
    }

    private func read() -> JSONObject {
        guard let stat = try? FileIO.stat(path) else { return [:] }
        let stamp = "\(stat.mtimeNs)-\(stat.size)-\(stat.inode)"
        if let known = cache.withLock({ $0.stamp == stamp ? $0.object : nil }) { return known }
        let object = fresh()
        cache.withLock { $0 = Cache(stamp: stamp, object: object) }
        return object
    }
}
