import Support

/// The limits that all backends share, checked before anything is touched.
package enum BatchValidation {
    /// Operations and events of a batch.
    package static let maximumOperations = 10_000
    /// Bytes of one value.
    package static let maximumBytes = 64 << 20
    /// Bytes of a group.
    package static let maximumGroupBytes = 4_096
    /// Records of a page.
    package static let maximumPage = 1_000
    /// Events of a page.
    package static let maximumEvents = 10_000
    /// A page of events ends when it holds more bytes than this.
    package static let maximumEventPageBytes = 16 << 20

    /// - Throws: `invalid` for a name that no backend can store.
    package static func check(_ key: RecordKey) throws(StorageError) {
        guard key.isValid else {
            throw StorageError(
                .invalid,
                "\"\(HostileText.escaped("\(key.collection)/\(key.id)", multiline: false))\" cannot name a record. Use letters, digits, '.', '_' and '-'.",
                record: key)
        }
    }

    /// - Throws: `invalid` for a name that no backend can store.
    package static func check(aggregate: String) throws(StorageError) {
        guard RecordKey.isValidName(aggregate) else {
            throw StorageError(
                .invalid,
                "\"\(HostileText.escaped(aggregate, multiline: false))\" cannot name an event log. Use letters, digits, '.', '_' and '-'."
            )
        }
    }

    /// - Throws: `invalid` for an impossible collection, prefix or limit.
    package static func check(_ query: RecordQuery) throws(StorageError) {
        guard RecordKey.isValidCollection(query.collection) else {
            throw StorageError(
                .invalid,
                "\"\(HostileText.escaped(query.collection, multiline: false))\" cannot name a collection. Use letters, digits, '.', '_', '-' and '/'."
            )
        }
        try check(limit: query.limit, maximum: maximumPage)
        if let prefix = query.prefix, !prefix.isEmpty { try check(RecordKey(query.collection, prefix)) }
    }

    /// - Throws: `invalid` for a page that is empty or too large.
    package static func check(limit: Int, maximum: Int) throws(StorageError) {
        guard (1...maximum).contains(limit) else {
            throw StorageError(.invalid, "A page of \(limit) is not possible; ask for 1 to \(maximum).")
        }
    }

    /// - Throws: `invalid` for what no backend can store.
    package static func check(_ batch: StorageBatch) throws(StorageError) {
        let events = batch.appends.reduce(0) { $0 + $1.events.count }
        let operations =
            events + batch.puts.count + batch.removes.count + batch.removeAggregates.count
            + batch.removeCollections.count
        guard operations <= maximumOperations else {
            throw StorageError(
                .invalid, "A batch of \(operations) operations is too large; commit \(maximumOperations) at a time.")
        }
        var keys = Set<RecordKey>()
        for put in batch.puts {
            try check(put.key)
            try check(size: put.bytes.count, of: put.key.id)
            if let group = put.group { try check(group: group, of: put.key) }
            guard keys.insert(put.key).inserted else { throw twice(put.key) }
        }
        for key in batch.removes {
            try check(key)
            guard keys.insert(key).inserted else { throw twice(key) }
        }
        for collection in batch.removeCollections { try check(RecordQuery(collection: collection, limit: 1)) }
        if let key = keys.first(where: { batch.removeCollections.contains($0.collection) }) { throw twice(key) }
        var aggregates = Set<String>()
        for append in batch.appends {
            try check(aggregate: append.aggregate)
            guard aggregates.insert(append.aggregate).inserted else { throw twice(append.aggregate) }
            for event in append.events { try check(event) }
        }
        for aggregate in batch.removeAggregates {
            try check(aggregate: aggregate)
            guard aggregates.insert(aggregate).inserted else { throw twice(aggregate) }
        }
    }

    private static func check(_ event: NewEvent) throws(StorageError) {
        guard RecordKey.isValidName(event.id), RecordKey.isValidName(event.type) else {
            throw StorageError(
                .invalid,
                "An event cannot have the id \"\(HostileText.escaped(event.id, multiline: false))\" and the type \"\(HostileText.escaped(event.type, multiline: false))\"."
            )
        }
        try check(size: event.bytes.count, of: event.id)
        guard !event.bytes.contains(UInt8(ascii: "\n")) else {
            throw StorageError(.invalid, "The bytes of event \(event.id) contain a line feed; store compact JSON.")
        }
    }

    private static func check(size: Int, of name: String) throws(StorageError) {
        guard size <= maximumBytes else {
            throw StorageError(.invalid, "\(name) has \(size) bytes; \(maximumBytes) is the most that can be stored.")
        }
    }

    private static func check(group: String, of key: RecordKey) throws(StorageError) {
        guard group.utf8.count <= maximumGroupBytes, group.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw StorageError(
                .invalid, "The group of \(key.id) is longer than \(maximumGroupBytes) bytes or has control characters.",
                record: key)
        }
    }

    private static func twice(_ key: RecordKey) -> StorageError {
        StorageError(.invalid, "The batch names \(key.collection)/\(key.id) twice.", record: key)
    }

    private static func twice(_ aggregate: String) -> StorageError {
        StorageError(.invalid, "The batch names the event log \(aggregate) twice.")
    }

    /// The record has another version than the put expects.
    package static func conflict(_ put: RecordPut, actual: Int64) -> StorageError {
        let expected = put.expectedVersion ?? 0
        return StorageError(
            .conflict,
            "\(put.key.collection)/\(put.key.id) has version \(actual), not \(expected): somebody else changed it. Read it again.",
            record: put.key)
    }

    /// The log ends elsewhere than the append expects.
    package static func conflict(_ append: EventAppend, actual: Int64) -> StorageError {
        StorageError(
            .conflict,
            "The log \(append.aggregate) ends at \(actual), not at \(append.expectedLastSeq): somebody else appended to it. Read it again."
        )
    }

    /// Any use of a store after `close`.
    package static func closed(_ store: String) -> StorageError {
        StorageError(.unavailable, "The store \(HostileText.escaped(store, multiline: false)) is closed.")
    }
}
