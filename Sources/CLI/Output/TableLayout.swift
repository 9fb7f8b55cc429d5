import Support

/// Lays cells out in columns. Text of sessions and repositories cannot break a line or reach the terminal unescaped.
struct TableLayout {
    private static let gap = "  "
    private static let minimumFlexible = 16
    let text: String

    /// - Parameter width: cuts the flexible column so that lines fit; nil = nothing is cut. No rows give no text.
    init(_ table: OutputTable, width: Int?) {
        guard !table.rows.isEmpty else {
            text = ""
            return
        }
        var lines = table.rows.map { row in row.cells.map { HostileText.escaped($0, multiline: false) } }
        if !table.columns.isEmpty { lines.insert(table.columns.map(\.title), at: 0) }
        let count = lines.map(\.count).max() ?? 0
        var widths = (0..<count).map { column in
            lines.map { column < $0.count ? Self.width(of: $0[column]) : 0 }.max() ?? 0
        }
        if let width, let flexible = table.columns.firstIndex(where: \.isFlexible), flexible < widths.count {
            let excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - width
            if excess > 0 { widths[flexible] = max(Self.minimumFlexible, widths[flexible] - excess) }
            for index in lines.indices where flexible < lines[index].count {
                lines[index][flexible] = Self.cut(lines[index][flexible], to: widths[flexible])
            }
        }
        var output = ""
        for line in lines {
            var parts: [String] = []
            for (column, cell) in line.enumerated() {
                let padding = String(repeating: " ", count: max(0, widths[column] - Self.width(of: cell)))
                let isNumber = column < table.columns.count && table.columns[column].isNumber
                let isLast = column == line.count - 1
                parts.append(isNumber ? padding + cell : isLast ? cell : cell + padding)
            }
            var text = parts.joined(separator: Self.gap)
            while text.utf8.last == 0x20 { text.removeLast() }
            output += text + "\n"
        }
        text = output
    }

    /// Terminal columns: two for wide East Asian and emoji characters, none for combining marks.
    static func width(of text: String) -> Int {
        text.reduce(0) { total, character in
            guard let scalar = character.unicodeScalars.first else { return total }
            return total + (isWide(scalar, character) ? 2 : isZero(scalar) ? 0 : 1)
        }
    }

    private static func isWide(_ scalar: Unicode.Scalar, _ character: Character) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: scalar.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}")
        }
    }

    private static func isZero(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }

    /// The longest start that fits, with an ellipsis when something is missing.
    static func cut(_ text: String, to width: Int) -> String {
        guard self.width(of: text) > width else { return text }
        var result = ""
        var used = 1
        for character in text {
            used += self.width(of: String(character))
            if used > width { break }
            result.append(character)
        }
        return result + "…"
    }
}
