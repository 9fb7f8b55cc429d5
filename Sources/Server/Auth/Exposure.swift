import Support

/// Which hosts and origins may talk to this server. Origins are compared with the request's own host, which is why hosts
/// are checked first: a name that an attacker's DNS points here is no allowed host.
package struct Exposure: Sendable {
    /// Names that are allowed beside IP literals and `localhost`, lower case, without port.
    package var hosts: Set<String>
    /// Origins that are allowed beside the server's own, as browsers send them.
    package var origins: Set<String>

    /// - Parameters:
    ///   - hosts: `--allowed-host`, `server.allowed_hosts` and the host name that is listened on.
    ///   - origins: `--cors`, `server.cors`.
    package init(hosts: [String] = [], origins: [String] = []) {
        self.hosts = Set(hosts.map { Self.name(of: $0.lowercased()) })
        self.origins = Set(origins.map(Self.normal))
    }

    /// Whether a `Host` header is allowed.
    package func allows(host: String?) -> Bool {
        guard let host, !host.isEmpty else { return false }
        let name = Self.name(of: host.lowercased())
        if name == "localhost" || name.hasSuffix(".localhost") || hosts.contains(name) { return true }
        return Self.isAddress(name)
    }

    /// Whether an `Origin` header is allowed on a request with this host, which was allowed.
    package func allows(origin: String, host: String?, isSecure: Bool) -> Bool {
        let origin = Self.normal(origin)
        if origins.contains(origin) { return true }
        guard let host = host?.lowercased() else { return false }
        if origin == "\(isSecure ? "https" : "http")://\(host)" { return true }
        // Behind a proxy that ends TLS the scheme differs; its name had to be configured.
        return origin == "https://\(host)" && hosts.contains(Self.name(of: host))
    }

    /// Whether listening on this host exposes the server to this machine only.
    package static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "[::1]" { return true }
        return isIPv4(name) && name.hasPrefix("127.")
    }

    private static func normal(_ origin: String) -> String {
        var text = origin.lowercased()
        while text.hasSuffix("/") { text.removeLast() }
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where text.hasPrefix(scheme) {
            if text.hasSuffix(port) { text.removeLast(port.utf8.count) }
        }
        return text
    }

    /// A host without its port; the brackets of an IPv6 address stay.
    private static func name(of host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        guard let colon = host.lastIndex(of: ":"),
            host[host.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return host }
        return String(host[..<colon])
    }

    private static func isAddress(_ name: String) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") {
            let inner = name.dropFirst().dropLast()
            return inner.utf8.contains(UInt8(ascii: ":"))
                && inner.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x61...0x66, UInt8(ascii: ":"), UInt8(ascii: "."): true
                    default: false
                    }
                }
        }
        return isIPv4(name)
    }

    /// Four decimal numbers; nothing else that a resolver would take as an address.
    private static func isIPv4(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && (Int(part).map { $0 <= 255 } ?? false) && (part.utf8.count == 1 || !part.hasPrefix("0"))
            }
    }
}
