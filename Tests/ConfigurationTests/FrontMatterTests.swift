import Configuration
import Support
import Testing

@Suite("Front matter")
struct FrontMatterTests {
    @Test("Fields and body are split; values have the types of the YAML core schema")
    func values() throws {
        let text =
            "---\nname: x\nsteps: 3\ntemp: 0.5\non: yes\nflag: true\nnone: ~\ntext: |\n  a\n  b\ntools:\n  bash: false\nlist: [a, 'b']\nquoted: \"1\"\n---\nBody\n"
        let matter = try FrontMatter.parse(text)
        #expect(
            matter.fields == [
                "name": "x", "steps": 3, "temp": 0.5, "on": "yes", "flag": true, "none": nil, "text": "a\nb\n",
                "tools": ["bash": false], "list": ["a", "b"], "quoted": "1",
            ])
        #expect(matter.body == "Body\n")
    }

    @Test("No block: everything is body; CRLF and a byte order mark are fine")
    func shapes() throws {
        #expect(try FrontMatter.parse("hello") == FrontMatter(fields: JSONObject(), body: "hello"))
        #expect(try FrontMatter.parse("\u{FEFF}---\r\na: 1\r\n---\r\nB") == FrontMatter(fields: ["a": 1], body: "B"))
        #expect(try FrontMatter.parse("---\n---\nB") == FrontMatter(fields: JSONObject(), body: "B"))
    }

    @Test("A value with a colon, as people write it, is taken as text")
    func colons() throws {
        #expect(
            try FrontMatter.parse("---\ndescription: Use this: it's good\nmode: all\n---\n").fields == [
                "description": "Use this: it's good", "mode": "all",
            ])
    }

    @Test(
        "Bombs and oddities are refused with a line",
        arguments: [
            ("---\na: &x [1]\nb: *x\n---\n", "Anchors"), ("---\na: *x\n---\n", ""),
            ("---\na: 1\na: 2\n---\n", "line 3"),
            ("---\na: [\n---\n", "YAML"), ("---\n- a\n---\n", "key: value"), ("---\na: 1\n", "not closed"),
            ("---\na: !!python/object x\n---\n", "tag"), ("---\n? [a]\n: b\n---\n", "Keys"),
        ])
    func refused(text: String, part: String) {
        let error = #expect(throws: FrontMatter.Failure.self) { try FrontMatter.parse(text) }
        #expect(part.isEmpty || error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test("Depth, count and size are bounded")
    func bounds() {
        let deep = "---\na: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "\n---\n"
        #expect(throws: FrontMatter.Failure.self) { try FrontMatter.parse(deep) }
        let many = "---\na: [" + String(repeating: "1,", count: 5_000) + "]\n---\n"
        #expect(throws: FrontMatter.Failure.self) { try FrontMatter.parse(many) }
        let long = "---\na: \"" + String(repeating: "x", count: 70_000) + "\"\n---\n"
        #expect(throws: FrontMatter.Failure.self) { try FrontMatter.parse(long) }
    }
}
