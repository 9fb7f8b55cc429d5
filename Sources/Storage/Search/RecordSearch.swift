/// Which records of a collection contain a text, themselves or in the records that belong to them.
///
/// A record belongs to `<collection>/<id>` when it stands in the collection `<nested>/<id>`, as the messages of a session do.
/// The text is searched literally (no wildcards, no stemming) and case-blind: both sides are folded by `SearchText.fold`, then
/// compared byte for byte, so that every backend finds the same records. What of a record is searched: `SearchText.of`.
package struct RecordSearch: Sendable, Equatable {
    /// 1 to 1,000 bytes.
    package var text: String
    /// Where the results are from.
    package var collection: String
    /// The first part of the collections whose records belong to a result; nil looks at the results themselves only.
    package var nested: String?
    /// Only records whose last put named this group.
    package var group: String?
    /// The `next` of the page before, or `RecordQuery.cursor(after:)` of an `updatedDescending` query.
    package var after: String?
    /// 1 to 1,000 records.
    package var limit: Int

    /// Searches the sessions and their messages, unless told otherwise.
    package init(
        text: String, collection: String = "session", nested: String? = "message", group: String? = nil,
        after: String? = nil, limit: Int = 50
    ) {
        self.text = text
        self.collection = collection
        self.nested = nested
        self.group = group
        self.after = after
        self.limit = limit
    }

    /// The list that holds all results.
    package var query: RecordQuery {
        RecordQuery(collection: collection, group: group, order: .updatedDescending, after: after, limit: limit)
    }

    static let maximumTextBytes = 1_000

    /// - Throws: `invalid` for a text, collection or page that is not possible.
    package func check() throws(StorageError) {
        try BatchValidation.check(query)
        guard (1...Self.maximumTextBytes).contains(text.utf8.count) else {
            throw StorageError(
                .invalid,
                "A text of \(text.utf8.count) bytes cannot be searched; give 1 to \(Self.maximumTextBytes) bytes.")
        }
        if let nested { try BatchValidation.check(RecordQuery(collection: nested, limit: 1)) }
    }
}

extension StorageBackend {
    /// The search of backends without an index: reads the list and, until something matches, what belongs to each record.
    /// Memory is bounded by one page of 100 records.
    package func search(_ search: RecordSearch) async throws(StorageError) -> RecordPage {
        try search.check()
        let wanted = Array(SearchText.fold(search.text).utf8)
        var query = search.query
        query.limit = 100
        var result = RecordPage(records: [])
        while true {
            let page = try await list(query)
            result.damaged += page.damaged
            for record in page.records {
                var isFound = SearchText.contains(record, wanted)
                if !isFound, let nested = search.nested {
                    isFound = try await anyContains(wanted, in: "\(nested)/\(record.key.id)", &result.damaged)
                }
                guard isFound else { continue }
                if result.records.count == search.limit {
                    result.next = result.records.last.map { query.cursor(after: $0) }
                    return result
                }
                result.records.append(record)
            }
            guard let next = page.next else { return result }
            query.after = next
        }
    }

    private func anyContains(
        _ wanted: [UInt8], in collection: String, _ damaged: inout [DamagedRecord]
    ) async throws(StorageError) -> Bool {
        var query = RecordQuery(collection: collection, limit: 100)
        while true {
            let page = try await list(query)
            damaged += page.damaged
            if page.records.contains(where: { SearchText.contains($0, wanted) }) { return true }
            guard let next = page.next else { return false }
            query.after = next
        }
    }
}
