import Support
import Testing

@Suite("Text")
struct TextTests {
    @Test("short text is not touched")
    func untouched() {
        let result = TextTruncation.headTail("a\nb\n")
        #expect(result.text == "a\nb\n" && !result.isTruncated)
    }

    @Test("many lines are cut in the middle, the counts are right")
    func lines() {
        let all = (0..<5_000).map { "line \($0)\n" }.joined()
        let result = TextTruncation.headTail(all)
        #expect(result.isTruncated && result.omittedLines == 3_000)
        #expect(result.text.hasPrefix("line 0\n") && result.text.hasSuffix("line 4999\n"))
        #expect(result.text.contains("line 999\n\n[… 3000 lines") && result.text.contains("…]\nline 4000\n"))
    }

    @Test("one long line is cut between characters, at every limit")
    func characters() {
        let all = String(repeating: "é€😀", count: 200)
        for limit in 10..<60 {
            let result = TextTruncation.headTail(all, maxBytes: limit)
            #expect(!result.text.contains("\u{FFFD}"))
            #expect(result.isTruncated)
            #expect(result.text.utf8.count <= limit + 60)
        }
    }

    @Test("a ring keeps head and tail, whatever the pieces")
    func ring() {
        let all = (0..<10_000).map { UInt8($0 % 26 + 97) }
        for piece in [1, 7, 64, 1_000, 10_000] {
            var ring = OutputRing(headBytes: 100, tailBytes: 50)
            var start = 0
            while start < all.count {
                ring.append(all[start..<min(start + piece, all.count)])
                start += piece
            }
            #expect(ring.totalBytes == 10_000 && ring.omittedBytes == 9_850)
            #expect(ring.bytes.starts(with: all[..<100]))
            #expect(Array(ring.bytes.suffix(50)) == Array(all.suffix(50)))
        }
    }

    @Test("a ring that holds everything gives it back as it was, at every length")
    func ringWhole() {
        for count in 0...150 {
            let all = (0..<count).map { UInt8($0) }
            var ring = OutputRing(headBytes: 100, tailBytes: 50)
            for byte in all { ring.append([byte]) }
            #expect(ring.bytes == all && ring.omittedBytes == 0)
        }
        var none = OutputRing(headBytes: 0, tailBytes: 0)
        none.append([1, 2, 3])
        #expect(none.totalBytes == 3 && none.omittedBytes == 3)
    }

    @Test("a ring never shows half a character at its gap")
    func ringCharacters() {
        for head in 10..<14 {
            for tail in 10..<14 {
                var ring = OutputRing(headBytes: head, tailBytes: tail)
                ring.append(bytes(String(repeating: "😀", count: 50)))
                #expect(!ring.text.contains("\u{FFFD}"))
            }
        }
    }

    @Test("hostile characters become visible, others stay")
    func hostile() {
        let text = "a\u{1B}[31m\u{202E}\u{200B}\u{7F}\u{9B}b\tc\nd\re é😀"
        #expect(
            HostileText.escaped(text, multiline: true)
                == "a\\u{1b}[31m\\u{202e}\\u{200b}\\u{7f}\\u{9b}b\tc\nd\\re é😀")
        #expect(HostileText.escaped("a\tb\nc", multiline: false) == "a\\tb\\nc")
        #expect(HostileText.escaped("plain", multiline: false) == "plain")
    }

    @Test("SHA-256 is that of the standard's examples")
    func sha() {
        #expect(
            SHA256Hash.hex(of: bytes("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256Hash.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("ids have their form, ascend and do not repeat", arguments: IDPrefix.allCases)
    func ids(_ prefix: IDPrefix) {
        let source = ULIDSource()
        let ids = (0..<2_000).map { _ in source.next(prefix) }
        #expect(Set(ids).count == 2_000)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(
            ids.allSatisfy { IDFormat.isValid($0, prefix: prefix) && $0.utf8.count == prefix.rawValue.utf8.count + 26 })
        for bad in [
            "", prefix.rawValue, "xxx_00000000000000000000000000", prefix.rawValue + "../../etc/passwd0000000000",
        ] {
            #expect(!IDFormat.isValid(bad, prefix: prefix))
        }
    }
}
