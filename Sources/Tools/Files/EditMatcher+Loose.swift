import Support

/// Strategies that measure similarity or change the text sought.
extension EditMatcher {
    func blockAnchor() -> [EditMatch] {
        guard find.count >= 3 else { return [] }
        let wanted = (0..<find.count).map { TextBytes.trimmed(find.line($0)) }
        guard let first = wanted.first, let last = wanted.last, !first.isEmpty, !last.isEmpty else { return [] }
        let slack = Int(Double(find.count) * Self.blockSizeShare)
        let middle = Array(wanted[1..<(wanted.count - 1)])
        var budget = LineSimilarity.workLimit
        var found: [(lines: Range<Int>, similarity: Double)] = []
        for start in 0..<lines.count where TextBytes.trimmed(lines.line(start)) == first {
            for size in max(3, find.count - slack)...(find.count + slack) {
                let end = start + size - 1
                guard end < lines.count, found.count < Self.candidateLimit, budget > 0 else { continue }
                guard TextBytes.trimmed(lines.line(end)) == last else { continue }
                let candidate = ((start + 1)..<end).map { TextBytes.trimmed(lines.line($0)) }
                let similarity = LineSimilarity.mean(candidate, middle, slack: slack, work: &budget)
                if similarity >= Self.blockSimilarity { found.append((start..<(end + 1), similarity)) }
            }
        }
        return Self.bestOfOverlapping(found).compactMap { block($0.lines, as: .blockAnchor, similarity: $0.similarity) }
    }

    func escapeNormalized() -> [EditMatch] {
        let plain = Self.unescaped(find.bytes)
        guard plain != find.bytes, plain.contains(where: { !TextBytes.isSpace($0) }) else { return [] }
        let text = Self.unescaped(replacement)
        return TextBytes.occurrences(of: plain[...], in: lines.bytes[...], limit: Self.candidateLimit).map {
            EditMatch(strategy: .escapeNormalized, range: $0..<($0 + plain.count), replacement: text, similarity: 1)
        }
    }

    func trimmedBoundary() -> [EditMatch] {
        let core = TextBytes.trimmed(find.bytes[...])
        guard !core.isEmpty, core.count < find.bytes.count else { return [] }
        let text = Self.trimmingLike(replacement, find: find.bytes)
        return TextBytes.occurrences(of: core, in: lines.bytes[...], limit: Self.candidateLimit).map {
            EditMatch(strategy: .trimmedBoundary, range: $0..<($0 + core.count), replacement: text, similarity: 1)
        }
    }

    /// Of blocks that share lines only the most similar one is kept; two equally good ones are both kept, so that the
    /// edit is refused as ambiguous.
    private static func bestOfOverlapping(
        _ found: [(lines: Range<Int>, similarity: Double)]
    ) -> [(lines: Range<Int>, similarity: Double)] {
        found.filter { one in
            !found.contains { $0.lines != one.lines && $0.lines.overlaps(one.lines) && $0.similarity > one.similarity }
        }
    }

