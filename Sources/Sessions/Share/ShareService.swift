package import Logging
import Schema
package import Storage
package import Support

/// Shares of sessions: made, kept up to date, revoked. Of several processes on one store each may do any of it.
///
/// A share is written down before the service hears of it and forgotten after the service said that it is gone, so that
/// nothing can be public without being listed here. What a session's log has above a share's `synced` is sent as upserts; the
/// log is the outbox, so that a crash loses nothing and a service that is away costs no memory.
package actor ShareService {
    private static let batchItems = 200
    private static let batchBytes = 512 << 10
    private static let maximumMirrors = 8
    private static let creatingMs: Int64 = 120_000

    private let storage: any StorageBackend
    private let sessions: SessionService
    private let remote: any ShareRemote
    private let time: any TimeSource
    private let logger: Logger
    private let owner: String
    /// What services have, by share; the one used last at the end.
    private var mirrors: [(id: String, mirror: ShareMirror)] = []
    private var turns = KeyedMutex()

    /// - Parameter owner: names this process among those on the store; printable ASCII.
    package init(
        storage: any StorageBackend, sessions: SessionService, remote: any ShareRemote, time: any TimeSource,
        logger: Logger, owner: String
    ) {
        self.storage = storage
        self.sessions = sessions
        self.remote = remote
        self.time = time
        self.logger = logger
        self.owner = owner
    }

    // MARK: Looking

    /// All shares, the latest first, those of deleted sessions too.
    /// - Throws: `StorageError`.
    package func list() async throws -> [ShareRecord] {
        var records: [ShareRecord] = []
        var query = RecordQuery(collection: ShareRecord.collection, limit: 1_000)
        while true {
            let page = try await storage.list(query)
            records += page.records.compactMap { ShareRecord($0.bytes) }
            guard let next = page.next else { break }
            query.after = next
        }
        return records.sorted { ($0.created, $0.id) > ($1.created, $1.id) }
    }

    /// The share of a session; nil when it has none.
    package func record(_ sessionID: String) async throws -> ShareRecord? {
        guard RecordKey.isValidName(sessionID) else { return nil }
        return try await storage.read(ShareRecord.key(sessionID)).flatMap { ShareRecord($0.bytes) }
    }

    /// The share that a share's id, its address or a session's id names.
    /// - Throws: `notFound`.
    package func find(_ name: String) async throws -> ShareRecord {
        if let record = try await record(name) { return record }
        guard let found = try await list().first(where: { $0.id == name || $0.url == name }) else {
            throw ShareError.notFound(name)
        }
        return found
    }

    /// What a share of this session would show. Nothing is sent.
    /// - Throws: `disabled`, `notConfigured`, `SessionError`.
    package func preview(_ sessionID: String, _ context: ShareContext) async throws -> SharePreview {
        let address = try Self.address(context)
        let projection = try await sessions.projection(sessionID)
        var mirror = ShareMirror(projection)
        let items = mirror.changes(context.redaction)
        let document = ShareDocument.assemble(items)
        return SharePreview(
            sessionID: sessionID, service: try remote.place(address, id: "").service,
            messages: document["messages"]?.arrayValue?.count ?? 0,
            bytes: items.reduce(0) { $0 + $1.bytes().count }, secrets: mirror.secrets, paths: mirror.paths,
            document: document)
    }

    // MARK: Making

    /// Makes a session public and returns when the service has all of it. One that is public already stays as it is.
    /// - Throws: `ShareError`, `SessionError`, `StorageError`. The session is not public then, or the share is listed as
    ///   `revoking` and is removed as soon as the service can be reached.
    package func share(_ sessionID: String, _ context: ShareContext) async throws -> ShareRecord {
        let address = try Self.address(context)
        _ = try await sessions.get(sessionID)
        await hold(sessionID)
        defer { release(sessionID) }
        if let known = try await record(sessionID) {
            if known.state == .active { return known }
            // An earlier share that was not finished, one way or the other.
            try await remove(known)
        }
        let id = ShareRandom.hex(bytes: 16)
        let place = try remote.place(address, id: id)
        var record = ShareRecord(
            sessionID: sessionID, url: place.url, service: place.service, id: id, secret: ShareRandom.hex(bytes: 32),
            created: time.nowMs())
        do throws(StorageError) {
            try await storage.write(
                ShareRecord.key(sessionID), try record.bytes(), expectedVersion: 0, updatedMs: record.created,
                durability: .flushed)
        } catch {
            guard error.kind == .conflict else { throw error }
            throw ShareError(.busy, "Somebody else shares session \(sessionID) at this moment; look again.")
        }
        do throws(ShareError) {
            try await remote.create(address, id: id, secretHash: SHA256Hash.hex(of: record.secret.utf8))
        } catch {
            if error.isUncertain {
                await giveUp(record)
            } else {
                // The service said no, or nobody was there.
                try? await storage.remove(ShareRecord.key(sessionID), durability: .flushed)
            }
            throw error
        }
        do {
            (record.synced, record.title) = try await send(record, context.redaction)
        } catch {
            await giveUp(record)
            throw error
        }
        record.state = .active
        let made = record
        try await storage.remove(Self.offKey(sessionID))
        guard let kept = try await update(sessionID, id: id, { $0 = made }), kept.state == .active else {
            throw ShareError(.busy, "The share of session \(sessionID) was revoked at the same moment.")
        }
        try await sessions.append(
            sessionID, [.sessionShared(.init(sessionID: sessionID, url: record.url))], durability: .flushed)
        return record
    }

    /// Takes a share back that could not be finished; what cannot be reached now is removed later.
    private func giveUp(_ record: ShareRecord) async {
        do {
            try await removeRemote(record)
            try await storage.remove(ShareRecord.key(record.sessionID), durability: .flushed)
        } catch {
            _ = try? await update(record.sessionID, id: record.id) { [time] record in
                record.state = .revoking
                if let error = error as? ShareError { record.failed(error, now: time.nowMs()) }
            }
        }
    }

    // MARK: Bringing up to date

    /// Sends what happened in a session since the last time. Does nothing when the session is not shared, or when another
    /// process does it.
    /// - Returns: whether something was sent.
    /// - Throws: `ShareError`; it is noted in the record, with the time of the next try.
    @discardableResult
    package func sync(_ sessionID: String, _ context: ShareContext) async throws -> Bool {
        guard context.mode != .disabled else { return false }
        await hold(sessionID)
        defer { release(sessionID) }
        guard let record = try await record(sessionID), record.state == .active else { return false }
        guard try await storage.lastSeq(of: sessionID) > record.synced else { return false }
        let lease: LeaseKeeper
        do throws(StorageError) {
            // Short, and renewed while it sends: a process that was killed keeps nobody from sending for long.
            lease = try await LeaseKeeper.acquire(
                "share.\(sessionID)", owner: owner, storage: storage, time: time)
        } catch {
            if error.kind == .busy { return false }
            throw error
        }
        do {
            let (seq, title) = try await send(record, context.redaction)
            try await update(sessionID, id: record.id) { record in
                record.synced = max(record.synced, seq)
                record.title = title ?? record.title
                record.succeeded()
            }
            await lease.release()
            return true
        } catch {
            if let failure = error as? ShareError {
                _ = try? await update(sessionID, id: record.id) { [time] record in
                    record.failed(failure, now: time.nowMs())
                    if failure.kind == .gone, record.state == .active { record.state = .gone }
                }
            }
            await lease.release()
            throw error
        }
    }

    /// - Returns: the `seq` that the service has now, and the title it shows.
    private func send(_ record: ShareRecord, _ redaction: ShareRedaction) async throws -> (Int64, String?) {
        var mirror = try await mirror(record, redaction)
        try await read(record.sessionID, into: &mirror)
        if mirror.projection == nil { mirror = ShareMirror(try await sessions.projection(record.sessionID)) }
        let items = mirror.changes(redaction)
        for batch in Self.batches(items) { try await remote.sync(record, seq: mirror.seq, items: batch) }
        mirrors.removeAll { $0.id == record.id }
        if mirrors.count >= Self.maximumMirrors { mirrors.removeFirst() }
        mirrors.append((record.id, mirror))
        var redactor = redaction.redactor(directories: [])
        return (mirror.seq, mirror.projection?.info.title.map { redactor.redacted($0) })
    }

    /// What the service has, from memory or from the log.
    private func mirror(_ record: ShareRecord, _ redaction: ShareRedaction) async throws -> ShareMirror {
        if let known = mirrors.last(where: { $0.id == record.id })?.mirror, known.seq == record.synced { return known }
        var mirror = ShareMirror()
        guard record.synced > 0 else { return mirror }
        try await read(record.sessionID, into: &mirror, through: record.synced)
        _ = mirror.changes(redaction)
        return mirror
    }

    private func read(_ sessionID: String, into mirror: inout ShareMirror, through end: Int64 = .max) async throws {
        while mirror.seq < end {
            let page = try await storage.events(of: sessionID, after: mirror.seq, limit: 1_000)
            guard !page.isEmpty else { return }
            for stored in page {
                guard stored.seq <= end else { return }
                if let event = SessionRecords.event(stored) { mirror.apply(event) }
                mirror.skip(to: stored.seq)
            }
        }
    }

    private static func batches(_ items: [JSON]) -> [[JSON]] {
        var batches: [[JSON]] = []
        var batch: [JSON] = []
        var bytes = 0
        for item in items {
            let count = item.bytes().count
            if !batch.isEmpty, bytes + count > batchBytes || batch.count >= batchItems {
                batches.append(batch)
                (batch, bytes) = ([], 0)
            }
            batch.append(item)
            bytes += count
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }

    /// What a process does at the end of its work in a session: shares it where that is automatic, else sends what is new.
    /// - Returns: whether something was sent.
    @discardableResult
    package func finish(_ sessionID: String, _ context: ShareContext) async throws -> Bool {
        if try await record(sessionID) != nil { return try await sync(sessionID, context) }
        guard context.mode == .auto, try await isToShare(sessionID) else { return false }
        _ = try await share(sessionID, context)
        return true
    }

    /// Whether `auto` shares this session: one that a person started, that has no share and was not made private.
    func isToShare(_ sessionID: String) async throws -> Bool {
        guard try await sessions.get(sessionID).parentID == nil, try await record(sessionID) == nil else {
            return false
        }
        return try await storage.read(Self.offKey(sessionID)) == nil
    }

    // MARK: Revoking

    /// Where it is noted that somebody made a session private again, so that `auto` leaves it alone.
    private static func offKey(_ sessionID: String) -> RecordKey { RecordKey("share-off", sessionID) }

    /// Makes a session private again: the share is forgotten once the service said that it is gone.
    /// - Parameter name: a session's id, a share's id or its address.
    /// - Throws: `notFound`; else the share stays, listed as `revoking`, nothing more is sent to it, and whoever syncs tries
    ///   again until the service confirms.
    @discardableResult
    package func revoke(_ name: String) async throws -> ShareRecord {
        let found = try await find(name)
        await hold(found.sessionID)
        defer { release(found.sessionID) }
        guard let record = try await record(found.sessionID), record.id == found.id else { return found }
        if record.isOrphan != true, record.state == .active {
            try await storage.write(Self.offKey(found.sessionID), [], updatedMs: time.nowMs())
        }
        try await remove(record)
        return record
    }

    /// Forgets a share although no service confirmed that it is gone; it may stay public.
    /// - Throws: `notFound`.
    package func forget(_ name: String) async throws -> ShareRecord {
        let record = try await find(name)
        await hold(record.sessionID)
        defer { release(record.sessionID) }
        try await forgetLocally(record)
        return record
    }

    private func forgetLocally(_ record: ShareRecord) async throws {
        let id = record.sessionID
        mirrors.removeAll { $0.id == record.id }
        if try await info(id)?.share != nil {
            try await sessions.append(id, [.sessionUnshared(.init(sessionID: id))], durability: .flushed)
        }
        try await storage.remove(ShareRecord.key(id), durability: .flushed)
    }

    private func remove(_ record: ShareRecord) async throws {
        let id = record.sessionID
        try await update(id, id: record.id, durability: .flushed) { record in
            record.state = .revoking
            record.nextAttempt = 0
        }
        do {
            try await removeRemote(record)
        } catch {
            if let failure = error as? ShareError {
                _ = try? await update(id, id: record.id) { [time] in $0.failed(failure, now: time.nowMs()) }
            }
            throw error
        }
        try await forgetLocally(record)
    }

    private func removeRemote(_ record: ShareRecord) async throws {
        do throws(ShareError) {
            try await remote.remove(record)
        } catch {
            if error.kind != .gone { throw error }
        }
    }

    /// nil for a session that was deleted.
    private func info(_ id: String) async throws -> SessionInfo? {
        do throws(SessionError) {
            return try await sessions.get(id)
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    // MARK: Repair

    /// Ends what a process left half done: a share that was being made and whose maker is gone is revoked, a session that does
    /// not know that it is public learns it.
    func repair(_ record: ShareRecord) async throws {
        switch record.state {
        case .creating where time.nowMs() - record.created > Self.creatingMs: try await revoke(record.id)
        case .active:
            guard let info = try await info(record.sessionID), info.share?.url != record.url else { return }
            try await sessions.append(
                record.sessionID, [.sessionShared(.init(sessionID: record.sessionID, url: record.url))])
        default: return
        }
    }

    // MARK: Parts

    private static func address(_ context: ShareContext) throws(ShareError) -> String {
        guard context.mode != .disabled else { throw .disabled }
        guard let address = context.address, !address.isEmpty else { throw .notConfigured }
        return address
    }

    /// Changes the record of one share, unless it is gone or another one stands in its place.
    /// - Returns: the record as it is now; nil when it is not there.
    @discardableResult
    private func update(
        _ sessionID: String, id: String, durability: StorageBatch.Durability = .buffered,
        _ change: @Sendable (inout ShareRecord) -> Void
    ) async throws -> ShareRecord? {
        let updated = try await storage.update(
            ShareRecord.key(sessionID), updatedMs: time.nowMs(), durability: durability
        ) { bytes throws(StorageError) in
            guard let bytes, var record = ShareRecord(bytes), record.id == id else { return nil }
            let (wasRevoking, isOrphan) = (record.state == .revoking, record.isOrphan)
            change(&record)
            record.isOrphan = isOrphan
            // Once it is to be removed, nothing that was under way makes it public again.
            if wasRevoking, record.state != .gone { record.state = .revoking }
            return try record.bytes()
        }
        return updated.flatMap { ShareRecord($0.bytes) }.flatMap { $0.id == id ? $0 : nil }
    }

    private func hold(_ id: String) async {
        if turns.tryEnter(id) { return }
        await withCheckedContinuation { turns.wait(id, $0) }
    }

    private func release(_ id: String) { turns.leave(id) }
}
