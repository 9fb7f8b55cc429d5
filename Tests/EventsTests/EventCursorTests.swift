import Events
import Testing

@Suite("Cursors")
struct EventCursorTests {
    private let epoch = "0123456789abcdef"

    @Test("A cursor reads back as it was written")
    func round() throws {
        let cursor = EventCursor(epoch: epoch, number: .max)
        #expect(try EventCursor(parsing: cursor.text) == cursor)
        #expect(cursor.text == "0123456789abcdef-18446744073709551615")
        for log in [LogCursor(seq: 0), LogCursor(seq: .max), LogCursor(seq: 7, event: cursor)] {
            #expect(try LogCursor(parsing: log.text) == log)
        }
        #expect(try LogCursor(parsing: "12").text == "12")
    }

    @Test(
        "Every other text is refused with a sentence that names it",
        arguments: [
            "", "-", "x", "-1", "1-", "1-2", "0123456789abcdef", "0123456789abcdef-", "0123456789ABCDEF-1",
            "0123456789abcde-1", "0123456789abcdef-1-2", "0123456789abcdef-99999999999999999999999", " 1", "1 ", "+1",
            "0x1", "1.5", "evt_00000000000000000000000001", "🦊",
        ])
    func malformed(_ text: String) {
        let error = #expect(throws: CursorError.self) { try EventCursor(parsing: text) }
        #expect(error?.message.contains("is no cursor") == true)
        #expect(throws: CursorError.self) { try LogCursor(parsing: text) }
    }

    @Test("The number of a log's cursor is not larger than the store can count")
    func range() {
        #expect(throws: CursorError.self) { try LogCursor(parsing: "9223372036854775808") }
        #expect(throws: CursorError.self) { try LogCursor(parsing: "1-\(epoch)-") }
        #expect(throws: CursorError.self) { try LogCursor(parsing: "1-\(epoch)-1-1") }
    }
}
