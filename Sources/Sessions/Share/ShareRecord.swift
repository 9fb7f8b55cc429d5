import Storage
package import Support

/// What is known of one share: the outbox of a session that is public, kept until the service confirmed that it is not.
///
/// It is a record of its own, so that it outlives its session. What is still to be sent is the session's log above `synced`:
/// nothing is queued that could be lost, and no queue can grow.
package struct ShareRecord: Codable, Sendable, Equatable {
    /// How far the share is.
    package enum State: String, Codable, Sendable {
        /// The service may or may not know it; it was not made before this is over.
        case creating
        case active
        /// To be removed at the service; nothing is sent any more.
        case revoking
        /// The service does not have it any more.
        case gone
    }

    /// 128 random bits, 32 hexadecimal digits. Whoever knows it may read.
    package var id: String
    package var sessionID: String
    /// Where it is read.
    package var url: String
    /// The service's address, without a credential.
    package var service: String
    /// 256 random bits. Whoever knows it may write and remove.
    package var secret: String
    package var state: State
    /// The session's title, for lists after the session was deleted. Redacted.
    package var title: String?
    /// Unix milliseconds.
    package var created: Int64
    /// The `seq` up to which the service confirmed the session's log.
    package var synced: Int64
    /// Failures since the last success.
    package var attempts: Int
    /// When to try again, Unix milliseconds; 0 = at once.
    package var nextAttempt: Int64
    /// What the last failure was.
    package var error: String?
    /// The session was deleted.
    package var isOrphan: Bool?

    /// A share that is about to be made.
    init(sessionID: String, url: String, service: String, id: String, secret: String, created: Int64) {
        self.id = id
        self.sessionID = sessionID
        self.url = url
        self.service = service
        self.secret = secret
        self.created = created
        state = .creating
        synced = 0
        attempts = 0
        nextAttempt = 0
    }

    /// Where the records are; the id of one is its session's.
    static let collection = "share"
    static func key(_ sessionID: String) -> RecordKey { RecordKey(collection, sessionID) }

    /// - Returns: nil for bytes that are no such record.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes), let record: ShareRecord = try? json.decode() else { return nil }
        self = record
    }

    func bytes() throws(StorageError) -> [UInt8] {
        do {
            return try JSONEncoding.bytes(of: self)
        } catch {
            throw StorageError(.invalid, "A share cannot be written as JSON: \(error.message)")
        }
    }

    /// As lists show it: never the secret.
    package var json: JSON {
        var object: JSONObject = [
            "id": .string(id), "sessionID": .string(sessionID), "url": .string(url),
            "time": ["created": .int(created)], "state": .string(state.rawValue), "attempts": .int(Int64(attempts)),
        ]
        if let title { object["title"] = .string(title) }
        if let error { object["error"] = .string(error) }
        if isOrphan == true { object["sessionDeleted"] = true }
        return .object(object)
    }

    /// Counts a failure and says when to try again: 1 s, doubled each time, ten minutes at most, with up to a quarter more so
    /// that many clients do not come back at once.
    mutating func failed(_ error: ShareError, now: Int64, jitter: Double = .random(in: 0...0.25)) {
        attempts += 1
        let delay = min(Self.longestDelayMs, Int64(1_000) << Int64(min(attempts - 1, 20)))
        nextAttempt = now + delay + Int64(Double(delay) * jitter)
        self.error = error.message
    }

    mutating func succeeded() {
        attempts = 0
        nextAttempt = 0
        error = nil
    }

    static let longestDelayMs: Int64 = 600_000
}

/// Random hexadecimal digits for ids and secrets.
enum ShareRandom {
    static func hex(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for _ in 0..<count {
            let byte = UInt8.random(in: 0...255, using: &generator)
            out += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: out, as: UTF8.self)
    }
}
