import Configuration
import Support
import Testing

@Suite("JSONC documents")
struct JSONCDocumentTests {
    private func parse(_ text: String) throws(ConfigError) -> JSON { try JSONCDocument(Array(text.utf8)).json }

    private func position(_ text: String) -> String {
        do {
            _ = try parse(text)
            return "accepted"
        } catch {
            return error.position.map { "\($0.line):\($0.column)" } ?? "nowhere"
        }
    }

    @Test("Comments, trailing commas and a byte order mark are accepted")
    func comments() throws {
        let json = try parse("\u{FEFF}// one\n{ /* two */ \"a\": [1, 2.5, -3,], // three\n \"b\": {\"c\": null,},\n}\n")
        #expect(json == ["a": [1, 2.5, -3], "b": ["c": nil]])
    }

    @Test("An empty text is an empty object")
    func empty() throws {
        #expect(try parse("") == .object(JSONObject()))
        #expect(try parse(" // nothing\n") == .object(JSONObject()))
    }

    @Test("Escapes are decoded, also pairs of \\u")
    func escapes() throws {
        #expect(try parse(#""a\n\t\"\\\/\u00e9\ud83d\ude00""#) == "a\n\t\"\\/é😀")
    }

    @Test(
        "Errors carry the place",
        arguments: [
            ("{\n  \"a\": tru\n}", "2:8"), ("{\"a\": 1 \"b\": 2}", "1:9"), ("{\"a\": 01}", "1:7"),
            ("{\"a\": 1.}", "1:7"),
            ("{'a': 1}", "1:2"), ("{\"a\": 1, \"a\": 2}", "1:10"), ("{\"é\": /x}", "1:7"), ("[1, 2", "1:6"),
            ("\"\\ud800\"", "1:8"), ("\"abc", "1:1"), ("{} {}", "1:4"), ("/* open", "1:1"), ("\"a\nb\"", "1:3"),
            ("-", "1:1"),
        ])
    func errors(text: String, place: String) {
        #expect(position(text) == place)
    }

    @Test("Depth is bounded at 128")
    func depth() throws {
        #expect(position(String(repeating: "[", count: 100_000)) == "1:129")
        let fine = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(position(fine) == "accepted")
    }

    @Test("Invalid UTF-8 in a string is refused")
    func invalidUTF8() {
        #expect(throws: ConfigError.self) { try JSONCDocument([0x22, 0xFF, 0x22]) }
    }

    @Test("Positions of keys are those of the key in the text")
    func positions() throws {
        let document = try JSONCDocument(Array("{\n  \"a\": {\n    \"b.c\": [10,\n     20]\n  }\n}".utf8))
        #expect(document.position(of: ConfigKey(["a", "b.c"])) == TextPosition(line: 3, column: 5))
        #expect(document.position(of: ConfigKey(["a", "b.c", "1"])) == TextPosition(line: 4, column: 6))
        #expect(document.position(of: ConfigKey(["a", "missing"])) == TextPosition(line: 2, column: 3))
    }

    @Test(
        "Key paths are read and written the same way",
        arguments: [
            "model", "provider.openai.models[\"gpt-4.1\"].name", "plugins.0", "agent.build.permission.bash[\"a.b\"]",
        ])
    func keys(text: String) throws {
        #expect(try ConfigKey(parsing: text).description == text)
    }

    @Test("Broken key paths are refused", arguments: ["", "a..b", "a[", "a[]", ".a", "a.", "a[\"b\"]c"])
    func brokenKeys(text: String) {
        #expect(throws: ConfigError.self) { try ConfigKey(parsing: text) }
    }
}
