import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import Support
import Synchronization

/// Real HTTP/1.1, over AsyncHTTPClient.
///
/// Nothing is created before the first request. One client (and one event-loop thread for all) per proxy in use; connections
/// are kept alive for 60 s. TLS trusts the system's certificates, those of `SSL_CERT_FILE` instead if it is set, and those of
/// `NODE_EXTRA_CA_CERTS` besides. Call `shutdown` before the last reference goes.
package final class AsyncHTTPTransport: HTTPTransport {
    private struct State {
        var clients: [String: HTTPClient] = [:]
        var group: MultiThreadedEventLoopGroup?
        var isShutDown = false
    }

    /// Until a connection stands.
    package static let connectTimeout: Duration = .seconds(15)

    private let state = Mutex(State())
    private let proxies: ProxySettings
    private let certificateFile: String?
    private let extraCertificateFile: String?

    /// - Parameter environment: proxy and certificate variables are read from it.
    package init(environment: Environment) {
        proxies = ProxySettings(environment.values)
        certificateFile = environment.values["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        extraCertificateFile = environment.values["NODE_EXTRA_CA_CERTS"].flatMap { $0.isEmpty ? nil : $0 }
    }

    package func send(_ call: HTTPCall) async throws(ProviderError) -> HTTPReply {
        if Task.isCancelled { throw ProviderError(.cancelled, "The request was cancelled.") }
        guard let url = URLParts(call.url), url.scheme == "https" || url.scheme == "http" else {
            throw ProviderError(
                .badRequest,
                "The address \(HostileText.escaped(call.url, multiline: false)) is no http or https URL; check base_url."
            )
        }
        let client = try self.client(for: url)
        var request = HTTPClientRequest(url: call.url)
        request.method = HTTPMethod(rawValue: call.method)
        for field in call.headers.fields { request.headers.add(name: field.name, value: field.value) }
        if !call.body.isEmpty { request.body = .bytes(ByteBuffer(bytes: call.body)) }
        let timeout = TimeAmount.milliseconds(call.headTimeout.wholeMilliseconds)
        let origin = call.origin
        let relay = ByteRelay()
        let task = Task { [request] in
            do {
                let response: HTTPClientResponse
                do { response = try await client.execute(request, timeout: timeout) } catch ChannelError
                    .ioOnClosedChannel
                {
                    // A kept connection that the server had closed already: nothing was sent, so a fresh one is tried at once.
                    response = try await client.execute(request, timeout: timeout)
                }
                relay.setHead(
                    ByteRelay.Head(
                        status: Int(response.status.code),
                        headers: HTTPFields(response.headers.map { HTTPField($0.name, $0.value) })))
                for try await buffer in response.body {
                    guard await relay.push(Array(buffer.readableBytesView)) else { return }
                }
                relay.finish(nil)
            } catch {
                relay.finish(Self.describe(error, origin: origin, timeout: call.headTimeout))
            }
        }
        relay.attach(task)
        let head = try await relay.head()
        return HTTPReply(status: head.status, headers: head.headers, body: relay)
    }

    package func shutdown() async {
        let (clients, group) = state.withLock { state in
            state.isShutDown = true
            defer {
                state.clients = [:]
                state.group = nil
            }
            return (Array(state.clients.values), state.group)
        }
        for client in clients { try? await client.shutdown().get() }
        try? await group?.shutdownGracefully()
    }

    deinit {
        let (clients, group) = state.withLock { (Array($0.clients.values), $0.group) }
        guard let group else { return }
        // Keeps both alive until they are closed; the clients check that they were shut down.
        Task {
            for client in clients { try? await client.shutdown().get() }
            try? await group.shutdownGracefully()
        }
    }

    private func client(for url: URLParts) throws(ProviderError) -> HTTPClient {
        let proxy = proxies.proxy(for: url)
        let isTLS = url.scheme == "https"
        // Certificates are read only for the first https request.
        let key = (isTLS ? "s " : "p ") + (proxy ?? "")
        if let client = try state.withLock({ (state) throws(ProviderError) -> HTTPClient? in
            if state.isShutDown { throw ProviderError(.cancelled, "The connection pool is closed.") }
            return state.clients[key]
        }) {
            return client
        }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .milliseconds(Self.connectTimeout.wholeMilliseconds)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        if isTLS { configuration.tlsConfiguration = try tlsConfiguration() }
        if let proxy { configuration.proxy = try Self.proxy(proxy) }
        return try state.withLock { (state) throws(ProviderError) -> HTTPClient in
            if state.isShutDown { throw ProviderError(.cancelled, "The connection pool is closed.") }
            if let client = state.clients[key] { return client }
            let group = state.group ?? MultiThreadedEventLoopGroup(numberOfThreads: 1)
            state.group = group
            let client = HTTPClient(eventLoopGroup: group, configuration: configuration)
            state.clients[key] = client
            return client
        }
    }

    private func tlsConfiguration() throws(ProviderError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificateFile {
            configuration.trustRoots = .certificates(try Self.certificates(certificateFile, "SSL_CERT_FILE"))
        }
        if let extraCertificateFile {
            configuration.additionalTrustRoots = [
                .certificates(try Self.certificates(extraCertificateFile, "NODE_EXTRA_CA_CERTS"))
            ]
        }
        return configuration
    }

    private static func certificates(_ path: String, _ variable: String) throws(ProviderError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw ProviderError(
                .network, "\(variable) names \(path), which holds no readable PEM certificates; correct or unset it.",
                status: 0)
        }
    }

    private static func proxy(_ text: String) throws(ProviderError) -> HTTPClient.Configuration.Proxy {
        let server: ProxyServer
        do {
            server = try ProxyServer(text)
        } catch {
            throw ProviderError(.network, error.message)
        }
        if server.isSOCKS { return .socksServer(host: server.host, port: server.port) }
        return .server(
            host: server.host, port: server.port,
            authorization: server.credentials.map { .basic(credentials: Base64.encode(Array($0.utf8))) })
    }

    private static func describe(_ error: any Error, origin: String, timeout: Duration) -> ProviderError {
        if let error = error as? ProviderError { return error }
        if error is CancellationError { return ProviderError(.cancelled, "The request was cancelled.") }
        if let error = error as? HTTPClientError {
            switch error {
            case .cancelled: return ProviderError(.cancelled, "The request was cancelled.")
            case .deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout:
                return ProviderError(
                    .timeout,
                    "\(origin) did not answer within \(timeout.wholeMilliseconds / 1_000) s; try again or raise "
                        + "options.timeout_ms of the provider.")
            case .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
                return ProviderError(
                    .network, "Connecting to \(origin) took too long; check the network and the proxy variables.")
            case .proxyAuthenticationRequired:
                return ProviderError(.authentication, "The proxy refuses access (407); put user:password in its URL.")
            case .remoteConnectionClosed, .uncleanShutdown:
                return ProviderError(.network, "\(origin) closed the connection.")
            default:
                return ProviderError(.network, "The request to \(origin) failed: \(error.shortDescription).")
            }
        }
        if isRefused(error) {
            return ProviderError(
                .refused, "Nobody listens at \(origin) (connection refused); start the server or correct base_url.")
        }
        if error is NIOSSLError || String(describing: type(of: error)).contains("SSL") {
            return ProviderError(
                .network,
                "No trusted TLS connection to \(origin): \(String(describing: error).prefix(200)). For a private "
                    + "certificate authority set NODE_EXTRA_CA_CERTS.")
        }
        if let error = error as? NIOConnectionError, error.dnsAError != nil || error.dnsAAAAError != nil,
            error.connectionErrors.isEmpty
        {
            return ProviderError(
                .network, "The host name of \(origin) cannot be resolved; check base_url and the network.")
        }
        return ProviderError(.network, "The connection to \(origin) failed: \(String(describing: error).prefix(200)).")
    }

    private static func isRefused(_ error: any Error) -> Bool {
        if let error = error as? IOError { return error.errnoCode == 111 || error.errnoCode == 61 }
        if let error = error as? NIOConnectionError, !error.connectionErrors.isEmpty {
            return error.connectionErrors.allSatisfy { isRefused($0.error) }
        }
        return false
    }
}

extension Duration {
    /// Cut towards zero.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000_000_000
    }
}
