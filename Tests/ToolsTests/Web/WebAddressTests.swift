import Support
import Testing

@testable import Tools

@Suite("Web addresses")
struct WebAddressTests {
    @Test(
        "private, loopback, link-local, shared and reserved addresses are not public, in any IPv6 form",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
            "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
            "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1",
            "64:ff9b::7f00:1", "64:ff9b::192.168.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1",
            "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1",
            "5f00::1",
        ])
    func refused(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic == false)
    }

    @Test(
        "public addresses are public",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.1", "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::808:808",
            "2002:808:808::1",
        ])
    func allowed(text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    @Test(
        "only plain forms are addresses",
        arguments: [
            "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "1.2.3.4.5", "1.2.3.256", "1.2.3.", "01.2.3.4",
            "1.2.3.4 ",
            ":::", "1::2::3", "12345::", "::g", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "fe80::1%eth0",
            ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "::1.2.3", "",
        ])
    func malformed(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "hosts that other programs read differently are refused",
        arguments: [
            "http://127.1/", "http://0177.0.0.1/", "http://0x7f.0.0.1/", "http://0x7f000001/", "http://2130706433/",
            "http://017700000001/", "http://1.2.3.4.5/", "http://user@example.com/", "http://user:pw@example.com/",
            "http://example.com@127.0.0.1/", "http://example.com\\@127.0.0.1/", "http://exa mple.com/",
            "http://example.com\u{0}.evil.org/", "http://example.com\n/", "http://ex\u{FF41}mple.com/",
            "http://bücher.de/",
            "http://127。0。0。1/", "http:///path", "http://", "http://.", "http://-a.com/", "http://a..b/", "http://%31/",
            "http://[::1", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://[127.0.0.1]/", "http://[v1.x]/",
            "http://a.com:0/", "http://a.com:65536/", "http://a.com:8a/", "http://a.com:-1/", "ftp://a.com/",
            "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "gopher://a/", "mailto:a@b.c",
            "http:a.com/",
        ])
    func refusedURLs(text: String) {
        #expect(throws: WebURL.Refusal.self) { try WebURL(text) }
    }

    @Test(
        "addresses are normalised",
        arguments: [
            ("example.com", "https://example.com/"), ("HTTP://EXAMPLE.com.:80/A?b#c", "http://example.com/A?b"),
            ("https://a.com:8443", "https://a.com:8443/"), ("https://a.com?x=1", "https://a.com/?x=1"),
            ("https://a.com/ä<b>", "https://a.com/%C3%A4%3Cb%3E"), ("a.com:8080/x", "https://a.com:8080/x"),
            (" https://a.com/ ", "https://a.com/"), ("http://[2606:4700:0::1]/", "http://[2606:4700:0:0:0:0:0:1]/"),
            ("http://8.8.8.8/", "http://8.8.8.8/"), ("https://1e100.net/", "https://1e100.net/"),
        ])
    func normalised(text: String, expected: String) throws {
        #expect(try WebURL(text).text == expected)
    }

    @Test(
        "redirects resolve against the address before",
        arguments: [
            ("/x", "https://a.com/x"), ("x", "https://a.com/d/x"), ("?q", "https://a.com/d/e?q"),
            ("//b.com/y", "https://b.com/y"),
            ("http://c.com", "http://c.com/"), ("#f", "https://a.com/d/e?k"), ("", "https://a.com/d/e?k"),
        ])
    func redirects(location: String, expected: String) throws {
        #expect(try WebURL("https://a.com/d/e?k").resolving(location).text == expected)
    }

    @Test("a redirect cannot smuggle a scheme, credentials or control bytes")
    func badRedirects() throws {
        let base = try WebURL("https://a.com/")
        for bad in ["file:///etc/passwd", "//u@b.com/", "/a\r\nX: y", "javascript:x", "\\\\b.com", "//127.1/"] {
            #expect(throws: WebURL.Refusal.self, "\(bad)") { try base.resolving(bad) }
        }
    }
}
