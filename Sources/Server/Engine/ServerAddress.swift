import Synchronization

/// Where the server is reached; set once it listens.
package final class ServerAddress: Sendable {
    private let state = Mutex<(url: String, urls: [String])>(("", []))

    package init() {}

    /// `http://127.0.0.1:PORT`, without a path.
    package var url: String { state.withLock { $0.url } }
    /// The same and one for every other usable address.
    package var urls: [String] { state.withLock { $0.urls } }

    /// Sets both.
    package func set(url: String, urls: [String]) { state.withLock { $0 = (url, urls) } }
}
