import Support

/// What a parser and the parsers it starts for nested texts have found.
struct ShellFindings {
    var commands: [ShellCommand] = []
    var doubts: [ShellDoubt] = []
    var functions: Set<String> = []
    /// Variables that are changed in any way.
    var changed: Set<String> = []
    /// Variables whose value need not be a number.
    var texts: Set<String> = []
    /// Variables that an arithmetic expression evaluates: their text is code.
    var evaluated: [(name: String, range: Range<Int>)] = []
    var chains = 0
}

/// A here-document whose text begins at the next line.
struct ShellHereDocument {
    var delimiter: [UInt8]
    var stripsTabs: Bool
    /// Substitutions in it run.
    var expands: Bool
}

/// Recursive descent over the bytes of a shell text. It makes no tree: it finds every simple command wherever it
/// stands.
struct ShellParser {
    /// Deepest nesting of substitutions, groups and conditions.
    static let maxDepth = 40
    /// Words that mean something where a command begins.
    static let reserved: Set<String> = [
        "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "for", "select", "case", "esac", "function",
        "{", "}", "[[", "!", "time", "coproc", "in",
    ]

    /// Builtins that give variables texts.
    private static let setters: Set<String> = [
        "read", "mapfile", "readarray", "getopts", "let", "declare", "typeset", "local", "export", "readonly", "printf",
    ]

    let bytes: [UInt8]
    let dialect: ShellAnalysis.Dialect
    /// The range of everything found, for text that does not stand in the command as it is.
    let fixedRange: Range<Int>?
    var pos = 0
    var depth: Int
    var repeats = 0
    var pending: [ShellHereDocument] = []
    var output = ShellFindings()

    init(
        _ bytes: [UInt8], dialect: ShellAnalysis.Dialect, depth: Int = 0, fixedRange: Range<Int>? = nil
    ) {
        self.bytes = bytes
        self.dialect = dialect
        self.depth = depth
        self.fixedRange = fixedRange
    }

    func error(_ reason: String) -> ShellSyntaxError { ShellSyntaxError(reason: reason, offset: pos) }

    var isAtEnd: Bool { pos >= bytes.count }

    /// The byte `offset` further, 0 behind the end (there is no NUL in the text that bash would see).
    func peek(_ offset: Int = 0) -> UInt8 { pos + offset < bytes.count ? bytes[pos + offset] : 0 }

    func looking(at text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard pos + count <= bytes.count else { return false }
        return text.withUTF8Buffer { buffer in
            for index in 0..<count where buffer[index] != bytes[pos + index] { return false }
            return true
        }
    }

    func range(from start: Int) -> Range<Int> { fixedRange ?? start..<max(start, min(pos, bytes.count)) }

    mutating func doubt(_ kind: ShellDoubt.Kind, _ reason: String, from start: Int) {
        guard output.doubts.count < 1_000 else { return }
        output.doubts.append(ShellDoubt(kind: kind, reason: reason, range: range(from: start)))
    }

    /// Notes what `sh` may understand otherwise than bash.
    mutating func needsBash(_ what: String, from start: Int) {
        if dialect == .posix { doubt(.command, "\(what) means something else in other shells than bash", from: start) }
    }

