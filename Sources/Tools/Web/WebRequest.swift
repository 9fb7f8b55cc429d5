/// One fetch.
package struct WebRequest: Sendable {
    /// What to fetch.
    package var url: WebURL
    /// `GET` or `POST`. A redirect of a POST is refused.
    package var method: String
    /// Sent as given; those of `WebFetcher` itself (host, length) cannot be set.
    package var headers: [(name: String, value: String)]
    /// Sent with a POST.
    package var body: [UInt8]?
    /// For the whole fetch, redirects included.
    package var timeout: Duration
    /// Most bytes of the answer; more is an error.
    package var maximumBytes: Int
    /// Lets the address be a private one: only for endpoints that the user configured, never for a model's.
    package var allowsPrivateAddresses: Bool

    /// A request; see the properties.
    package init(
        url: WebURL, method: String = "GET", headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeout: Duration = .seconds(30), maximumBytes: Int = 5 << 20, allowsPrivateAddresses: Bool = false
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumBytes = maximumBytes
        self.allowsPrivateAddresses = allowsPrivateAddresses
    }
}

/// What was fetched.
package struct WebResponse: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// The media type, lower-case, without parameters; empty when the server gave none.
    package var mime: String
    /// All of it, at most `maximumBytes`.
    package var body: [UInt8]
    /// Where it came from in the end.
    package var url: WebURL

    /// A response; see the properties.
    package init(status: Int, mime: String, body: [UInt8], url: WebURL) {
        self.status = status
        self.mime = mime
        self.body = body
        self.url = url
    }
}
