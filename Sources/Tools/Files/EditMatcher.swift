import Support

/// Finds the place an edit means. Exact text wins; otherwise the strategies of `EditStrategy` are tried in order and
/// the first that yields exactly one place wins. Bounds: a fuzzy match never falls below its threshold, never covers a
/// block much larger than the text sought, and is not tried on texts over `fuzzyLimitBytes`. Pure and synchronous.
package struct EditMatcher: Sendable {
    /// Largest text for fuzzy matching, bytes.
    package static let fuzzyLimitBytes = 2 * 1024 * 1024
    /// Smallest mean similarity of the lines between the anchors of a block.
    package static let blockSimilarity = 0.65
    /// Smallest share of equal lines between the anchors for `contextAware`.
    package static let contextShare = 0.5
    /// Largest difference in lines of a block-anchor match, as a share of the lines sought.
    package static let blockSizeShare = 0.25
    /// Most places one strategy looks at.
    static let candidateLimit = 200

    let lines: TextLines
    let find: TextLines
    let replacement: [UInt8]

    /// `text`, `find` and `replacement` have LF line ends.
    package init(text: [UInt8], find: [UInt8], replacement: [UInt8]) {
        lines = TextLines(text)
        self.find = TextLines(find)
        self.replacement = replacement
    }

    /// The one place.
    package func single() throws(EditMatchError) -> EditMatch {
        let exact = exactMatches(as: .exact)
        if let match = exact.first, exact.count == 1 { return match }
        if exact.count > 1 { throw ambiguity(exact) }
        try checkFuzzySize()
        var contested: [EditMatch] = []
        var oversized: EditMatch?
        for strategy in Self.fuzzyOrder {
            var places = distinct(candidates(strategy))
            if let large = places.first(where: { !isProportionate($0) }) { oversized = oversized ?? large }
            places.removeAll { !isProportionate($0) }
            // A looser strategy may only choose among the places a stricter one found, never go elsewhere.
            if !contested.isEmpty { places.removeAll { place in !contested.contains { overlap($0, place) } } }
            if let match = places.first, places.count == 1 { return match }
            if places.count > 1, contested.isEmpty { contested = places }
        }
        if !contested.isEmpty { throw ambiguity(contested) }
        if let oversized {
            throw .disproportionate(lines: lineCount(oversized.range), asked: find.count)
        }
        throw .notFound(nearestLine: nearestLine())
    }

    /// Every place, ascending, for `replaceAll`: all exact ones, else all of the first strategy that keeps the text's
    /// words (similarity alone never replaces several places).
    package func all() throws(EditMatchError) -> [EditMatch] {
        let exact = exactMatches(as: .multiOccurrence)
        if !exact.isEmpty { return exact }
        try checkFuzzySize()
        let sameWords: [EditStrategy] = [
            .lineTrimmed, .whitespaceNormalized, .indentationFlexible, .escapeNormalized, .trimmedBoundary,
        ]
        for strategy in sameWords {
            let places = disjoint(distinct(candidates(strategy)).filter(isProportionate))
            if !places.isEmpty { return places }
        }
        return [try single()]
    }

    private static let fuzzyOrder: [EditStrategy] = [
        .lineTrimmed, .blockAnchor, .whitespaceNormalized, .indentationFlexible, .escapeNormalized, .trimmedBoundary,
        .contextAware,
    ]

    private func candidates(_ strategy: EditStrategy) -> [EditMatch] {
        switch strategy {
        case .exact, .multiOccurrence: exactMatches(as: strategy)
        case .lineTrimmed: lineTrimmed()
        case .blockAnchor: blockAnchor()
        case .whitespaceNormalized: whitespaceNormalized()
        case .indentationFlexible: indentationFlexible()
        case .escapeNormalized: escapeNormalized()
        case .trimmedBoundary: trimmedBoundary()
        case .contextAware: contextAware()
        }
    }

    private func exactMatches(as strategy: EditStrategy) -> [EditMatch] {
        TextBytes.occurrences(of: find.bytes[...], in: lines.bytes[...]).map { offset in
            EditMatch(
                strategy: strategy, range: offset..<(offset + find.bytes.count), replacement: replacement,
                similarity: 1)
        }
    }

    private func checkFuzzySize() throws(EditMatchError) {
        if lines.bytes.count > Self.fuzzyLimitBytes { throw .tooLarge(bytes: lines.bytes.count) }
    }

    /// The disproportion guard: at most a quarter (at least one) more lines and half more text than asked.
    func isProportionate(_ match: EditMatch) -> Bool {
        let asked = max(1, find.count)
        guard lineCount(match.range) <= asked + max(1, Int(Double(asked) * Self.blockSizeShare)) else { return false }
        let seen = Self.inkCount(lines.bytes[match.range])
        let wanted = Self.inkCount(find.bytes[...])
        return seen <= wanted + wanted / 2 + 64
    }

    /// Number of bytes that are no whitespace.
    private static func inkCount(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in bytes where !TextBytes.isSpace(byte) { count += 1 }
        return count
    }

    private func lineCount(_ range: Range<Int>) -> Int {
        var count = 1
        for byte in lines.bytes[range].dropLast() where byte == 0x0A { count += 1 }
        return count
    }

    private func overlap(_ first: EditMatch, _ second: EditMatch) -> Bool { first.range.overlaps(second.range) }

    private func distinct(_ matches: [EditMatch]) -> [EditMatch] {
        var seen: Set<Range<Int>> = []
        return matches.filter { seen.insert($0.range).inserted }
    }

    private func disjoint(_ matches: [EditMatch]) -> [EditMatch] {
        var end = 0
        return matches.sorted { $0.range.lowerBound < $1.range.lowerBound }.filter { match in
            guard match.range.lowerBound >= end else { return false }
            end = match.range.upperBound
            return true
        }
    }

    private func ambiguity(_ matches: [EditMatch]) -> EditMatchError {
        .ambiguous(
            lines: matches.prefix(10).map { lines.lineIndex(at: $0.range.lowerBound) + 1 }, count: matches.count)
    }

    /// The 1-based line that equals the first line sought which is not blank, as a hint.
    private func nearestLine() -> Int? {
        var wanted: [UInt8] = []
        for index in 0..<find.count where wanted.isEmpty { wanted = TextBytes.collapsed(find.line(index)) }
        guard !wanted.isEmpty else { return nil }
        for index in 0..<lines.count where TextBytes.collapsed(lines.line(index)) == wanted { return index + 1 }
        return nil
    }
}
