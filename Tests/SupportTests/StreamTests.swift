import Support
import Testing

@Suite("Streams")
struct StreamTests {
    private let stream = bytes(
        "\u{FEFF}: hello\r\nevent: add\r\ndata: one\r\ndata:two\r\nid: 7\r\nretry: 250\r\n\r\n"
            + "data\rdata:  x: y\r\r" + "event: empty\n\n" + ":\n\ndata: é😀\nid: a\0b\nretry: 1x\nunknown: 1\n\n"
            + "data: last")

    private var expected: [SSEEvent] {
        [
            SSEEvent(event: "add", data: bytes("one\ntwo"), id: "7", retryMs: 250),
            SSEEvent(data: bytes("\n x: y"), id: "7"), SSEEvent(data: bytes("é😀"), id: "7"),
            SSEEvent(data: bytes("last"), id: "7"),
        ]
    }

    @Test("events are the same for every cut into two pieces, and byte by byte")
    func sseCuts() throws {
        for cut in 0...stream.count {
            var parser = SSEParser()
            var events = try parser.push(stream[..<cut])
            events += try parser.push(stream[cut...])
            events += parser.finish()
            #expect(events == expected, "cut at \(cut)")
        }
        var parser = SSEParser()
        var events: [SSEEvent] = []
        for byte in stream { events += try parser.push([byte]) }
        #expect(events + parser.finish() == expected)
        #expect(parser.comments == 2)
    }

    @Test("events of CR-only, LF-only and CRLF streams are equal")
    func sseLineEnds() throws {
        for end in ["\n", "\r", "\r\n"] {
            var parser = SSEParser()
            let text = ["data: a", "data: b", "", "data: c", "", ""].joined(separator: end)
            #expect(try parser.push(bytes(text)).map { decode($0.data) } == ["a\nb", "c"])
            #expect(parser.finish().isEmpty)
        }
    }

    private func decode(_ data: [UInt8]) -> String { text(data) }

    @Test("an event longer than the limit is an error, in one line and in many")
    func sseLimit() throws {
        var parser = SSEParser(maxEventBytes: 100)
        #expect(try parser.push(bytes("data: \(String(repeating: "x", count: 90))\n\n")).count == 1)
        #expect(throws: SSEError.self) { try parser.push(bytes(String(repeating: "x", count: 101))) }
        var many = SSEParser(maxEventBytes: 100)
        #expect(throws: SSEError.self) {
            for _ in 0..<20 { _ = try many.push(bytes("data: 0123456789\n")) }
        }
    }

    @Test("lines end at LF only, however the bytes are cut")
    func lines() throws {
        let whole = bytes("a\r\nb\u{2028}c\u{B}\u{85}\n\n\rlast")
        let expected = ["a\r", "b\u{2028}c\u{B}\u{85}", ""].map(bytes)
        for cut in 0...whole.count {
            var splitter = LineSplitter()
            var lines = try splitter.push(whole[..<cut])
            lines += try splitter.push(whole[cut...])
            #expect(lines == expected)
            #expect(splitter.finish() == bytes("\rlast"))
            #expect(splitter.finish() == nil)
        }
        var stripping = LineSplitter(stripsCR: true)
        #expect(try stripping.push(bytes("a\r\nb\r\r\n")) == [bytes("a"), bytes("b\r")])
    }

    @Test("a line of the limit passes, a longer one is an error")
    func lineLimit() throws {
        var splitter = LineSplitter(maxLineBytes: 4)
        #expect(try splitter.push(bytes("abcd\nab")).count == 1)
        #expect(try splitter.push(bytes("cd\n")).count == 1)
        #expect(throws: LineTooLongError.self) { try splitter.push(bytes("abcde")) }
    }

    @Test("records of NDJSON come without blank lines and CR")
    func ndjson() throws {
        var splitter = NDJSONSplitter()
        #expect(try splitter.push(bytes("{\"a\":1}\r\n\n  \n[2]\n3")) == ["{\"a\":1}", "[2]"].map(bytes))
        #expect(splitter.finish() == bytes("3"))
        #expect(splitter.finish() == nil)
    }

    @Test("a chunker never cuts a character, wherever the bytes are cut")
    func chunker() {
        let whole = "aé€😀z"
        for cut in 0...whole.utf8.count {
            var chunker = UTF8Chunker()
            let first = chunker.push(Array(bytes(whole)[..<cut]))
            let second = chunker.push(Array(bytes(whole)[cut...]))
            #expect(!first.contains("\u{FFFD}") && !second.contains("\u{FFFD}"))
            #expect(first + second + chunker.finish() == whole)
        }
        var broken = UTF8Chunker()
        #expect(broken.push([0x61, 0xE2, 0x82]) == "a")
        #expect(broken.finish() == "\u{FFFD}")
    }
}
