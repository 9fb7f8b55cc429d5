import Support

/// Strategies that compare line by line with a block of as many lines as were sought.
extension EditMatcher {
    func lineTrimmed() -> [EditMatch] {
        let wanted = (0..<find.count).map { TextBytes.trimmed(find.line($0)) }
        guard wanted.contains(where: { !$0.isEmpty }) else { return [] }
        return blocks(as: .lineTrimmed) { start in
            for (offset, line) in wanted.enumerated() where TextBytes.trimmed(lines.line(start + offset)) != line {
                return false
            }
            return true
        }
    }

    func indentationFlexible() -> [EditMatch] {
        let wanted = Self.withoutCommonIndentation((0..<find.count).map { find.line($0) })
        guard wanted.contains(where: { !$0.isEmpty }) else { return [] }
        return blocks(as: .indentationFlexible) { start in
            Self.withoutCommonIndentation((start..<(start + wanted.count)).map { lines.line($0) }) == wanted
        }
    }

    func whitespaceNormalized() -> [EditMatch] {
        let wanted = (0..<find.count).map { TextBytes.collapsed(find.line($0)) }
        guard wanted.contains(where: { !$0.isEmpty }) else { return [] }
        let whole = blocks(as: .whitespaceNormalized) { start in
            for (offset, line) in wanted.enumerated() where TextBytes.collapsed(lines.line(start + offset)) != line {
                return false
            }
            return true
        }
        guard whole.isEmpty, find.count == 1 else { return whole }
        return wordsInsideLines(TextBytes.trimmed(find.line(0)).split(whereSeparator: TextBytes.isSpace))
    }

    func contextAware() -> [EditMatch] {
        guard find.count >= 4 else { return [] }
        let wanted = (0..<find.count).map { TextBytes.trimmed(find.line($0)) }
        guard let first = wanted.first, let last = wanted.last, !first.isEmpty, !last.isEmpty else { return [] }
        var found: [EditMatch] = []
        for start in 0..<max(0, lines.count - find.count + 1) where found.count < Self.candidateLimit {
            guard TextBytes.trimmed(lines.line(start)) == first,
                TextBytes.trimmed(lines.line(start + find.count - 1)) == last
            else { continue }
            var counted = 0
            var equal = 0
            for offset in 1..<(find.count - 1) {
                let line = TextBytes.trimmed(lines.line(start + offset))
                if line.isEmpty, wanted[offset].isEmpty { continue }
                counted += 1
                if line == wanted[offset] { equal += 1 }
            }
            guard counted >= 2 else { continue }
            let share = Double(equal) / Double(counted)
            guard share >= Self.contextShare else { continue }
            if let match = block(start..<(start + find.count), as: .contextAware, similarity: share) {
                found.append(match)
            }
        }
        return found
    }

    /// All blocks of as many lines as were sought for which `matches` says yes.
    private func blocks(as strategy: EditStrategy, where matches: (_ start: Int) -> Bool) -> [EditMatch] {
        guard find.count > 0, lines.count >= find.count else { return [] }
        var found: [EditMatch] = []
        for start in 0...(lines.count - find.count) where found.count < Self.candidateLimit && matches(start) {
            if let match = block(start..<(start + find.count), as: strategy, similarity: 1) { found.append(match) }
        }
        return found
    }

    /// A match of whole lines. Its replacement ends with LF exactly if the text sought did, and is re-indented when the
    /// block differs from the text sought by one indentation common to all lines.
    func block(_ range: Range<Int>, as strategy: EditStrategy, similarity: Double) -> EditMatch? {
        guard let offsets = lines.range(of: range, withLineFeed: find.endsWithLineFeed) else { return nil }
        var text = Self.reindent(
            replacement, from: (0..<find.count).map { find.line($0) }, to: range.map { lines.line($0) })
        // The last line of the file may have no LF: then none is added for the one that was sought.
        if find.endsWithLineFeed, text.last == 0x0A, lines.bytes[offsets].last != 0x0A { text.removeLast() }
        return EditMatch(strategy: strategy, range: offsets, replacement: text, similarity: similarity)
    }

    private func wordsInsideLines(_ words: [ArraySlice<UInt8>]) -> [EditMatch] {
        guard let first = words.first, words.count > 1 else { return [] }
        let text = Self.trimmingLike(replacement, find: find.bytes)
        var found: [EditMatch] = []
        for index in 0..<lines.count where found.count < Self.candidateLimit {
            let line = lines.line(index)
            for start in TextBytes.occurrences(of: first, in: line) {
                guard let end = Self.end(of: words, in: line, from: start) else { continue }
                found.append(
                    EditMatch(
                        strategy: .whitespaceNormalized, range: start..<end, replacement: text, similarity: 1))
            }
        }
        return found
    }

    /// Where `words`, separated by whitespace, end in `line` when they start at `start`.
    private static func end(of words: [ArraySlice<UInt8>], in line: ArraySlice<UInt8>, from start: Int) -> Int? {
        var position = start
        for (index, word) in words.enumerated() {
            if index > 0 {
                let gap = line[position...].prefix(while: TextBytes.isSpace)
                guard !gap.isEmpty else { return nil }
                position = gap.endIndex
            }
            guard line[position...].starts(with: word) else { return nil }
            position += word.count
        }
        return position
    }

    static func withoutCommonIndentation(_ block: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        var common: ArraySlice<UInt8>?
        for line in block where !TextBytes.trimmed(line).isEmpty {
            let indentation = TextBytes.indentation(line)
            guard let known = common else {
                common = indentation
                continue
            }
            common = known.prefix(zip(known, indentation).prefix { $0 == $1 }.count)
        }
        let width = common?.count ?? 0
        return block.map { TextBytes.trimmed($0).isEmpty ? [] : TextBytes.trimmedEnd($0.dropFirst(width)) }
    }
}
