/// What a store holds, in numbers.
package struct StorageStats: Sendable, Equatable {
    /// Records of all collections whose names start with the same segment.
    package struct Group: Sendable, Equatable {
        /// How many.
        package var records: Int64
        /// Bytes of their values.
        package var bytes: Int64

        /// The value with these members.
        package init(records: Int64 = 0, bytes: Int64 = 0) {
            self.records = records
            self.bytes = bytes
        }
    }

    /// The backend's name.
    package var backend: String
    /// The file, directory or address; no password.
    package var location: String
    /// What it takes on the disk, indexes and free space too.
    package var bytes: Int64
    /// The version of the schema or format.
    package var schema: Int64
    /// By the first segment of the collection.
    package var collections: [String: Group] = [:]
    /// How many event logs there are.
    package var logs: Int64 = 0
    /// Events of all logs.
    package var events: Int64 = 0
    /// Bytes of the events' values.
    package var eventBytes: Int64 = 0

    /// The value with these members; the rest is zero.
    package init(backend: String, location: String, bytes: Int64, schema: Int64) {
        self.backend = backend
        self.location = location
        self.bytes = bytes
        self.schema = schema
    }
}

/// Something in a store that is not what was written.
package struct StorageDamage: Sendable, Equatable {
    /// The session it belongs to, when that is known.
    package var sessionID: String?
    /// Where the damaged bytes are: a file, or a record's or log's name.
    package var path: String
    /// A sentence that says what is wrong.
    package var error: String
    /// True when the store serves what is left without further steps.
    package var isRepaired: Bool

    /// The value with these members.
    package init(sessionID: String?, path: String, error: String, isRepaired: Bool) {
        self.sessionID = sessionID
        self.path = path
        self.error = error
        self.isRepaired = isRepaired
    }

    /// The session that a record or log belongs to.
    package static func session(of key: RecordKey) -> String? {
        if key.collection == "session" { return key.id }
        let parts = key.collection.split(separator: "/")
        return parts.count == 2 && ["message", "child"].contains(parts.first) ? parts.last.map(String.init) : nil
    }
}

/// What a backend can do for those who look after it; `codetether storage …`.
package protocol StorageMaintenance: StorageBackend {
    /// Counts what is there.
    func stats() async throws(StorageError) -> StorageStats

    /// Reads everything, moves damaged bytes aside (they are never deleted) and makes the rest usable. Each damage is reported
    /// once, also when an earlier read moved it aside.
    /// - Returns: damage of bytes and structure; what the values mean is `StorageDoctor`'s part.
    func inspect() async throws(StorageError) -> [StorageDamage]

    /// Gives space that is not used any more back to the file system. Slow; other processes wait meanwhile.
    func compact() async throws(StorageError)
}
