import Schema
import Support
import Testing

@Suite("Messages")
struct SessionMessageTests {
    private func roundTrip(_ text: String) throws -> String {
        try JSON(encoding: try JSON(parsing: text).decode(SessionMessage.self)).text()
    }

    @Test(
        "Messages of unknown types come back unchanged",
        arguments: [
            #"{"type":"hologram","id":"msg_1","time":{"created":5},"x":[1,{"y":null}]}"#,
            #"{"id":"msg_1"}"#,
            #"{"type":"compaction","id":"msg_1","time":{"created":5},"status":"paused","reason":"auto","extra":1}"#,
        ])
    func unknownMessages(text: String) throws {
        let message = try JSON(parsing: text).decode(SessionMessage.self)
        guard case .unknown = message else {
            Issue.record("\(message) is taken for a known message.")
            return
        }
        #expect(message.id == "msg_1")
        #expect(try roundTrip(text) == text)
    }

    @Test("Unknown content, tool states and tool results inside a known message come back unchanged")
    func unknownContent() throws {
        let text = #"""
            {"type":"assistant","id":"msg_1","time":{"created":1},"agent":"build","model":{"id":"m",\#
            "providerID":"p"},"content":[{"type":"video","partID":"prt_1","frames":[1]},{"type":"tool",\#
            "partID":"prt_2","id":"c","name":"n","state":{"status":"paused","since":1},"time":{"created":1}},\#
            {"type":"tool","partID":"prt_3","id":"c","name":"n","state":{"status":"completed","input":{},\#
            "content":[{"type":"sound","hz":440}]},"time":{"created":1}}]}
            """#
        #expect(try roundTrip(text) == text)
        let message = try JSON(parsing: text).decode(SessionMessage.self)
        guard case .assistant(let assistant) = message else {
            Issue.record("\(message) is no assistant message.")
            return
        }
        #expect(assistant.content.map(\.partID) == ["prt_1", "prt_2", "prt_3"])
    }

    @Test("A known message with a missing member is an error that names the path")
    func misfit() throws {
        let json = try JSON(
            parsing: #"{"type":"assistant","id":"m","time":{"created":1},"agent":"a","model":{"id":"m"},"content":[]}"#)
        let error = #expect(throws: JSONCodingError.self) { try json.decode(SessionMessage.self) }
        #expect(error?.message.contains("$.model") == true && error?.message.contains("providerID") == true)
    }

    @Test("Messages of other programs, without part ids, can be read")
    func foreign() throws {
        let item = try JSON(parsing: #"{"type":"text","text":"hi"}"#).decode(ContentItem.self)
        #expect(item == .text(TextItem(text: "hi")))
        #expect(item.partID == nil)
    }

    @Test("Inbox items, fork boundaries and attachments of later versions come back unchanged")
    func unknownValues() throws {
        let item = try JSON(parsing: #"{"type":"poke","payload":{"x":1},"delivery":"steer"}"#)
        #expect(try item.decode(InboxItem.self).delivery == .steer)
        #expect(try JSON(encoding: item.decode(InboxItem.self)) == item)
        let boundary = try JSON(parsing: #"{"type":"around","messageID":"m","by":2}"#)
        #expect(try JSON(encoding: boundary.decode(ForkBoundary.self)) == boundary)
        let source = try JSON(parsing: #"{"type":"cloud","bucket":"b"}"#)
        #expect(try JSON(encoding: source.decode(PromptFileSource.self)) == source)
    }

    @Test("Adding up tokens saturates instead of trapping")
    func sums() {
        let much = TokenUsage(input: .max, output: 1, reasoning: 2, cache: TokenCache(read: .max, write: 3))
        let sum = much + much
        #expect(sum == TokenUsage(input: .max, output: 2, reasoning: 4, cache: TokenCache(read: .max, write: 6)))
        #expect(sum + .zero == sum)
    }
}
