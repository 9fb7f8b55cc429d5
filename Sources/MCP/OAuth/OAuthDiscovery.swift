import Providers
import Support

/// An authorization server's metadata (RFC 8414, OpenID Connect discovery).
struct AuthorizationServer: Sendable, Equatable {
    var issuer: String
    var authorizationEndpoint: String
    var tokenEndpoint: String
    var registrationEndpoint: String?
    var revocationEndpoint: String?
    var scopesSupported: [String]
    var authMethods: [String]?
    var supportsClientDocument: Bool
    /// RFC 9207: the callback carries `iss`.
    var sendsIssuer: Bool
}

/// Finds out where to log in, in the order of the MCP specification; refuses what is not safe.
struct OAuthDiscovery: Sendable {
    let transport: any HTTPTransport
    private static let maxBytes = 1 << 20

    /// Who protects the resource.
    struct Resource: Sendable, Equatable {
        /// What goes into `resource`: as the server wrote it, else as configured.
        var identifier: String
        var issuer: String
        var scopesSupported: [String]
    }

    /// The protected resource's metadata (RFC 9728); servers of 2025-03-26 have none: their origin is the issuer then.
    /// - Throws: `authRequired` when the metadata is for something else.
    func resource(_ url: String, _ challenge: HTTPChallenge?) async throws(MCPError) -> Resource {
        guard let parts = URLParts(url) else { throw MCPError(.config, "\(url) is no address.") }
        var candidates: [String] = []
        if let named = challenge?.resourceMetadata, let other = URLParts(named) {
            guard other.origin == parts.origin || other.scheme == "https" || other.isLoopback else {
                throw refuse("names metadata at the address \(named), which is not protected by TLS.")
            }
            candidates.append(named)
        }
        let path = parts.path == "/" ? "" : parts.path
        candidates.append("\(parts.origin)/.well-known/oauth-protected-resource\(path)")
        if !path.isEmpty { candidates.append("\(parts.origin)/.well-known/oauth-protected-resource") }
        for address in candidates {
            guard let json = try await document(address) else { continue }
            let identifier = json["resource"]?.stringValue
            if let identifier, !Self.covers(identifier, url) {
                throw refuse(
                    "describes the resource '\(shown(identifier))' instead of \(url). Somebody may want our token for another server."
                )
            }
            let servers = (json["authorization_servers"]?.arrayValue ?? []).compactMap(\.stringValue)
            return Resource(
                identifier: identifier ?? url, issuer: servers.first ?? parts.origin,
                scopesSupported: (json["scopes_supported"]?.arrayValue ?? []).compactMap(\.stringValue))
        }
        return Resource(identifier: Self.canonical(url), issuer: parts.origin, scopesSupported: [])
    }

    /// The metadata of an issuer.
    /// - Throws: `authRequired` when there is none, when it is for another issuer, or when it does not offer S256.
    func server(_ issuer: String) async throws(MCPError) -> AuthorizationServer {
        guard let parts = URLParts(issuer), parts.scheme == "https" || parts.isLoopback else {
            throw refuse("uses the authorization server '\(shown(issuer))', which is not protected by TLS.")
        }
        var path = parts.path
        while path.hasSuffix("/") { path.removeLast() }
        var candidates = [
            "\(parts.origin)/.well-known/oauth-authorization-server\(path)",
            "\(parts.origin)/.well-known/openid-configuration\(path)",
        ]
        if !path.isEmpty { candidates.append("\(parts.origin)\(path)/.well-known/openid-configuration") }
        for address in candidates {
            guard let json = try await document(address) else { continue }
            guard let said = json["issuer"]?.stringValue, said == issuer else {
                throw refuse(
                    "has an authorization server that says it is '\(shown(json["issuer"]?.stringValue ?? ""))' instead of '\(shown(issuer))'."
                )
            }
            return try read(json, issuer)
        }
        throw refuse(
            "has an authorization server without metadata at \(candidates[0]); codetether cannot log in there.")
    }

    private func read(_ json: JSON, _ issuer: String) throws(MCPError) -> AuthorizationServer {
        func endpoint(_ key: String) throws(MCPError) -> String? {
            guard let text = json[key]?.stringValue else { return nil }
            guard let parts = URLParts(text), parts.scheme == "https" || parts.isLoopback else {
                throw refuse(
                    "has an authorization server whose \(key) is '\(shown(text))', which is not protected by TLS.")
            }
            return text
        }
        guard let authorize = try endpoint("authorization_endpoint"), let token = try endpoint("token_endpoint") else {
            throw refuse("has an authorization server without authorization_endpoint or token_endpoint.")
        }
        let methods = (json["code_challenge_methods_supported"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard methods.contains("S256") else {
            throw refuse(
                "has an authorization server that does not offer PKCE with S256; logging in there is not safe.")
        }
        return AuthorizationServer(
            issuer: issuer, authorizationEndpoint: authorize, tokenEndpoint: token,
            registrationEndpoint: try endpoint("registration_endpoint"),
            revocationEndpoint: try endpoint("revocation_endpoint"),
            scopesSupported: (json["scopes_supported"]?.arrayValue ?? []).compactMap(\.stringValue),
            authMethods: json["token_endpoint_auth_methods_supported"]?.arrayValue?.compactMap(\.stringValue),
            supportsClientDocument: json["client_id_metadata_document_supported"]?.boolValue ?? false,
            sendsIssuer: json["authorization_response_iss_parameter_supported"]?.boolValue ?? false)
    }

    /// Nil when there is none (404 and other refusals); an unreadable one counts as none.
    private func document(_ address: String) async throws(MCPError) -> JSON? {
        let call = HTTPCall(
            method: "GET", url: address, headers: HTTPFields([HTTPField("Accept", "application/json")]),
            headTimeout: .seconds(15))
        let reply: HTTPReply
        do throws(ProviderError) { reply = try await transport.send(call) } catch {
            throw MCPError(.connect, "\(address): \(error.message)")
        }
        let body = await reply.body.collect(upTo: Self.maxBytes)
        guard (200..<300).contains(reply.status), let json = try? JSON(parsing: body), json.objectValue != nil else {
            return nil
        }
        return json
    }

    /// A resource covers an address when it is the same, or a parent path on the same origin.
    static func covers(_ resource: String, _ url: String) -> Bool {
        guard let a = URLParts(resource), let b = URLParts(url), a.origin == b.origin else { return false }
        let (parent, child) = (trimmed(a.path), trimmed(b.path))
        return parent == child || parent.isEmpty || child.hasPrefix(parent + "/")
    }

    /// Without fragment, and without the slash that an origin alone does not have.
    static func canonical(_ url: String) -> String { String(url.prefix { $0 != "#" }) }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private func refuse(_ what: String) -> MCPError {
        MCPError(.authRequired, "The login is refused: the server \(what)", metadata: ["refused": "true"])
    }

    private func shown(_ text: String) -> String { HostileText.escaped(String(text.prefix(300)), multiline: false) }
}
