import Support

/// What `codesearch` looks for, and how well a line answers it: definitions first, then lines with more of the words,
/// then code before tests and documents. Pure.
package struct CodeQuery: Sendable, Equatable {
    /// Most words of a query.
    package static let termLimit = 8

    /// The words, in the order of the query, each once.
    package let terms: [[UInt8]]
    /// True when no word has an upper-case letter.
    package let ignoresCase: Bool

    /// A query without any word is nil.
    package init?(_ text: String) {
        var found: [[UInt8]] = []
        let words = text.utf8.split { !Self.isWord($0) }.map(Array.init)
        for word in words where word.count > 1 && !found.contains(word) {
            let plain = word.map(Self.lower)
            if words.count > 1, Self.fillers.contains(where: { $0.utf8.elementsEqual(plain) }) { continue }
            found.append(word)
        }
        guard !found.isEmpty else { return nil }
        terms = Array(found.prefix(Self.termLimit))
        ignoresCase = !terms.contains { $0.contains { (0x41...0x5A).contains($0) } }
    }

    /// A regular expression that finds each line with one of the words. Words hold nothing that needs an escape.
    package var pattern: String {
        let words = terms.map { String(decoding: $0, as: UTF8.self) }
        return words.count == 1 ? words.joined() : "(" + words.joined(separator: "|") + ")"
    }

    /// How well a line answers; 0 when it holds no word.
    package func score(line: [UInt8], path: [UInt8]) -> (score: Int, isDefinition: Bool) {
        let text = ignoresCase ? line.map(Self.lower) : line
        var score = 0
        var isDefinition = false
        for term in terms {
            let wanted = ignoresCase ? term.map(Self.lower) : term
            var best = 0
            for start in TextBytes.occurrences(of: wanted[...], in: text[...], limit: 20) {
                let end = start + wanted.count
                let opens = start == 0 || !Self.isWord(text[start - 1])
                let closes = end == text.count || !Self.isWord(text[end])
                guard opens, closes else {
                    best = max(best, 5)
                    continue
                }
                best = max(best, 20)
                if Self.defines(line, from: start, to: end) {
                    best = 100
                    isDefinition = true
                }
            }
            score += best
        }
        guard score > 0 else { return (0, false) }
        score -= Self.penalty(path)
        return (max(1, score), isDefinition)
    }

    /// True when the word at `start..<end` of `line` is being defined there.
    static func defines(_ line: [UInt8], from start: Int, to end: Int) -> Bool {
        let before = TextBytes.trimmed(line[..<start])
        let after = TextBytes.trimmed(line[end...])
        let previous = lastWord(before)
        if keywords.contains(where: { $0.utf8.elementsEqual(previous) }) { return true }
        // Go: func (receiver) Name(
        if before.last == UInt8(ascii: ")"), before.starts(with: "func (".utf8), after.first == UInt8(ascii: "(") {
            return true
        }
        // JavaScript: name = (…) =>, name: function, name(…) {
        if before.isEmpty || previous.elementsEqual("async".utf8) || previous.elementsEqual("static".utf8) {
            let rest = Array(after)
            if after.first == UInt8(ascii: "("), after.last == UInt8(ascii: "{") { return true }
            let isFunction =
                !TextBytes.occurrences(of: Array("=>".utf8)[...], in: rest[...], limit: 1).isEmpty
                || !TextBytes.occurrences(of: Array("function".utf8)[...], in: rest[...], limit: 1).isEmpty
            if isFunction, after.first == UInt8(ascii: "=") || after.first == UInt8(ascii: ":") { return true }
        }
        // C and Java: type name(…) {
        let isCall = callers.contains { $0.utf8.elementsEqual(previous) }
        let afterType = before.last.map { isWord($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") } ?? false
        return afterType && !isCall && after.first == UInt8(ascii: "(") && after.last == UInt8(ascii: "{")
            && !before.contains(UInt8(ascii: "=")) && !before.contains(UInt8(ascii: "("))
    }

    private static func penalty(_ path: [UInt8]) -> Int {
        var result = 0
        let text = path.map(lower)
        for part in ["test", "spec", "mock", "fixture", "example"]
        where !TextBytes.occurrences(of: Array(part.utf8)[...], in: text[...], limit: 1).isEmpty {
            result = 10
        }
        for ending in [".md", ".txt", ".rst", ".json", ".lock", ".svg", ".csv", ".html", ".min.js", ".map", ".log"]
        where text.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
            result += 15
        }
        return result
    }

    /// The word, with a leading `#`, that `bytes` ends with.
    private static func lastWord(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var start = bytes.endIndex
        while start > bytes.startIndex, isWord(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "#") { start -= 1 }
        return bytes[start...]
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...: true
        default: false
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    private static let fillers: [String] = [
        "the", "of", "where", "is", "are", "an", "in", "to", "how", "for", "and", "does", "do", "what", "which", "with",
        "on", "by", "that", "this",
    ]

    /// Words before a call rather than a definition.
    private static let callers: [String] = [
        "return", "else", "new", "await", "in", "case", "throw", "yield", "and", "or", "not", "if", "while",
    ]

    private static let keywords: [String] = [
        "func", "fn", "def", "defp", "defmodule", "class", "struct", "enum", "protocol", "interface", "trait", "type",
        "typealias", "typedef", "actor", "extension", "impl", "let", "var", "val", "const", "static", "function",
        "module", "namespace", "package", "macro", "record", "object", "union", "mod", "sub", "case", "#define",
        "define", "macro_rules",
    ]
}
