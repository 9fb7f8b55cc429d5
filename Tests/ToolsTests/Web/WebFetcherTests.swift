import Support
import Synchronization
import Testing

@testable import Tools

@Suite("Fetching over HTTP", .timeLimit(.minutes(2)))
struct WebFetcherTests {
    /// Names with addresses of our choice; counts look-ups.
    private final class Names: HostResolver {
        private let table: [String: [IPAddress]]
        private let looked = Mutex<[String]>([])
        var seen: [String] { looked.withLock { $0 } }
        init(_ table: [String: [IPAddress]]) { self.table = table }
        func addresses(of name: String) async throws(ToolError) -> [IPAddress] {
            looked.withLock { $0.append(name) }
            guard let found = table[name] else { throw ToolError(.failed, "The host '\(name)' was not found.") }
            return found
        }
    }

    private static let loopback = IPAddress.v4(0x7F00_0001)
    private static let metadata = IPAddress.v4(0xA9FE_A9FE)

    private func failure(_ fetcher: HTTPWebFetcher, _ url: String, timeout: Duration = .seconds(20), max: Int = 5 << 20)
        async throws -> ToolError?
    {
        let request = WebRequest(url: try WebURL(url), timeout: timeout, maximumBytes: max)
        do throws(ToolError) {
            _ = try await fetcher.fetch(request)
            return nil
        } catch {
            return error
        }
    }

    @Test("the connection goes to the address that was checked, with the name as host, after one look-up")
    func pinned() async throws {
        let server = try WebTestServer(["/p": WebTestServer.html("hello")])
        defer { server.stop() }
        let names = Names(["site.test": [Self.loopback]])
        let fetcher = HTTPWebFetcher(resolver: names, permits: { $0 == Self.loopback })
        let response = try await fetcher.fetch(WebRequest(url: try WebURL("http://site.test:\(server.port)/p")))
        #expect(response.status == 200 && response.mime == "text/html" && response.body == Array("hello".utf8))
        #expect(names.seen == ["site.test"])
        #expect(server.seen.first?.lowercased().contains("host: site.test") == true)
    }

    @Test("a private address is refused before a connection, by name, number, and when only one of several is private")
    func refused() async throws {
        let server = try WebTestServer(["/p": WebTestServer.html("secret")])
        defer { server.stop() }
        let names = Names([
            "rebind.test": [.v4(0x0808_0808), Self.loopback], "local.test": [Self.loopback],
            "meta.test": [Self.metadata],
        ])
        let fetcher = HTTPWebFetcher(resolver: names)
        for host in [
            "rebind.test", "local.test", "meta.test", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254",
        ] {
            let error = try await failure(fetcher, "http://\(host):\(server.port)/p")
            #expect(error?.kind == .invalidArguments, "\(host)")
            #expect(error?.message.contains("not on the public internet") == true, "\(host)")
        }
        #expect(server.seen.isEmpty)
    }

    @Test("each redirect is checked again")
    func redirects() async throws {
        let server = try WebTestServer([
            "/a": WebTestServer.redirect("/b"), "/b": WebTestServer.html("end"),
            "/meta": WebTestServer.redirect("http://meta.test/latest"),
            "/num": WebTestServer.redirect("http://10.0.0.1/"),
            "/octal": WebTestServer.redirect("http://0177.0.0.1/"),
            "/file": WebTestServer.redirect("file:///etc/passwd"),
            "/loop": WebTestServer.redirect("/loop"),
        ])
        defer { server.stop() }
        let names = Names(["site.test": [Self.loopback], "meta.test": [Self.metadata]])
        let fetcher = HTTPWebFetcher(resolver: names, permits: { $0 == Self.loopback })
        let base = "http://site.test:\(server.port)"
        let response = try await fetcher.fetch(WebRequest(url: try WebURL(base + "/a")))
        #expect(response.url.text == base + "/b" && response.body == Array("end".utf8))
        #expect(try await failure(fetcher, base + "/meta")?.kind == .invalidArguments)
        #expect(try await failure(fetcher, base + "/num")?.kind == .invalidArguments)
        #expect(try await failure(fetcher, base + "/octal")?.kind == .failed)
        #expect(try await failure(fetcher, base + "/file")?.kind == .failed)
        let before = server.seen.count
        #expect(try await failure(fetcher, base + "/loop")?.message.contains("more than 10 times") == true)
        #expect(server.seen.count == before + 11)
    }

