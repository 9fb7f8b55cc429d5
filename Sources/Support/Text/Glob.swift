/// A compiled file glob: `*` and `?` within a path component, `**` as a whole component for any number of them,
/// `[a-z]`,
/// `[!a-z]`, `{a,b}` (nested too), `\` before a character that is meant literally. Leading dots are not special.
///
/// Matching simulates a finite automaton: its time is at most (characters of the path × characters of the pattern),
/// whatever the
/// pattern. `src/**` matches everything below `src`, not `src` itself; `**/x` matches `x` too.
package struct Glob: Sendable {
    /// Longest pattern in bytes.
    package static let maxPatternBytes = 1_024

    /// What one step of the automaton takes.
    enum Atom: Sendable, Hashable {
        /// Exactly this scalar.
        case scalar(UInt32)
        /// Anything but `/`.
        case anyInComponent
        /// Anything.
        case any
        /// One of (or none of) some ranges, never `/`.
        case set([ClosedRange<UInt32>], isNegated: Bool)

        func matches(_ scalar: UInt32) -> Bool {
            switch self {
            case .scalar(let value): value == scalar
            case .anyInComponent: scalar != 0x2F
            case .any: true
            case .set(let ranges, let isNegated):
                scalar != 0x2F && ranges.contains { $0.contains(scalar) } != isNegated
            }
        }
    }

    /// The text the glob was made from.
    package let pattern: String
    private let atoms: [Atom]
    /// 64-bit words of one state set.
    private let words: Int
    /// States after the start and, from index 1 on, after each atom: a bit per atom that may come next and the
    /// accepting bit.
    private let next: [UInt64]
    /// For each ASCII scalar the atoms that take it.
    private let ascii: [UInt64]

    /// - Throws: for a pattern longer than 1,024 bytes, or with a bracket or brace that is not closed.
    package init(_ pattern: String) throws(GlobError) {
        guard pattern.utf8.count <= Self.maxPatternBytes else {
            throw GlobError(pattern: pattern, reason: "is longer than \(Self.maxPatternBytes) bytes; shorten it")
        }
        var compiler = GlobCompiler(pattern)
        let automaton = try compiler.compile()
        self.pattern = pattern
        atoms = automaton.atoms
        words = automaton.words
        next = automaton.next
        var ascii = [UInt64](repeating: 0, count: 128 * automaton.words)
        for (index, atom) in automaton.atoms.enumerated() {
            for scalar in 0..<128 where atom.matches(UInt32(scalar)) {
                ascii[scalar * automaton.words + index >> 6] |= 1 << UInt64(index & 63)
            }
        }
        self.ascii = ascii
    }

    /// Whether the whole path matches. Bytes that are not UTF-8 match `*`, `**`, `?` and negated sets only.
    package func matches(_ path: some Collection<UInt8>) -> Bool {
        withContiguousBytes(path) { bytes in
            words == 1 ? matchesOneWord(bytes) : matchesManyWords(bytes)
        }
    }

    /// Whether the whole path matches.
    package func matches(_ path: String) -> Bool { matches(path.utf8) }

    private func matchesOneWord(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var states = next[0]
        var index = 0
        while index < bytes.count {
            let scalar = Self.scalar(bytes, &index)
            var hits = states & (scalar < 128 ? ascii[Int(scalar)] : wideHits(scalar, word: 0, states))
            states = 0
            while hits != 0 {
                states |= next[hits.trailingZeroBitCount + 1]
                hits &= hits &- 1
            }
            if states == 0 { return false }
        }
        return states >> UInt64(atoms.count) & 1 == 1
    }

    private func matchesManyWords(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var states = Array(next[0..<words])
        var after = [UInt64](repeating: 0, count: words)
        var index = 0
        while index < bytes.count {
            let scalar = Self.scalar(bytes, &index)
            for word in 0..<words { after[word] = 0 }
            for word in 0..<words where states[word] != 0 {
                let takers =
                    scalar < 128 ? ascii[Int(scalar) * words + word] : wideHits(scalar, word: word, states[word])
                var hits = states[word] & takers
                while hits != 0 {
                    let from = (word << 6 + hits.trailingZeroBitCount + 1) * words
                    for target in 0..<words { after[target] |= next[from + target] }
                    hits &= hits &- 1
                }
            }
            swap(&states, &after)
        }
        return states[atoms.count >> 6] >> UInt64(atoms.count & 63) & 1 == 1
    }

    private func wideHits(_ scalar: UInt32, word: Int, _ states: UInt64) -> UInt64 {
        var rest = states
        var hits: UInt64 = 0
        while rest != 0 {
            let bit = rest.trailingZeroBitCount
            let atom = word << 6 + bit
            if atom < atoms.count, atoms[atom].matches(scalar) { hits |= 1 << UInt64(bit) }
            rest &= rest &- 1
        }
        return hits
    }

    /// The scalar at `index`, which moves past it; an invalid byte counts as a scalar of its own beyond Unicode.
    private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt32 {
        let first = bytes[index]
        index += 1
        if first < 0x80 { return UInt32(first) }
        let length = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 && first < 0xF0 ? 2 : first >= 0xC2 ? 1 : 0
        guard length > 0, first < 0xF5, index + length <= bytes.count else { return 0x11_0000 + UInt32(first) }
        var value = UInt32(first) & (length == 3 ? 0x07 : length == 2 ? 0x0F : 0x1F)
        for offset in 0..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return 0x11_0000 + UInt32(first) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        index += length
        return value
    }
}
