/// One header.
package struct HTTPField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Headers in order. Names are compared without case.
package struct HTTPFields: Sendable, Equatable {
    package private(set) var fields: [HTTPField]

    package init(_ fields: [HTTPField] = []) { self.fields = fields }

    /// The first value of a name; setting replaces all values of it, nil removes them.
    package subscript(name: String) -> String? {
        get {
            let wanted = name.lowercased()
            return fields.first { $0.name.lowercased() == wanted }?.value
        }
        set {
            let wanted = name.lowercased()
            fields.removeAll { $0.name.lowercased() == wanted }
            if let newValue { fields.append(HTTPField(name, newValue)) }
        }
    }
}

/// A request as the transport sends it.
package struct HTTPCall: Sendable {
    package var method: String
    package var url: String
    package var headers: HTTPFields
    package var body: [UInt8]
    /// Until the response head is there, connecting included.
    package var headTimeout: Duration

    package init(
        method: String = "POST", url: String, headers: HTTPFields = HTTPFields(), body: [UInt8] = [],
        headTimeout: Duration = .seconds(300)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.headTimeout = headTimeout
    }

    /// Scheme, host and port, for messages: no path, query or user.
    package var origin: String { URLParts(url)?.origin ?? "the configured address" }
}

/// The head of a response and the source of its body.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: HTTPFields
    package var body: any ByteSource

    package init(status: Int, headers: HTTPFields, body: any ByteSource) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The body of a response, pulled by one reader at a time.
package protocol ByteSource: Sendable {
    /// The next bytes, nil at the end. Throws `network`, `timeout` (after `cancel(with:)`) or `cancelled`.
    func next() async throws(ProviderError) -> [UInt8]?
    /// Closes the connection; a waiting `next` throws `error`. May be called any number of times.
    func cancel(with error: ProviderError)
}

/// Sends requests. Redirects are never followed, so no credential leaves for another host.
package protocol HTTPTransport: Sendable {
    /// Returns at the response head. Throws `refused`, `network`, `timeout` or `cancelled`.
    func send(_ call: HTTPCall) async throws(ProviderError) -> HTTPReply
    /// Closes all connections. The transport is of no use afterwards.
    func shutdown() async
}

extension ByteSource {
    /// Reads the rest, but at most `limit` bytes, and closes the connection.
    package func collect(upTo limit: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit, let more = try? await next() {
            bytes.append(contentsOf: more.prefix(limit - bytes.count))
        }
        cancel(with: ProviderError(.cancelled, "The body was read as far as needed."))
        return bytes
    }
}

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
