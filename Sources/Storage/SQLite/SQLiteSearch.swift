import Support

/// The search index: `words` holds the folded text of every record that has one, `words_index` finds three-character pieces.
extension SQLiteConnection {
    static let searchSchema = """
        CREATE TABLE IF NOT EXISTS words(
            number INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
            UNIQUE(collection, id));
        CREATE VIRTUAL TABLE IF NOT EXISTS words_index USING fts5(
            body, content='words', content_rowid='number', tokenize='trigram case_sensitive 1', detail=none, columnsize=0);
        """

    /// Brings the index up to date with a record that is being written.
    func indexWords(of key: RecordKey, _ bytes: [UInt8]) throws(StorageError) {
        guard SearchText.isSearchable(key.collection) else { return }
        let new = SearchText.folded(key, bytes)
        let old = try words("collection=? AND id=?", [.text(key.collection), .text(key.id)]).first
        guard old?.body != new else { return }
        if let old { try removeFromIndex(old) }
        guard let new else {
            if let old { try run("DELETE FROM words WHERE number=?", [.int(old.number)]) }
            return
        }
        if let old {
            try run("UPDATE words SET body=? WHERE number=?", [.text(new), .int(old.number)])
        } else {
            try run(
                "INSERT INTO words(collection, id, body) VALUES(?,?,?)",
                [.text(key.collection), .text(key.id), .text(new)])
        }
        try run(
            "INSERT INTO words_index(rowid, body) SELECT number, body FROM words WHERE collection=? AND id=?",
            [.text(key.collection), .text(key.id)])
    }

    /// Takes a record out of the index.
    func removeWords(of key: RecordKey) throws(StorageError) {
        guard SearchText.isSearchable(key.collection) else { return }
        for row in try words("collection=? AND id=?", [.text(key.collection), .text(key.id)]) {
            try removeFromIndex(row)
            try run("DELETE FROM words WHERE number=?", [.int(row.number)])
        }
    }

    /// Takes all records of a collection out of the index.
    func removeWords(ofCollection collection: String) throws(StorageError) {
        guard SearchText.isSearchable(collection) else { return }
        while true {
            let rows = try words("collection=? LIMIT 200", [.text(collection)])
            if rows.isEmpty { return }
            for row in rows {
                try removeFromIndex(row)
                try run("DELETE FROM words WHERE number=?", [.int(row.number)])
            }
        }
    }

    /// Makes the whole index anew from the records.
    func rebuildSearch() throws(StorageError) {
        try execute("INSERT INTO words_index(words_index) VALUES('delete-all'); DELETE FROM words")
        var last: Int64 = 0
        while true {
            let rows = try query(
                """
                SELECT rowid, collection, id, body FROM record
                WHERE rowid>? AND (collection='session' OR (collection>='message/' AND collection<'message0'))
                ORDER BY rowid LIMIT 200
                """, [.int(last)]
            ) { ($0.int(0), RecordKey($0.text(1), $0.text(2)), $0.bytes(3)) }
            guard let end = rows.last else { return }
            for (_, key, bytes) in rows { try indexWords(of: key, bytes) }
            last = end.0
        }
    }

    private func words(
        _ condition: String, _ values: [SQLiteValue]
    ) throws(StorageError) -> [(number: Int64, body: String)] {
        try query("SELECT number, body FROM words WHERE \(condition)", values) { ($0.int(0), $0.text(1)) }
    }

    private func removeFromIndex(_ row: (number: Int64, body: String)) throws(StorageError) {
        try run(
            "INSERT INTO words_index(words_index, rowid, body) VALUES('delete',?,?)",
            [.int(row.number), .text(row.body)])
    }

    /// From so many matches on, records are looked at in the order of the list until a page is full.
    private static let manyMatches: Int64 = 2_000

    /// The condition that a record, or one that belongs to it, contains the text; `r` is the record.
    func searchCondition(_ search: RecordSearch) throws(StorageError) -> (sql: String, values: [SQLiteValue]) {
        let text = SearchText.fold(search.text)
        // The index knows pieces of three characters.
        if text.unicodeScalars.count >= 3 {
            let pattern = SQLiteValue.text("*\(Self.globLiteral(text))*")
            let matches = try query(
                "SELECT count(*) FROM (SELECT 1 FROM words_index WHERE body GLOB ? LIMIT \(Self.manyMatches))",
                [pattern]
            ) { $0.int(0) }.first
            if let matches, matches < Self.manyMatches { return Self.fewMatches(search, text, pattern) }
        }
        var sql = "EXISTS (SELECT 1 FROM words w WHERE w.collection=r.collection AND w.id=r.id AND instr(w.body, ?)>0)"
        var values = [SQLiteValue.text(text)]
        if let nested = search.nested {
            sql += " OR EXISTS (SELECT 1 FROM words w WHERE w.collection=? || r.id AND instr(w.body, ?)>0)"
            values += [.text("\(nested)/"), .text(text)]
        }
        return ("(\(sql))", values)
    }

    private static func fewMatches(
        _ search: RecordSearch, _ text: String, _ pattern: SQLiteValue
    ) -> (sql: String, values: [SQLiteValue]) {
        var places = "w.collection=?"
        var values: [SQLiteValue] = [
            .text(search.collection), .int(Int64((search.nested?.utf8.count ?? 0) + 2)), pattern,
            .text(search.collection),
        ]
        if let nested = search.nested {
            // '0' follows '/'.
            places = "(w.collection=? OR (w.collection>? AND w.collection<?))"
            values += [.text("\(nested)/"), .text("\(nested)0")]
        }
        values.append(.text(text))
        let sql = """
            r.id IN (SELECT CASE WHEN w.collection=? THEN w.id ELSE substr(w.collection, ?) END FROM words w
                WHERE w.number IN (SELECT rowid FROM words_index WHERE body GLOB ?)
                AND \(places) AND instr(w.body, ?)>0)
            """
        return (sql, values)
    }

    /// The text with what GLOB gives a meaning in brackets.
    private static func globLiteral(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { out, scalar in
            if "*?[".unicodeScalars.contains(scalar) {
                out += "[\(scalar)]"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
    }
}
