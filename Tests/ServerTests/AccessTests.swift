import Support
import TestSupport
import Testing

@testable import Server

@Suite("Hosts, origins and secrets")
struct AccessTests {
    @Test(
        "IP literals and localhost are hosts; names must be configured, whatever DNS says",
        arguments: [
            ("127.0.0.1:4096", true), ("localhost", true), ("app.localhost:1", true), ("[::1]:4096", true),
            ("192.168.1.7", true), ("box.example:80", true), ("BOX.example", true), ("evil.example", false),
            ("127.0.0.1.evil.example", false), ("", false), ("1.2.3", false), ("0x7f.0.0.1", false),
            ("256.1.1.1", false), ("010.0.0.1", false), ("[evil]", false), ("localhost.evil.example", false),
        ])
    func hosts(_ host: String, _ isAllowed: Bool) {
        #expect(Exposure(hosts: ["box.example"]).allows(host: host) == isAllowed)
    }

    @Test(
        "An origin is the server's own or a configured one; null, other ports and other schemes are not",
        arguments: [
            ("http://127.0.0.1:4096", true), ("https://app.example", true), ("https://app.example:443", true),
            ("https://APP.example/", true), ("null", false), ("http://127.0.0.1:4097", false),
            ("https://127.0.0.1:4096", false), ("http://evil.example", false), ("https://app.example.evil", false),
        ])
    func origins(_ origin: String, _ isAllowed: Bool) {
        let exposure = Exposure(origins: ["https://app.example"])
        #expect(exposure.allows(origin: origin, host: "127.0.0.1:4096", isSecure: false) == isAllowed)
    }

    @Test("Loopback is recognised, everything else exposes the server")
    func loopback() {
        for host in ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"] { #expect(Exposure.isLoopback(host)) }
        for host in ["0.0.0.0", "::", "192.168.0.1", "127.evil.example", "box"] { #expect(!Exposure.isLoopback(host)) }
    }

    @Test("Secrets are random, and compared as wholes")
    func secrets() {
        let one = SecretText.random(bytes: 32)
        #expect(one.utf8.count == 64)
        #expect(one != SecretText.random(bytes: 32))
        #expect(SecretText.isEqual(one, one))
        #expect(!SecretText.isEqual(one, one + "0"))
        #expect(!SecretText.isEqual("", "0"))
    }

    @Test(
        "Guessing is slowed down by address after 100 failures, refused when too many wait, and forgotten after a minute"
    )
    func throttle() {
        let time = TestTime()
        let throttle = FailureThrottle(time: time)
        for _ in 0..<100 { #expect(throttle.failed("10.0.0.1") == .zero) }
        #expect(throttle.failed("10.0.0.1") == .zero)
        #expect(throttle.failed("10.0.0.1") == .milliseconds(25))
        #expect(throttle.failed("10.0.0.1") == .milliseconds(50))
        // Others are not slowed.
        #expect(throttle.failed("10.0.0.2") == .zero)
        var refused = 0
        for _ in 0..<300 where throttle.failed("10.0.0.1") == nil { refused += 1 }
        #expect(refused > 90)
        time.advance(by: .seconds(61))
        #expect(throttle.failed("10.0.0.1") == .zero)
        for number in 0..<10_000 { _ = throttle.failed("10.1.\(number / 256).\(number % 256)") }
        #expect(throttle.failed("10.0.0.1") == .zero)
    }
}
