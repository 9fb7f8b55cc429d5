import Support

/// A value that only the shell knows: `$x`, `$(command)`, `${x:-y}`, `<(command)`.
package struct ShellExpansion: Sendable, Hashable {
    /// What kind of value it is.
    package enum Kind: Sendable, Hashable {
        /// `$name` or `${name}`.
        case variable(String)
        /// Always a number: `$?`, `$#`, `$$`, `$!`, `${#x}`, `$((…))`.
        case number
        /// The end of a pipe: `<(…)`.
        case stream
        /// Anything else.
        case other
    }

    package var kind: Kind
    /// Its bytes as written.
    package var source: [UInt8]
    /// Unquoted ones are split into words by the shell.
    package var isQuoted: Bool
}

/// A word as the shell sees it after removing quotes: bytes that know whether they were quoted, and expansions.
package struct ShellWord: Sendable, Hashable {
    /// Marks a byte that was quoted.
    static let quoted: UInt16 = 0x0100
    /// Marks a place of an expansion; the other 15 bits are its index.
    static let expansion: UInt16 = 0x8000
    /// Most expansions of one word.
    static let maxExpansions = 0x7FFF
    /// Most words that one word with braces may become.
    static let maxBraceWords = 256

    /// Most braces of one word.
    static let maxBraces = 64

    /// Bytes, with `quoted`, and places of `expansions`.
    package var units: [UInt16] = []
    package var expansions: [ShellExpansion] = []
    /// Where it stands in the command; bytes.
    package var range: Range<Int> = 0..<0

    /// True when there was something, if only a pair of quotes.
    var isPresent = false

    package init() {}

    /// A word without anything special in it.
    package init(literal text: String, range: Range<Int> = 0..<0) {
        units = text.utf8.map { UInt16($0) | Self.quoted }
        isPresent = true
        self.range = range
    }

    /// Part of its value is not known before it runs.
    package var isDynamic: Bool { !expansions.isEmpty }

    /// `*`, `?` or `[` outside quotes: the shell puts file names here.
    package var hasGlob: Bool {
        units.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B }
    }

    /// It is the end of a pipe and nothing else.
    package var isStream: Bool { units.count == 1 && expansions.first?.kind == .stream }

    /// Its first character may be anything, for example the `-` of an option.
    package var startsOpen: Bool {
        guard let first = units.first else { return false }
        return first & Self.expansion != 0 || first == 0x2A || first == 0x3F || first == 0x5B
    }

    /// Without quotes and backslashes, expansions as written: what rules are compared with.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(units.count)
        for unit in units {
            if unit & Self.expansion != 0 {
                bytes += expansions[Int(unit & ~Self.expansion)].source
            } else {
                bytes.append(UInt8(truncatingIfNeeded: unit))
            }
        }
        return UTF8Text.lossy(bytes)
    }

    /// The value when it is known before the command runs; globs are part of it as they are. `nil` also for bytes
    /// that are not UTF-8.
    package var literal: String? {
        guard !isDynamic else { return nil }
        return String(validating: units.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }

    /// The text of a word written without quotes, expansions or globs: what can be a reserved word.
    var bare: String? {
        guard !isDynamic, units.allSatisfy({ $0 < 0x80 }) else { return nil }
        return String(decoding: units.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }

    mutating func append(_ byte: UInt8, quoted: Bool) {
        units.append(UInt16(byte) | (quoted ? Self.quoted : 0))
        isPresent = true
    }

    /// Adds an expansion; false when there are too many.
    mutating func append(_ expansion: ShellExpansion) -> Bool {
        guard expansions.count < Self.maxExpansions else { return false }
        units.append(Self.expansion | UInt16(expansions.count))
        expansions.append(expansion)
        isPresent = true
        return true
    }

    /// A part of the word with its expansions.
    func slice(_ part: ArraySlice<UInt16>) -> ShellWord {
        var word = ShellWord()
        word.range = range
        word.isPresent = true
        for unit in part {
            if unit & Self.expansion != 0 {
                _ = word.append(expansions[Int(unit & ~Self.expansion)])
            } else {
                word.units.append(unit)
            }
        }
        return word
    }

    /// The word without its first bytes.
    package func dropping(_ count: Int) -> ShellWord { slice(units.dropFirst(count)) }

    /// The words the shell makes of `{a,b}` outside quotes, in order; `nil` for more than 256 or a sequence `{1..9}`.
    func braceExpanded() -> [ShellWord]? {
        guard units.contains(0x7B) else { return [self] }
        guard units.count(where: { $0 == 0x7B }) <= Self.maxBraces else { return nil }
        guard let parts = Self.expand(units[...], depth: 0) else { return nil }
        return parts.count == 1 ? [self] : parts.map { slice($0[...]) }
    }

    private static func expand(_ units: ArraySlice<UInt16>, depth: Int) -> [[UInt16]]? {
        guard depth < 8 else { return nil }
        var start = units.startIndex
        while let open = units[start...].firstIndex(of: 0x7B) {
            // `${` never gets here: it is an expansion.
            guard let group = alternatives(units, open) else {
                start = open + 1
                continue
            }
            guard let parts = group.parts else { return nil }
            guard let tails = expand(units[group.end...], depth: depth + 1) else { return nil }
            var result: [[UInt16]] = []
            for part in parts {
                guard let middles = expand(part, depth: depth + 1) else { return nil }
                for middle in middles {
                    for tail in tails {
                        guard result.count < maxBraceWords else { return nil }
                        result.append(Array(units[units.startIndex..<open]) + middle + tail)
                    }
                }
            }
            return result
        }
        return [Array(units)]
    }

    /// The alternatives of the group that opens at `open`; `nil` when it is none, `parts` nil for a sequence.
    private static func alternatives(
        _ units: ArraySlice<UInt16>, _ open: Int
    ) -> (parts: [ArraySlice<UInt16>]?, end: Int)? {
        var level = 0
        var begin = open + 1
        var parts: [ArraySlice<UInt16>] = []
        var dots = 0
        for index in open..<units.endIndex {
            switch units[index] {
            case 0x7B: level += 1
            case 0x2C where level == 1:
                parts.append(units[begin..<index])
                begin = index + 1
            case 0x2E where level == 1 && index + 1 < units.endIndex && units[index + 1] == 0x2E: dots += 1
            case 0x7D:
                level -= 1
                guard level == 0 else { continue }
                if parts.isEmpty { return dots > 0 ? (nil, index + 1) : nil }
                parts.append(units[begin..<index])
                return (parts, index + 1)
            default: break
            }
        }
        return nil
    }
}
