import Support

/// Leases of backends on one machine: records with optimistic versions, timed by the machine's monotonic clock.
///
/// A clock that started again (a reboot) ends every lease.
struct RecordLeases {
    private struct Stored {
        var owner: String
        var token: Int64
        var expiresMs: Int64
        var lengthMs: Int64
        var isReleased: Bool

        init(owner: String, token: Int64, expiresMs: Int64, lengthMs: Int64) {
            self.owner = owner
            self.token = token
            self.expiresMs = expiresMs
            self.lengthMs = lengthMs
            isReleased = false
        }

        init?(_ bytes: [UInt8]) {
            guard let json = try? JSON(parsing: bytes), let owner = json["owner"]?.stringValue,
                let token = json["token"]?.intValue, let expires = json["expires"]?.intValue,
                let length = json["length"]?.intValue
            else { return nil }
            self.init(owner: owner, token: token, expiresMs: expires, lengthMs: length)
            isReleased = json["released"]?.boolValue ?? false
        }

        var bytes: [UInt8] {
            let json: JSON = [
                "owner": .string(owner), "token": .int(token), "expires": .int(expiresMs), "length": .int(lengthMs),
                "released": .bool(isReleased),
            ]
            return json.bytes()
        }

        func remainingMs(at now: Int64) -> Int64 {
            let left = expiresMs - now
            return isReleased || left > lengthMs ? 0 : left
        }
    }

    let store: any StorageBackend
    let time: any TimeSource

    private var uptimeMs: Int64 { Int64(clamping: time.uptimeNs() / 1_000_000) }
    private func key(_ name: String) -> RecordKey { RecordKey(StorageLease.collection, name) }

    func acquire(_ name: String, owner: String, forMs: Int64) async throws(StorageError) -> StorageLease {
        try StorageLease.check(name, owner: owner, forMs: forMs)
        while true {
            let record = try await readable(name)
            let old = record.flatMap { Stored($0.bytes) }
            let now = uptimeMs
            if let old, old.remainingMs(at: now) > 0 {
                throw StorageLease.held(name, by: old.owner, remainingMs: old.remainingMs(at: now))
            }
            let token = max((old?.token ?? 0) + 1, time.nowMs())
            let new = Stored(owner: owner, token: token, expiresMs: now + forMs, lengthMs: forMs)
            do throws(StorageError) {
                try await store.write(
                    key(name), new.bytes, expectedVersion: record?.version ?? 0, updatedMs: time.nowMs())
            } catch {
                // Somebody else was faster; the next round says who.
                guard error.kind == .conflict else { throw error }
                continue
            }
            return StorageLease(
                name: name, owner: owner, token: token, remainingMs: forMs,
                previousOwner: old.flatMap { $0.isReleased ? nil : $0.owner })
        }
    }

    func renew(_ lease: StorageLease, forMs: Int64) async throws(StorageError) -> StorageLease {
        try StorageLease.check(lease.name, owner: lease.owner, forMs: forMs)
        let record = try await readable(lease.name)
        guard let record, var stored = Stored(record.bytes), stored.token == lease.token, stored.owner == lease.owner,
            !stored.isReleased
        else { throw StorageLease.lost(lease) }
        stored.expiresMs = uptimeMs + forMs
        stored.lengthMs = forMs
        do throws(StorageError) {
            try await store.write(
                key(lease.name), stored.bytes, expectedVersion: record.version, updatedMs: time.nowMs())
        } catch {
            if error.kind == .conflict { throw StorageLease.lost(lease) }
            throw error
        }
        var renewed = lease
        renewed.remainingMs = forMs
        return renewed
    }

    func release(_ lease: StorageLease) async throws(StorageError) {
        let record = try await readable(lease.name)
        guard let record, var stored = Stored(record.bytes), stored.token == lease.token, stored.owner == lease.owner
        else { return }
        stored.isReleased = true
        do throws(StorageError) {
            try await store.write(
                key(lease.name), stored.bytes, expectedVersion: record.version, updatedMs: time.nowMs())
        } catch {
            // Taken over at this moment: nothing left to give back.
            guard error.kind == .conflict else { throw error }
        }
    }

    func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> [StorageLease] {
        var query = RecordQuery(
            collection: StorageLease.collection, prefix: prefix.isEmpty ? nil : prefix, after: after, limit: limit)
        let now = uptimeMs
        var leases: [StorageLease] = []
        while leases.count < limit {
            query.limit = limit - leases.count
            let page = try await store.list(query)
            for record in page.records {
                guard let stored = Stored(record.bytes), !stored.isReleased else { continue }
                leases.append(
                    StorageLease(
                        name: record.key.id, owner: stored.owner, token: stored.token,
                        remainingMs: stored.remainingMs(at: now)))
            }
            guard let next = page.next else { break }
            query.after = next
        }
        return leases
    }

    /// A damaged lease is as good as none.
    private func readable(_ name: String) async throws(StorageError) -> Record? {
        do throws(StorageError) {
            return try await store.read(key(name))
        } catch {
            if error.kind == .corrupt { return nil }
            throw error
        }
    }
}
