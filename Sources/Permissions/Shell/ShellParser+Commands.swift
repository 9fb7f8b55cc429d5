import Support

extension ShellParser {
    /// One command: compound, function or simple.
    mutating func parseCommand(_ chain: Int) throws(ShellSyntaxError) {
        let start = pos
        if peek() == 0x28 {
            if peek(1) == 0x28 {
                needsBash("((", from: pos)
                pos += 2
                try parseArithmetic(.parentheses)
                guard peek() == 0x29 else { throw error("'((' is neither arithmetic nor clearly two subshells") }
                pos += 1
            } else {
                pos += 1
                try nested { (p) throws(ShellSyntaxError) in try p.parseList([]) }
                guard peek() == 0x29, !isAtEnd else { throw error("a ')' is missing") }
                pos += 1
            }
            return try parseTrailingRedirects(chain, from: start)
        }
        guard let word = bareWord(), Self.reserved.contains(word), word != "in" else { return try parseSimple(chain) }
        guard word != "time" else { return try parseSimple(chain) }
        pos += word.utf8.count
        switch word {
        case "{":
            try nested { (p) throws(ShellSyntaxError) in try p.parseList(["}"]) }
            try expect("}")
        case "if": try nested { (p) throws(ShellSyntaxError) in try p.parseIf() }
        case "while", "until":
            try loop { (p) throws(ShellSyntaxError) in
                try p.parseList(["do"])
                try p.parseDo()
            }
        case "for", "select":
            if word == "select" { needsBash("select", from: start) }
            try loop { (p) throws(ShellSyntaxError) in try p.parseFor() }
        case "case": try nested { (p) throws(ShellSyntaxError) in try p.parseCase() }
        case "function":
            needsBash("function", from: start)
            skipBlanks()
            let name = try parseWord(.command)
            guard let text = name.bare, !text.isEmpty else { throw error("the name of a function is not literal") }
            skipBlanks()
            if peek() == 0x28 {
                pos += 1
                skipBlanks()
                guard peek() == 0x29 else { throw error("a ')' is missing") }
                pos += 1
            }
            return try parseFunctionBody(text, chain)
        case "[[":
            needsBash("[[", from: start)
            try nested { (p) throws(ShellSyntaxError) in try p.parseCondition() }
        case "coproc": throw ShellSyntaxError(reason: "it starts a coprocess", offset: start)
        default: throw ShellSyntaxError(reason: "'\(word)' stands where a command should begin", offset: start)
        }
        try parseTrailingRedirects(chain, from: start)
    }

    private mutating func loop(
        _ body: (inout ShellParser) throws(ShellSyntaxError) -> Void
    ) throws(ShellSyntaxError) {
        repeats += 1
        defer { repeats -= 1 }
        try nested(body)
    }

    private mutating func parseIf() throws(ShellSyntaxError) {
        try parseList(["then"])
        try expect("then")
        while true {
            try parseList(["elif", "else", "fi"])
            try skipSpace()
            switch bareWord() {
            case "elif":
                pos += 4
                try parseList(["then"])
                try expect("then")
            case "else":
                pos += 4
                try parseList(["fi"])
                return try expect("fi")
            default: return try expect("fi")
            }
        }
    }

    private mutating func parseDo() throws(ShellSyntaxError) {
        try skipSpace()
        if peek() == 0x7B {
            needsBash("a loop with braces", from: pos)
            try expect("{")
            try parseList(["}"])
            return try expect("}")
        }
        try expect("do")
        try parseList(["done"])
        try expect("done")
    }

    private mutating func parseFor() throws(ShellSyntaxError) {
        skipBlanks()
        let start = pos
        if looking(at: "((") {
            needsBash("for ((", from: pos)
            pos += 2
            try parseArithmetic(.forHeader)
            guard peek() == 0x29 else { throw error("a ')' is missing") }
            pos += 1
            skipBlanks()
            if peek() == 0x3B { pos += 1 }
            return try parseDo()
        }
        guard let name = takeName(), isAtEnd || Self.isMeta(peek()) else {
            throw error("the variable of a loop is not literal")
        }
        try skipSpace()
        var isNumber = false
        if bareWord() == "in" {
            pos += 2
            isNumber = true
            skipBlanks()
            while !isAtEnd, peek() != 0x0A, peek() != 0x3B {
                guard !Self.isMeta(peek()) || peek(1) == 0x28 else { throw error("a word is missing") }
                let word = try parseWord(.command)
                isNumber = isNumber && Self.isNumber(word)
                skipBlanks()
            }
        }
        changes(name, isNumber: isNumber, from: start)
        if peek() == 0x3B { pos += 1 }
        try parseDo()
    }

