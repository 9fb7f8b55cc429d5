import Support

extension ShellParser {
    /// The redirection that begins here; `nil` and nothing taken when there is none.
    mutating func parseRedirect() throws(ShellSyntaxError) -> ShellRedirect? {
        let start = pos
        if peek() == 0x7B {
            // {name}> file
            var end = pos + 1
            while end < bytes.count, Self.isNamePart(bytes[end]) { end += 1 }
            guard end > pos + 1, end + 1 < bytes.count, bytes[end] == 0x7D,
                bytes[end + 1] == 0x3C || bytes[end + 1] == 0x3E
            else { return nil }
            needsBash("a named descriptor", from: pos)
            changes(String(decoding: bytes[pos + 1..<end], as: UTF8.self), isNumber: true, from: pos)
            pos = end + 1
        } else {
            while Self.isDigit(peek()) { pos += 1 }
            guard peek() == 0x3C || peek() == 0x3E || (pos == start && looking(at: "&>")) else {
                pos = start
                return nil
            }
        }
        if isProcessSubstitution {
            pos = start
            return nil
        }
        var kind = ShellRedirect.Kind.write
        var mayDuplicate = false
        if looking(at: "&>>") || looking(at: "&>") {
            needsBash("&>", from: start)
            pos += looking(at: "&>>") ? 3 : 2
        } else if looking(at: "<<<") {
            needsBash("<<<", from: start)
            pos += 3
            kind = .text
        } else if looking(at: "<<") {
            return try parseHereDocument()
        } else if looking(at: "<&") {
            pos += 2
            kind = .read
            mayDuplicate = true
        } else if looking(at: "<>") {
            pos += 2
            kind = .readWrite
        } else if peek() == 0x3C {
            pos += 1
            kind = .read
        } else if looking(at: ">&") {
            pos += 2
            mayDuplicate = true
        } else {
            pos += looking(at: ">>") || looking(at: ">|") ? 2 : 1
        }
        skipBlanks()
        let target = try parseWord(.command)
        guard target.isPresent else { throw error("a redirection has no target") }
        if mayDuplicate {
            if let text = target.bare, !text.isEmpty,
                text.utf8.allSatisfy({ Self.isDigit($0) || $0 == 0x2D })
            {
                kind = .duplicate
            } else if kind == .read {
                guard target.expansions.count == 1, target.units.count == 1 else {
                    throw error("a descriptor is not a number")
                }
                doubt(.path, "a descriptor is not literal", from: start)
                kind = .duplicate
            }
        }
        return ShellRedirect(kind: kind, target: target)
    }

    private mutating func parseHereDocument() throws(ShellSyntaxError) -> ShellRedirect {
        pos += 2
        let stripsTabs = peek() == 0x2D
        if stripsTabs { pos += 1 }
        skipBlanks()
        let start = pos
        let word = try parseWord(.command)
        let source = bytes[start..<pos]
        guard word.isPresent, !word.isDynamic, !source.contains(0x0A) else {
            throw error("the end of a here-document is not literal")
        }
        let isQuoted = source.contains { $0 == 0x22 || $0 == 0x27 || $0 == 0x5C }
        guard pending.count < 64 else { throw error("there are too many here-documents") }
        pending.append(
            ShellHereDocument(
                delimiter: word.units.map { UInt8(truncatingIfNeeded: $0) }, stripsTabs: stripsTabs,
                expands: !isQuoted))
        return ShellRedirect(kind: .text, target: word)
    }

    /// The texts of the here-documents of the line that just ended.
    mutating func readHereDocuments() throws(ShellSyntaxError) {
        let documents = pending
        pending = []
        for document in documents {
            let start = pos
            var bodyEnd: Int?
            while !isAtEnd {
                let lineStart = pos
                var end = pos
                while end < bytes.count, bytes[end] != 0x0A { end += 1 }
                var line = bytes[lineStart..<end]
                if document.stripsTabs { line = line.drop { $0 == 0x09 } }
                pos = min(end + 1, bytes.count)
                if line.elementsEqual(document.delimiter) {
                    bodyEnd = lineStart
                    // Of `$(cat <<E … E)` the parenthesis stands on a line of its own or behind the word: bash takes
                    // both, and only the first is understood here.
                    break
                }
                if document.expands, line.last == 0x5C {
                    // A joined line could become the end.
                    let slashes = line.reversed().prefix { $0 == 0x5C }.count
                    if slashes % 2 == 1, document.delimiter.starts(with: line.dropLast()) {
                        throw error("a here-document has a joined line that may be its end")
                    }
                    if slashes % 2 == 1, let next = joinedEnd(pos, document) { pos = next }
                }
            }
            guard let bodyEnd else { throw error("a here-document has no end") }
            if document.expands {
                try parseHereText(start..<bodyEnd)
            }
        }
    }

    /// The end of the line at `start`, which continues the one before it and so is never the delimiter; `nil` at the
    /// end.
    private func joinedEnd(_ start: Int, _ document: ShellHereDocument) -> Int? {
        var end = start
        while true {
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            guard end < bytes.count else { return nil }
            let slashes = bytes[start..<end].reversed().prefix { $0 == 0x5C }.count
            end += 1
            if slashes % 2 == 0 { return end }
        }
    }

    /// Finds the substitutions of a here-document.
    private mutating func parseHereText(_ body: Range<Int>) throws(ShellSyntaxError) {
        let after = pos
        pos = body.lowerBound
        var scratch = ShellWord()
        while pos < body.upperBound {
            switch peek() {
            case 0x5C: pos += 2
            case 0x24: try parseDollar(&scratch, isQuoted: true)
            case 0x60: try parseBackquote(&scratch, isQuoted: true)
            default: pos += 1
            }
            if scratch.expansions.count > 1_000 { scratch = ShellWord() }
        }
        guard pos <= body.upperBound || bytes[body.upperBound - 1] == 0x5C else {
            throw error("a substitution does not end with its here-document")
        }
        pos = after
    }
}
