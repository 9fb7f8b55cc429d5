import Support

/// A cursor that cannot be one: CONTRACT §9, 400 `InvalidCursorError`.
package struct CursorError: AppError, Equatable {
    /// Whole sentences with the value.
    package var message: String
    /// A stable name.
    package var code: String { "events.cursor" }

    init(_ text: String, _ form: String) {
        let shown = HostileText.escaped(String(text.prefix(100)), multiline: false)
        message =
            "\"\(shown)\" is no cursor of this stream. Send the id of the last event that you got, which has the form \(form), or leave it out."
    }
}

/// A place in the stream of all events: `<epoch>-<number>`, 16 hexadecimal digits and a decimal number. It holds within one
/// run of one server; any other server, and the same one after a restart, answers it with `server.gap`.
package struct EventCursor: Sendable, Equatable {
    /// The bus it is of.
    package var epoch: String
    /// The last event that was seen.
    package var number: UInt64

    /// The value with these members; nothing is checked.
    package init(epoch: String, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// Reads a cursor.
    /// - Throws: `CursorError` for a text that never came from `text`.
    package init(parsing text: String) throws(CursorError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isEpoch(parts[0]), let number = parts[1].decimal else {
            throw CursorError(text, "<16 hexadecimal digits>-<number>")
        }
        self.init(epoch: String(Substring(parts[0])), number: number)
    }

    /// As it goes to clients.
    package var text: String { "\(epoch)-\(number)" }

    fileprivate static func isEpoch(_ text: Substring.UTF8View) -> Bool {
        text.count == 16
            && text.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

/// A place in the log of one session: `<seq>` after a durable event, which holds for ever, and `<seq>-<epoch>-<number>` after an
/// event that is in no log. When the server was restarted since, the latter means `<seq>`.
package struct LogCursor: Sendable, Equatable {
    /// The last durable event that was seen; 0 for none.
    package var seq: Int64
    /// The last event of a bus that was seen, when that is not the durable one.
    package var event: EventCursor?

    /// The value with these members; nothing is checked.
    package init(seq: Int64, event: EventCursor? = nil) {
        self.seq = seq
        self.event = event
    }

    /// Reads a cursor.
    /// - Throws: `CursorError` for a text that never came from `text`.
    package init(parsing text: String) throws(CursorError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        let form = "<seq> or <seq>-<16 hexadecimal digits>-<number>"
        guard let first = parts.first, let seq = first.decimal, let value = Int64(exactly: seq) else {
            throw CursorError(text, form)
        }
        self.seq = value
        guard parts.count == 2 else { return }
        guard let event = try? EventCursor(parsing: String(Substring(parts[1]))) else { throw CursorError(text, form) }
        self.event = event
    }

    /// As it goes to clients.
    package var text: String { event.map { "\(seq)-\($0.text)" } ?? "\(seq)" }
}

extension Substring.UTF8View {
    /// A number of decimal digits alone, without sign.
    fileprivate var decimal: UInt64? {
        guard !isEmpty, count <= 20, allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt64(String(Substring(self)))
    }
}
