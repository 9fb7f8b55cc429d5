/// The wildcards of permission rules: `*` matches any text (across `/` too), `?` one character, everything else itself.
package enum Wildcard {
    /// Whether the whole text matches. A pattern that ends with ` *` also matches without it: `git *` matches `git`.
    /// Compared byte by byte; time at most (bytes of the pattern × bytes of the text).
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        if pattern.suffix(2) == [0x20, 0x2A], match(pattern.dropLast(2), text) { return true }
        return match(pattern[...], text)
    }

    /// How many characters of a pattern are no wildcards: the most specific pattern has the most.
    package static func literalCount(_ pattern: String) -> Int {
        pattern.unicodeScalars.reduce(0) { $1 == "*" || $1 == "?" ? $0 : $0 + 1 }
    }

    /// Greedy matching that only ever goes back to the last star.
    private static func match(_ pattern: ArraySlice<UInt8>, _ text: [UInt8]) -> Bool {
        var p = pattern.startIndex
        var t = 0
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.endIndex, pattern[p] == 0x2A {
                p += 1
                star = (p, t)
            } else if p < pattern.endIndex, pattern[p] == 0x3F {
                p += 1
                t = afterCharacter(text, t)
            } else if p < pattern.endIndex, pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                let resumed = afterCharacter(text, last.text)
                star = (last.pattern, resumed)
                p = last.pattern
                t = resumed
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == 0x2A }
    }

    private static func afterCharacter(_ text: [UInt8], _ index: Int) -> Int {
        var end = index + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}
