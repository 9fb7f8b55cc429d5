import Permissions
import Support
import Testing

@testable import Tools

@Suite("webfetch and websearch")
struct WebToolTests {
    private func page(_ body: String, mime: String = "text/html", status: Int = 200) throws -> WebResponse {
        WebResponse(status: status, mime: mime, body: Array(body.utf8), url: try WebURL("https://a.com/p"))
    }

    @Test("a page comes as markdown, text or html")
    func formats() async throws {
        let web = FakeWeb(pages: ["https://a.com/p": try page("<h1>Hi</h1><p>a <b>b</b> <a href='/x'>c</a></p>")])
        try await ToolWorld.with(http: web) { (world) async throws in
            #expect(try await world.call("webfetch", ["url": "https://a.com/p"]).text == "# Hi\n\na **b** [c](/x)")
            #expect(try await world.call("webfetch", ["url": "a.com/p", "format": "text"]).text == "Hi\n\na b c")
            #expect(
                try await world.call("webfetch", ["url": "https://a.com/p", "format": "html"]).text
                    == "<h1>Hi</h1><p>a <b>b</b> <a href='/x'>c</a></p>")
            #expect(world.gate.demands.first?.permission == "webfetch")
            #expect(world.gate.demands.first?.patterns == ["https://a.com/p"])
            #expect(world.gate.demands.first?.always == ["https://a.com/*"])
            #expect(web.seen.all.allSatisfy { !$0.allowsPrivateAddresses && $0.maximumBytes == 5 << 20 })
        }
    }

    @Test("the timeout is 30 s, at most 120 s")
    func timeouts() async throws {
        let web = FakeWeb(pages: ["https://a.com/p": try page("x", mime: "text/plain")])
        try await ToolWorld.with(http: web) { (world) async throws in
            _ = try await world.call("webfetch", ["url": "https://a.com/p"])
            _ = try await world.call("webfetch", ["url": "https://a.com/p", "timeout": 500])
            _ = try await world.call("webfetch", ["url": "https://a.com/p", "timeout": "7"])
            #expect(web.seen.all.map(\.timeout) == [.seconds(30), .seconds(120), .seconds(7)])
            #expect(
                await world.failure("webfetch", ["url": "https://a.com/p", "timeout": -1])?.kind == .invalidArguments)
        }
    }

    @Test("errors, binaries and bad addresses are sentences")
    func failures() async throws {
        let web = FakeWeb(pages: [
            "https://a.com/404": try page("", status: 404), "https://a.com/png": try page("x", mime: "image/png"),
            "https://a.com/none": WebResponse(
                status: 200, mime: "", body: [0, 1], url: try WebURL("https://a.com/none")),
        ])
        try await ToolWorld.with(http: web) { (world) async throws in
            #expect(
                await world.failure("webfetch", ["url": "https://a.com/404"])?.message.contains("status 404") == true)
            #expect(
                await world.failure("webfetch", ["url": "https://a.com/png"])?.message.contains("image/png") == true)
            #expect(await world.failure("webfetch", ["url": "https://a.com/none"])?.message.contains("binary") == true)
            let asked = world.gate.demands.count
            #expect(await world.failure("webfetch", ["url": "file:///etc/passwd"])?.kind == .invalidArguments)
            #expect(await world.failure("webfetch", ["url": "http://u:p@a.com/"])?.kind == .invalidArguments)
            #expect(world.gate.demands.count == asked)
        }
    }

    @Test("control and bidi characters of a page are shown, not passed on")
    func hostile() async throws {
        let web = FakeWeb(pages: ["https://a.com/p": try page("<p>a\u{1B}]52;c;x\u{7}\u{202E}b</p>")])
        try await ToolWorld.with(http: web) { (world) async throws in
            let text = try await world.call("webfetch", ["url": "https://a.com/p"]).text
            #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\u{7}" })
        }
    }

    @Test("a search posts the query to the endpoint, with the key only in its header")
    func search() async throws {
        let body = #"{"results":[{"title":"T","url":"https://t","text":"words"},{"name":"U","link":"https://u"}]}"#
        let web = FakeWeb(pages: [
            "http://127.0.0.1:9/s": WebResponse(
                status: 200, mime: "application/json", body: Array(body.utf8), url: try WebURL("http://127.0.0.1:9/s"))
        ])
        let endpoint = WebSearchEndpoint(url: "http://127.0.0.1:9/s", key: "k3y")
        try await ToolWorld.with(http: web, webSearch: endpoint) { (world) async throws in
            let output = try await world.call("websearch", ["query": "swift"])
            #expect(output.text == "T\nhttps://t\nwords\n\nU\nhttps://u")
            let request = try #require(web.seen.all.first)
            #expect(request.method == "POST" && request.allowsPrivateAddresses)
            #expect(request.body.map { UTF8Text.lossy($0) } == #"{"query":"swift","numResults":8}"#)
            #expect(request.headers.contains { $0.name == "authorization" && $0.value == "Bearer k3y" })
            #expect(!output.storedMetadata.text().contains("k3y"))
            #expect(
                try await world.call("websearch", ["query": "swift", "numResults": 1]).text == "T\nhttps://t\nwords")
        }
    }

    @Test("without an endpoint a search says what to do")
    func noEndpoint() async throws {
        try await ToolWorld.with { (world) async throws in
            let error = await world.failure("websearch", ["query": "swift"])
            #expect(error?.kind == .failed && error?.message.contains("No search endpoint is set") == true)
        }
    }
}

