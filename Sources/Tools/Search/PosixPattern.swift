import Support

/// A regular expression as models write it, as a POSIX extended one for `regexec`. Used when ripgrep is missing.
package struct PosixPattern: Sendable, Equatable {
    /// The extended regular expression.
    package let expression: String
    /// True when the pattern starts with `(?i)`.
    package let ignoresCase: Bool

    /// Why a pattern cannot be used; `message` is a sentence with the next step.
    package struct Unsupported: Error, Sendable, Equatable {
        package let message: String
    }

    /// Translates `\d \D \s \S \w \W \t \xHH`, classes with escapes, non-capturing groups and lazy quantifiers (which
    /// change no line that matches). Look-around, back references and Unicode classes are refused.
    package init(_ pattern: String) throws(Unsupported) {
        var input = Array(pattern.utf8)[...]
        ignoresCase = input.starts(with: "(?i)".utf8)
        if ignoresCase { input = input.dropFirst(4) }
        var output: [UInt8] = []
        var afterQuantifier = false
        while let byte = input.popFirst() {
            var quantifier = false
            switch byte {
            case UInt8(ascii: "\\"): output += try Self.escape(&input, pattern)
            case UInt8(ascii: "["): output += try Self.bracket(&input, pattern)
            case UInt8(ascii: "("):
                output.append(byte)
                if input.starts(with: "?:".utf8) {
                    input = input.dropFirst(2)
                } else if input.first == UInt8(ascii: "?") {
                    throw Self.unsupported(pattern, "look-around, flags and named groups")
                }
            case UInt8(ascii: "?") where afterQuantifier, UInt8(ascii: "+") where afterQuantifier: continue
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "}"):
                output.append(byte)
                quantifier = true
            case UInt8(ascii: "{"):
                let isCount = input.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
                output += isCount ? [byte] : Array("\\{".utf8)
            default: output.append(byte)
            }
            afterQuantifier = quantifier
        }
        expression = String(decoding: output, as: UTF8.self)
    }

    private static func escape(_ input: inout ArraySlice<UInt8>, _ pattern: String) throws(Unsupported) -> [UInt8] {
        guard let byte = input.popFirst() else {
            throw Unsupported(message: "The pattern '\(pattern)' ends with a backslash. Double it or leave it out.")
        }
        switch byte {
        case UInt8(ascii: "d"): return Array("[0-9]".utf8)
        case UInt8(ascii: "D"): return Array("[^0-9]".utf8)
        case UInt8(ascii: "s"): return Array("[[:space:]]".utf8)
        case UInt8(ascii: "S"): return Array("[^[:space:]]".utf8)
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "A"): return Array("^".utf8)
        case UInt8(ascii: "z"), UInt8(ascii: "Z"): return Array("$".utf8)
        case UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "<"),
            UInt8(ascii: ">"):
            return [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "n"): throw unsupported(pattern, "matches over several lines")
        case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "k"): throw unsupported(pattern, "back references")
        case UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "x"), UInt8(ascii: "u"):
            throw unsupported(pattern, "character codes and Unicode classes")
        default:
            let isLetter = (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
            if isLetter { throw unsupported(pattern, "the escape '\\\(Character(UnicodeScalar(byte)))'") }
            let special = Array("\\^$.[]|()*+?{}".utf8)
            return special.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
        }
    }

    /// A bracket expression; POSIX has no escapes in it, so `]` moves to the front and `-` to the end.
    private static func bracket(_ input: inout ArraySlice<UInt8>, _ pattern: String) throws(Unsupported) -> [UInt8] {
        var negated = false
        if input.first == UInt8(ascii: "^") {
            negated = true
            input = input.dropFirst()
        }
        var items: [UInt8] = []
        var hasBracket = false
        var hasHyphen = false
        var isFirst = true
        while let byte = input.popFirst() {
            if byte == UInt8(ascii: "]"), !isFirst {
                var result: [UInt8] = [UInt8(ascii: "[")]
                if negated { result.append(UInt8(ascii: "^")) }
                if hasBracket { result.append(UInt8(ascii: "]")) }
                // A caret that would come first would negate.
                if !negated, !hasBracket, items.first == UInt8(ascii: "^"), items.count > 1 {
                    items = Array(items.dropFirst()) + [UInt8(ascii: "^")]
                }
                if items == [UInt8(ascii: "^")], !negated, !hasBracket, !hasHyphen { return Array("\\^".utf8) }
                result += items
                if hasHyphen { result.append(UInt8(ascii: "-")) }
                return result + [UInt8(ascii: "]")]
            }
            switch byte {
            case UInt8(ascii: "]"): hasBracket = true
            case UInt8(ascii: "-") where isFirst || input.first == UInt8(ascii: "]"): hasHyphen = true
            case UInt8(ascii: "["):
                if input.first == UInt8(ascii: ":"),
                    let end = TextBytes.occurrences(of: Array(":]".utf8)[...], in: input, limit: 1).first
                {
                    items += [byte] + input[..<(end + 2)]
                    input = input[(end + 2)...]
                } else {
                    items.append(byte)
                }
            case UInt8(ascii: "\\"):
                guard let escaped = input.popFirst() else { break }
                switch escaped {
                case UInt8(ascii: "d"): items += Array("0-9".utf8)
                case UInt8(ascii: "w"): items += Array("[:alnum:]_".utf8)
                case UInt8(ascii: "s"): items += Array("[:space:]".utf8)
                case UInt8(ascii: "t"): items.append(0x09)
                case UInt8(ascii: "r"): items.append(0x0D)
                case UInt8(ascii: "n"): items.append(0x0A)
                case UInt8(ascii: "]"): hasBracket = true
                case UInt8(ascii: "-"): hasHyphen = true
                case UInt8(ascii: "D"), UInt8(ascii: "W"), UInt8(ascii: "S"), UInt8(ascii: "p"), UInt8(ascii: "P"),
                    UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "b"):
                    throw unsupported(pattern, "'\\\(Character(UnicodeScalar(escaped)))' in brackets")
                default: items.append(escaped)
                }
            default: items.append(byte)
            }
            isFirst = false
        }
        throw Unsupported(message: "The pattern '\(pattern)' has a '[' without a ']'. Close it, or write '\\['.")
    }

    private static func unsupported(_ pattern: String, _ what: String) -> Unsupported {
        Unsupported(
            message: "The pattern '\(pattern)' uses \(what), which the built-in search does not know. "
                + "Simplify it, or install ripgrep (rg).")
    }
}
