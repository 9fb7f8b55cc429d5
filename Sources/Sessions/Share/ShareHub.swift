package import Storage
package import Support

/// The share service: keeps what clients published, and gives it to whoever knows the id.
///
/// Nothing is executed, fetched or interpreted. Of secrets only hashes are kept. A service is bounded in shares, bytes and items;
/// what does not fit is refused, nothing is evicted. Requests of one share are put in order by the store.
package struct ShareHub: Sendable {
    /// What a service takes.
    package struct Limits: Sendable {
        package var shares = 1_000
        /// Of one share.
        package var items = 20_000
        /// Of one share.
        package var bytes = 32 << 20
        /// Of all shares.
        package var totalBytes: Int64 = 1 << 30
        package var itemBytes = 256 << 10

        package init() {}
    }

    /// Why a request was refused.
    package enum Refusal: Error, Equatable, Sendable {
        case notFound
        case wrongSecret
        /// The id is taken.
        case taken
        case invalid(String)
        /// The share or the service is full.
        case full(String)
    }

    private struct Meta: Codable {
        var id: String
        var secretHash: String
        var created: Int64
        var updated: Int64
        var seq: Int64
        var items: Int
        var bytes: Int
    }

    private static let collection = "shared"
    private static let tries = 16

    private let storage: any StorageBackend
    private let time: any TimeSource
    private let limits: Limits

    /// A service on this store.
    package init(storage: any StorageBackend, time: any TimeSource, limits: Limits = Limits()) {
        self.storage = storage
        self.time = time
        self.limits = limits
    }

    // MARK: Requests

    /// Makes an empty share. The same id with the same secret is the same share: a retry after a lost answer is safe.
    /// - Parameters:
    ///   - id: 32 hexadecimal digits, made by the client from 128 random bits.
    ///   - secretHash: SHA-256 of the write secret.
    /// - Throws: `Refusal`, `StorageError`.
    package func create(id: String, secretHash: String) async throws {
        guard Self.isHex(id, 32) else { throw Refusal.invalid("id") }
        guard Self.isHex(secretHash, 64) else { throw Refusal.invalid("secretHash") }
        if let known = try await meta(id) {
            guard known.secretHash == secretHash else { throw Refusal.taken }
            return
        }
        try await checkSpace()
        let now = time.nowMs()
        let meta = Meta(id: id, secretHash: secretHash, created: now, updated: now, seq: 0, items: 0, bytes: 0)
        do throws(StorageError) {
            try await storage.write(
                Self.key(id), try Self.bytes(meta), expectedVersion: 0, updatedMs: now, durability: .flushed)
        } catch {
            guard error.kind == .conflict else { throw error }
            guard try await self.meta(id)?.secretHash == secretHash else { throw Refusal.taken }
        }
    }

    /// Puts items; of those with one key the one with the largest `seq` stays, so that repeated and late requests do no harm.
    /// - Returns: the largest `seq` so far.
    /// - Throws: `Refusal`, `StorageError`. Nothing of the request is kept then.
    package func sync(id: String, secret: String, seq: Int64, items: [JSON]) async throws -> Int64 {
        let incoming = try items.map { item in
            guard let key = Self.itemKey(item) else { throw Refusal.invalid("items") }
            let bytes = item.bytes()
            guard bytes.count <= limits.itemBytes else {
                throw Refusal.full("An item has at most \(limits.itemBytes) bytes.")
            }
            return (key: key, seq: item["seq"]?.intValue ?? 0, bytes: bytes)
        }
        for _ in 0..<Self.tries {
            let (record, old) = try await authorised(id, secret)
            var meta = old
            var puts: [RecordPut] = []
            var seen: [String: Int] = [:]
            for item in incoming {
                let key = RecordKey(Self.items(of: id), item.key)
                let stored = try await storage.read(key)
                let storedSeq = stored.flatMap { try? JSON(parsing: $0.bytes) }?["seq"]?.intValue ?? -1
                guard item.seq >= storedSeq else { continue }
                meta.bytes += item.bytes.count - (stored?.bytes.count ?? 0)
                if stored == nil { meta.items += 1 }
                let put = RecordPut(key: key, bytes: item.bytes, updatedMs: time.nowMs())
                if let index = seen[item.key] {
                    puts[index] = put
                } else {
                    seen[item.key] = puts.count
                    puts.append(put)
                }
            }
            guard meta.items <= limits.items, meta.bytes <= limits.bytes else {
                throw Refusal.full("A share has at most \(limits.items) items and \(limits.bytes) bytes.")
            }
            meta.seq = max(meta.seq, seq)
            meta.updated = time.nowMs()
            puts.append(
                RecordPut(
                    key: Self.key(id), bytes: try Self.bytes(meta), expectedVersion: record.version,
                    updatedMs: meta.updated))
            do throws(StorageError) {
                _ = try await storage.commit(StorageBatch(puts: puts, durability: .flushed))
                return meta.seq
            } catch {
                if error.kind != .conflict { throw error }
            }
        }
        throw StorageError(.conflict, "The share is changed by others all the time; try again.")
    }

    /// Removes a share with everything in it; the id answers 404 from then on.
    /// - Throws: `Refusal`, `StorageError`.
    package func remove(id: String, secret: String) async throws {
        _ = try await authorised(id, secret)
        _ = try await storage.commit(
            StorageBatch(
                removes: [Self.key(id)], removeCollections: [Self.items(of: id)], durability: .flushed))
    }

    /// What everybody who knows the id may read: 2.1's `SessionTransferData`.
    /// - Returns: nil when there is no such share, or nothing in it yet.
    package func document(_ id: String) async throws -> JSON? {
        guard let meta = try await meta(id), meta.items > 0 else { return nil }
        var items: [JSON] = []
        var query = RecordQuery(collection: Self.items(of: id), limit: 1_000)
        while true {
            let page = try await storage.list(query)
            items += page.records.compactMap { try? JSON(parsing: $0.bytes) }
            guard let next = page.next, items.count < limits.items else { break }
            query.after = next
        }
        return ShareDocument.assemble(items)
    }

    // MARK: Parts

    private func authorised(_ id: String, _ secret: String) async throws -> (Record, Meta) {
        guard Self.isHex(id, 32), let record = try await storage.read(Self.key(id)),
            let meta = Self.meta(record.bytes)
        else { throw Refusal.notFound }
        // Hashes are compared: the time tells nothing about the secret.
        guard SHA256Hash.hex(of: secret.utf8) == meta.secretHash else { throw Refusal.wrongSecret }
        return (record, meta)
    }

    private func checkSpace() async throws {
        var count = 0
        var total: Int64 = 0
        var query = RecordQuery(collection: Self.collection, limit: 1_000)
        while true {
            let page = try await storage.list(query)
            for record in page.records {
                count += 1
                total += Int64(Self.meta(record.bytes)?.bytes ?? 0)
            }
            guard count < limits.shares, total < limits.totalBytes else {
                throw Refusal.full("This service has no room for more shares.")
            }
            guard let next = page.next else { return }
            query.after = next
        }
    }

    private func meta(_ id: String) async throws -> Meta? {
        guard Self.isHex(id, 32) else { return nil }
        return try await storage.read(Self.key(id)).flatMap { Self.meta($0.bytes) }
    }

    private static func meta(_ bytes: [UInt8]) -> Meta? {
        guard let json = try? JSON(parsing: bytes) else { return nil }
        return try? json.decode(Meta.self)
    }

    private static func bytes(_ meta: Meta) throws(StorageError) -> [UInt8] {
        do {
            return try JSONEncoding.bytes(of: meta)
        } catch {
            throw StorageError(.invalid, "A share cannot be written as JSON: \(error.message)")
        }
    }

    private static func key(_ id: String) -> RecordKey { RecordKey(collection, id) }
    private static func items(of id: String) -> String { "shared-item/\(id)" }

    /// The name under which an item is kept; nil for what is no item.
    private static func itemKey(_ item: JSON) -> String? {
        guard let seq = item["seq"]?.intValue, seq >= 0 else { return nil }
        let isRemoved = item["removed"]?.boolValue == true
        guard isRemoved || item["data"]?.objectValue != nil else { return nil }
        func name(_ key: String) -> String? {
            guard let id = item[key]?.stringValue, !id.isEmpty, id.utf8.count <= 500 else { return nil }
            return String(SHA256Hash.hex(of: id.utf8).prefix(32))
        }
        switch item["kind"]?.stringValue {
        case "session": return "session"
        case "message": return name("id").map { "m-\($0)" }
        case "part":
            guard let name = name("message"), let index = item["index"]?.intValue, (0..<100_000).contains(index) else {
                return nil
            }
            return "p-\(name)-\(index)"
        default: return nil
        }
    }

    private static func isHex(_ text: String, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
