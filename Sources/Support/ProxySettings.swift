/// Which proxy a request takes, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (either case, lower case first).
///
/// `HTTP_PROXY` in upper case is ignored when `REQUEST_METHOD` is set (a CGI program's client could set it). This machine's
/// own addresses never take a proxy.
package struct ProxySettings: Sendable, Equatable {
    private var https: String?
    private var http: String?
    private var exceptions: [String]

    package init(_ environment: [String: String]) {
        func value(_ name: String) -> String? {
            for key in [name, name.uppercased()] {
                if key == "HTTP_PROXY", environment["REQUEST_METHOD"] != nil { continue }
                if let value = environment[key], !value.isEmpty { return value }
            }
            return nil
        }
        let all = value("all_proxy")
        https = value("https_proxy") ?? all
        http = value("http_proxy") ?? all
        exceptions = (value("no_proxy") ?? "").split(separator: ",").map { part in
            part.filter { $0 != " " && $0 != "\t" }.lowercased()
        }.filter { !$0.isEmpty }
    }

    /// The proxy's URL for a request, nil = direct.
    package func proxy(for url: URLParts) -> String? {
        guard !url.isLoopback, !isException(url) else { return nil }
        return url.scheme == "https" ? https : http
    }

    /// `*` is everything, `host` and `.host` are the host and what is below it, `host:port` is one port.
    private func isException(_ url: URLParts) -> Bool {
        exceptions.contains { exception in
            if exception == "*" { return true }
            var name = exception[...]
            if !name.hasPrefix("["), name.utf8.filter({ $0 == UInt8(ascii: ":") }).count == 1,
                let mark = name.utf8.firstIndex(of: UInt8(ascii: ":"))
            {
                guard Int(name[name.utf8.index(after: mark)...]) == url.port else { return false }
                name = name[..<mark]
            }
            if name.hasPrefix("[") { name = name.dropFirst().prefix { $0 != "]" } }
            if name.hasPrefix("*.") { name = name.dropFirst(1) }
            if name.hasPrefix(".") { name = name.dropFirst() }
            return url.host == name || url.host.hasSuffix("." + name)
        }
    }
}

/// A proxy, as a proxy variable names it.
package struct ProxyServer: Sendable, Equatable {
    /// SOCKS 5 instead of HTTP.
    package var isSOCKS: Bool
    package var host: String
    package var port: Int
    /// `user:password`, decoded; nil when there is none. SOCKS proxies get none.
    package var credentials: String?

    /// What is wrong with the text of a proxy variable, as a sentence without the text.
    package struct Failure: Error {
        package var message: String
    }

    /// - Parameter text: `http://[user:password@]host:port`, `socks5://host[:port]`, or `host:port` for HTTP.
    package init(_ text: String) throws(Failure) {
        guard let url = URLParts(text.utf8.contains(UInt8(ascii: "/")) ? text : "http://" + text) else {
            throw Failure(message: "The proxy variable holds no URL; it should look like http://host:port.")
        }
        let hasPort = text.utf8.reversed().prefix { $0 != UInt8(ascii: ":") }.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "/")
        }
        host = url.host
        switch url.scheme {
        case "http":
            isSOCKS = false
            port = url.port
            credentials = url.userInfo.map { PercentEncoding.decode($0) }
        case "socks5", "socks5h", "socks":
            isSOCKS = true
            port = hasPort ? url.port : 1_080
        default:
            throw Failure(
                message: "A proxy of scheme \(url.scheme) cannot be used; set an http:// or socks5:// address.")
        }
    }
}
