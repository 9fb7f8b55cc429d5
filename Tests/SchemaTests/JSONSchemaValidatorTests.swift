import Support
import TestSupport
import Testing

@Suite("The JSON Schema validator of the tests")
struct JSONSchemaValidatorTests {
    private func violations(_ value: JSON, _ schema: JSON, _ mode: JSONSchemaValidator.Mode = .plain) -> [String] {
        JSONSchemaValidator(schema, mode: mode).violations(of: value, against: schema)
    }

    @Test(
        "Each keyword refuses what it must and takes the rest",
        arguments: [
            (#"{"type":"string"}"#, #""a""#, "1"), (#"{"type":["string","null"]}"#, "null", "true"),
            (#"{"type":"integer"}"#, "3.0", "3.5"), (#"{"type":"number"}"#, "3.5", #""3""#),
            (#"{"const":1}"#, "1.0", "2"), (#"{"enum":["a",null]}"#, "null", #""b""#),
            (#"{"required":["a"]}"#, #"{"a":null}"#, "{}"),
            (#"{"properties":{"a":{"type":"string"}}}"#, "{}", #"{"a":1}"#),
            (#"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1}"#, #"{"b":1}"#),
            (#"{"additionalProperties":{"type":"string"}}"#, #"{"b":"x"}"#, #"{"b":1}"#),
            (#"{"items":{"type":"string"}}"#, #"["a"]"#, #"["a",1]"#),
            (#"{"prefixItems":[{"type":"string"}],"items":{"type":"null"}}"#, #"["a",null]"#, #"["a","b"]"#),
            (#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "null", "1"),
            (#"{"oneOf":[{"type":"number"},{"type":"integer"}]}"#, "1.5", "1"),
            (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "3", "4"), (#"{"not":{"type":"string"}}"#, "1", #""a""#),
            (#"{"exclusiveMinimum":1}"#, "1.1", "1"), (#"{"minLength":2}"#, #""ab""#, #""a""#),
            (#"{"maxItems":1}"#, "[1]", "[1,2]"), (#"{"uniqueItems":true}"#, "[1,2]", "[1,1]"),
            (##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"string"}}}"##, #""a""#, "1"),
        ])
    func keywords(schema: String, good: String, bad: String) throws {
        let schema = try JSON(parsing: schema)
        #expect(violations(try JSON(parsing: good), schema) == [])
        #expect(violations(try JSON(parsing: bad), schema) != [])
    }

    @Test("A keyword that is not known, a reference to nowhere and endless references are violations")
    func neverPassesUnchecked() {
        #expect(violations("a", ["dependentSchemas": [:]]) != [])
        #expect(violations("a", ["$ref": "#/$defs/None"]) != [])
        #expect(violations("a", ["$ref": "#/$defs/A", "$defs": ["A": ["$ref": "#/$defs/A"]]]) != [])
    }

    @Test("Violations begin with the path of the value")
    func paths() {
        let schema: JSON = ["properties": ["a": ["items": ["properties": ["b": ["type": "string"]]]]]]
        let found = violations(["a": [[:], ["b": 1]]], schema)
        #expect(found == ["$.a[1].b: 1 is a number, not string."])
    }

    @Test("The discriminated mode drops Unknown variants and requires discriminators")
    func discriminated() {
        let schema: JSON = [
            "oneOf": [["$ref": "#/$defs/Text"], ["$ref": "#/$defs/UnknownContent"]],
            "$defs": [
                "Text": ["properties": ["type": ["const": "text"], "text": ["type": "string"]], "required": ["text"]],
                "UnknownContent": ["properties": ["type": [:]]],
            ],
        ]
        #expect(violations(["type": "video"], schema) == [])
        #expect(violations(["type": "video"], schema, .discriminated) != [])
        #expect(violations(["text": "a"], schema, .discriminated) != [])
        #expect(violations(["type": "text", "text": "a"], schema, .discriminated) == [])
    }
}
