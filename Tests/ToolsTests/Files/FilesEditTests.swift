import Support
import Testing

@testable import Tools

@Suite("Edit matching")
struct FilesEditTests {
    private func edit(_ file: String, _ old: String, _ new: String, all: Bool = false) throws -> TextEditResult {
        try TextEdit(oldString: old, newString: new, replaceAll: all).apply(to: Array(file.utf8))
    }

    private func text(_ result: TextEditResult) -> String { String(decoding: result.bytes, as: UTF8.self) }

    private func message(_ file: String, _ old: String, _ new: String, all: Bool = false) -> String? {
        do {
            _ = try edit(file, old, new, all: all)
            return nil
        } catch {
            return (error as? TextEditError)?.message
        }
    }

    @Test("exact text is replaced and nothing is said")
    func exact() throws {
        let result = try edit("a\nb\nc\n", "b", "B")
        #expect(text(result) == "a\nB\nc\n")
        #expect(result.strategy == .exact)
        #expect(result.line == 2)
        #expect(result.note == nil)
    }

    @Test("several exact places are refused with their lines, and replaced with replaceAll")
    func ambiguous() throws {
        let sentence = try #require(message("x\ny\nx\n", "x", "z"))
        #expect(sentence.contains("2 places (lines 1, 3)"))
        let all = try edit("x\ny\nx\n", "x", "z", all: true)
        #expect(text(all) == "z\ny\nz\n")
        #expect(all.replacements == 2)
    }

    @Test("wrong indentation is matched by line and the new text takes the indentation of the file")
    func lineTrimmed() throws {
        let result = try edit(
            "class A:\n    def f():\n        return 1\n", "def f():\n    return 1\n", "def f():\n    return 2\n")
        #expect(text(result) == "class A:\n    def f():\n        return 2\n")
        #expect(result.strategy == .lineTrimmed)
        #expect(result.note?.contains("line-trimmed at line 2") == true)
    }

    @Test("a line end that oldString has and the last line has not is not added")
    func missingLastLineEnd() throws {
        #expect(text(try edit("a\n  last", "last \n", "new\n")) == "a\n  new")
    }

    @Test("a block with the same anchors and similar lines is matched")
    func blockAnchor() throws {
        let file = "func a() {\n  let value = compute(1, 2)\n  print(value)\n  return value\n}\n"
        let old = "func a() {\n  let value = compute(1,2)\n  print(values)\n  return value\n}"
        let result = try edit(file, old, "func a() {}")
        #expect(text(result) == "func a() {}\n")
        #expect(result.strategy == .blockAnchor)
        #expect(result.similarity >= EditMatcher.blockSimilarity)
        #expect(result.note?.contains("% similar") == true)
    }

    @Test("a block whose lines between the anchors differ is never replaced")
    func blockBelowThreshold() throws {
        let file = "func a() {\n  alpha\n  beta\n  gamma\n}\n"
        #expect(message(file, "func a() {\n  one two\n  three four\n  five six\n}", "gone") != nil)
    }

    @Test("anchors far apart do not take the text between them")
    func blockTooLarge() throws {
        let filler = (0..<2_000).map { "  line \($0)\n" }.joined()
        let file = "start {\n\(filler)}\n"
        #expect(message(file, "start {\n  line 0\n  line 1\n}", "gone") != nil)
    }

    @Test("runs of whitespace inside a line are matched and only the words are replaced")
    func whitespace() throws {
        let result = try edit("x = f( a,   b )  # note\n", "f( a, b )", "g(a)")
        #expect(text(result) == "x = g(a)  # note\n")
        #expect(result.strategy == .whitespaceNormalized)
    }

    @Test("an oldString that was escaped twice is matched and the new text is unescaped as well")
    func escapes() throws {
        let result = try edit("say(\"hi\")\nend\n", "say(\\\"hi\\\")\\nend", "say(\\\"ho\\\")\\nend")
        #expect(text(result) == "say(\"ho\")\nend\n")
        #expect(result.strategy == .escapeNormalized)
    }

    @Test("blank lines around oldString are dropped on both sides")
    func boundary() throws {
        let result = try edit("a = 1; b = 2\n", "\n  b = 2\n\n", "\n  b = 3\n\n")
        #expect(text(result) == "a = 1; b = 3\n")
        #expect(result.strategy == .trimmedBoundary)
    }

    @Test("half of the lines between equal anchors are enough for a block of the same size, fewer are not")
    func contextAware() throws {
        let file = "begin\none\ntwo\nthree\nfour\nend\n"
        let result = try edit(file, "begin\none\ntwo\nXXXXXXXXXXXXXX\nYYYYYYYYYYYYYY\nend", "gone")
        #expect(result.strategy == .contextAware)
        #expect(text(result) == "gone\n")
        #expect(message(file, "begin\none\nWWWWWWWWWW\nXXXXXXXXXXXXXX\nYYYYYYYYYYYYYY\nend", "gone") != nil)
    }

