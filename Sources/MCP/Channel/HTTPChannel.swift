package import JSONRPC
package import Providers
package import Support
import Synchronization

/// A server at an HTTP address: "Streamable HTTP" of 2025-03-26 and later, and of 2026-07-28.
///
/// Every message is a POST; the answer is JSON or a stream of events, read by a task of its own. Redirects are not followed.
/// A cut stream of the older generation is resumed by GET with `Last-Event-ID` after the time the server asked for, at most
/// `maxResumptions` times a request; the newer generation has no resumption, so the request fails.
package final class HTTPChannel: MCPChannel {
    package let name = "http"
    /// How often one answer's stream is taken up again.
    package static let maxResumptions = 20
    /// Until the head of an answer is there. The client's own timeouts are shorter; this only bounds what is forgotten.
    private static let headTimeout: Duration = .seconds(660)
    /// The most of an answer that is no stream.
    private static let maxBodyBytes = 32 << 20

    private struct State {
        var era: MCPEra?
        var session: String?
        var readers: [JSONRPCID: Task<Void, Never>] = [:]
        var listener: Task<Void, Never>?
        var isClosed = false
    }

    private let url: String
    private let fixedHeaders: [HTTPField]
    private let transport: any HTTPTransport
    private let authorizer: (any MCPAuthorizer)?
    private let time: any TimeSource
    private let listens: Bool
    private weak let receiver: (any MCPReceiver)?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - url: as configured; nothing is added to it or taken away.
    ///   - headers: of the configuration; they go to this address only, since redirects are not followed.
    ///   - listens: opens the stream for the server's own messages.
    ///   - authorizer: gives the bearer token; nil when the entry says `oauth: false` or has an Authorization header.
    package init(
        url: String, headers: [HTTPField], transport: any HTTPTransport, authorizer: (any MCPAuthorizer)?,
        time: any TimeSource, listens: Bool = true, receiver: any MCPReceiver
    ) {
        self.url = url
        fixedHeaders = headers
        self.transport = transport
        self.authorizer = authorizer
        self.time = time
        self.listens = listens
        self.receiver = receiver
    }

    package func agreed(_ era: MCPEra) {
        state.withLock { $0.era = era }
        guard listens, case .legacy(let version) = era, version != "2024-11-05" else { return }
        let listener = Task { [weak self] in if let self { await listen() } }
        let old = state.withLock { state -> Task<Void, Never>? in
            guard !state.isClosed else { return listener }
            defer { state.listener = listener }
            return state.listener
        }
        old?.cancel()
    }

    package func resetSession() {
        let listener = state.withLock { state -> Task<Void, Never>? in
            (state.session, state.era) = (nil, nil)
            defer { state.listener = nil }
            return state.listener
        }
        listener?.cancel()
    }

    package func abandon(_ id: JSONRPCID) { state.withLock { $0.readers.removeValue(forKey: id) }?.cancel() }

    package func close() async {
        let (readers, listener, session) = state.withLock { state in
            state.isClosed = true
            defer {
                state.readers = [:]
                state.listener = nil
            }
            return (Array(state.readers.values), state.listener, state.session)
        }
        listener?.cancel()
        for reader in readers { reader.cancel() }
        guard session != nil else { return }
        var call = HTTPCall(method: "DELETE", url: url, headers: headers(nil), headTimeout: .seconds(2))
        call.headers["Authorization"] = await authorizer?.authorization() ?? call.headers["Authorization"]
        if let reply = try? await transport.send(call) { _ = await reply.body.collect(upTo: 1024) }
    }

    // MARK: Sending

    package func send(_ message: JSONRPCMessage, _ options: MCPSendOptions) async throws(MCPError) {
        var id: JSONRPCID?
        var fields = headers(options.probedVersion)
        fields["Content-Type"] = "application/json"
        fields["Accept"] = "application/json, text/event-stream"
        let isModern = options.probedVersion != nil || state.withLock { $0.era?.isModern == true }
        switch message {
        case .request(let requestID, let method, let params):
            id = requestID
            if isModern { Self.addNames(method, params, options, &fields) }
        case .notification(let method, let params): if isModern { Self.addNames(method, params, options, &fields) }
        default: break
        }
        let body = message.json.bytes()
        let reply = try await exchange(
            HTTPCall(url: url, headers: fields, body: body, headTimeout: Self.headTimeout),
            isInitialize: Self.isInitialize(message))
        if Self.isInitialize(message), let session = reply.headers["Mcp-Session-Id"],
            session.utf8.count <= 1024, session.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            state.withLock { $0.session = session }
        }
        guard let id else {
            reply.body.cancel(with: ProviderError(.cancelled, "Not needed."))
            return
        }
        let reader = Task { [weak self] in if let self { await read(reply, for: id) } }
        let isClosed = state.withLock { state in
            if !state.isClosed { state.readers[id] = reader }
            return state.isClosed
        }
        if isClosed { reader.cancel() }
    }

    private static func isInitialize(_ message: JSONRPCMessage) -> Bool {
        if case .request(_, "initialize", _) = message { true } else { false }
    }

    private static func addNames(
        _ method: String, _ params: JSON?, _ options: MCPSendOptions, _ fields: inout HTTPFields
    ) {
        fields["Mcp-Method"] = HeaderValue.encoded(method)
        switch method {
        case "tools/call", "prompts/get":
            if let name = params?["name"]?.stringValue { fields["Mcp-Name"] = HeaderValue.encoded(name) }
        case "resources/read":
            if let uri = params?["uri"]?.stringValue { fields["Mcp-Name"] = HeaderValue.encoded(uri) }
        default: break
        }
        for (name, value) in options.parameterHeaders { fields[name] = value }
    }

    private func headers(_ probedVersion: String?) -> HTTPFields {
        var fields = HTTPFields(fixedHeaders)
        let (era, session) = state.withLock { ($0.era, $0.session) }
        if let version = era?.version ?? probedVersion, version != "2024-11-05" {
            fields["MCP-Protocol-Version"] = version
        }
        if let session { fields["Mcp-Session-Id"] = session }
        return fields
    }

    /// One exchange, with the login's token; a 401 or a 403 for want of scope is tried once more when the authorizer could mend it.
    private func exchange(_ call: HTTPCall, isInitialize: Bool = false) async throws(MCPError) -> HTTPReply {
        var isSecond = false
        while true {
            var call = call
            let token = await authorizer?.authorization()
            if let token { call.headers["Authorization"] = token }
            let reply: HTTPReply
            do throws(ProviderError) { reply = try await transport.send(call) } catch { throw Self.error(error, url) }
            if (200..<300).contains(reply.status) { return reply }
            let body = await reply.body.collect(upTo: 64 << 10)
            let challenge = HTTPChallenge(
                status: reply.status,
                headers: reply.headers.fields.filter { $0.name.lowercased() == "www-authenticate" }.map(\.value))
            if reply.status == 401 || challenge.isInsufficientScope {
                if !isSecond, let authorizer, await authorizer.recover(from: challenge, failed: token) {
                    isSecond = true
                    continue
                }
                throw Self.refused(challenge, url, authorizer, hasToken: token != nil)
            }
            throw failure(reply.status, body, isInitialize: isInitialize)
        }
    }

    private func failure(_ status: Int, _ body: [UInt8], isInitialize: Bool) -> MCPError {
        if let message = try? JSONRPCMessage(parsing: body), case .failure(_, let rpc) = message {
            var error = MCPError.server(rpc.code, rpc.message, rpc.data)
            error.metadata["status"] = "\(status)"
            if status == 404, !isInitialize, state.withLock({ $0.session != nil }) {
                error.metadata["session"] = "lost"
            }
            return error
        }
        let text = HostileText.escaped(String(UTF8Text.lossy(body).prefix(300)), multiline: false)
        var error = MCPError(
            .connect,
            "\(URLParts(url)?.origin ?? "The server") answered HTTP \(status)\(text.isEmpty ? "." : ": \(text)")",
            metadata: ["status": "\(status)"])
        if status == 404, !isInitialize, state.withLock({ $0.session != nil }) { error.metadata["session"] = "lost" }
        return error
    }

    /// A 401, or a 403 for want of scope, that stays. `stepUp` is `needed` when another login may help, `refused` when it would not.
    static func refused(
        _ challenge: HTTPChallenge, _ url: String, _ authorizer: (any MCPAuthorizer)?, hasToken: Bool
    ) -> MCPError {
        let origin = URLParts(url)?.origin ?? "The server"
        let what = challenge.isInsufficientScope ? "wants more than the login may do" : "wants a login"
        let (more, isFinal) = authorizer?.refusal(of: challenge) ?? ("", false)
        var error = MCPError(
            .authRequired, "\(origin) \(what) (HTTP \(challenge.status)).\(more.isEmpty ? "" : " \(more)")",
            metadata: ["status": "\(challenge.status)"])
        if challenge.isInsufficientScope { error.metadata["stepUp"] = isFinal ? "refused" : "needed" }
        if hasToken { error.metadata["credentials"] = "stored" }
        error.challenge = challenge
        return error
    }

    static func error(_ error: ProviderError, _ url: String) -> MCPError {
        switch error.code {
        case .timeout: MCPError(.timeout, error.message)
        case .cancelled: MCPError(.cancelled, error.message)
        default: MCPError(.connect, error.message, metadata: ["phase": "\(error.code)"])
        }
    }

    // MARK: Receiving

    private func read(_ reply: HTTPReply, for id: JSONRPCID) async {
        let type = reply.headers["Content-Type"]?.split(separator: ";").first.map(String.init)?.lowercased() ?? ""
        if type == "text/event-stream" {
            await readStream(reply, for: id)
        } else {
            let bytes = await reply.body.collect(upTo: Self.maxBodyBytes)
            if Task.isCancelled { return }
            do throws(JSONRPCError) { receiver?.received(try JSONRPCMessage(parsing: bytes)) } catch {
                let text = HostileText.escaped(String(UTF8Text.lossy(bytes.prefix(200))), multiline: false)
                receiver?.failed(
                    id, MCPError(.connect, "\(url) answered with what is no message (\(type)): \(text)"))
            }
        }
        _ = state.withLock { $0.readers.removeValue(forKey: id) }
    }

    private func readStream(_ first: HTTPReply, for id: JSONRPCID) async {
        var reply = first
        var lastID: String?
        var resumptions = 0
        while true {
            let outcome = await drain(reply, until: id, &lastID)
            guard !outcome.isAnswered, !Task.isCancelled else { return }
            let isLegacy = state.withLock { $0.era?.isModern != true }
            guard isLegacy, let lastID, resumptions < Self.maxResumptions else {
                receiver?.failed(
                    id,
                    MCPError(
                        .connect, "The connection to \(URLParts(url)?.origin ?? url) ended before the answer came."))
                return
            }
            resumptions += 1
            do {
                try await time.sleep(for: .milliseconds(min(max(outcome.retryMs ?? 1000, 0), 60_000)))
                var fields = headers(nil)
                fields["Accept"] = "text/event-stream"
                fields["Last-Event-ID"] = lastID
                reply = try await exchange(
                    HTTPCall(method: "GET", url: url, headers: fields, headTimeout: .seconds(30)))
            } catch {
                if Task.isCancelled { return }
                receiver?.failed(
                    id,
                    (error as? MCPError) ?? MCPError(.connect, "The connection to \(url) could not be taken up again."))
                return
            }
        }
    }

    /// Hands over what a stream says. Ends at the answer to `id`, or at its end.
    private func drain(
        _ reply: HTTPReply, until id: JSONRPCID?, _ lastID: inout String?
    ) async -> (isAnswered: Bool, retryMs: Int?) {
        var parser = SSEParser()
        var retryMs: Int?
        var isAnswered = false
        defer { reply.body.cancel(with: ProviderError(.cancelled, "The stream is not read further.")) }
        reading: while !Task.isCancelled {
            let bytes: [UInt8]?
            do throws(ProviderError) { bytes = try await reply.body.next() } catch { break }
            let events: [SSEEvent]
            do throws(SSEError) {
                events = try bytes.map { (bytes) throws(SSEError) in try parser.push(bytes) } ?? parser.finish()
            } catch { break }
            for event in events {
                retryMs = event.retryMs ?? retryMs
                guard !event.data.isEmpty, let message = try? JSONRPCMessage(parsing: event.data) else { continue }
                receiver?.received(message)
                switch message {
                case .response(let answered, _) where answered == id: isAnswered = true
                case .failure(let answered, _) where answered == id && id != nil: isAnswered = true
                default: break
                }
            }
            lastID = parser.lastID ?? lastID
            if isAnswered || bytes == nil { break reading }
        }
        return (isAnswered, retryMs)
    }

    /// The stream of the server's own messages: kept open, taken up again with growing pauses; 405 means there is none.
    private func listen() async {
        var lastID: String?
        var failures = 0
        while !Task.isCancelled, failures < 10 {
            do throws(MCPError) {
                var fields = headers(nil)
                fields["Accept"] = "text/event-stream"
                fields["Last-Event-ID"] = lastID
                let reply = try await exchange(
                    HTTPCall(method: "GET", url: url, headers: fields, headTimeout: .seconds(30)))
                failures = 0
                let outcome = await drain(reply, until: nil, &lastID)
                try? await time.sleep(for: .milliseconds(min(max(outcome.retryMs ?? 1000, 100), 60_000)))
            } catch {
                if let status = error.metadata["status"], status.hasPrefix("4") { return }
                failures += 1
                try? await time.sleep(for: .seconds(min(30, 1 << failures)))
            }
        }
    }
}
