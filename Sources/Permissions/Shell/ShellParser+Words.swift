import Support

/// Where a word stands, which decides what ends it.
enum ShellWordPlace {
    /// In a command: ends at blanks and operators.
    case command
    /// Behind `==` or `=~` in `[[ ]]`: parentheses and `|` belong to it.
    case pattern
    /// Behind the operator in `${x:-…}`: ends at `}`.
    case parameter(isQuoted: Bool)
}

extension ShellParser {
    /// A word with its quotes removed; not present when there is none here.
    mutating func parseWord(_ place: ShellWordPlace) throws(ShellSyntaxError) -> ShellWord {
        var word = ShellWord()
        let start = pos
        var level = 0
        loop: while !isAtEnd {
            let byte = peek()
            switch (place, byte) {
            case (.parameter, 0x7D): break loop
            case (.parameter(let isQuoted), 0x27) where isQuoted:
                throw error("there is a ' inside \"${…}\", which shells read differently")
            case (.pattern, 0x28):
                level += 1
                word.append(byte, quoted: true)
                pos += 1
                continue
            case (.pattern, 0x29):
                guard level > 0 else { break loop }
                level -= 1
                word.append(byte, quoted: true)
                pos += 1
                continue
            case (.pattern, 0x7C), (.pattern, 0x3C), (.pattern, 0x3E), (.pattern, 0x26):
                guard level > 0 || (byte == 0x7C && peek(1) != 0x7C) else {
                    if byte == 0x7C, !word.isPresent { throw error("a pattern is missing") }
                    break loop
                }
                word.append(byte, quoted: true)
                pos += 1
                continue
            case (.pattern, 0x20) where level > 0:
                word.append(byte, quoted: true)
                pos += 1
                continue
            case (.pattern, _) where Self.isMeta(byte): break loop
            case (.command, _) where Self.isMeta(byte):
                guard isProcessSubstitution else { break loop }
                try parseProcessSubstitution(&word)
                continue
            default: break
            }
            switch byte {
            case 0x5C:
                guard pos + 1 < bytes.count else { throw error("it ends with a backslash") }
                if peek(1) != 0x0A { word.append(peek(1), quoted: true) }
                pos += 2
            case 0x27: try parseSingleQuoted(&word)
            case 0x22:
                pos += 1
                try parseDoubleQuoted(&word)
            case 0x24: try parseDollar(&word, isQuoted: Self.isQuoted(place))
            case 0x60: try parseBackquote(&word, isQuoted: Self.isQuoted(place))
            default:
                word.append(byte, quoted: false)
                pos += 1
            }
        }
        if case .pattern = place, level > 0 { throw error("a ')' is missing") }
        word.range = range(from: start)
        return word
    }

    private static func isQuoted(_ place: ShellWordPlace) -> Bool {
        if case .parameter(let isQuoted) = place { return isQuoted }
        return false
    }

    private mutating func parseSingleQuoted(_ word: inout ShellWord) throws(ShellSyntaxError) {
        guard let end = bytes[(pos + 1)...].firstIndex(of: 0x27) else { throw error("a ' is missing") }
        for byte in bytes[(pos + 1)..<end] { word.append(byte, quoted: true) }
        word.isPresent = true
        pos = end + 1
    }

    /// The rest of a double-quoted text, with its end.
    private mutating func parseDoubleQuoted(_ word: inout ShellWord) throws(ShellSyntaxError) {
        word.isPresent = true
        while true {
            guard !isAtEnd else { throw error("a \" is missing") }
            switch peek() {
            case 0x22:
                pos += 1
                return
            case 0x5C:
                switch peek(1) {
                case 0x24, 0x60, 0x22, 0x5C:
                    word.append(peek(1), quoted: true)
                    pos += 2
                case 0x0A: pos += 2
                default:
                    word.append(0x5C, quoted: true)
                    pos += 1
                }
            case 0x24: try parseDollar(&word, isQuoted: true)
            case 0x60: try parseBackquote(&word, isQuoted: true)
            case let byte:
                word.append(byte, quoted: true)
                pos += 1
            }
        }
    }

    mutating func add(
        _ kind: ShellExpansion.Kind, to word: inout ShellWord, from start: Int, isQuoted: Bool
    ) throws(ShellSyntaxError) {
        let expansion = ShellExpansion(kind: kind, source: Array(bytes[start..<pos]), isQuoted: isQuoted)
        guard word.append(expansion) else { throw error("a word has too many expansions") }
    }

    private mutating func parseProcessSubstitution(_ word: inout ShellWord) throws(ShellSyntaxError) {
        needsBash("a process substitution", from: pos)
        let start = pos
        pos += 2
        try parseSubstituted()
        try add(.stream, to: &word, from: start, isQuoted: true)
    }

    /// The commands of `$( … )` behind the parenthesis, with the closing one.
    private mutating func parseSubstituted() throws(ShellSyntaxError) {
        let outer = pending
        pending = []
        try nested { (p) throws(ShellSyntaxError) in try p.parseList([]) }
        guard peek() == 0x29, !isAtEnd else { throw error("a ')' is missing") }
        guard pending.isEmpty else { throw error("a here-document has no end") }
        pos += 1
        pending = outer
    }

