/// The name of a record: a collection and an id in it.
///
/// Collections are segments joined by `/`; segments and ids are 1 to 200 bytes of `A-Z a-z 0-9 . _ -` and do not start with a
/// dot, a whole collection has at most 8 segments. Backends refuse other names with `invalid`.
package struct RecordKey: Sendable, Hashable {
    /// Segments joined by `/`.
    package var collection: String
    /// Unique in its collection or log.
    package var id: String

    /// The value with these members; nothing is checked.
    package init(_ collection: String, _ id: String) {
        self.collection = collection
        self.id = id
    }

    /// True when this is a name that every backend can store.
    package var isValid: Bool { Self.isValidCollection(collection) && Self.isValidName(id) }

    /// True for one segment of a collection, an id or an aggregate's name.
    package static func isValidName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, first != UInt8(ascii: "."), bytes.count <= 200 else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    static func isValidCollection(_ collection: String) -> Bool {
        let segments = collection.split(separator: "/", omittingEmptySubsequences: false)
        return segments.count <= 8 && segments.allSatisfy { isValidName(String($0)) }
    }
}

/// A stored value.
package struct Record: Sendable, Equatable {
    /// The name.
    package var key: RecordKey
    /// 1 when it was created, one more with every change.
    package var version: Int64
    /// Unix milliseconds, as the last put said.
    package var updatedMs: Int64
    /// The index value of the last put.
    package var group: String?
    /// The value.
    package var bytes: [UInt8]

    /// The value with these members; nothing is checked.
    package init(key: RecordKey, version: Int64, updatedMs: Int64, group: String?, bytes: [UInt8]) {
        self.key = key
        self.version = version
        self.updatedMs = updatedMs
        self.group = group
        self.bytes = bytes
    }
}

/// Which records of one collection (not of those nested in it) to list, and in which order.
package struct RecordQuery: Sendable, Equatable {
    /// How a list is ordered; both orders are total.
    package enum Order: Sendable, Equatable {
        /// By the bytes of the id, ascending.
        case id
        /// By update time, latest first; equal times by id, descending.
        case updatedDescending
    }

    /// Segments joined by `/`.
    package var collection: String
    /// Only ids that start with this.
    package var prefix: String?
    /// Only records whose last put named this group.
    package var group: String?
    /// How the list is ordered.
    package var order: Order
    /// The `next` of the page before; opaque, valid for the same query only.
    package var after: String?
    /// 1 to 1,000 records.
    package var limit: Int

    /// The value with these members; nothing is checked.
    package init(
        collection: String, prefix: String? = nil, group: String? = nil, order: Order = .id, after: String? = nil,
        limit: Int = 100
    ) {
        self.collection = collection
        self.prefix = prefix
        self.group = group
        self.order = order
        self.after = after
        self.limit = limit
    }

    /// The cursor that continues a list right after one of its records.
    package func cursor(after record: Record) -> String { UpdateCursor.next(record, order) }
}

/// Something stored that could not be read and was moved aside.
package struct DamagedRecord: Sendable, Equatable {
    /// The name.
    package var key: RecordKey
    /// A sentence that says what is wrong and where the bytes are now.
    package var message: String

    /// The value with these members; nothing is checked.
    package init(key: RecordKey, message: String) {
        self.key = key
        self.message = message
    }
}

/// One page of a list.
package struct RecordPage: Sendable, Equatable {
    /// The records, in the order of the query.
    package var records: [Record]
    /// Where the next page starts; nil at the end.
    package var next: String?
    /// Records that would belong to the page but are damaged; they do not hide the others.
    package var damaged: [DamagedRecord]

    /// The value with these members; nothing is checked.
    package init(records: [Record], next: String? = nil, damaged: [DamagedRecord] = []) {
        self.records = records
        self.next = next
        self.damaged = damaged
    }
}

/// An event to append. `bytes` contain no line feed (compact JSON has none).
package struct NewEvent: Sendable, Equatable {
    /// At most 200 bytes, as an id of a record.
    package var id: String
    /// At most 200 bytes, as an id of a record.
    package var type: String
    /// Unix milliseconds.
    package var created: Int64
    /// The value.
    package var bytes: [UInt8]

    /// The value with these members; nothing is checked.
    package init(id: String, type: String, created: Int64, bytes: [UInt8]) {
        self.id = id
        self.type = type
        self.created = created
        self.bytes = bytes
    }
}

