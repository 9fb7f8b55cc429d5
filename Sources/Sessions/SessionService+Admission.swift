package import Schema
import Storage
import Support

/// What an id of a prompt stands for.
package enum AdmissionClaim: Sendable, Equatable {
    /// Nothing had it; it is taken now.
    case fresh
    /// The same session admitted this before.
    case known(created: Int64, item: InboxItem)
    /// Another session, or another kind of message, has it.
    case taken(String)
}

extension SessionService {
    /// Takes an id of a prompt for a session, once and for all, so that a prompt that is sent twice is admitted once.
    /// - Throws: `notFound`, `invalid` for an impossible id, `storage`.
    package func claim(_ messageID: String, for id: String) async throws(SessionError) -> AdmissionClaim {
        guard RecordKey.isValidName(messageID) else {
            throw SessionError(
                .invalid,
                "\"\(HostileText.escaped(messageID, multiline: false))\" cannot be a message's id. Use letters, digits, '.', '_' and '-'."
            )
        }
        if let known = try await admitted(messageID, in: id) { return known }
        let key = RecordKey("admission", messageID)
        do throws(StorageError) {
            _ = try await storage.write(key, Array(id.utf8), expectedVersion: 0, updatedMs: time.nowMs())
            return .fresh
        } catch {
            guard error.kind == .conflict else { throw Self.failed(error, id) }
        }
        do throws(StorageError) {
            let owner = try await storage.read(key).map { UTF8Text.lossy($0.bytes) }
            if owner == id { return try await admittedOrFresh(messageID, in: id) }
            if let owner, try await storage.lastSeq(of: owner) > 0 { return .taken(owner) }
            // Its session is gone.
            _ = try await storage.write(key, Array(id.utf8), updatedMs: time.nowMs())
            return .fresh
        } catch {
            throw Self.failed(error, id)
        }
    }

    private func admittedOrFresh(_ messageID: String, in id: String) async throws(StorageError) -> AdmissionClaim {
        do throws(SessionError) {
            return try await admitted(messageID, in: id) ?? .fresh
        } catch {
            throw StorageError(.unavailable, error.message)
        }
    }

    /// What the session has under this id.
    private func admitted(_ messageID: String, in id: String) async throws(SessionError) -> AdmissionClaim? {
        let projection = try await projection(id)
        if let entry = projection.inbox.first(where: { $0.id == messageID }) {
            return .known(created: entry.created, item: entry.item)
        }
        guard let message = projection.messages.first(where: { $0.id == messageID }) else { return nil }
        switch message {
        case .user, .synthetic, .compaction: return try await enqueued(messageID, in: id) ?? .taken(id)
        default: return .taken(id)
        }
    }

    /// The admission as the log has it.
    private func enqueued(_ messageID: String, in id: String) async throws(SessionError) -> AdmissionClaim? {
        var seq: Int64 = 0
        do throws(StorageError) {
            while true {
                let page = try await storage.events(of: id, after: seq, limit: 1_000)
                guard let last = page.last else { return nil }
                seq = last.seq
                for stored in page where stored.type == "session.inbox.enqueued" {
                    guard case .sessionInboxEnqueued(let data)? = SessionRecords.event(stored)?.payload,
                        data.inboxID == messageID
                    else { continue }
                    return .known(created: stored.created, item: data.item)
                }
            }
        } catch {
            throw Self.failed(error, id)
        }
    }

    /// The sessions that a dead process may have left running or with something in the inbox. At most 10,000 sessions
    /// are looked at, latest update first.
    package func unfinished() async throws(SessionError) -> [String] {
        var found: [String] = []
        var query = RecordQuery(collection: SessionRecords.sessions, order: .updatedDescending, limit: 1_000)
        for _ in 0..<10 {
            do throws(StorageError) {
                let page = try await storage.list(query)
                for record in page.records {
                    guard let stored = SessionRecords.session(record) else { continue }
                    if stored.running || !stored.inbox.isEmpty { found.append(stored.info.id) }
                }
                guard let next = page.next else { return found }
                query.after = next
            } catch {
                throw SessionError(.storage, "The sessions cannot be listed: \(error.message)", underlying: error)
            }
        }
        return found
    }
}
