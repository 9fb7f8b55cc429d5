import Support
import Testing

@testable import Tools

@Suite("Text of files")
struct FilesTextTests {
    @Test("replacing nothing gives the bytes back, whatever they are")
    func identity() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let bytes = (0..<random.below(40)).map { _ in
                random.pick([0x0A, 0x0D, 0x61, 0xEF, 0xBB, 0xBF, 0xFF] as [UInt8])
            }
            let text = FileText(bytes)
            #expect(text.replacing([]) == bytes)
            #expect(text.replacing([(0..<0, [])]) == bytes)
        }
    }

    @Test("bytes outside an edit are untouched in files with mixed line ends")
    func mixedEndings() {
        let file = Array("a\r\nb\nc\r\nd\n".utf8)
        let text = FileText(file)
        #expect(text.isMixed)
        #expect(text.normalized == Array("a\nb\nc\nd\n".utf8))
        #expect(text.replacing([(2..<3, Array("B".utf8))]) == Array("a\r\nB\nc\r\nd\n".utf8))
        #expect(text.replacing([(4..<6, Array("C\nX\n".utf8))]) == Array("a\r\nb\nC\r\nX\r\nd\n".utf8))
    }

    @Test("a byte order mark and CR LF survive an edit and a rewrite")
    func byteOrderMark() throws {
        let file = FileText.byteOrderMark + Array("one\r\ntwo\r\n".utf8)
        let edited = try TextEdit(oldString: "one\ntwo", newString: "1\n2\n3").apply(to: file)
        #expect(edited.bytes == FileText.byteOrderMark + Array("1\r\n2\r\n3\r\n".utf8))
        #expect(FileText(file).rewritten(as: Array("x\ny\n".utf8)) == FileText.byteOrderMark + Array("x\r\ny\r\n".utf8))
        #expect(FileText(Array("a\nb\n".utf8)).rewritten(as: Array("x\r\ny".utf8)) == Array("x\r\ny".utf8))
    }

    @Test("a window keeps the lines asked for, whole characters only, and says why it ended")
    func window() {
        let long = String(repeating: "é", count: 2_100)
        var window = LineWindow(offset: 1, limit: 2)
        for byte in "\u{FEFF}first\r\nsecond\r\n\(long)\nfourth".utf8 { window.push([byte]) }
        window.finish()
        #expect(window.lines == ["second", String(repeating: "é", count: 2_000) + "..."])
        #expect(window.seen == 4)
        #expect(window.stop == .lines)
        #expect(window.cutLines == 1)
    }

    @Test("a window never exceeds its bytes, however long the lines are")
    func windowBytes() {
        var window = LineWindow(offset: 0, limit: 2_000)
        for _ in 0..<2_000 { window.push(Array((String(repeating: "x", count: 99) + "\n").utf8)[...]) }
        window.finish()
        #expect(window.stop == .bytes)
        #expect(window.lines.count == 473)
        #expect(window.seen == 2_000)
    }

    @Test("a line of exactly 2,000 characters is whole, also with CR LF")
    func exactLine() {
        var window = LineWindow(offset: 0, limit: 10)
        let line = String(repeating: "x", count: 2_000)
        window.push(Array("\(line)\r\n\(line)\n\(line)y\n".utf8)[...])
        window.finish()
        #expect(window.lines == [line, line, line + "..."])
        #expect(window.cutLines == 1)
    }

    @Test("files are judged by their bytes")
    func kinds() {
        #expect(FileKind(head: Array("let x = 1\n\u{1B}[0m".utf8)) == .text)
        #expect(FileKind(head: []) == .text)
        #expect(FileKind(head: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]) == .attachment(mime: "image/png"))
        #expect(FileKind(head: Array("%PDF-1.7".utf8)) == .attachment(mime: "application/pdf"))
        #expect(FileKind(head: Array("RIFF1234WEBPVP8".utf8)) == .attachment(mime: "image/webp"))
        #expect(FileKind(head: [0x61, 0, 0x62]) != .text)
        #expect(FileKind(head: [1, 2, 3, 0x61]) != .text)
        #expect(FileKind(head: [0xFF, 0xFE, 0x61, 0]) != .text)
    }
}