    /// A word that is a number, or a sequence of them in braces.
    static func isNumber(_ word: ShellWord) -> Bool {
        if word.expansions.count == 1, word.units.count == 1, word.expansions[0].kind == .number { return true }
        guard let text = word.literal else { return false }
        return text.utf8.allSatisfy { isDigit($0) || $0 == 0x2D || $0 == 0x7B || $0 == 0x7D || $0 == 0x2E }
    }

    private mutating func parseCase() throws(ShellSyntaxError) {
        skipBlanks()
        _ = try parseWord(.command)
        try expect("in")
        while true {
            try skipSpace()
            guard !isAtEnd else { throw error("'esac' is missing") }
            if bareWord() == "esac" {
                pos += 4
                return
            }
            if peek() == 0x28 { pos += 1 }
            while true {
                skipBlanks()
                let word = try parseWord(.command)
                guard word.isPresent else { throw error("a pattern is missing") }
                skipBlanks()
                guard peek() == 0x7C else { break }
                pos += 1
            }
            guard peek() == 0x29 else { throw error("a ')' is missing") }
            pos += 1
            try parseList(["esac"])
            try skipSpace()
            if looking(at: ";;&") {
                pos += 3
            } else if looking(at: ";;") || looking(at: ";&") {
                if peek(1) == 0x26 { needsBash(";&", from: pos) }
                pos += 2
            } else if bareWord() != "esac" {
                throw error("';;' is missing")
            }
        }
    }

    private mutating func parseFunctionBody(_ name: String, _ chain: Int) throws(ShellSyntaxError) {
        output.functions.insert(name)
        try skipSpace()
        let isCompound =
            peek() == 0x28 || bareWord().map { ["{", "if", "while", "until", "for", "case"].contains($0) } == true
        guard isCompound else { throw error("the body of a function is missing") }
        try loop { (p) throws(ShellSyntaxError) in try p.parseCommand(chain) }
    }

    /// Redirections behind a compound command: a command of their own.
    private mutating func parseTrailingRedirects(_ chain: Int, from start: Int) throws(ShellSyntaxError) {
        var command = ShellCommand()
        skipBlanks()
        while let redirect = try parseRedirect() {
            command.redirects.append(redirect)
            skipBlanks()
        }
        guard !command.redirects.isEmpty else { return }
        record(command, chain, from: start)
    }

    private mutating func record(_ command: ShellCommand, _ chain: Int, from start: Int) {
        var command = command
        command.range = range(from: start)
        command.chain = chain
        command.isRepeated = repeats > 0
        output.commands.append(command)
    }

    // MARK: Simple commands

    private mutating func parseSimple(_ chain: Int) throws(ShellSyntaxError) {
        let start = pos
        var command = ShellCommand()
        var end = pos
        while true {
            skipBlanks()
            if isAtEnd { break }
            if let redirect = try parseRedirect() {
                command.redirects.append(redirect)
                end = pos
                continue
            }
            if Self.isMeta(peek()), !isProcessSubstitution {
                guard peek() == 0x28 else { break }
                guard command.words.count == 1, command.assignments.isEmpty, command.redirects.isEmpty,
                    let name = command.words[0].bare
                else { throw error("there is a '(' too many") }
                pos += 1
                skipBlanks()
                guard peek() == 0x29 else { throw error("a ')' is missing") }
                pos += 1
                return try parseFunctionBody(name, chain)
            }
            if command.words.isEmpty, let assignment = try parseAssignment() {
                command.assignments.append(assignment)
            } else {
                let before = pos
                let word = try parseWord(.command)
                guard word.isPresent, pos > before else { throw error("'\(shown(peek()))' is not understood") }
                if let words = word.braceExpanded() {
                    if words.count > 1 { needsBash("a brace expansion", from: before) }
                    command.words += words
                } else {
                    doubt(.command, "a brace expansion makes too many words", from: before)
                    command.words.append(word)
                }
            }
            end = pos
        }
        guard !command.words.isEmpty || !command.assignments.isEmpty || !command.redirects.isEmpty else {
            throw error("a command is missing")
        }
        let after = pos
        pos = end
        record(command, chain, from: start)
        pos = after
    }

    var isProcessSubstitution: Bool { (peek() == 0x3C || peek() == 0x3E) && peek(1) == 0x28 }