    /// `\n`, `\t`, `\r`, `\\`, `\"`, `\'`, `` \` `` and `\$` as the characters they mean; other backslashes stay.
    static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var escaped = false
        for byte in bytes {
            guard escaped else {
                if byte == UInt8(ascii: "\\") { escaped = true } else { result.append(byte) }
                continue
            }
            escaped = false
            switch byte {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "$"):
                result.append(byte)
            default: result.append(contentsOf: [UInt8(ascii: "\\"), byte])
            }
        }
        if escaped { result.append(UInt8(ascii: "\\")) }
        return result
    }

    /// `text` without whitespace at those ends where `find` has some.
    static func trimmingLike(_ text: [UInt8], find: [UInt8]) -> [UInt8] {
        var slice = text[...]
        if let first = find.first, TextBytes.isSpace(first) {
            slice = slice.drop(while: TextBytes.isSpace)
        }
        if let last = find.last, TextBytes.isSpace(last) { slice = TextBytes.trimmedEnd(slice) }
        return Array(slice)
    }

    /// Moves `text` from the indentation of `sought` to that of `block`, if they differ by the same run of spaces or
    /// tabs on every line that is not blank; otherwise `text` as it is.
    static func reindent(
        _ text: [UInt8], from sought: [ArraySlice<UInt8>], to block: [ArraySlice<UInt8>]
    ) -> [UInt8] {
        guard sought.count == block.count else { return text }
        var added: ArraySlice<UInt8>?
        var removed: ArraySlice<UInt8>?
        for (want, have) in zip(sought, block) {
            if TextBytes.trimmed(want).isEmpty || TextBytes.trimmed(have).isEmpty { continue }
            let before = TextBytes.indentation(want)
            let after = TextBytes.indentation(have)
            if after.count >= before.count {
                guard after.suffix(before.count) == before else { return text }
                let prefix = after.dropLast(before.count)
                guard added == nil || added == prefix, removed?.isEmpty ?? true else { return text }
                added = prefix
                removed = removed ?? []
            } else {
                guard before.suffix(after.count) == after else { return text }
                let prefix = before.dropLast(after.count)
                guard removed == nil || removed == prefix, added?.isEmpty ?? true else { return text }
                removed = prefix
                added = added ?? []
            }
        }
        let more = added ?? []
        let less = removed ?? []
        guard !more.isEmpty || !less.isEmpty else { return text }
        let lines = TextLines(text)
        if !less.isEmpty {
            for index in 0..<lines.count where !TextBytes.trimmed(lines.line(index)).isEmpty {
                guard lines.line(index).starts(with: less) else { return text }
            }
        }
        var result: [UInt8] = []
        for index in 0..<lines.count {
            let line = lines.line(index)
            if index > 0 { result.append(0x0A) }
            if TextBytes.trimmed(line).isEmpty {
                result.append(contentsOf: line)
            } else {
                result.append(contentsOf: more)
                result.append(contentsOf: line.dropFirst(less.count))
            }
        }
        if lines.endsWithLineFeed { result.append(0x0A) }
        return result
    }
}

/// How alike lines and blocks are, 0...1, with bounded work.
package enum LineSimilarity {
    /// Most cells of edit-distance tables one edit may fill; then everything left counts as different.
    package static let workLimit = 4_000_000
    /// Longest line that is compared by edit distance, bytes; longer ones are only equal or different.
    static let lineLimit = 400

    /// The mean similarity of two blocks of trimmed lines under the best alignment that keeps the order and shifts a
    /// line by at most `slack`; a line without a partner counts 0. Two empty blocks are alike.
    package static func mean(
        _ first: [ArraySlice<UInt8>], _ second: [ArraySlice<UInt8>], slack: Int, work: inout Int
    ) -> Double {
        let longest = max(first.count, second.count)
        guard longest > 0 else { return 1 }
        guard !first.isEmpty, !second.isEmpty else { return 0 }
        var previous = [Double](repeating: 0, count: second.count + 1)
        for (row, line) in first.enumerated() {
            var current = [Double](repeating: 0, count: second.count + 1)
            for (column, other) in second.enumerated() {
                var best = max(previous[column + 1], current[column])
                if abs(row - column) <= slack {
                    best = max(best, previous[column] + ratio(line, other, work: &work))
                }
                current[column + 1] = best
            }
            previous = current
        }
        return (previous.last ?? 0) / Double(longest)
    }

    /// 1 − edit distance / longer length; 0 below 0.3, so that unrelated lines add nothing.
    package static func ratio(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>, work: inout Int) -> Double {
        if first == second { return 1 }
        let longest = max(first.count, second.count)
        let shortest = min(first.count, second.count)
        guard shortest * 10 >= longest * 3, longest <= lineLimit, work > 0 else { return 0 }
        let (left, right) = differing(first, second)
        work -= left.count * right.count
        let ratio = 1 - Double(distance(Array(left), Array(right))) / Double(longest)
        return ratio < 0.3 ? 0 : ratio
    }

    /// The parts of two lines that are left without the common start and end; their distance is that of the lines.
    private static func differing(
        _ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>
    ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
        let start = zip(first, second).prefix { $0 == $1 }.count
        let left = first.dropFirst(start)
        let right = second.dropFirst(start)
        let end = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
        return (left.dropLast(end), right.dropLast(end))
    }

    /// Levenshtein distance in bytes.
    package static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var previous = Array(0...second.count)
        for (row, byte) in first.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(second.count + 1)
            var left = row + 1
            for (column, other) in second.enumerated() {
                let cost = min(left + 1, previous[column + 1] + 1, previous[column] + (byte == other ? 0 : 1))
                current.append(cost)
                left = cost
            }
            previous = current
        }
        return previous.last ?? 0
    }
}
