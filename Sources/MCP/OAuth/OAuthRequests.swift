import Providers
import Support

/// The requests to an authorization server: registration, tokens, revocation.
struct OAuthRequests: Sendable {
    let transport: any HTTPTransport
    let time: any TimeSource

    /// An OAuth error answer (RFC 6749 §5.2).
    struct Refusal: Error, Sendable, Equatable {
        var code: String
        var text: String
        var status: Int
    }

    /// Registers us (RFC 7591).
    func register(_ endpoint: String, redirectURI: String, scope: String?) async throws(MCPError) -> OAuthClientInfo {
        let body: JSON = [
            "client_name": "codetether", "redirect_uris": [.string(redirectURI)],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none", "application_type": "native",
        ]
        let (status, json) = try await post(
            endpoint, [HTTPField("Content-Type", "application/json")], body.bytes())
        guard (200..<300).contains(status), let id = json?["client_id"]?.stringValue, !id.isEmpty else {
            let why = json?["error_description"]?.stringValue ?? json?["error"]?.stringValue ?? "HTTP \(status)"
            throw MCPError(
                .authRequired,
                "The authorization server did not register codetether: \(HostileText.escaped(String(why.prefix(300)), multiline: false)). Register by hand and give --client-id.",
                metadata: ["refused": "true"])
        }
        let secret = json?["client_secret"]?.stringValue
        let method = json?["token_endpoint_auth_method"]?.stringValue
        return OAuthClientInfo(
            clientID: id, clientSecret: secret,
            authMethod: secret == nil
                ? "none" : (method == "none" || method == nil ? "client_secret_post" : method ?? "client_secret_post"),
            redirectPath: nil, secretExpiresAt: json?["client_secret_expires_at"]?.intValue, isConfigured: nil)
    }

    /// Asks the token endpoint.
    /// - Throws: `Refusal` for an OAuth error, `MCPError` for anything else.
    func token(_ endpoint: String, _ client: OAuthClientInfo, _ form: [(String, String)]) async throws -> OAuthTokens {
        var form = form
        var headers = [
            HTTPField("Content-Type", "application/x-www-form-urlencoded"), HTTPField("Accept", "application/json"),
        ]
        authenticate(client, &form, &headers)
        let (status, json) = try await post(endpoint, headers, Self.encoded(form))
        guard (200..<300).contains(status) else {
            let code = json?["error"]?.stringValue ?? "http_\(status)"
            throw Refusal(
                code: HostileText.escaped(String(code.prefix(100)), multiline: false),
                text: HostileText.escaped(
                    String((json?["error_description"]?.stringValue ?? "").prefix(300)), multiline: false),
                status: status)
        }
        guard let token = json?["access_token"]?.stringValue, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw MCPError(.connect, "The authorization server's answer has no usable access_token.") }
        let type = json?["token_type"]?.stringValue ?? "Bearer"
        guard type.lowercased() == "bearer" else {
            throw MCPError(
                .connect,
                "The authorization server gave a token of the type '\(HostileText.escaped(type, multiline: false))'; only Bearer is supported."
            )
        }
        let now = time.nowMs()
        let lifetime = json?["expires_in"]?.doubleValue.map { Int64(max(0, min($0, 1e9)) * 1000) }
        return OAuthTokens(
            accessToken: token, refreshToken: json?["refresh_token"]?.stringValue,
            expiresAtMs: lifetime.map { now + $0 },
            scope: json?["scope"]?.stringValue, obtainedAtMs: now)
    }

    /// Tells the server to forget a token (RFC 7009). Failures are of no interest.
    func revoke(_ endpoint: String, _ client: OAuthClientInfo, _ token: String, _ hint: String) async {
        var form = [("token", token), ("token_type_hint", hint)]
        var headers = [HTTPField("Content-Type", "application/x-www-form-urlencoded")]
        authenticate(client, &form, &headers)
        _ = try? await post(endpoint, headers, Self.encoded(form))
    }

    private func authenticate(_ client: OAuthClientInfo, _ form: inout [(String, String)], _ headers: inout [HTTPField])
    {
        if client.authMethod == "client_secret_basic", let secret = client.clientSecret {
            let pair = "\(PercentEncoding.segment(client.clientID)):\(PercentEncoding.segment(secret))"
            headers.append(HTTPField("Authorization", "Basic \(Base64.encode(Array(pair.utf8)))"))
            return
        }
        form.append(("client_id", client.clientID))
        if client.authMethod == "client_secret_post", let secret = client.clientSecret {
            form.append(("client_secret", secret))
        }
    }

    private func post(_ url: String, _ headers: [HTTPField], _ body: [UInt8]) async throws(MCPError) -> (Int, JSON?) {
        let reply: HTTPReply
        do throws(ProviderError) {
            reply = try await transport.send(
                HTTPCall(url: url, headers: HTTPFields(headers), body: body, headTimeout: .seconds(30)))
        } catch {
            throw MCPError(error.code == .timeout ? .timeout : .connect, error.message)
        }
        return (reply.status, try? JSON(parsing: await reply.body.collect(upTo: 1 << 20)))
    }

    static func encoded(_ form: [(String, String)]) -> [UInt8] {
        Array(form.map { "\(PercentEncoding.segment($0))=\(PercentEncoding.segment($1))" }.joined(separator: "&").utf8)
    }
}
