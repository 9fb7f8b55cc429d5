import Support

/// What ends an arithmetic expression.
enum ShellArithmeticEnd {
    /// `)`, of which the first is taken.
    case parentheses
    /// `)` behind two `;`, of which the first parenthesis is taken.
    case forHeader
    /// `]`, which is taken.
    case bracket
    /// `}`, which is not taken.
    case brace
}

extension ShellParser {
    /// The inside of `${…}` with its end.
    mutating func parseParameter(isQuoted: Bool) throws(ShellSyntaxError) -> ShellExpansion.Kind {
        let start = pos
        if peek() == 0x21, peek(1) != 0x7D {
            doubt(.command, "${!…} takes the name of a variable from another", from: start)
            pos += 1
        }
        var isLength = false
        if peek() == 0x23, peek(1) != 0x7D {
            isLength = true
            pos += 1
        }
        var name: String?
        if let taken = takeName() {
            name = taken
        } else if Self.isDigit(peek()) {
            while Self.isDigit(peek()) { pos += 1 }
        } else if [0x40, 0x2A, 0x23, 0x3F, 0x2D, 0x24, 0x21].contains(peek()) {
            pos += 1
        } else {
            throw error("a parameter expansion is not understood")
        }
        var hasSubscript = false
        if peek() == 0x5B {
            needsBash("an array", from: start)
            hasSubscript = true
            pos += 1
            if looking(at: "@]") || looking(at: "*]") {
                pos += 2
            } else {
                try parseArithmetic(.bracket)
            }
        }
        if peek() == 0x7D, !isAtEnd {
            pos += 1
            if isLength { return .number }
            if !hasSubscript, let name, bytes[start] != 0x21 { return .variable(name) }
            return .other
        }
        guard !isLength else { throw error("a parameter expansion is not understood") }
        try parseOperation(name, from: start, isQuoted: isQuoted)
        guard peek() == 0x7D, !isAtEnd else { throw error("a '}' is missing") }
        pos += 1
        return .other
    }

    private mutating func parseOperation(
        _ name: String?, from start: Int, isQuoted: Bool
    ) throws(ShellSyntaxError) {
        let place = ShellWordPlace.parameter(isQuoted: isQuoted)
        var operation = peek()
        pos += 1
        if operation == 0x3A {
            switch peek() {
            case 0x2D, 0x3D, 0x3F, 0x2B:
                operation = peek()
                pos += 1
            default:
                needsBash("a substring", from: start)
                return try parseArithmetic(.brace)
            }
        }
        switch operation {
        case 0x2D, 0x2B, 0x3F: _ = try parseWord(place)
        case 0x3D:
            if let name { changes(name, from: start) }
            _ = try parseWord(place)
        case 0x23, 0x25:
            if peek() == operation { pos += 1 }
            _ = try parseWord(place)
        case 0x2F, 0x5E, 0x2C:
            needsBash("a replacement", from: start)
            _ = try parseWord(place)
        case 0x40:
            needsBash("a transformation", from: start)
            if peek() == 0x50 { doubt(.command, "${…@P} runs what the value says", from: start) }
            guard Self.isNameStart(peek()) else { throw error("a parameter expansion is not understood") }
            pos += 1
        case 0x2A where bytes[start] == 0x21: break
        default: throw error("a parameter expansion is not understood")
        }
    }

    /// Reads an arithmetic expression: what it evaluates is noted, substitutions in it are found.
    mutating func parseArithmetic(_ end: ShellArithmeticEnd) throws(ShellSyntaxError) {
        let start = pos
        var parentheses = 0
        var brackets = 0
        var scratch = ShellWord()
        while true {
            guard !isAtEnd else { throw error("an arithmetic expression has no end") }
            let byte = peek()
            switch byte {
            case 0x28:
                parentheses += 1
                pos += 1
            case 0x29:
                pos += 1
                if parentheses == 0 {
                    guard end == .parentheses || end == .forHeader, brackets == 0 else {
                        throw error("there is a ')' too many")
                    }
                    return
                }
                parentheses -= 1
            case 0x5B:
                brackets += 1
                pos += 1
            case 0x5D:
                if brackets == 0 {
                    guard end == .bracket, parentheses == 0 else { throw error("there is a ']' too many") }
                    pos += 1
                    return
                }
                brackets -= 1
                pos += 1
            case 0x7D:
                guard end == .brace, parentheses == 0, brackets == 0 else { throw error("there is a '}' too many") }
                return
            case 0x3B:
                guard end == .forHeader, parentheses == 0 else { throw error("arithmetic holds a ';'") }
                pos += 1
            case 0x22, 0x27, 0x5C, 0x60, 0x7B: throw error("arithmetic holds a quote")
            case 0x24:
                try parseDollar(&scratch, isQuoted: true)
                switch scratch.expansions.last?.kind {
                case .number: break
                case .variable(let name): output.evaluated.append((name, range(from: start)))
                case .other, .stream, nil:
                    doubt(.command, "arithmetic evaluates a text that only the shell knows", from: start)
                }
                scratch = ShellWord()
            case _ where Self.isNameStart(byte):
                if let name = takeName() { arithmeticName(name, from: start) }
            case _ where Self.isDigit(byte): while Self.isNamePart(peek()) || peek() == 0x23 { pos += 1 }
            default: pos += 1
            }
        }
    }

    /// A variable that arithmetic reads, and perhaps changes.
    private mutating func arithmeticName(_ name: String, from start: Int) {
        output.evaluated.append((name, range(from: start)))
        var next = pos
        while next < bytes.count, bytes[next] == 0x20 { next += 1 }
        let rest = bytes[next...].prefix(3)
        let isChange =
            (rest.first == 0x3D && rest.dropFirst().first != 0x3D) || rest.starts(with: [0x2B, 0x2B])
            || rest.starts(with: [0x2D, 0x2D])
            || (rest.dropFirst().first == 0x3D && rest.first.map { "+-*/%&|^".utf8.contains($0) } == true)
        if isChange || ShellVariables.isDangerous(name) { changes(name, isNumber: true, from: start) }
    }
}