    /// Runs `body` one level deeper.
    mutating func nested<Value>(
        _ body: (inout ShellParser) throws(ShellSyntaxError) -> Value
    ) throws(ShellSyntaxError) -> Value {
        guard depth < Self.maxDepth else { throw error("it is nested more than \(Self.maxDepth) deep") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    // MARK: Lists

    mutating func parseScript() throws(ShellSyntaxError) {
        guard !bytes.contains(0) else { throw error("it holds a NUL byte") }
        try parseList([])
        guard isAtEnd else { throw error("there is a '\(shown(peek()))' too many") }
        guard pending.isEmpty else { throw error("a here-document has no end") }
    }

    /// After everything is read: variables whose text an arithmetic expression would run.
    mutating func finish(environmentIsKnown: Bool) {
        for command in output.commands {
            guard let setter = command.words.firstIndex(where: { $0.literal.map(Self.setters.contains) == true }) else {
                continue
            }
            for word in command.words[setter...].dropFirst() {
                let name = String(word.text.prefix { $0 != "=" && $0 != "+" && $0 != "[" })
                output.changed.insert(name)
                output.texts.insert(name)
            }
        }
        for (name, range) in output.evaluated
        where output.texts.contains(name) || (!environmentIsKnown && !output.changed.contains(name)) {
            guard output.doubts.count < 1_000 else { return }
            output.doubts.append(
                ShellDoubt(
                    kind: .command, reason: "the arithmetic evaluates the text of \(name), which may hold a command",
                    range: range))
        }
    }

    func shown(_ byte: UInt8) -> String { UTF8Text.lossy([byte]) }

    /// Commands up to one of the reserved words, `)`, `;;` or the end, none of which is taken.
    mutating func parseList(_ ends: Set<String>) throws(ShellSyntaxError) {
        while true {
            try skipSpace()
            if isAtEnd || peek() == 0x29 || looking(at: ";;") || looking(at: ";&") { return }
            if !ends.isEmpty, let word = bareWord(), ends.contains(word) { return }
            let first = output.commands.count
            try parseAndOr()
            skipBlanks()
            switch peek() {
            case 0x3B where peek(1) != 0x3B && peek(1) != 0x26: pos += 1
            case 0x26 where peek(1) != 0x26:
                pos += 1
                for index in first..<output.commands.count { output.commands[index].isDetached = true }
            case 0x0A: break
            default: return
            }
        }
    }

    private mutating func parseAndOr() throws(ShellSyntaxError) {
        output.chains += 1
        let chain = output.chains
        var isAlternative = false
        while true {
            let first = output.commands.count
            try parsePipeline(chain)
            if isAlternative, first < output.commands.count {
                for index in first..<output.commands.count where output.commands[index].chain == chain {
                    output.commands[index].isAlternative = true
                }
            }
            skipBlanks()
            if looking(at: "&&") {
                isAlternative = false
            } else if looking(at: "||") {
                isAlternative = true
            } else {
                return
            }
            pos += 2
            try skipSpace()
        }
    }

    private mutating func parsePipeline(_ chain: Int) throws(ShellSyntaxError) {
        let first = output.commands.count
        var isDetached = false
        while let word = bareWord() {
            if word == "!" {
                isDetached = true
            } else if word != "time" || dialect == .posix {
                break
            }
            let start = pos
            pos += word.utf8.count
            skipBlanks()
            if word == "time" {
                if peek() == 0x2D {
                    // `time -f x cmd` is the program.
                    guard looking(at: "-p ") || looking(at: "-- ") else {
                        pos = start
                        break
                    }
                    pos += 2
                    skipBlanks()
                }
            }
        }
        try parseCommand(chain)
        skipBlanks()
        while peek() == 0x7C, peek(1) != 0x7C {
            if peek(1) == 0x26 { needsBash("|&", from: pos) }
            pos += peek(1) == 0x26 ? 2 : 1
            isDetached = true
            try skipSpace()
            try parseCommand(chain)
            skipBlanks()
        }
        if isDetached {
            for index in first..<output.commands.count { output.commands[index].isDetached = true }
        }
    }

    // MARK: Space

    /// Blanks, comments and joined lines.
    mutating func skipBlanks() {
        while true {
            switch peek() {
            case 0x20, 0x09: pos += 1
            case 0x5C where peek(1) == 0x0A: pos += 2
            case 0x23: while !isAtEnd, peek() != 0x0A { pos += 1 }
            default: return
            }
        }
    }

    /// Blanks and newlines, reading the here-documents that begin there.
    mutating func skipSpace() throws(ShellSyntaxError) {
        while true {
            skipBlanks()
            guard peek() == 0x0A, !isAtEnd else { return }
            pos += 1
            try readHereDocuments()
        }
    }

    static func isMeta(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x3B, 0x26, 0x7C, 0x28, 0x29, 0x3C, 0x3E: true
        default: false
        }
    }

    /// The unquoted word here, of at most 16 bytes, without taking it; `nil` when it has quotes or expansions.
    func bareWord() -> String? {
        var end = pos
        while end < bytes.count, !Self.isMeta(bytes[end]) {
            switch bytes[end] {
            case 0x22, 0x27, 0x24, 0x5C, 0x60: return nil
            default: end += 1
            }
            if end - pos > 16 { return nil }
        }
        return end == pos ? nil : String(validating: bytes[pos..<end], as: UTF8.self)
    }

    /// Takes a reserved word that must stand here.
    mutating func expect(_ word: String) throws(ShellSyntaxError) {
        try skipSpace()
        guard bareWord() == word else { throw error("'\(word)' is missing") }
        pos += word.utf8.count
    }

    static func isNameStart(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

    /// The name that begins here, taken; `nil` when there is none.
    mutating func takeName() -> String? {
        guard Self.isNameStart(peek()) else { return nil }
        let start = pos
        while Self.isNamePart(peek()) { pos += 1 }
        return String(decoding: bytes[start..<pos], as: UTF8.self)
    }

    /// Notes that a variable is changed to a text that need not be a number.
    mutating func changes(_ name: String, isNumber: Bool = false, from start: Int) {
        output.changed.insert(name)
        if !isNumber { output.texts.insert(name) }
        if ShellVariables.isDangerous(name) {
            doubt(.command, "\(name) decides which programs run or what they do", from: start)
        }
    }
}
