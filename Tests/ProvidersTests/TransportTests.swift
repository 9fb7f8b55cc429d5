import Support
import Testing

@testable import Providers

@Suite struct TransportTests {
    @Test func `URLs are taken apart`() throws {
        let url = try #require(URLParts("HTTPS://u:p@Host.Example:8443/a/b?c=d#e"))
        #expect(url.scheme == "https")
        #expect(url.host == "host.example")
        #expect(url.port == 8_443)
        #expect(url.path == "/a/b")
        #expect(url.query == "c=d")
        #expect(url.userInfo == "u:p")
        #expect(url.origin == "https://host.example:8443")
        #expect(URLParts("http://[::1]:80/")?.isLoopback == true)
        #expect(URLParts("http://[::1]/")?.origin == "http://[::1]")
        for bad in ["", "host", "http://", "http://h:0/", "http://h:99999/", "http://[::1]x/"] {
            #expect(URLParts(bad) == nil)
        }
    }

    @Test func `proxies follow scheme, NO_PROXY and loopback`() throws {
        let settings = ProxySettings([
            "HTTPS_PROXY": "http://p:1", "http_proxy": "http://q:2",
            "NO_PROXY": "internal.example, .corp:8443,10.0.0.1",
        ])
        func proxy(_ text: String) throws -> String? { settings.proxy(for: try #require(URLParts(text))) }
        #expect(try proxy("https://api.example/") == "http://p:1")
        #expect(try proxy("http://api.example/") == "http://q:2")
        #expect(try proxy("https://internal.example/") == nil)
        #expect(try proxy("https://a.internal.example/") == nil)
        #expect(try proxy("https://notinternal.example/") == "http://p:1")
        #expect(try proxy("https://a.corp:8443/") == nil)
        #expect(try proxy("https://a.corp/") == "http://p:1")
        #expect(try proxy("http://127.0.0.1:9/") == nil)
        #expect(try proxy("http://10.0.0.1/") == nil)
        #expect(ProxySettings(["HTTP_PROXY": "x", "REQUEST_METHOD": "GET"]) == ProxySettings([:]))
        #expect(
            ProxySettings(["ALL_PROXY": "x", "NO_PROXY": "*"]).proxy(for: try #require(URLParts("https://a/"))) == nil)
    }

    @Test func `a relay hands over in order, holds at most its limit and then makes the producer wait`() async throws {
        let relay = ByteRelay(limit: 4)
        #expect(await relay.push([1, 2]))
        let producer = Task { await relay.push([3, 4]) }
        let more = Task { () -> [UInt8] in
            var all: [UInt8] = []
            while let bytes = try? await relay.next() { all += bytes }
            return all
        }
        #expect(await producer.value)
        #expect(await relay.push([5]))
        relay.finish(nil)
        #expect(await more.value == [1, 2, 3, 4, 5])
        #expect(await !relay.push([6]))
    }

    @Test func `a cancelled reader closes the relay`() async {
        let relay = ByteRelay()
        let reader = Task { () -> ProviderError.Code? in
            do throws(ProviderError) {
                _ = try await relay.next()
                return nil
            } catch { return error.code }
        }
        reader.cancel()
        #expect(await reader.value == .cancelled)
        #expect(await !relay.push([1]))
    }

    @Test func `a refused connection is refused, in a sentence`() async throws {
        let transport = AsyncHTTPTransport(environment: Environment([:]))
        do {
            _ = try await transport.send(HTTPCall(url: "http://127.0.0.1:1/v1/chat/completions"))
            Issue.record("somebody answered")
        } catch {
            #expect(error.code == .refused)
            #expect(error.message.contains("http://127.0.0.1:1"))
        }
        await transport.shutdown()
    }

    @Test func `a wrong address or certificate file is said before anything is sent`() async {
        let transport = AsyncHTTPTransport(environment: Environment(["SSL_CERT_FILE": "/nonexistent/ca.pem"]))
        for (url, code, word) in [
            ("ftp://x/", ProviderError.Code.badRequest, "base_url"), ("https://x.invalid/", .network, "SSL_CERT_FILE"),
        ] {
            do {
                _ = try await transport.send(HTTPCall(url: url))
                Issue.record("sent")
            } catch {
                #expect(error.code == code)
                #expect(error.message.contains(word))
            }
        }
        await transport.shutdown()
    }
}
