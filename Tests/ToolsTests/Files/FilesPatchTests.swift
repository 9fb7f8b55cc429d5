import Support
import Testing

@testable import Tools

@Suite("Patches")
struct FilesPatchTests {
    private func apply(_ body: String, to file: String) throws -> String {
        let patch = try PatchParser.parse("*** Begin Patch\n*** Update File: f\n\(body)*** End Patch")
        guard case .update(_, _, let hunks) = patch.sections.first else { return "" }
        return String(decoding: try PatchApplier.apply(hunks, to: Array(file.utf8), path: "f").bytes, as: UTF8.self)
    }

    @Test("all sections are read in order")
    func sections() throws {
        let patch = try PatchParser.parse(
            """
            *** Begin Patch
            *** Add File: a.txt
            +one
            +
            *** Update File: b.py
            *** Move to: c.py
            @@ class A
            @@ def f():
             context
            -old
            +new
            *** End of File

            *** Delete File: d.txt
            *** End Patch
            """)
        #expect(patch.sections.count == 3)
        #expect(patch.sections[0] == .add(path: "a.txt", lines: [Array("one".utf8), []]))
        guard case .update("b.py", "c.py", let hunks) = patch.sections[1], let hunk = hunks.first else {
            Issue.record("no update section")
            return
        }
        #expect(hunk.headers == [Array("class A".utf8), Array("def f():".utf8)])
        #expect(hunk.atEnd)
        #expect(
            hunk.lines == [.context(Array("context".utf8)), .removed(Array("old".utf8)), .added(Array("new".utf8))])
        #expect(patch.sections[2] == .delete(path: "d.txt"))
    }

    @Test(
        "a patch that is cut off or wrong is refused with the line",
        arguments: [
            ("nothing", "Begin Patch"), ("*** Begin Patch\n*** End Patch", "changes no file"),
            ("*** Begin Patch\n*** Delete File: a", "End Patch"), ("*** Begin Patch\nwhat\n*** End Patch", "Line 2"),
            ("*** Begin Patch\n*** Add File: a\nplain\n*** End Patch", "Line 3"),
            ("*** Begin Patch\n*** Update File: a\n*** End Patch", "no hunk"),
            ("*** Begin Patch\n*** Update File: a\n@@\n*** End Patch", "no lines"),
            ("*** Begin Patch\n*** Delete File: \n*** End Patch", "no path"),
        ])
    func malformed(text: String, part: String) {
        let error = #expect(throws: PatchError.self) { try PatchParser.parse(text) }
        #expect(error?.message.contains(part) == true)
    }

    @Test("a heredoc and a fence around the patch do not matter")
    func wrapped() throws {
        let text = "```\napply_patch <<'EOF'\n*** Begin Patch\r\n*** Delete File: a\r\n*** End Patch\r\nEOF\n```"
        #expect(try PatchParser.parse(text).sections == [.delete(path: "a")])
    }

    @Test("hunks change their lines only, with the line ends of the file")
    func update() throws {
        #expect(try apply("@@\n a\n-b\n+B\n c\n", to: "a\nb\nc\n") == "a\nB\nc\n")
        #expect(try apply("@@\n a\n-b\n+B\n+BB\n c\n", to: "a\r\nb\r\nc\r\n") == "a\r\nB\r\nBB\r\nc\r\n")
        #expect(try apply(" a\n+x\n", to: "\u{FEFF}a\nb\n") == "\u{FEFF}a\nx\nb\n")
    }

    @Test("a header finds the right one of equal places")
    func headers() throws {
        let file = "def f():\n    pass\ndef g():\n    pass\n"
        #expect(
            try apply("@@ def g():\n-    pass\n+    return\n", to: file) == "def f():\n    pass\ndef g():\n    return\n"
        )
        #expect(throws: PatchError.self) { try apply("@@ def h():\n-    pass\n+    return\n", to: file) }
    }

    @Test("context that differs in whitespace or quotes keeps the bytes of the file")
    func tolerant() throws {
        #expect(try apply(" a\n-b\n+B\n", to: "a  \nb\n") == "a  \nB\n")
        #expect(try apply(" say(\"x\") - y\n-b\n+B\n", to: "say(“x”) — y\nb\n") == "say(“x”) — y\nB\n")
    }

    @Test("a tolerant match of several places is refused")
    func tolerantAmbiguous() {
        #expect(throws: PatchError.self) { try apply("-  x\n+y\n", to: "x\n    x\n") }
    }

    @Test("a missing last line end stays missing, wherever the end changes")
    func lastLine() throws {
        #expect(try apply("@@\n-b\n+B\n", to: "a\nb") == "a\nB")
        #expect(try apply("@@\n b\n+c\n", to: "a\nb") == "a\nb\nc")
        #expect(try apply("@@\n a\n-b\n", to: "a\nb") == "a")
        #expect(try apply("@@\n+c\n", to: "a\r\nb") == "a\r\nb\r\nc")
        #expect(try apply("@@\n+c\n", to: "") == "c\n")
        #expect(try apply("@@\n-a\n", to: "a") == "")
    }

    @Test("the end of the file is matched only there")
    func endOfFile() throws {
        #expect(try apply("@@\n x\n+y\n*** End of File\n", to: "x\na\nx\n") == "x\na\nx\ny\n")
        #expect(throws: PatchError.self) { try apply("@@\n-x\n+y\n*** End of File\n", to: "x\na\n") }
    }

    @Test("hunks must be in the order of the file")
    func order() {
        #expect(throws: PatchError.self) { try apply("@@\n-c\n+C\n@@\n-a\n+A\n", to: "a\nb\nc\n") }
    }

    @Test("a patch made from two texts turns one into the other")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 3)
        for number in 0..<500 {
            let ending = random.pick(["\n", "\r\n"])
            let old = (0..<(2 + random.below(30))).map { "line \(number) \($0)" }
            var body = ""
            var new: [String] = []
            var changed = false
            for line in old {
                switch random.below(6) {
                case 0:
                    body += "-\(line)\n"
                    changed = true
                case 1:
                    body += "-\(line)\n+\(line) changed\n"
                    new.append("\(line) changed")
                    changed = true
                case 2:
                    body += " \(line)\n+more\n"
                    new += [line, "more"]
                    changed = true
                default:
                    body += " \(line)\n"
                    new.append(line)
                }
            }
            guard changed, !new.isEmpty else { continue }
            let last = random.below(2) == 0 ? ending : ""
            let result = try apply("@@\n\(body)", to: old.joined(separator: ending) + last)
            #expect(result == new.joined(separator: ending) + last)
        }
    }

    @Test("no text makes the parser or the applier trap")
    func fuzz() {
        var random = SeededGenerator(seed: 5)
        let parts = [
            "*** Begin Patch\n", "*** End Patch\n", "*** Update File: f\n", "*** Add File: g\n", "*** Move to: h\n",
            "@@\n",
            "@@ a\n", "@@ -1,2 +1,2 @@ a\n", " a\n", "-a\n", "+b\n", "\n", "*** End of File\n",
            "\\ No newline at end of file\n", "b\n",
        ]
        for _ in 0..<3_000 {
            let text = parts[0] + (0..<random.below(12)).map { _ in random.pick(parts) }.joined() + parts[1]
            guard let patch = try? PatchParser.parse(text) else { continue }
            for case .update(_, _, let hunks) in patch.sections {
                for file in ["", "a", "a\nb\n", "b\r\na\r\na", "\n"] {
                    _ = try? PatchApplier.apply(hunks, to: Array(file.utf8), path: "f")
                }
            }
        }
    }
}