/// An event of a log.
package struct StoredEvent: Sendable, Equatable {
    /// 1 for the first event of an aggregate; contiguous.
    package var seq: Int64
    /// Unique in its collection or log.
    package var id: String
    /// The event's type, as in `session.created`.
    package var type: String
    /// Unix milliseconds.
    package var created: Int64
    /// The value.
    package var bytes: [UInt8]

    /// The value with these members; nothing is checked.
    package init(seq: Int64, id: String, type: String, created: Int64, bytes: [UInt8]) {
        self.seq = seq
        self.id = id
        self.type = type
        self.created = created
        self.bytes = bytes
    }
}

/// Events for the end of one log.
package struct EventAppend: Sendable, Equatable {
    /// The log's name, with the form of a record id.
    package var aggregate: String
    /// The `seq` of the log's last event as the caller knows it, 0 for an empty log; another value is a `conflict`.
    package var expectedLastSeq: Int64
    /// At the end of the log, in this order.
    package var events: [NewEvent]

    /// The value with these members; nothing is checked.
    package init(aggregate: String, expectedLastSeq: Int64, events: [NewEvent]) {
        self.aggregate = aggregate
        self.expectedLastSeq = expectedLastSeq
        self.events = events
    }
}

/// A record to create or replace.
package struct RecordPut: Sendable, Equatable {
    /// The name.
    package var key: RecordKey
    /// The value.
    package var bytes: [UInt8]
    /// nil: whatever is there is replaced; 0: the record must not exist; else it must have this version.
    package var expectedVersion: Int64?
    /// Unix milliseconds.
    package var updatedMs: Int64
    /// An index value (at most 4,096 bytes, no control characters) that `RecordQuery.group` finds.
    package var group: String?

    /// The value with these members; nothing is checked.
    package init(
        key: RecordKey, bytes: [UInt8], expectedVersion: Int64? = nil, updatedMs: Int64, group: String? = nil
    ) {
        self.key = key
        self.bytes = bytes
        self.expectedVersion = expectedVersion
        self.updatedMs = updatedMs
        self.group = group
    }
}

/// Changes that happen together or not at all.
///
/// A batch names a record or log once. Limits: 10,000 operations and events, 64 MiB a value.
package struct StorageBatch: Sendable, Equatable {
    /// What an acknowledged commit survives.
    package enum Durability: Sendable, Equatable {
        /// The end of our process in any way, SIGKILL too. Power loss may undo the latest commits, whole ones from the end.
        case buffered
        /// Power loss as well, with everything that was committed before.
        case flushed
    }

    /// Events for the ends of logs.
    package var appends: [EventAppend]
    /// Records to create or replace.
    package var puts: [RecordPut]
    /// Records that go; one that is not there is fine.
    package var removes: [RecordKey]
    /// Whole event logs that go.
    package var removeAggregates: [String]
    /// Collections whose records all go.
    package var removeCollections: [String]
    /// What the commit survives.
    package var durability: Durability

    /// The value with these members; nothing is checked.
    package init(
        appends: [EventAppend] = [], puts: [RecordPut] = [], removes: [RecordKey] = [],
        removeAggregates: [String] = [], removeCollections: [String] = [], durability: Durability = .buffered
    ) {
        self.appends = appends
        self.puts = puts
        self.removes = removes
        self.removeAggregates = removeAggregates
        self.removeCollections = removeCollections
        self.durability = durability
    }
}

/// What a commit assigned.
package struct CommitReceipt: Sendable, Equatable {
    /// The last `seq` of every log that was appended to.
    package var lastSeqs: [String: Int64]
    /// The new versions, in the order of the batch's puts.
    package var versions: [Int64]

    /// The value with these members; nothing is checked.
    package init(lastSeqs: [String: Int64], versions: [Int64]) {
        self.lastSeqs = lastSeqs
        self.versions = versions
    }
}