    /// Everything that begins with `$`.
    mutating func parseDollar(_ word: inout ShellWord, isQuoted: Bool) throws(ShellSyntaxError) {
        let start = pos
        pos += 1
        switch peek() {
        case 0x28:
            if peek(1) == 0x28 {
                if try parseDollarArithmetic() {
                    return try add(.number, to: &word, from: start, isQuoted: isQuoted)
                }
                throw error("'$((' is neither arithmetic nor clearly a substitution")
            }
            pos += 1
            try parseSubstituted()
            try add(.other, to: &word, from: start, isQuoted: isQuoted)
        case 0x7B:
            pos += 1
            let kind = try nested { (p) throws(ShellSyntaxError) in try p.parseParameter(isQuoted: isQuoted) }
            try add(kind, to: &word, from: start, isQuoted: isQuoted)
        case 0x5B: throw error("'$[' is old arithmetic")
        case 0x27 where !isQuoted:
            needsBash("$'…'", from: start)
            try parseANSIQuoted(&word)
        case 0x22 where !isQuoted:
            needsBash("$\"…\"", from: start)
            pos += 1
            try parseDoubleQuoted(&word)
        case 0x5C where peek(1) == 0x0A: throw error("a '$' is cut off by a joined line")
        case 0x23, 0x3F, 0x24, 0x21:
            pos += 1
            try add(.number, to: &word, from: start, isQuoted: isQuoted)
        case 0x40, 0x2A, 0x2D, 0x30...0x39:
            pos += 1
            try add(.other, to: &word, from: start, isQuoted: isQuoted)
        default:
            if let name = takeName() {
                try add(.variable(name), to: &word, from: start, isQuoted: isQuoted)
            } else {
                word.append(0x24, quoted: true)
            }
        }
    }

    private mutating func parseDollarArithmetic() throws(ShellSyntaxError) -> Bool {
        pos += 2
        try parseArithmetic(.parentheses)
        guard peek() == 0x29 else { return false }
        pos += 1
        return true
    }

    /// A command in backquotes: its text without the backslashes is parsed for itself.
    mutating func parseBackquote(_ word: inout ShellWord, isQuoted: Bool) throws(ShellSyntaxError) {
        let start = pos
        pos += 1
        var inner: [UInt8] = []
        while true {
            guard !isAtEnd else { throw error("a ` is missing") }
            if peek() == 0x60 { break }
            if peek() == 0x5C {
                switch peek(1) {
                case 0x24, 0x60, 0x5C: pos += 1
                case 0x22 where isQuoted: pos += 1
                default: break
                }
                guard !isAtEnd else { throw error("a ` is missing") }
            }
            inner.append(peek())
            pos += 1
        }
        pos += 1
        guard depth < Self.maxDepth else { throw error("it is nested more than \(Self.maxDepth) deep") }
        var parser = ShellParser(inner, dialect: dialect, depth: depth + 1, fixedRange: range(from: start))
        parser.repeats = repeats
        swap(&parser.output, &output)
        defer { swap(&parser.output, &output) }
        try parser.parseScript()
        try add(.other, to: &word, from: start, isQuoted: isQuoted)
    }

    /// `'…'` behind a `$`: C escapes.
    private mutating func parseANSIQuoted(_ word: inout ShellWord) throws(ShellSyntaxError) {
        pos += 1
        word.isPresent = true
        while true {
            guard !isAtEnd else { throw error("a ' is missing") }
            let byte = peek()
            pos += 1
            if byte == 0x27 { return }
            guard byte == 0x5C else {
                word.append(byte, quoted: true)
                continue
            }
            let escape = peek()
            pos += 1
            switch escape {
            case 0x61: word.append(0x07, quoted: true)
            case 0x62: word.append(0x08, quoted: true)
            case 0x65, 0x45: word.append(0x1B, quoted: true)
            case 0x66: word.append(0x0C, quoted: true)
            case 0x6E: word.append(0x0A, quoted: true)
            case 0x72: word.append(0x0D, quoted: true)
            case 0x74: word.append(0x09, quoted: true)
            case 0x76: word.append(0x0B, quoted: true)
            case 0x5C, 0x27, 0x22, 0x3F: word.append(escape, quoted: true)
            case 0x30...0x37:
                pos -= 1
                try appendCode(digits: 3, radix: 8, &word)
            case 0x78: try appendCode(digits: 2, radix: 16, &word)
            case 0x75: try appendCode(digits: 4, radix: 16, &word, isScalar: true)
            case 0x55: try appendCode(digits: 8, radix: 16, &word, isScalar: true)
            default: throw error("an escape of $'…' is not understood")
            }
        }
    }

    private mutating func appendCode(
        digits: Int, radix: UInt32, _ word: inout ShellWord, isScalar: Bool = false
    ) throws(ShellSyntaxError) {
        var value: UInt32 = 0
        var count = 0
        while count < digits, let digit = Self.digit(peek()), digit < radix, !isAtEnd {
            value = value &* radix &+ digit
            count += 1
            pos += 1
        }
        guard count > 0, value > 0 else { throw error("an escape of $'…' is not understood") }
        if isScalar {
            guard let scalar = Unicode.Scalar(value) else { throw error("an escape of $'…' is no character") }
            for byte in String(Character(scalar)).utf8 { word.append(byte, quoted: true) }
        } else {
            guard let byte = UInt8(exactly: value & 0xFF), byte > 0 else {
                throw error("an escape of $'…' is not understood")
            }
            word.append(byte, quoted: true)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
