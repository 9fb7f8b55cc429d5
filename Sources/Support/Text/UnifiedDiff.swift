/// What a diff found.
package struct DiffResult: Sendable, Hashable {
    /// The unified diff; empty when both texts are the same.
    package var text: String
    /// Lines that only the new text has.
    package var additions: Int
    /// Lines that only the old text has.
    package var deletions: Int

    /// A result; see the properties.
    package init(text: String, additions: Int, deletions: Int) {
        self.text = text
        self.additions = additions
        self.deletions = deletions
    }
}

/// Unified diffs as GNU diff and git write them.
package enum UnifiedDiff {
    /// Compares line by line (lines end at LF; CR is content) and writes hunks with `context` lines around each change.
    ///
    /// Applying the text to `old` gives `new`. It is the shortest one for texts that differ in up to about a
    /// thousand lines;
    /// beyond that it stays right but may be longer, so that the time stays bounded.
    package static func make(
        old: String, new: String, oldName: String, newName: String, context: Int = 3
    ) -> DiffResult {
        let oldBytes = Array(old.utf8)
        let newBytes = Array(new.utf8)
        if oldBytes == newBytes { return DiffResult(text: "", additions: 0, deletions: 0) }
        var comparison = LineComparison(oldBytes, newBytes)
        comparison.run()
        var output: [UInt8] = []
        output.append(contentsOf: "--- \(HostileText.escaped(oldName, multiline: false))\n".utf8)
        output.append(contentsOf: "+++ \(HostileText.escaped(newName, multiline: false))\n".utf8)
        for hunk in hunks(comparison.edits, context: max(0, context)) { write(hunk, comparison, into: &output) }
        return DiffResult(
            text: String(decoding: output, as: UTF8.self),
            additions: comparison.edits.reduce(0) { $0 + $1.new.count },
            deletions: comparison.edits.reduce(0) { $0 + $1.old.count })
    }

    /// Edits whose contexts touch, together.
    private static func hunks(_ edits: [LineEdit], context: Int) -> [[LineEdit]] {
        var hunks: [[LineEdit]] = []
        for edit in edits {
            if let last = hunks.last?.last, edit.old.lowerBound - last.old.upperBound <= context * 2 {
                hunks[hunks.count - 1].append(edit)
            } else {
                hunks.append([edit])
            }
        }
        for index in hunks.indices {
            guard var first = hunks[index].first, let last = hunks[index].last else { continue }
            first.leading = min(context, first.old.lowerBound)
            hunks[index][0] = first
            hunks[index][hunks[index].count - 1].trailing = context
            if hunks[index].count == 1 { hunks[index][0] = first.with(trailing: last.trailing ?? context) }
        }
        return hunks
    }

    private static func write(_ hunk: [LineEdit], _ comparison: LineComparison, into output: inout [UInt8]) {
        guard let first = hunk.first, let last = hunk.last else { return }
        let leading = first.leading ?? 0
        let trailing = min(last.trailing ?? 0, comparison.old.count - last.old.upperBound)
        let old = (first.old.lowerBound - leading)..<(last.old.upperBound + trailing)
        let new = (first.new.lowerBound - leading)..<(last.new.upperBound + trailing)
        output.append(contentsOf: "@@ -\(range(old)) +\(range(new)) @@\n".utf8)
        var position = old.lowerBound
        for edit in hunk {
            for line in position..<edit.old.lowerBound { append(0x20, comparison.old[line], &output) }
            for line in edit.old { append(0x2D, comparison.old[line], &output) }
            for line in edit.new { append(0x2B, comparison.new[line], &output) }
            position = edit.old.upperBound
        }
        for line in position..<old.upperBound { append(0x20, comparison.old[line], &output) }
    }

    private static func range(_ lines: Range<Int>) -> String {
        switch lines.count {
        case 0: "\(lines.lowerBound),0"
        case 1: "\(lines.lowerBound + 1)"
        default: "\(lines.lowerBound + 1),\(lines.count)"
        }
    }

    private static func append(_ sign: UInt8, _ line: ArraySlice<UInt8>, _ output: inout [UInt8]) {
        output.append(sign)
        output.append(contentsOf: line)
        if line.last != 0x0A { output.append(contentsOf: "\n\\ No newline at end of file\n".utf8) }
    }
}

/// Lines `old` of the old text are replaced by lines `new` of the new one.
struct LineEdit {
    var old: Range<Int>
    var new: Range<Int>
    var leading: Int?
    var trailing: Int?

    func with(trailing: Int) -> LineEdit {
        var copy = self
        copy.trailing = trailing
        return copy
    }
}
