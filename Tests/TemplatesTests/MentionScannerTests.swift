import Schema
import Testing

@testable import Templates

@Suite("Mentions of resources")
struct MentionScannerTests {
    @Test(
        "A mention is a server and a URI with a scheme, without the punctuation around it",
        arguments: [
            ("@peer:memo://one", ["peer memo://one"]),
            (
                "Look at (@peer:memo://one), and @my-db_2:db://t/x?q=a,b.",
                ["peer memo://one", "my-db_2 db://t/x?q=a,b"]
            ),
            ("@peer:urn:isbn:1", ["peer urn:isbn:1"]), ("@w:https://e.org/a_(b)!", ["w https://e.org/a_(b)"]),
            ("@p:m://a @p:m://b @p:m://a", ["p m://a", "p m://b"]), ("见@p:m://a。和（@p:m://b）", ["p m://a", "p m://b"]),
            ("[@p:m://x[1]] {@p:m://y}", ["p m://x[1]", "p m://y"]), ("😀@p:m://z", ["p m://z"]),
            ("\"@peer:memo://ü\"\n@peer:memo://b", ["peer memo://ü", "peer memo://b"]),
        ])
    func finds(text: String, wanted: [String]) {
        #expect(MentionScanner.mentions(in: text).map { "\($0.server) \($0.uri)" } == wanted)
    }

    @Test(
        "Addresses, paths, times and code are no mentions",
        arguments: [
            "me@host:ssh://x", "git@github.com:a/b", "@time:12:30", "@peer", "@peer:", "@peer:word", "@peer:x:",
            "`@peer:memo://one`", "@src/a.swift", "@@peer:memo://x", "http://u@h:http://x", "é@peer:memo://x",
            "@\(String(repeating: "n", count: 33)):memo://one", "@:memo://one",
        ])
    func leaves(text: String) {
        #expect(MentionScanner.mentions(in: text).isEmpty, "\(text)")
    }

    @Test("Places count UTF-16 units")
    func places() throws {
        let mention = try #require(MentionScanner.mentions(in: "😀 @peer:memo://one.").first)
        #expect(mention.place.start == 3)
        #expect(mention.place.end == 19)
        #expect(mention.place.text == "@peer:memo://one")
    }

    @Test("At most 16 are attached, and a long text costs no more than its first MiB")
    func bounds() {
        let many = (0..<100).map { "@p:m://\($0)" }.joined(separator: " ")
        #expect(MentionScanner.mentions(in: many).count == MentionScanner.maxMentions + 1)
        let long = String(repeating: "x ", count: MentionScanner.maxText) + "@p:m://1"
        #expect(MentionScanner.mentions(in: long).isEmpty)
        let longest = String(repeating: "x", count: MentionScanner.maxURI - 4)
        #expect(MentionScanner.mentions(in: "@p:m://\(longest)").count == 1)
        #expect(MentionScanner.mentions(in: "@p:m://\(longest)x").isEmpty)
        // Nothing of these may cost more than one look at each character.
        for near in ["(@a:b:", "@p:m://", "(@a:b:)))", "@@@@", "(@a:"] {
            let text = String(repeating: near, count: MentionScanner.maxText / near.utf8.count)
            #expect(MentionScanner.mentions(in: text).count <= MentionScanner.maxMentions + 1)
        }
    }
}
