import Support
import Testing

@Suite("Unified diffs")
struct DiffTests {
    private func diff(_ old: String, _ new: String, context: Int = 3) -> DiffResult {
        UnifiedDiff.make(old: old, new: new, oldName: "a/f", newName: "b/f", context: context)
    }

    @Test("equal texts give nothing")
    func equal() { #expect(diff("a\n", "a\n") == DiffResult(text: "", additions: 0, deletions: 0)) }

    @Test("a change is written as git writes it")
    func format() {
        let old = (1...12).map { "\($0)\n" }.joined()
        let new = old.replacing("6\n", with: "six\nseven\n")
        #expect(
            diff(old, new)
                == DiffResult(
                    text: "--- a/f\n+++ b/f\n@@ -3,7 +3,8 @@\n 3\n 4\n 5\n-6\n+six\n+seven\n 7\n 8\n 9\n", additions: 2,
                    deletions: 1))
    }

    @Test("new, emptied and unterminated files are written as git writes them")
    func edges() {
        #expect(diff("", "a\n").text == "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n")
        #expect(diff("a\nb\n", "").text == "--- a/f\n+++ b/f\n@@ -1,2 +0,0 @@\n-a\n-b\n")
        #expect(
            diff("a", "a\n").text == "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n")
        #expect(diff("a\r\n", "a\n").text == "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+a\n")
    }

    @Test("far changes are hunks of their own, near ones share one")
    func hunks() {
        let old = (1...40).map { "\($0)\n" }.joined()
        let far = old.replacing("5\n6\n", with: "x\n6\n").replacing("35\n", with: "y\n")
        #expect(diff(old, far).text.split(separator: "\n").filter { $0.hasPrefix("@@") }.count >= 2)
        let near = old.replacing("\n20\n", with: "\nx\n").replacing("\n26\n", with: "\ny\n")
        #expect(diff(old, near).text.split(separator: "\n").filter { $0.hasPrefix("@@") }.count == 1)
    }

    @Test("applying a diff gives the new text, and no shorter diff exists, for a thousand random pairs")
    func properties() throws {
        var random = SeededGenerator(11)
        for round in 0..<1_000 {
            let alphabet = ["a\n", "b\n", "c\n", "a\r\n", "\n"]
            func make() -> String {
                let lines = (0..<Int.random(in: 0..<14, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? "a\n"
                }
                return lines.joined() + (Bool.random(using: &random) ? "" : "end")
            }
            let (old, new) = (make(), make())
            let result = diff(old, new, context: round % 4)
            #expect(try apply(result.text, to: old) == new)
            let minimum = Self.distance(Self.lines(old), Self.lines(new))
            #expect(result.additions + result.deletions == minimum, "round \(round)")
        }
    }

    @Test("large and very different texts are compared in bounded time and rightly")
    func large() throws {
        var random = SeededGenerator(5)
        let old = (0..<20_000).map { _ in "line \(Int.random(in: 0..<3_000, using: &random))\n" }.joined()
        let new = (0..<20_000).map { _ in "line \(Int.random(in: 0..<3_000, using: &random))\n" }.joined()
        #expect(try apply(diff(old, new).text, to: old) == new)
        let moved = old.split(separator: "\n").enumerated().map {
            $0.offset % 500 == 0 ? "changed" : String($0.element)
        }
        let result = diff(old, moved.joined(separator: "\n") + "\n")
        #expect(result.additions == 40 && result.deletions == 40)
    }

    // MARK: A small patch program

    private static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line: [UInt8] = []
        for byte in text.utf8 {
            line.append(byte)
            if byte == 0x0A {
                lines.append(String(decoding: line, as: UTF8.self))
                line = []
            }
        }
        if !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines
    }

    private struct PatchFailed: Error { let line: String }

    private func apply(_ patch: String, to old: String) throws -> String {
        let old = Self.lines(old).map(bytes)
        var new: [[UInt8]] = []
        var position = 0
        var lastWasAdded = false
        for line in Self.lines(patch).map(bytes).dropFirst(2) {
            let content = Array(line.dropFirst())
            switch line.first {
            case UInt8(ascii: "@"):
                let numbers = text(line).split(whereSeparator: { !$0.isNumber && $0 != "," })
                let parts = (numbers.first ?? "").split(separator: ",").compactMap { Int($0) }
                let start = (parts.first ?? 0) - (parts.count > 1 && parts[1] == 0 ? 0 : 1)
                guard start >= position, start <= old.count else { throw PatchFailed(line: text(line)) }
                new += old[position..<start]
                position = start
            case UInt8(ascii: " "), UInt8(ascii: "-"):
                guard position < old.count, old[position] == content || old[position] + [0x0A] == content else {
                    throw PatchFailed(line: text(line))
                }
                lastWasAdded = line.first == UInt8(ascii: " ")
                if lastWasAdded { new.append(content) }
                position += 1
            case UInt8(ascii: "+"):
                lastWasAdded = true
                new.append(content)
            case UInt8(ascii: "\\"):
                if lastWasAdded, let last = new.popLast() { new.append(Array(last.dropLast())) }
            default: throw PatchFailed(line: text(line))
            }
        }
        return text((new + old[position...]).joined())
    }

    /// Fewest insertions and deletions, by the table.
    private static func distance(_ old: [String], _ new: [String]) -> Int {
        var row = Array(0...new.count)
        for (i, a) in old.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in new.enumerated() {
                let above = row[j + 1]
                row[j + 1] = a.utf8.elementsEqual(b.utf8) ? diagonal : min(above, row[j]) + 1
                diagonal = above
            }
        }
        return row[new.count]
    }
}
