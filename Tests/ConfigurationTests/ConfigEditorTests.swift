import Configuration
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Editing a configuration file")
struct ConfigEditorTests {
    private func set(_ key: String, _ value: JSON, in text: String) throws -> String {
        UTF8Text.lossy(try ConfigEditor.setting(ConfigKey(parsing: key), to: value, in: Array(text.utf8)))
    }

    @Test("A value is replaced and comments stay")
    func replace() throws {
        #expect(
            try set("log.level", "debug", in: "{\n  // why\n  \"log\": { \"level\": \"info\" /* was */ }, // end\n}\n")
                == "{\n  // why\n  \"log\": { \"level\": \"debug\" /* was */ }, // end\n}\n")
    }

    @Test("A key is added after the last one, with its indentation and comments kept in place")
    func add() throws {
        #expect(
            try set("small_model", "b", in: "{\n    \"model\": \"a\" // best\n}\n")
                == "{\n    \"model\": \"a\", // best\n    \"small_model\": \"b\"\n}\n")
        #expect(
            try set("small_model", "b", in: "{\n  \"model\": \"a\", // best\n}\n")
                == "{\n  \"model\": \"a\", // best\n  \"small_model\": \"b\",\n}\n")
        #expect(try set("b", 2, in: "{ \"a\": 1 }") == "{ \"a\": 1, \"b\": 2 }")
        #expect(try set("b", 2, in: "{ \"a\": 1, }") == "{ \"a\": 1, \"b\": 2, }")
        #expect(try set("a", 1, in: "{}") == "{\n  \"a\": 1\n}")
        #expect(try set("a", 1, in: "{ // only a comment\n}") == "{\n  \"a\": 1 // only a comment\n}")
        #expect(try set("a", 1, in: "{\r\n  \"b\": 2\r\n}\r\n") == "{\r\n  \"b\": 2,\r\n  \"a\": 1\r\n}\r\n")
        #expect(try set("a.b", 1, in: "") == "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n")
    }

    @Test("Missing objects on the way are made")
    func nested() throws {
        let text = try set("provider.acme.models[\"m.1\"].name", "M", in: "{\n  \"provider\": {\n    \"x\": {}\n  }\n}")
        let json = try JSONCDocument(Array(text.utf8)).json
        #expect(json == ["provider": ["x": [:], "acme": ["models": ["m.1": ["name": "M"]]]]])
    }

    @Test("Every edit of a small document gives valid JSONC with exactly the one change")
    func always() throws {
        let texts = [
            "{}", "{\"a\":{\"b\":1}}", "{\n\"a\":{\n\"b\":1\n}\n}", "{\"a\":{\"b\":1,},}",
            "{ /* x */ \"a\": /* y */ {} /* z */ }",
            "{\"a\":{ // c\n \"b\":1 // d\n // e\n}}", "{\"a\":{\"b\":1 /* } */ }}",
            "{\n  \"z\": [1, 2] // \"a\": 3\n}",
        ]
        for text in texts {
            for key in ["a.b", "a.c", "n", "q.r.s"] {
                let before = try JSONCDocument(Array(text.utf8)).json
                let after = try JSONCDocument(Array(try set(key, ["v": [1]], in: text).utf8)).json
                #expect(after == setting(before, try ConfigKey(parsing: key).components[...]), "\(text) \(key)")
            }
        }
    }

    private func setting(_ json: JSON, _ path: ArraySlice<String>) -> JSON {
        guard let first = path.first else { return ["v": [1]] }
        var object = json.objectValue ?? JSONObject()
        object[first] = setting(object[first] ?? .object(JSONObject()), path.dropFirst())
        return .object(object)
    }

    @Test("A file is made with mode 0600; a bad result is refused and nothing is written")
    func files() async throws {
        try await TempWorkspace.with { workspace in
            let file = workspace.path.pushing("deep/codetether.jsonc")
            try ConfigEditor.set(ConfigKey(["model"]), to: "a/b", in: file)
            #expect(try workspace.text("deep/codetether.jsonc") == "{\n  \"model\": \"a/b\"\n}\n")
            #expect(try FileIO.stat(file).mode == 0o600)
            #expect(throws: ConfigError.self) { try ConfigEditor.set(ConfigKey(["modle"]), to: "x", in: file) }
            #expect(throws: ConfigError.self) { try ConfigEditor.set(ConfigKey(["model", "x"]), to: "x", in: file) }
            #expect(throws: ConfigError.self) {
                try ConfigEditor.set(ConfigKey(["snapshot", "enabled"]), to: 1, in: file)
            }
            #expect(try workspace.text("deep/codetether.jsonc") == "{\n  \"model\": \"a/b\"\n}\n")
        }
    }
}