@Suite("HTML to markdown")
struct WebHTMLTests {
    @Test(
        "the usual elements",
        arguments: [
            ("<p>a<br>b</p>", "a\nb"), ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd"),
            ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
            ("<pre><code>x\n  y\n</code></pre>z", "```\nx\n  y\n```\n\nz"),
            ("a <code>b</code>", "a `b`"), ("<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n\n> b\n\nc"),
            ("<table><tr><th>A<th>B</tr><tr><td>1<td>2</tr></table>", "| A | B |\n| --- | --- |\n| 1 | 2 |"),
            ("<img src=i.png alt='pic'>", "![pic](i.png)"), ("<a href='javascript:x'>a</a>", "a"),
            ("<a href='#x'>a</a>", "a"),
            ("a&amp;b &lt;c&gt; &#65;&#x42; &bogus; &", "a&b <c> AB &bogus; &"),
            ("<h2>T</h2>x<hr>y", "## T\n\nx\n\n---\n\ny"),
            ("<head><title>t</title></head><body>b</body>", "b"), ("a<script>if (1<2) x('</b>')</script>b", "ab"),
            ("a<style>p{}</style><!-- c --><!doctype html>b", "ab"), ("a < b > c", "a < b > c"), ("<p", ""), ("<", "<"),
            ("  a \n\t b  ", "a b"), ("<p>a</p>\n\n\n<p>b</p>", "a\n\nb"), ("<script>a", "a"), ("", ""),
        ])
    func elements(html: String, expected: String) {
        #expect(HTMLConverter.markdown(Array(html.utf8)) == expected)
    }

    @Test("text has no marks")
    func text() {
        let html = "<h1>T</h1><ul><li><b>a</b></li></ul><a href='/x'>l</a><pre>c</pre><table><tr><td>1<td>2</table>"
        #expect(HTMLConverter.text(Array(html.utf8)) == "T\n\n- a\n\nl\n\nc\n\n1 | 2")
    }

    @Test("hostile pages take linear time and never trap")
    func hostile() {
        let pieces = [
            "<div>", "<a href=\"", "<ul><li>", "<blockquote>", "<script>", "<!--", "<table><tr><td>", "&#", "<b", "</",
            "<pre>",
            "<a x='", "<li", "\u{0}<p>", "<img alt=x src=", "<svg><path/>",
        ]
        let clock = ContinuousClock()
        for piece in pieces {
            let page = Array(String(repeating: piece, count: 100_000 / piece.utf8.count).utf8)
            let time = clock.measure { _ = HTMLConverter.markdown(page) }
            #expect(time < .seconds(8), "\(piece) took \(time)")
        }
    }

    @Test("random bytes never trap")
    func random() {
        var state: UInt64 = 42
        let alphabet = Array("<>/=\"' &;#!-abplitrd\n\u{0}é".utf8)
        for _ in 0..<500 {
            var page: [UInt8] = []
            for _ in 0..<200 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                page.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            _ = HTMLConverter.markdown(page)
            _ = HTMLConverter.text(page)
        }
    }
}
