import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
package import Support

/// Fetches over HTTP. A model's address reaches public hosts only: the name is resolved once, every address it has must
/// be public, and the connection goes to exactly that address (with the name for TLS and `Host`); each redirect is
/// checked again. At most 10 redirects, no cookies, no credentials.
///
/// With a proxy of the environment the proxy connects, and resolves the name once more: then the name must not be of this
/// machine or its network, and what this machine knows of its addresses must be public.
package struct HTTPWebFetcher: WebFetcher {
    /// Most redirects.
    package static let redirectLimit = 10

    private let resolver: any HostResolver
    private let permits: @Sendable (IPAddress) -> Bool
    private let userAgent: String
    private let proxies: ProxySettings

    /// `permits` decides about addresses; tests may let a server on 127.0.0.1 pass.
    package init(
        resolver: any HostResolver = SystemResolver(), userAgent: String = "codetether",
        proxies: ProxySettings = ProxySettings([:]),
        permits: @escaping @Sendable (IPAddress) -> Bool = { $0.isPublic }
    ) {
        self.proxies = proxies
        self.resolver = resolver
        self.userAgent = userAgent
        self.permits = permits
    }

    package func fetch(_ request: WebRequest) async throws(ToolError) -> WebResponse {
        let result = await withTaskGroup(of: Result<WebResponse, ToolError>?.self) { tasks in
            tasks.addTask {
                do throws(ToolError) {
                    return .success(try await self.follow(request))
                } catch {
                    return .failure(error)
                }
            }
            tasks.addTask {
                try? await Task.sleep(for: request.timeout)
                return nil
            }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? nil
        }
        if Task.isCancelled { throw ToolError(.cancelled, "The fetch of \(request.url.text) was cancelled.") }
        guard let result else {
            throw ToolError(
                .timeout,
                "\(request.url.text) did not answer completely within \(request.timeout). Try again or another source.")
        }
        return try result.get()
    }

    private func follow(_ request: WebRequest) async throws(ToolError) -> WebResponse {
        var url = request.url
        for _ in 0...Self.redirectLimit {
            let target: Target
            if let text = proxy(for: url) {
                do throws(ProxyServer.Failure) {
                    target = .proxy(try ProxyServer(text))
                } catch {
                    throw ToolError(.failed, error.message)
                }
                try await checkProxied(url, request)
            } else {
                target = .address(try await checkedAddress(of: url, request))
            }
            switch try await exchange(request, url, target) {
            case .response(let response): return response
            case .redirect(let location):
                guard request.method == "GET" else {
                    throw ToolError(
                        .failed, "\(url.text) redirects to another address, which is not followed for a POST.")
                }
                do throws(WebURL.Refusal) {
                    let next = try url.resolving(location)
                    guard next.isSecure || !url.isSecure else {
                        throw WebURL.Refusal(reason: "is http, but the address before was https")
                    }
                    url = next
                } catch {
                    throw ToolError(
                        .failed,
                        "\(url.text) redirects to '\(ShortText.shown(location, bytes: 200))', "
                            + "which \(error.reason).")
                }
            }
        }
        throw ToolError(
            .failed, "\(request.url.text) redirects more than \(Self.redirectLimit) times. Use another address.")
    }

    /// The address to connect to. All addresses of the name must be permitted, so that the choice does not matter.
    private func checkedAddress(of url: WebURL, _ request: WebRequest) async throws(ToolError) -> IPAddress {
        let addresses: [IPAddress]
        switch url.host {
        case .address(let address): addresses = [address]
        case .name(let name): addresses = try await resolver.addresses(of: name)
        }
        if !request.allowsPrivateAddresses, let refused = addresses.first(where: { !permits($0) }) {
            throw ToolError(
                .invalidArguments,
                "\(url.hostText) is \(refused.text), an address that is not on the public internet; it is not fetched. "
                    + "Use bash with curl if the user wants a local server asked.")
        }
        let first = addresses.first {
            if case .v4 = $0 { return true }
            return false
        }
        guard let address = first ?? addresses.first else {
            throw ToolError(.failed, "The host '\(url.hostText)' has no address. Check the address.")
        }
        return address
    }

    private func proxy(for url: WebURL) -> String? { URLParts(url.text).flatMap { proxies.proxy(for: $0) } }

    /// Where the connection goes.
    private enum Target {
        case address(IPAddress)
        case proxy(ProxyServer)
    }

    /// Names that a proxy may resolve although this machine cannot, unless they are of its own network.
    private func checkProxied(_ url: WebURL, _ request: WebRequest) async throws(ToolError) {
        do throws(ToolError) {
            _ = try await checkedAddress(of: url, request)
        } catch {
            guard error.kind == .failed, case .name(let name) = url.host else { throw error }
            let labels = name.split(separator: ".")
            let isLocal = ["local", "localhost", "internal", "lan", "home", "corp", "arpa", "intranet", "private"]
                .contains { labels.last.map(String.init) == $0 }
            guard labels.count > 1, !isLocal || request.allowsPrivateAddresses else {
                throw ToolError(
                    .invalidArguments,
                    "\(url.hostText) is a name of the local network; it is not fetched. "
                        + "Use bash with curl if the user wants a local server asked.")
            }
        }
    }

    private enum Exchange {
        case response(WebResponse)
        case redirect(String)
    }

    private func exchange(_ request: WebRequest, _ url: WebURL, _ target: Target) async throws(ToolError) -> Exchange {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(30))
        configuration.httpVersion = .http1Only
        switch target {
        case .address(let address):
            if case .name(let name) = url.host { configuration.dnsOverride = [name: address.text] }
        case .proxy(let server):
            configuration.proxy =
                server.isSOCKS
                ? .socksServer(host: server.host, port: server.port)
                : .server(
                    host: server.host, port: server.port,
                    authorization: server.credentials.map { .basic(credentials: Base64.encode(Array($0.utf8))) })
        }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<Exchange, ToolError>
        do {
            result = .success(try await Self.perform(client, request, url, userAgent))
        } catch let error as ToolError {
            result = .failure(error)
        } catch is CancellationError {
            result = .failure(ToolError(.cancelled, "The fetch of \(url.text) was cancelled."))
        } catch {
            result = .failure(
                ToolError(.failed, "\(url.text) could not be fetched: \(error). Check the address.", underlying: error))
        }
        // Outside the cancelled task: a client has to be shut down whatever happened.
        await Task { try? await client.shutdown() }.value
        return try result.get()
    }

    private static func perform(
        _ client: HTTPClient, _ request: WebRequest, _ url: WebURL, _ userAgent: String
    ) async throws -> Exchange {
        var outgoing = HTTPClientRequest(url: url.text)
        outgoing.method = HTTPMethod(rawValue: request.method)
        outgoing.headers.add(name: "user-agent", value: userAgent)
        outgoing.headers.add(name: "accept-encoding", value: "identity")
        for header in request.headers { outgoing.headers.replaceOrAdd(name: header.name, value: header.value) }
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(outgoing, timeout: .seconds(600))
        let status = Int(response.status.code)
        if [301, 302, 303, 307, 308].contains(status), let location = response.headers.first(name: "location") {
            return .redirect(location)
        }
        func tooLarge(_ size: Int) -> ToolError {
            ToolError(
                .failed,
                "\(url.text) is larger than \(request.maximumBytes) bytes (\(size) or more). Use a smaller page.")
        }
        if let text = response.headers.first(name: "content-length"), let size = Int(text), size > request.maximumBytes
        {
            throw tooLarge(size)
        }
        if let encoding = response.headers.first(name: "content-encoding"), encoding.lowercased() != "identity" {
            throw ToolError(.failed, "\(url.text) answers with the encoding '\(encoding)', which was not asked for.")
        }
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= request.maximumBytes else {
                throw tooLarge(body.count + part.readableBytes)
            }
            body.append(contentsOf: part.readableBytesView)
        }
        let type = response.headers.first(name: "content-type") ?? ""
        let mime = type.utf8.prefix { $0 != 0x3B && $0 > 0x20 }
        return .response(
            WebResponse(status: status, mime: UTF8Text.lossy(mime).lowercased(), body: body, url: url))
    }
}
