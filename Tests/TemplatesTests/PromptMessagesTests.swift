import Schema
import Support
import Testing

@testable import Templates

@Suite("Messages of MCP prompts")
struct PromptMessagesTests {
    private static let pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="

    private func message(_ contents: [(String, JSON)]) throws(CommandError) -> CommandMessage {
        let messages = contents.map { JSON.object(["role": .string($0.0), "content": $0.1]) }
        return try PromptMessages.message(["messages": .array(messages)], command: "s:p", server: "s")
    }

    @Test("Texts follow each other; with both roles each is headed by who says it")
    func texts() throws {
        #expect(
            try message([("user", ["type": "text", "text": "one"]), ("user", ["type": "text", "text": "two"])]).text
                == "one\n\ntwo")
        #expect(
            try message([("user", ["type": "text", "text": "one"]), ("assistant", ["type": "text", "text": "two"])])
                .text == "User:\none\n\nAssistant:\ntwo")
    }

    @Test("Pictures and embedded resources become attachments, links and what no model reads are named")
    func attachments() throws {
        let made = try message([
            ("user", ["type": "image", "data": .string(Self.pixel), "mimeType": "image/png"]),
            ("user", ["type": "resource", "resource": ["uri": "m://a\"<", "mimeType": "text/x-c", "text": "int x;"]]),
            (
                "user",
                ["type": "resource", "resource": ["uri": "m://b", "mimeType": "application/zip", "blob": "AAAA"]]
            ),
            ("user", ["type": "resource_link", "uri": "m://c", "name": "c"]),
            ("user", ["type": "audio", "data": "AAAA", "mimeType": "audio/wav"]), ("user", ["type": "new"]),
        ])
        #expect(made.files.map(\.mime) == ["image/png", "text/x-c"])
        #expect(made.files[0].data == "data:image/png;base64,\(Self.pixel)")
        #expect(made.files[1].data == "int x;")
        #expect(made.files[1].name == "s:m://a''", "a name breaks out of nothing")
        #expect(made.files[1].source == .uri("m://a\"<"))
        #expect(made.text.contains("s:m://b (application/zip, 3 bytes): binary"))
        #expect(made.text.contains("[Resource c of the MCP server s: m://c]"))
        #expect(made.text.contains("audio/wav: not passed on") && made.text.contains("[new"))
    }

    @Test("Nothing, or too much, is refused with a sentence")
    func limits() {
        for contents: [(String, JSON)] in [
            [], [("user", ["type": "text", "text": " \n"])],
            [("user", ["type": "text", "text": .string(String(repeating: "x", count: PromptMessages.maxText + 1))])],
            Array(
                repeating: ("user", ["type": "image", "data": .string(Self.pixel), "mimeType": "image/png"]),
                count: PromptMessages.maxFiles + 1),
        ] {
            #expect(throws: CommandError.self) { _ = try message(contents) }
        }
    }

    @Test("A long text resource is cut at a character, which is said; a picture that is none is named")
    func resources() {
        let long = String(repeating: "ä", count: ResourceContent.maxText)
        guard case .file(let file) = ResourceContent.part(["uri": "m://l", "text": .string("x" + long)], server: "s")
        else {
            Issue.record("no file")
            return
        }
        #expect(file.data.utf8.count < ResourceContent.maxText + 100)
        #expect(!file.data.contains("\u{FFFD}") && file.data.hasSuffix("bytes]"))
        #expect(file.mime == "text/plain")
        for data in ["***", ""] {
            guard case .text = ResourceContent.binary(data, mime: "image/png", name: "n", source: .inline) else {
                Issue.record("\(data) was taken for a picture")
                continue
            }
        }
        let huge = String(repeating: "A", count: ResourceContent.maxBase64 + 4)
        guard case .text = ResourceContent.binary(huge, mime: "image/png", name: "n", source: .inline) else {
            Issue.record("a picture over the limit was taken")
            return
        }
    }
}