    /// `name=`, `name+=`, `name[…]=`, with the value; `nil` and nothing taken when there is none.
    private mutating func parseAssignment() throws(ShellSyntaxError) -> ShellAssignment? {
        let start = pos
        guard let name = takeName() else { return nil }
        var hasSubscript = false
        if peek() == 0x5B {
            // Only an assignment when '=' follows the bracket; else it is a glob.
            guard let close = bytes[pos...].prefix(4_096).firstIndex(where: { $0 == 0x5D || Self.isMeta($0) }),
                bytes[close] == 0x5D, close + 1 < bytes.count,
                bytes[close + 1] == 0x3D
                    || (bytes[close + 1] == 0x2B && close + 2 < bytes.count && bytes[close + 2] == 0x3D)
            else {
                if bytes[pos...].prefix(4_096).contains(0x3D) { throw error("a subscript is not simple") }
                pos = start
                return nil
            }
            needsBash("an array", from: start)
            hasSubscript = true
            pos += 1
            try parseArithmetic(.bracket)
        }
        if peek() == 0x2B, peek(1) == 0x3D { pos += 1 }
        guard peek() == 0x3D else {
            pos = start
            return nil
        }
        pos += 1
        if peek() == 0x28 {
            needsBash("an array", from: start)
            let value = try parseArray()
            changes(name, from: start)
            return ShellAssignment(name: name, value: value)
        }
        var value = try parseWord(.command)
        value.isPresent = true
        changes(name, isNumber: !hasSubscript && Self.isNumber(value), from: start)
        return ShellAssignment(name: name, value: value)
    }

    private mutating func parseArray() throws(ShellSyntaxError) -> ShellWord {
        let start = pos
        pos += 1
        while true {
            try skipSpace()
            guard !isAtEnd else { throw error("a ')' is missing") }
            if peek() == 0x29 {
                pos += 1
                guard isAtEnd || Self.isMeta(peek()) else { throw error("something follows an array") }
                var word = ShellWord()
                word.range = range(from: start)
                _ = word.append(
                    ShellExpansion(kind: .other, source: Array(bytes[start..<pos]), isQuoted: false))
                return word
            }
            let word = try parseWord(.command)
            guard word.isPresent else { throw error("'\(shown(peek()))' is not understood") }
            if word.units.first == 0x5B { doubt(.command, "a subscript is evaluated", from: start) }
        }
    }

    // MARK: [[ … ]]

    private mutating func parseCondition() throws(ShellSyntaxError) {
        var last: ShellWord?
        while true {
            try skipSpace()
            guard !isAtEnd else { throw error("']]' is missing") }
            if bareWord() == "]]" {
                pos += 2
                return
            }
            switch peek() {
            case 0x28, 0x29, 0x3C, 0x3E:
                pos += 1
                last = nil
                continue
            case 0x26, 0x7C:
                guard peek(1) == peek() else { throw error("'\(shown(peek()))' is not understood") }
                pos += 2
                last = nil
                continue
            case 0x3B: throw error("']]' is missing")
            default: break
            }
            let start = pos
            let word = try parseWord(.command)
            guard word.isPresent else { throw error("'\(shown(peek()))' is not understood") }
            switch word.bare {
            case "=~", "==", "=", "!=":
                guard last != nil else { break }
                skipBlanks()
                _ = try parseWord(.pattern)
                last = nil
                continue
            case "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
                guard let left = last else { break }
                skipBlanks()
                let right = try parseWord(.command)
                evaluates(left, from: start)
                evaluates(right, from: start)
                last = nil
                continue
            case "-v", "-R":
                skipBlanks()
                let name = try parseWord(.command)
                if name.isDynamic || name.units.contains(where: { $0 & 0xFF == 0x5B }) {
                    doubt(.command, "-v evaluates a subscript", from: start)
                }
                last = nil
                continue
            default: break
            }
            last = word
        }
    }

    /// An operand that is evaluated as arithmetic.
    private mutating func evaluates(_ word: ShellWord, from start: Int) {
        if Self.isNumber(word) { return }
        if word.units.count == 1, word.expansions.count == 1 {
            switch word.expansions[0].kind {
            case .number: return
            case .variable(let name) where name.utf8.first.map(Self.isNameStart) == true:
                output.evaluated.append((name, range(from: start)))
                return
            default: break
            }
        }
        if let name = word.literal, !name.isEmpty, name.utf8.allSatisfy(Self.isNamePart) {
            output.evaluated.append((name, range(from: start)))
            return
        }
        doubt(.command, "an arithmetic comparison evaluates a text that only the shell knows", from: start)
    }
}
