import Schema
import Storage
import Support

/// The record of a session: what a list needs, and what the fold needs beside the messages.
struct StoredSession: Codable, Equatable {
    var info: SessionInfo
    var inbox: [InboxEntry]
    var running: Bool
    var todo: JSON?
}

/// The record of a message.
struct StoredMessage: Codable {
    var message: SessionMessage
    var superseded: Bool?
    /// The part from which on the message is reverted.
    var supersededFrom: String?
}

/// Names and bytes of a session's records.
///
/// `session/<id>` · `message/<session>/<12-digit seq>-<message id>` · `child/<parent>/<id>`, empty, so that children are found.
/// `fork/<source>/<id>`, empty, the same for forks · The log's name is the session's id.
enum SessionRecords {
    static let sessions = "session"

    static func session(_ id: String) -> RecordKey { RecordKey(sessions, id) }
    static func messages(of id: String) -> String { "message/\(id)" }
    static func children(of id: String) -> String { "child/\(id)" }
    static func forks(of id: String) -> String { "fork/\(id)" }

    static func message(_ entry: SessionProjection.Entry, of id: String) -> RecordKey {
        let digits = String(entry.seq)
        let padded = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        return RecordKey(messages(of: id), "\(padded)-\(entry.message.id)")
    }

    /// The puts that store what changed in a projection.
    static func puts(_ projection: inout SessionProjection) throws(SessionError) -> [RecordPut] {
        let info = projection.info
        let stored = StoredSession(
            info: info, inbox: projection.inbox, running: projection.running, todo: projection.todo)
        var puts = [
            RecordPut(
                key: session(info.id), bytes: try encode(stored), updatedMs: info.time.updated,
                group: group(info.location.directory))
        ]
        for entry in projection.takeChanges() {
            let body = StoredMessage(
                message: entry.message, superseded: entry.isSuperseded ? true : nil,
                supersededFrom: entry.supersededFrom)
            puts.append(
                RecordPut(key: message(entry, of: info.id), bytes: try encode(body), updatedMs: info.time.updated))
        }
        return puts
    }

    /// The index value of a directory: a hash, because a path may hold any byte.
    static func group(_ directory: String) -> String { SHA256Hash.hex(of: directory.utf8) }

    static func encode(_ value: some Encodable) throws(SessionError) -> [UInt8] {
        do {
            return try JSONEncoding.bytes(of: value)
        } catch {
            throw SessionError(
                .invalid, "A session's data cannot be written as JSON: \(error.message)", underlying: error)
        }
    }

    /// - Returns: nil for bytes that do not fit; the log is replayed then.
    static func session(_ record: Record) -> StoredSession? {
        guard let json = try? JSON(parsing: record.bytes) else { return nil }
        return try? json.decode()
    }

    static func entry(_ record: Record) -> SessionProjection.Entry? {
        guard let dash = record.key.id.utf8.firstIndex(of: UInt8(ascii: "-")), let seq = Int64(record.key.id[..<dash]),
            let json = try? JSON(parsing: record.bytes), let stored: StoredMessage = try? json.decode()
        else { return nil }
        return SessionProjection.Entry(
            seq: seq, message: stored.message, isSuperseded: stored.superseded ?? false,
            supersededFrom: stored.supersededFrom)
    }

    static func event(_ stored: StoredEvent) -> Event? {
        guard let json = try? JSON(parsing: stored.bytes), var event: Event = try? json.decode() else { return nil }
        event.durable?.seq = stored.seq
        return event
    }
}
