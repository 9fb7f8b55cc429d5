package import JSONRPC
package import Providers
package import Support
import Synchronization

/// The HTTP+SSE transport of 2024-11-05: one GET stream that brings everything, and POSTs to the address it names first.
package final class EventStreamChannel: MCPChannel {
    package let name = "sse"
    /// Until the stream has named the address for messages.
    private static let endpointTimeout: Duration = .seconds(30)

    private struct State {
        var endpoint: String?
        var reader: Task<Void, Never>?
        var waiters: [CheckedContinuation<Void, Never>] = []
        var end: MCPError?
    }

    private let url: String
    private let fixedHeaders: [HTTPField]
    private let transport: any HTTPTransport
    private let authorizer: (any MCPAuthorizer)?
    private let time: any TimeSource
    private weak let receiver: (any MCPReceiver)?
    private let state = Mutex(State())

    /// See `HTTPChannel`. Nothing is sent before `open`.
    package init(
        url: String, headers: [HTTPField], transport: any HTTPTransport, authorizer: (any MCPAuthorizer)?,
        time: any TimeSource, receiver: any MCPReceiver
    ) {
        self.url = url
        fixedHeaders = headers
        self.transport = transport
        self.authorizer = authorizer
        self.time = time
        self.receiver = receiver
    }

    /// Opens the stream and waits until it has named the address for messages.
    /// - Throws: `connect`, `timeout`, `authRequired`.
    package func open() async throws(MCPError) {
        var fields = HTTPFields(fixedHeaders)
        fields["Accept"] = "text/event-stream"
        let reply = try await exchange(
            HTTPCall(method: "GET", url: url, headers: fields, headTimeout: Self.endpointTimeout))
        let type = reply.headers["Content-Type"]?.lowercased() ?? ""
        guard type.hasPrefix("text/event-stream") else {
            reply.body.cancel(with: ProviderError(.cancelled, "Not an event stream."))
            throw MCPError(
                .connect, "\(origin) is no MCP server: GET answers \(type.isEmpty ? "no content type" : type).")
        }
        let reader = Task { [weak self] in if let self { await read(reply) } }
        state.withLock { $0.reader = reader }
        let patience = Task { [weak self, time] in
            try? await time.sleep(for: Self.endpointTimeout)
            self?.finish(MCPError(.timeout, "The event stream named no address for messages in 30 s."))
        }
        defer { patience.cancel() }
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.endpoint != nil || state.end != nil { return true }
                state.waiters.append(continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
        if let end = state.withLock({ $0.end }) { throw end }
    }

    package func send(_ message: JSONRPCMessage, _ options: MCPSendOptions) async throws(MCPError) {
        let (endpoint, end) = state.withLock { ($0.endpoint, $0.end) }
        guard end == nil, let endpoint else {
            throw end ?? MCPError(.unavailable, "The event stream of \(origin) is not open.")
        }
        var fields = HTTPFields(fixedHeaders)
        fields["Content-Type"] = "application/json"
        let reply = try await exchange(
            HTTPCall(url: endpoint, headers: fields, body: message.json.bytes(), headTimeout: .seconds(60)))
        _ = await reply.body.collect(upTo: 4096)
    }

    package func abandon(_ id: JSONRPCID) {}
    package func agreed(_ era: MCPEra) {}
    package func resetSession() {}

    package func close() async {
        finish(MCPError(.unavailable, "The connection to \(origin) was closed."), tells: false)
    }

    private var origin: String { URLParts(url)?.origin ?? "the server" }

    private func exchange(_ call: HTTPCall) async throws(MCPError) -> HTTPReply {
        var isSecond = false
        while true {
            var call = call
            let token = await authorizer?.authorization()
            if let token { call.headers["Authorization"] = token }
            let reply: HTTPReply
            do throws(ProviderError) { reply = try await transport.send(call) } catch {
                throw HTTPChannel.error(error, url)
            }
            if (200..<300).contains(reply.status) { return reply }
            _ = await reply.body.collect(upTo: 4096)
            let challenge = HTTPChallenge(
                status: reply.status,
                headers: reply.headers.fields.filter { $0.name.lowercased() == "www-authenticate" }.map(\.value))
            if reply.status == 401 || challenge.isInsufficientScope {
                if !isSecond, let authorizer, await authorizer.recover(from: challenge, failed: token) {
                    isSecond = true
                    continue
                }
                throw HTTPChannel.refused(challenge, url, authorizer, hasToken: token != nil)
            }
            throw MCPError(
                .connect, "\(origin) answered HTTP \(reply.status).", metadata: ["status": "\(reply.status)"])
        }
    }

    private func read(_ reply: HTTPReply) async {
        var parser = SSEParser()
        var failure = MCPError(.connect, "The event stream of \(origin) ended.")
        defer { reply.body.cancel(with: ProviderError(.cancelled, "The stream is not read further.")) }
        while !Task.isCancelled {
            do {
                guard let bytes = try await reply.body.next() else { break }
                for event in try parser.push(bytes) where !event.data.isEmpty {
                    if event.event == "endpoint" {
                        guard accept(UTF8Text.lossy(event.data)) else {
                            failure = MCPError(
                                .connect, "\(origin) named an address for messages on another host; it is not used.")
                            finish(failure)
                            return
                        }
                    } else if let message = try? JSONRPCMessage(parsing: event.data) {
                        receiver?.received(message)
                    }
                }
            } catch {
                failure = MCPError(.connect, "The event stream of \(origin) broke: \(error)")
                break
            }
        }
        finish(failure)
    }

    /// Takes the address, relative to ours; only on the same origin, because our headers and token go there.
    private func accept(_ text: String) -> Bool {
        guard let base = URLParts(url) else { return false }
        let target: String
        if URLParts(text) != nil {
            target = text
        } else if text.hasPrefix("//") {
            target = "\(base.scheme):\(text)"
        } else if text.hasPrefix("/") {
            target = base.origin + text
        } else if text.hasPrefix("?") {
            target = base.origin + base.path + text
        } else {
            let folder = base.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/")
            target = "\(base.origin)\(folder)/\(text)"
        }
        guard URLParts(target)?.origin == base.origin else { return false }
        let waiters = state.withLock { state in
            state.endpoint = target
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
        return true
    }

    /// Ends the stream once; a deadline for the address that came in time ends nothing.
    private func finish(_ error: MCPError, tells: Bool = true) {
        let ended = state.withLock { state -> ([CheckedContinuation<Void, Never>], Task<Void, Never>?)? in
            guard state.end == nil, error.kind != .timeout || state.endpoint == nil else { return nil }
            state.end = error
            defer { state.waiters = [] }
            return (state.waiters, state.reader)
        }
        guard let (waiters, reader) = ended else { return }
        reader?.cancel()
        for waiter in waiters { waiter.resume() }
        if tells { receiver?.closed(error) }
    }
}