    @Test("a tolerant match that fits two places is refused")
    func fuzzyAmbiguous() throws {
        let sentence = try #require(
            message("  if x {\n    a()\n  }\n\n\tif x {\n\t\ta()\n\t}\n", "if x {\na()\n}", "gone"))
        #expect(sentence.contains("2 places"))
    }

    @Test("of two places a stricter way may choose, but never a third one")
    func disambiguation() throws {
        let file = "    if x:\n        a()\n\n    if x:\n            a()\n"
        let result = try edit(file, "if x:\n    a()", "if y:\n    b()")
        #expect(text(result) == "    if y:\n        b()\n\n    if x:\n            a()\n")
        #expect(result.strategy == .indentationFlexible)
    }

    @Test("edits that change nothing or have no text are refused", arguments: [("a", "a"), ("", "x"), ("zz", "y")])
    func refused(old: String, new: String) {
        #expect(message("abc", old, new) != nil)
    }

    @Test("bytes that are no UTF-8 stay as they are")
    func invalidBytes() throws {
        let file: [UInt8] = [0xFF, 0xFE, 0x0A] + Array("word\n".utf8) + [0xC3, 0x0A]
        let result = try TextEdit(oldString: "word", newString: "text").apply(to: file)
        #expect(result.bytes == [0xFF, 0xFE, 0x0A] + Array("text\n".utf8) + [0xC3, 0x0A])
    }

    @Test("an exact unique text is always found exactly, and putting it back restores the file")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 7)
        let words = ["alpha", "beta()", "  gamma {", "}", "", "\tdelta = 1", "é — ü", "end"]
        for number in 0..<400 {
            let ending = random.pick(["\n", "\r\n"])
            let lines = (0..<(3 + random.below(30))).map { _ in random.pick(words) }
            let place = random.below(lines.count)
            var unique = lines
            unique[place] = "unique-\(number) \(lines[place])"
            let file = unique.joined(separator: ending) + (random.below(2) == 0 ? ending : "")
            let old = unique[place]
            let new = "replacement-\(number)\nsecond"
            let result = try edit(file, old, new)
            #expect(result.strategy == .exact)
            let back = try TextEdit(oldString: new, newString: old).apply(to: result.bytes)
            #expect(back.bytes == Array(file.utf8))
        }
    }

    @Test("whatever is asked, a tolerant edit stays within its block and keeps every other line")
    func staysInBlock() {
        var random = SeededGenerator(seed: 11)
        let words = ["{", "}", "if a {", "return x", "let a = 1", "let b = 22", "", "print(a)", "func f() {"]
        var made = 0
        for _ in 0..<800 {
            let lines = (0..<(5 + random.below(40))).map { _ in
                String(repeating: " ", count: random.below(3) * 2) + random.pick(words)
            }
            let start = random.below(lines.count - 3)
            let count = 2 + random.below(min(8, lines.count - start - 1))
            var sought = Array(lines[start..<min(lines.count, start + count)])
            for index in sought.indices where random.below(3) == 0 {
                sought[index] = random.below(2) == 0 ? "  " + sought[index] : sought[index] + "z"
            }
            guard let result = try? edit(lines.joined(separator: "\n"), sought.joined(separator: "\n"), "NEW-TEXT")
            else {
                continue
            }
            made += 1
            let after = text(result).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard let place = after.firstIndex(where: { $0.contains("NEW-TEXT") }) else {
                Issue.record("the new text is not in the file")
                continue
            }
            let removed = lines.count - (after.count - 1)
            #expect(removed <= sought.count + max(1, sought.count / 4))
            #expect(Array(after[..<place]) == Array(lines[..<place]))
            #expect(Array(after[(place + 1)...]) == Array(lines[(place + removed)...]))
        }
        #expect(made > 150)
    }

    @Test("a large file with a near miss is answered within bounded work")
    func boundedWork() {
        // Lines that differ everywhere, so that every comparison is a whole table.
        let line = String(repeating: "abcdefgh", count: 45)
        let other = String(repeating: "hgfedcba", count: 45)
        let file = String(repeating: "start\n\(line)\n\(line)\nend\n", count: 1_000)
        var work = 1_000_000
        #expect(LineSimilarity.ratio(Array(line.utf8)[...], Array(other.utf8)[...], work: &work) < 0.65)
        #expect(work <= 1_000_000 - line.utf8.count * line.utf8.count / 2)
        #expect(message(file, "start\n\(other)\n\(other)\nend", "gone") != nil)
    }
}
