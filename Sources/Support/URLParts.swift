/// The parts of an http or https URL.
package struct URLParts: Sendable, Equatable {
    /// Lower-case.
    package var scheme: String
    /// As written, IPv6 without brackets, lower-case.
    package var host: String
    package var port: Int
    /// Starts with `/`; percent-encoded as written.
    package var path: String
    /// Without `?`; empty when there is none.
    package var query: String
    /// `user:password` as written, nil when there is none.
    package var userInfo: String?

    /// Nil unless the text is `scheme://host…`; a missing port is the scheme's.
    package init?(_ text: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        scheme = text[..<colon].lowercased()
        let afterScheme = text[text.utf8.index(after: colon)...]
        guard afterScheme.hasPrefix("//"), !scheme.isEmpty else { return nil }
        var rest = afterScheme.dropFirst(2)
        if let hash = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        var authority = rest[..<end]
        let tail = rest[end...]
        if let mark = tail.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = String(tail[..<mark])
            query = String(tail[tail.utf8.index(after: mark)...])
        } else {
            path = String(tail)
            query = ""
        }
        if path.isEmpty { path = "/" }
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            userInfo = String(authority[..<at])
            authority = authority[authority.utf8.index(after: at)...]
        } else {
            userInfo = nil
        }
        var portText: Substring = ""
        if authority.hasPrefix("["), let close = authority.utf8.firstIndex(of: UInt8(ascii: "]")) {
            host = authority[authority.utf8.index(after: authority.startIndex)..<close].lowercased()
            let after = authority[authority.utf8.index(after: close)...]
            if after.hasPrefix(":") { portText = after.dropFirst() } else if !after.isEmpty { return nil }
        } else if let mark = authority.utf8.firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<mark].lowercased()
            portText = authority[authority.utf8.index(after: mark)...]
        } else {
            host = authority.lowercased()
        }
        guard !host.isEmpty else { return nil }
        if portText.isEmpty {
            port = scheme == "https" ? 443 : 80
        } else {
            guard let value = Int(portText), (1...65_535).contains(value) else { return nil }
            port = value
        }
    }

    /// `scheme://host:port` without a default port.
    package var origin: String {
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let isDefault = (scheme == "https" && port == 443) || (scheme == "http" && port == 80)
        return isDefault ? "\(scheme)://\(shown)" : "\(scheme)://\(shown):\(port)"
    }

    /// True for this machine's own addresses.
    package var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host.hasPrefix("127.")
    }
}
