package import Support

/// Asks models. A value; copies share the transport's connections.
///
/// One call is one attempt: `RetryPolicy` says whether the caller makes another. Nothing is created or sent before the first
/// call.
package struct ModelClient: Sendable {
    private let transport: any HTTPTransport
    private let secrets: SecretSource
    private let time: any TimeSource
    private let userAgent: String
    private let copilot = CopilotTokens()

    /// - Parameters:
    ///   - secrets: asked once per request.
    ///   - time: for idle limits, signatures and `Retry-After` dates.
    package init(
        transport: any HTTPTransport, secrets: @escaping SecretSource, time: any TimeSource = SystemTime(),
        userAgent: String = "codetether"
    ) {
        self.transport = transport
        self.secrets = secrets
        self.time = time
        self.userAgent = userAgent
    }

    /// Sends the request and returns when the answer begins.
    ///
    /// Throws what the provider says, `authentication` without sending when a key is needed and there is none. Cancelling the
    /// task closes the connection and throws `cancelled`.
    package func stream(_ request: ModelRequest) async throws(ProviderError) -> ModelStream {
        var request = request
        let known = secrets(request.model.providerID, request.model.route)
        let secret = try await traded(known, for: &request.model)
        let model = request.model
        let api = model.route.api
        let body = try api.body(for: request).bytes()
        let options = model.options
        let patience = model.route.isLocal ? 600_000 : 300_000
        var call = HTTPCall(
            url: model.route.url(wireID: model.wireID), body: body,
            headTimeout: .milliseconds(options.timeoutMs ?? patience))
        try authorize(&call, request: request, secret: secret)
        let texts = (known?.secretTexts ?? []) + (secret?.secretTexts ?? [])
        let reply: HTTPReply
        do {
            reply = try await transport.send(call)
        } catch {
            var error = error
            error.message = ErrorBody.redact(error.message, secrets: texts)
            throw error
        }
        guard (200..<300).contains(reply.status) else {
            let bytes = await collect(reply.body)
            if reply.status == 401, case .key(let key)? = known { await copilot.forget(key) }
            throw ErrorBody.http(
                status: reply.status, headers: reply.headers, body: bytes, model: model, nowMs: time.nowMs(),
                secrets: texts)
        }
        if let type = reply.headers["content-type"]?.lowercased(),
            type.hasPrefix("application/json") || type.hasPrefix("text/html")
        {
            throw notAStream(await collect(reply.body), status: reply.status, model: model, secrets: texts)
        }
        return ModelStream(
            body: reply.body, decoder: WireDecoder(api: api, names: api.names(of: request)), time: time,
            idle: .milliseconds(max(1, options.idleTimeoutMs ?? patience)), label: model.id, secrets: texts)
    }

    /// The secret that the provider's API takes: a GitHub token is traded for one of Copilot, whose account may have an
    /// address of its own.
    private func traded(
        _ secret: ProviderSecret?, for model: inout ModelSpec
    ) async throws(ProviderError) -> ProviderSecret? {
        guard let url = model.route.quirks.tokenURL, case .key(let key)? = secret, CopilotTokens.isGitHubToken(key)
        else { return secret }
        let token = try await copilot.token(for: key, at: url, transport: transport, time: time)
        if let base = token.baseURL, URLParts(model.route.baseURL)?.host.hasSuffix(".githubcopilot.com") == true {
            model.route.baseURL = base
        }
        return .key(token.text)
    }

    /// When a failed request of this model is worth another attempt.
    package func retryPolicy(for model: ModelSpec) -> RetryPolicy { RetryPolicy(model.options) }

    /// Closes all connections; the client is of no use afterwards.
    package func shutdown() async { await transport.shutdown() }

    /// An error body is given ten seconds; what came by then is used.
    private func collect(_ body: any ByteSource) async -> [UInt8] {
        let time = time
        let limit = Task {
            try? await time.sleep(for: .seconds(10))
            if !Task.isCancelled { body.cancel(with: ProviderError(.timeout, "The error body took too long.")) }
        }
        defer { limit.cancel() }
        return await body.collect(upTo: ErrorBody.limit)
    }

    private func notAStream(_ bytes: [UInt8], status: Int, model: ModelSpec, secrets: [String]) -> ProviderError {
        let text = ErrorBody.redact(String(decoding: bytes, as: UTF8.self), secrets: secrets)
        if let json = try? JSON(parsing: text), json["error"]?.isNull == false || json[0]?["error"]?.isNull == false {
            return ErrorBody.inStream(json)
        }
        return ProviderError(
            .malformed,
            "\(call(model)) answered \(status) without a stream; check base_url and api of provider \(model.providerID).",
            status: status, body: text)
    }

    private func call(_ model: ModelSpec) -> String { URLParts(model.route.baseURL)?.origin ?? model.providerID }

    private func authorize(
        _ call: inout HTTPCall, request: ModelRequest, secret: ProviderSecret?
    ) throws(ProviderError) {
        let model = request.model
        let route = model.route
        call.headers["content-type"] = "application/json"
        call.headers["accept"] =
            route.framing == .awsEventStream ? "application/vnd.amazon.eventstream" : "text/event-stream"
        call.headers["user-agent"] = userAgent
        if route.api == .anthropic {
            call.headers["anthropic-version"] = "2023-06-01"
            if request.sentEffort != nil, !route.quirks.adaptiveThinking {
                call.headers["anthropic-beta"] = "interleaved-thinking-2025-05-14"
            }
        }
        if route.quirks.copilotHeaders {
            call.headers["x-initiator"] = request.messages.last?.role == .user ? "user" : "agent"
            if request.messages.contains(where: { $0.content.contains { if case .image = $0 { true } else { false } } })
            {
                call.headers["copilot-vision-request"] = "true"
            }
        }
        for field in route.headers { call.headers[field.name] = field.value }
        switch (route.auth, secret) {
        case (.none, _): return
        case (.bearer, .key(let key)?), (.aws, .key(let key)?):
            if call.headers["authorization"] == nil { call.headers["authorization"] = "Bearer \(key)" }
        case (.header(let name), .key(let key)?):
            if call.headers[name] == nil { call.headers[name] = key }
        case (.aws(let region), .aws(let key)?):
            try SigV4.sign(&call, key: key, region: region, service: "bedrock", nowMs: time.nowMs())
        case (_, _):
            let sent = route.headers.contains { $0.name.lowercased() == "authorization" }
            guard !sent, !route.keyIsOptional else { return }
            var names = route.keyNames
            if case .aws = route.auth { names.append("AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY") }
            throw ProviderError(
                .authentication,
                "There is no key for \(model.providerID): set \(names.joined(separator: " or ")), or choose another "
                    + "model with -m.")
        }
    }
}