    @Test("too much is refused, by its header and while it arrives")
    func size() async throws {
        let body = String(repeating: "x", count: 5_000)
        let endless = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\(body)".utf8)
        let server = try WebTestServer(["/known": WebTestServer.html(body), "/unknown": endless])
        defer { server.stop() }
        let fetcher = HTTPWebFetcher(resolver: Names([:]), permits: { _ in true })
        for path in ["/known", "/unknown"] {
            let url = "http://127.0.0.1:\(server.port)\(path)"
            #expect(try await failure(fetcher, url, max: 4_999)?.message.contains("larger than 4999 bytes") == true)
            #expect(try await failure(fetcher, url, max: 5_000) == nil)
        }
    }

    @Test("a server that never answers ends at the timeout, and at cancellation")
    func hang() async throws {
        let server = try WebTestServer([:])
        defer { server.stop() }
        let fetcher = HTTPWebFetcher(resolver: Names([:]), permits: { _ in true })
        let url = "http://127.0.0.1:\(server.port)/hang"
        #expect(try await failure(fetcher, url, timeout: .milliseconds(200))?.kind == .timeout)
        let request = WebRequest(url: try WebURL(url))
        let task = Task { () -> ToolError? in
            do throws(ToolError) {
                _ = try await fetcher.fetch(request)
                return nil
            } catch {
                return error
            }
        }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
    }

    @Test("nobody there and an unknown host are sentences")
    func unreachable() async throws {
        let server = try WebTestServer([:])
        server.stop()
        let fetcher = HTTPWebFetcher(resolver: Names([:]), permits: { _ in true })
        #expect(try await failure(fetcher, "http://nowhere.test/")?.message == "The host 'nowhere.test' was not found.")
        #expect(try await failure(fetcher, "http://127.0.0.1:1/")?.kind == .failed)
    }

    @Test("a proxy of the environment carries the request; local addresses and names are refused before it is asked")
    func proxied() async throws {
        let server = try WebTestServer(["CONNECT": [], "/p": WebTestServer.html("by proxy")])
        defer { server.stop() }
        let proxies = ProxySettings([
            "http_proxy": "http://user:p%40ss@127.0.0.1:\(server.port)", "no_proxy": "direct.test",
        ])
        let names = Names(["meta.test": [Self.metadata], "direct.test": [Self.metadata]])
        let fetcher = HTTPWebFetcher(resolver: names, proxies: proxies)
        let response = try await fetcher.fetch(WebRequest(url: try WebURL("http://site.test/p")))
        #expect(response.status == 200 && response.body == Array("by proxy".utf8))
        let heads = server.seen.map { $0.lowercased() }
        #expect(heads.count == 2 && heads[0].hasPrefix("connect site.test:80 "), "\(heads)")
        #expect(heads[0].contains("proxy-authorization: basic dxnlcjpwqhnz"), "\(heads)")
        #expect(heads[1].contains("host: site.test") && !heads[1].contains("proxy-authorization"), "\(heads)")
        for url in [
            "http://meta.test/", "http://10.0.0.1/", "http://[fd00::1]/", "http://printer/", "http://db.internal/",
            "http://nas.local/", "http://direct.test/",
        ] {
            #expect(try await failure(fetcher, url)?.kind == .invalidArguments, "\(url)")
        }
        #expect(server.seen.count == 2)
        let broken = HTTPWebFetcher(resolver: names, proxies: ProxySettings(["http_proxy": "ftp://p:1"]))
        #expect(try await failure(broken, "http://site.test/")?.message.contains("scheme ftp") == true)
    }

    @Test("the system resolver knows localhost")
    func resolver() async throws {
        let found = try await SystemResolver().addresses(of: "localhost")
        #expect(found.contains(.v4(0x7F00_0001)) || found.contains(.v6(high: 0, low: 1)))
    }
}
