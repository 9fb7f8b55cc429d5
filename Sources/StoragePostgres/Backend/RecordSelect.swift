import Storage

/// The statement of a list or a search, one record longer than the page.
struct RecordSelect: Sendable {
    private var conditions = ["r.collection=$1"]
    private(set) var values: [PostgresValue]
    private let order: RecordQuery.Order
    private let limit: Int

    init(_ query: RecordQuery) throws(StorageError) {
        values = [.text(query.collection)]
        order = query.order
        limit = query.limit
        if let group = query.group {
            values.append(.text(group))
            conditions.append("md5(r.grp)=md5($\(values.count)) AND r.grp=$\(values.count)")
        }
        if let prefix = query.prefix, !prefix.isEmpty {
            // Ids are ASCII, so that 0x7F follows all of them.
            values += [.text(prefix), .text(prefix + "\u{7F}")]
            conditions.append("r.id>=$\(values.count - 1) AND r.id<$\(values.count)")
        }
        guard let after = query.after else { return }
        switch order {
        case .id:
            values.append(.text(after))
            conditions.append("r.id>$\(values.count)")
        case .updatedDescending:
            let cursor = try UpdateCursor(after)
            values += [.int(cursor.updatedMs), .text(cursor.id)]
            conditions.append("(r.updated, r.id)<($\(values.count - 1), $\(values.count))")
        }
    }

    /// Only records that contain the text, or to which one belongs that does.
    mutating func add(_ search: RecordSearch) {
        values.append(.text(SearchText.fold(search.text)))
        let text = values.count
        var condition = "strpos(r.words, $\(text))>0"
        if let nested = search.nested {
            values.append(.text(nested + "/"))
            condition += """
                 OR EXISTS (SELECT 1 FROM record m
                    WHERE m.collection=$\(values.count) || r.id AND strpos(m.words, $\(text))>0)
                """
        }
        conditions.append("(\(condition))")
    }

    var sql: String {
        let direction = order == .id ? "r.id" : "r.updated DESC, r.id DESC"
        return """
            SELECT r.id, r.version, r.updated, r.grp, r.body FROM record r
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(direction) LIMIT \(limit + 1)
            """
    }
}
