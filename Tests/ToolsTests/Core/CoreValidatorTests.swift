import Support
import Testing

@testable import Tools

@Suite("Arguments")
struct CoreValidatorTests {
    private static let schema: JSON = [
        "type": "object",
        "properties": [
            "filePath": ["type": "string"], "limit": ["type": "integer", "minimum": 1, "maximum": 10],
            "deep": ["type": "boolean"], "mode": ["enum": ["a", "b"]],
            "names": ["type": "array", "items": ["type": "string"], "maxItems": 3],
            "edits": [
                "type": "array",
                "items": [
                    "type": "object", "properties": ["oldString": ["type": "string"]], "required": ["oldString"],
                ],
            ],
            "options": ["type": "object"],
        ],
        "required": ["filePath"],
    ]

    private func validated(_ input: JSON) throws -> JSON { try ArgumentValidator.validate(input, schema: Self.schema) }

    private func mismatch(_ input: JSON) -> ArgumentValidator.Mismatch? {
        do throws(ArgumentValidator.Mismatch) {
            _ = try ArgumentValidator.validate(input, schema: Self.schema)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "what weak models send is repaired",
        arguments: [
            (["filePath": "a", "limit": "5"], ["filePath": "a", "limit": 5]),
            (["filePath": "a", "deep": "true"], ["filePath": "a", "deep": true]),
            (["filePath": "a", "names": "[\"x\",\"y\"]"], ["filePath": "a", "names": ["x", "y"]]),
            (["filePath": "a", "names": "x"], ["filePath": "a", "names": ["x"]]),
            (["filePath": "a", "options": "{\"k\":1}"], ["filePath": "a", "options": ["k": 1]]),
            (
                ["filePath": "a", "edits": "[{\"old_string\":\"q\"}]"],
                ["filePath": "a", "edits": [["oldString": "q"]]]
            ),
            (["filePath": "a", "edits": ["oldString": "q"]], ["filePath": "a", "edits": [["oldString": "q"]]]),
            (["filePath": 5], ["filePath": "5"]),
            (["filePath": "a", "limit": nil], ["filePath": "a"]),
            (["filePath": "a", "limit": 3.0], ["filePath": "a", "limit": 3.0]),
            (["path": "a"], ["filePath": "a"]), (["file_path": "a"], ["filePath": "a"]),
            (["filePath": "a", "path": "b"], ["filePath": "a", "path": "b"]),
        ] as [(JSON, JSON)])
    func repairs(input: JSON, expected: JSON) throws {
        #expect(try validated(input) == expected)
    }

    @Test(
        "a mismatch names the place and the value",
        arguments: [
            ([:], "filePath", "is missing; given: nothing"),
            (["filePath": ["x"]], "filePath", "must be string, but is [\"x\"]"),
            (["filePath": "a", "limit": "five"], "limit", "must be integer, but is \"five\""),
            (["filePath": "a", "limit": 11], "limit", "must be at most 10, but is 11"),
            (["filePath": "a", "limit": 2.5], "limit", "must be integer, but is 2.5"),
            (["filePath": "a", "mode": "c"], "mode", "must be one of a, b, but is \"c\""),
            (
                ["filePath": "a", "edits": [["oldString": "x"], ["y": 1]]], "edits[1].oldString", "is missing; given: y"
            ),
            (
                ["filePath": "a", "names": ["a", "b", "c", "d"]], "names",
                "must have at most 3 items, but is \"a list of 4\""
            ),
        ] as [(JSON, String, String)])
    func mismatches(input: JSON, path: String, message: String) {
        #expect(mismatch(input) == ArgumentValidator.Mismatch(path: path, message: message))
    }

    @Test("a huge or hostile value is cut and escaped in the message")
    func hostile() {
        let message = mismatch(["filePath": "a", "limit": .string("\u{1B}[31m" + String(repeating: "é", count: 500))])?
            .message
        #expect(message?.utf8.count ?? 999 < 260)
        #expect(message?.utf8.contains(0x1B) == false)
    }

    @Test("an object schema may forbid unknown arguments, and the depth is bounded")
    func strict() {
        let closed: JSON = ["type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": false]
        #expect(throws: ArgumentValidator.Mismatch(path: "b", message: "is not an argument; there are a")) {
            try ArgumentValidator.validate(["b": 1], schema: closed)
        }
        var schema: JSON = ["type": "string"]
        var value: JSON = "x"
        for _ in 0..<40 {
            schema = ["type": "array", "items": schema]
            value = [value]
        }
        #expect(throws: ArgumentValidator.Mismatch.self) { try ArgumentValidator.validate(value, schema: schema) }
    }

    @Test("getters name the argument and what it is")
    func getters() {
        let input = ToolInput(["n": "x", "b": 3, "s": [:]])
        #expect(throws: ToolError.self) { try input.int("n") }
        #expect(throws: ToolError.self) { try input.optionalBool("b") }
        do throws(ToolError) {
            _ = try input.string("s")
            Issue.record("an object is no string")
        } catch {
            #expect(error.kind == .invalidArguments)
            #expect(error.message.contains("'s' must be a string, but is {}"))
        }
    }
}
