import Support

/// Prints a long list piece by piece, in the form that `Output.render` gives a whole one.
///
/// A table's columns are laid out for each piece, and its header is printed once.
struct RowStream {
    private let output: Output
    private let format: OutputFormat
    private let columns: [OutputTable.Column]
    private var count = 0

    init(_ output: Output, _ format: OutputFormat, columns: [OutputTable.Column]) {
        self.output = output
        self.format = format
        self.columns = columns
    }

    /// Prints the next rows.
    /// - Throws: `OutputClosed`.
    mutating func write(_ rows: [OutputTable.Row]) async throws {
        guard !rows.isEmpty else { return }
        switch format {
        case .table:
            let text = TableLayout(OutputTable(columns: columns, rows: rows), width: output.width).text
            let isFirst = count == 0
            let start = isFirst ? text.startIndex : text.utf8.firstIndex(of: 0x0A).map { text.utf8.index(after: $0) }
            try await output.write(String(text[(start ?? text.startIndex)...]))
        case .json:
            var text = ""
            for row in rows {
                text += count == 0 && text.isEmpty ? "[\n  " : ",\n  "
                text += Self.indented(row.json.text(.pretty))
            }
            try await output.write(text)
        case .jsonl: try await output.write(rows.map { $0.json.text() + "\n" }.joined())
        }
        count += rows.count
    }

    /// Ends the list.
    func finish() async throws {
        guard format == .json else { return }
        try await output.write(count == 0 ? "[]\n" : "\n]\n")
    }

    private static func indented(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            bytes.append(byte)
            if byte == 0x0A { bytes += [0x20, 0x20] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
