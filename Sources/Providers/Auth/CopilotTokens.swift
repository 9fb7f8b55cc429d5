import Support

/// Trades a GitHub token for the token that Copilot's API takes, which lives for about half an hour.
///
/// At most eight are kept, in memory only. Calls for one GitHub token wait for each other, so that it is traded once.
actor CopilotTokens {
    struct Token: Sendable, Equatable {
        var text: String
        /// Where this account's API is, nil = the usual place.
        var baseURL: String?
        var expiresMs: Int64
    }

    private static let maximumKept = 8
    /// A token is not used in its last minute.
    private static let marginMs: Int64 = 60_000

    private var kept: [String: Token] = [:]
    private var running: [String: Task<Result<Token, ProviderError>, Never>] = [:]

    /// True for what GitHub gives out; anything else is taken for a token of Copilot's own.
    static func isGitHubToken(_ key: String) -> Bool {
        ["gho_", "ghu_", "ghp_", "ghs_", "github_pat_"].contains { key.hasPrefix($0) }
    }

    /// The token for a GitHub token.
    /// - Throws: `authentication` when GitHub refuses it, else what the transport says.
    func token(
        for key: String, at url: String, transport: any HTTPTransport, time: any TimeSource
    ) async throws(ProviderError) -> Token {
        if let token = kept[key], token.expiresMs - Self.marginMs > time.nowMs() { return token }
        let task = running[key] ?? Task { await Self.trade(key, at: url, transport, time) }
        running[key] = task
        let result = await task.value
        running[key] = nil
        let token = try result.get()
        if kept.count >= Self.maximumKept, kept[key] == nil { kept.removeAll() }
        kept[key] = token
        return token
    }

    /// The API did not take a token: the next request trades again.
    func forget(_ key: String) { kept[key] = nil }

    private static func trade(
        _ key: String, at url: String, _ transport: any HTTPTransport, _ time: any TimeSource
    ) async -> Result<Token, ProviderError> {
        do throws(ProviderError) {
            let reply = try await transport.send(
                HTTPCall(
                    method: "GET", url: url,
                    headers: HTTPFields([
                        HTTPField("accept", "application/json"), HTTPField("authorization", "token \(key)"),
                        HTTPField("editor-version", "vscode/1.104.1"), HTTPField("user-agent", "codetether"),
                    ]), headTimeout: .seconds(30)))
            let bytes = await reply.body.collect(upTo: 64 << 10)
            guard reply.status == 200 else { throw refused(reply.status, bytes, key) }
            guard let json = try? JSON(parsing: bytes), let text = json["token"]?.stringValue, !text.isEmpty else {
                throw ProviderError(
                    .malformed,
                    "GitHub answered without a Copilot token; check the options.token_url of github-copilot.")
            }
            let lifetime = (json["expires_at"]?.intValue).map { $0 * 1_000 } ?? time.nowMs() + 20 * 60_000
            return .success(
                Token(text: text, baseURL: baseURL(json["endpoints"]?["api"]?.stringValue), expiresMs: lifetime))
        } catch {
            return .failure(error)
        }
    }

    private static func refused(_ status: Int, _ body: [UInt8], _ key: String) -> ProviderError {
        let text = ErrorBody.redact(String(decoding: body.prefix(2_000), as: UTF8.self), secrets: [key])
        let said = (try? JSON(parsing: text))?["message"]?.stringValue.map {
            ": " + HostileText.escaped($0, multiline: false)
        }
        if (400..<500).contains(status), status != 429 {
            return ProviderError(
                .authentication,
                "GitHub gives no Copilot token for this GitHub token (\(status)\(said ?? "")). It must come from a login with "
                    + "Copilot, of an account that has Copilot; set GITHUB_COPILOT_TOKEN.", status: status, body: text)
        }
        return ProviderError(
            status == 429 ? .rateLimited : .server,
            "GitHub could not give a Copilot token (\(status)\(said ?? "")).", status: status, body: text)
    }

    /// Only Copilot's own hosts are believed.
    private static func baseURL(_ text: String?) -> String? {
        guard let text, let url = URLParts(text), url.scheme == "https", url.host.hasSuffix(".githubcopilot.com") else {
            return nil
        }
        return url.origin
    }
}
