package import Providers
package import Support

/// One login at one server, by browser: discovery, registration, authorization with PKCE, exchange (protocols.md §3).
package struct OAuthFlow: Sendable {
    /// How long the answer of the browser is waited for.
    package static let patience: Duration = .seconds(300)

    /// A login that waits for the browser.
    package struct Started: Sendable {
        /// Where the user logs in.
        package var authorizationURL: String
        let receiver: LoopbackReceiver
        let server: AuthorizationServer
        let client: OAuthClientInfo
        let resource: String
        let redirectURI: String
        let state: String
        let pkce: PKCE
        let scope: String?
    }

    private let url: String
    private let headers: [HTTPField]
    private let settings: MCPServerEntry.OAuth
    private let isEventStream: Bool
    private let store: OAuthStore
    private let transport: any HTTPTransport
    private let time: any TimeSource

    /// - Throws: `config` for a server that is no address or has `oauth: false`.
    package init(entry: MCPServerEntry, store: OAuthStore, transport: any HTTPTransport, time: any TimeSource)
        throws(MCPError)
    {
        guard case .address(let url, let headers, let isEventStream, let oauth) = entry.kind else {
            throw MCPError(
                .config, "'\(entry.name)' is a program on this machine; it has no login. Its keys go into env.")
        }
        guard oauth?.isOff != true else {
            throw MCPError(.config, "'\(entry.name)' has \"oauth\": false in \(entry.file); take that out to log in.")
        }
        self.url = url
        self.headers = headers.map { HTTPField($0.key, $0.value) }
        settings = oauth ?? .init()
        self.isEventStream = isEventStream
        self.store = store
        self.transport = transport
        self.time = time
    }

    /// Asks the server what it wants, finds the authorization server, registers, and starts to listen for the answer.
    /// - Throws: `authRequired` with a sentence when it is not safe or not possible; `connect`, `timeout`; `unavailable` when the
    ///   server wants no login.
    ///
    /// - Parameter redirectURI: where the browser goes afterwards, when that is not our own listener (which then only waits for
    ///   `paste`).
    package func start(redirectURI given: String? = nil) async throws(MCPError) -> Started {
        let challenge = try await challenge()
        let discovery = OAuthDiscovery(transport: transport)
        let resource = try await discovery.resource(url, challenge)
        let server = try await discovery.server(resource.issuer)
        let old = store.login(url).flatMap { $0.issuer == server.issuer ? $0 : nil }

        let receiver = try await LoopbackReceiver.start(port: settings.callbackPort)
        do throws(MCPError) {
            let redirectURI =
                settings.redirectURI ?? given ?? "http://127.0.0.1:\(receiver.port)\(LoopbackReceiver.path)"
            let scope = scope(challenge, resource, server, old)
            let client = try await client(server, redirectURI, scope)
            let pkce = PKCE()
            let state = RandomText.make()
            var query = [
                ("response_type", "code"), ("client_id", client.clientID), ("redirect_uri", redirectURI),
                ("code_challenge", pkce.challenge), ("code_challenge_method", "S256"), ("state", state),
                ("resource", resource.identifier),
            ]
            if let scope { query.append(("scope", scope)) }
            let separator = server.authorizationEndpoint.contains("?") ? "&" : "?"
            let address = server.authorizationEndpoint + separator + UTF8Text.lossy(OAuthRequests.encoded(query))
            return Started(
                authorizationURL: address, receiver: receiver, server: server, client: client,
                resource: resource.identifier, redirectURI: redirectURI, state: state, pkce: pkce, scope: scope)
        } catch {
            await receiver.stop()
            throw error
        }
    }

    /// Waits for the answer, checks it, exchanges the code and stores the login.
    /// - Parameter pasted: called with a way to hand in an address that the user pasted; nil when nobody can paste.
    /// - Throws: `authRequired` when the user refused, the answer is not ours or the time is over.
    package func finish(_ started: Started) async throws(MCPError) {
        let query = await started.receiver.wait(atMost: Self.patience, time: time)
        await started.receiver.stop()
        guard let query else {
            throw MCPError(
                .authRequired, "No answer from the browser in 5 minutes. Start again: codetether mcp auth.",
                metadata: ["expired": "true"])
        }
        try await finish(started, query: query)
    }

    /// Hands in the address that the browser ended at, instead of the listener. False when it is no such address.
    package func paste(_ text: String, to started: Started) -> Bool {
        guard let mark = text.firstIndex(of: "?") else { return false }
        let query = text[text.index(after: mark)...].prefix { $0 != "#" && $0 != " " && $0 != "\n" && $0 != "\r" }
        guard Self.parameters(String(query))["state"] != nil else { return false }
        started.receiver.finish(String(query))
        return true
    }

    /// The query that a browser would have brought with this code. The caller vouches for it belonging to this login.
    package func answer(code: String, to started: Started) -> String {
        "?" + UTF8Text.lossy(OAuthRequests.encoded([("code", code), ("state", started.state)]))
    }

    /// Gives a started login up.
    package func cancel(_ started: Started) async { await started.receiver.stop() }

    private func finish(_ started: Started, query: String) async throws(MCPError) {
        let answer = Self.parameters(query)
        guard let state = answer["state"], RandomText.isEqual(state, started.state) else {
            throw MCPError(
                .authRequired,
                "The browser's answer does not belong to this login (state); it was not used. Start again.")
        }
        // RFC 9207: a wrong issuer means that the answer is another server's; nothing of it is shown.
        if let issuer = answer["iss"] {
            guard issuer == started.server.issuer else {
                throw MCPError(
                    .authRequired, "The answer comes from another authorization server (iss); it was not used.")
            }
        } else if started.server.sendsIssuer {
            throw MCPError(
                .authRequired, "The answer does not say which authorization server it is from (iss); it was not used.")
        }
        if let error = answer["error"] {
            let text = HostileText.escaped(String((answer["error_description"] ?? error).prefix(300)), multiline: false)
            throw MCPError(.authRequired, "The login was refused: \(text)", metadata: ["refused": "true"])
        }
        guard let code = answer["code"], !code.isEmpty else {
            throw MCPError(.authRequired, "The answer has no code; start again.")
        }
        let requests = OAuthRequests(transport: transport, time: time)
        let tokens: OAuthTokens
        do {
            tokens = try await requests.token(
                started.server.tokenEndpoint, started.client,
                [
                    ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", started.redirectURI),
                    ("code_verifier", started.pkce.verifier), ("resource", started.resource),
                ])
        } catch let refusal as OAuthRequests.Refusal {
            throw MCPError(
                .authRequired,
                "The authorization server gave no token: \(refusal.code)\(refusal.text.isEmpty ? "" : ", \(refusal.text)").",
                metadata: ["refused": "true"])
        } catch {
            throw (error as? MCPError) ?? MCPError(.connect, "\(error)")
        }
        var login = OAuthLogin(
            issuer: started.server.issuer, resource: started.resource, tokenEndpoint: started.server.tokenEndpoint)
        login.revocationEndpoint = started.server.revocationEndpoint
        login.client = started.client
        login.requestedScope = started.scope
        login.tokens = tokens
        let finished = login
        try await store.exclusively(url) { () async throws(MCPError) in try await store.set(url, finished) }
    }

    /// Removes the login, and asks the authorization server to forget the tokens. False when there was none.
    package func logout() async throws(MCPError) -> Bool {
        guard let login = store.login(url) else { return false }
        try await store.exclusively(url) { () async throws(MCPError) in try await store.set(url, nil) }
        if let endpoint = login.revocationEndpoint, let client = login.client, let tokens = login.tokens {
            let requests = OAuthRequests(transport: transport, time: time)
            if let token = tokens.refreshToken { await requests.revoke(endpoint, client, token, "refresh_token") }
            await requests.revoke(endpoint, client, tokens.accessToken, "access_token")
        }
        return true
    }

    // MARK: Pieces

    /// Asks the server without a token.
    private func challenge() async throws(MCPError) -> HTTPChallenge {
        var fields = HTTPFields(headers)
        let meta: JSON = [
            MCPEra.Meta.protocolVersion: .string(MCPEra.modernVersions[0]),
            MCPEra.Meta.clientInfo: ["name": "codetether", "version": "0"],
            MCPEra.Meta.clientCapabilities: .object([:]),
        ]
        let probe: JSON = [
            "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": ["_meta": meta],
        ]
        var seen: [Int] = []
        for method in isEventStream ? ["GET"] : ["POST", "GET"] {
            fields["Accept"] = method == "GET" ? "text/event-stream" : "application/json, text/event-stream"
            if method == "POST" {
                fields["Content-Type"] = "application/json"
                fields["MCP-Protocol-Version"] = MCPEra.modernVersions[0]
                fields["Mcp-Method"] = "server/discover"
            }
            let reply: HTTPReply
            do throws(ProviderError) {
                reply = try await transport.send(
                    HTTPCall(
                        method: method, url: url, headers: fields, body: method == "POST" ? probe.bytes() : [],
                        headTimeout: .seconds(30)))
            } catch {
                throw HTTPChannel.error(error, url)
            }
            reply.body.cancel(with: ProviderError(.cancelled, "Only the head was wanted."))
            seen.append(reply.status)
            if reply.status == 401 || reply.status == 403 {
                return HTTPChallenge(
                    status: reply.status,
                    headers: reply.headers.fields.filter { $0.name.lowercased() == "www-authenticate" }.map(\.value))
            }
            if (200..<300).contains(reply.status) { break }
        }
        // A stored login of which the server wants more.
        if store.login(url) != nil { return HTTPChallenge(status: 401, parameters: [:]) }
        throw MCPError(
            .unavailable,
            "\(URLParts(url)?.origin ?? url) asks for no login (HTTP \(seen.map(String.init).joined(separator: ", "))).",
            metadata: ["status": "\(seen.last ?? 0)"])
    }

    /// Who we are at the server: as configured, else by a metadata document where the server reads those, else registered now.
    private func client(_ server: AuthorizationServer, _ redirectURI: String, _ scope: String?) async throws(MCPError)
        -> OAuthClientInfo
    {
        if let id = settings.clientID {
            let method =
                settings.clientSecret == nil
                ? "none"
                : (server.authMethods?.contains("client_secret_post") == true
                    || server.authMethods?.contains("client_secret_basic") == false
                    ? "client_secret_post" : "client_secret_basic")
            return OAuthClientInfo(
                clientID: id, clientSecret: settings.clientSecret, authMethod: method, redirectPath: nil,
                secretExpiresAt: nil, isConfigured: true)
        }
        if server.supportsClientDocument, let document = settings.clientMetadataURL {
            return OAuthClientInfo(
                clientID: document, clientSecret: nil, authMethod: "none", redirectPath: nil, secretExpiresAt: nil,
                isConfigured: true)
        }
        guard let endpoint = server.registrationEndpoint else {
            let next =
                server.supportsClientDocument
                ? "Register codetether there and give --client-id, or publish a client id metadata document and give --client-metadata-url."
                : "Register codetether there and give --client-id."
            throw MCPError(
                .authRequired,
                "\(HostileText.escaped(server.issuer, multiline: false)) does not register clients by itself. \(next)",
                metadata: ["refused": "true"])
        }
        return try await OAuthRequests(transport: transport, time: time)
            .register(endpoint, redirectURI: redirectURI, scope: scope)
    }

    /// The challenge's scope; else all that the resource names; what was asked for before; and what the server wanted more of with a
    /// 403 (step-up). `offline_access` only where the server has it.
    private func scope(
        _ challenge: HTTPChallenge, _ resource: OAuthDiscovery.Resource, _ server: AuthorizationServer,
        _ old: OAuthLogin?
    ) -> String? {
        var wanted: [String] = []
        func add(_ text: String?) {
            for scope in (text ?? "").split(separator: " ").map(String.init) where !wanted.contains(scope) {
                wanted.append(scope)
            }
        }
        if let configured = settings.scope {
            add(configured)
        } else if let asked = challenge.scope {
            add(asked)
        } else {
            add(resource.scopesSupported.joined(separator: " "))
        }
        add(old?.requestedScope)
        add(old?.wantedScope)
        if !wanted.isEmpty, server.scopesSupported.contains("offline_access") { add("offline_access") }
        return wanted.isEmpty ? nil : wanted.joined(separator: " ")
    }

    static func parameters(_ query: String) -> [String: String] {
        var found: [String: String] = [:]
        for pair in query.split(separator: "&").prefix(64) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1]) : ""
            let name = PercentEncoding.decode(String(parts[0]))
            if found[name] == nil {
                found[name] = PercentEncoding.decode(String(value.map { $0 == "+" ? " " : $0 }))
            }
        }
        return found
    }
}
