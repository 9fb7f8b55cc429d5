import Support

/// A place in a list ordered by update time.
package struct UpdateCursor: Sendable {
    /// Unix milliseconds.
    package let updatedMs: Int64
    /// Of the last record before it.
    package let id: String

    /// - Throws: `invalid` for text that is not a cursor of such a list.
    package init(_ text: String) throws(StorageError) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let time = Int64(parts[0]), RecordKey.isValidName(String(parts[1])) else {
            throw StorageError(
                .invalid,
                "\"\(HostileText.escaped(text, multiline: false))\" is no cursor of this list; start again without one."
            )
        }
        updatedMs = time
        id = String(parts[1])
    }

    /// The cursor after a record.
    package static func next(_ record: Record, _ order: RecordQuery.Order) -> String {
        order == .id ? record.key.id : "\(record.updatedMs):\(record.key.id)"
    }
}
