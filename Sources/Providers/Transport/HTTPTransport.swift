import Support

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
