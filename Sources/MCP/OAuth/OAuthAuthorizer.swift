package import Providers
package import Support
import Synchronization

/// The token of one server: from the store, refreshed before it ends, refreshed once when the server refuses it.
///
/// Refreshing is single-flight among the tasks of this process and among processes: under a lock the store is read again, and only
/// when it still has the token that is too old is the server asked. Never opens a browser.
package final class OAuthAuthorizer: MCPAuthorizer {
    /// A token that ends within this time is refreshed first.
    private static let earlyMs: Int64 = 60_000

    private let url: String
    private let store: OAuthStore
    private let requests: OAuthRequests
    private let time: any TimeSource
    private let running = Mutex<Task<Bool, Never>?>(nil)

    package init(url: String, store: OAuthStore, transport: any HTTPTransport, time: any TimeSource) {
        self.url = url
        self.store = store
        self.time = time
        requests = OAuthRequests(transport: transport, time: time)
    }

    /// True when something is stored for the server.
    package var hasLogin: Bool { store.login(url)?.tokens != nil }

    package func authorization() async -> String? {
        guard let tokens = store.login(url)?.tokens else { return nil }
        if let end = tokens.expiresAtMs, end - Self.earlyMs <= time.nowMs(), tokens.refreshToken != nil,
            await refresh(tokens.accessToken)
        {
            return store.login(url)?.tokens.map { "Bearer \($0.accessToken)" }
        }
        return "Bearer \(tokens.accessToken)"
    }

    package func recover(from challenge: HTTPChallenge, failed: String?) async -> Bool {
        guard let login = store.login(url), let tokens = login.tokens else { return false }
        // Another task or process has a newer one already.
        if let failed, failed != "Bearer \(tokens.accessToken)" { return true }
        if challenge.isInsufficientScope {
            await note(challenge.missingScopes(beyond: login.requestedScope))
            return false
        }
        guard tokens.refreshToken != nil else { return false }
        return await refresh(tokens.accessToken)
    }

    package func refusal(of challenge: HTTPChallenge) -> (text: String, isFinal: Bool) {
        let asked = HostileText.escaped(String((challenge.scope ?? "").prefix(300)), multiline: false)
        guard challenge.isInsufficientScope, let login = store.login(url) else { return ("", false) }
        if !challenge.missingScopes(beyond: login.requestedScope).isEmpty {
            return ("It wants the scope '\(asked)'.", false)
        }
        let why =
            asked.isEmpty
            ? "It does not say which scope is missing"
            : "The last login asked for the scope '\(asked)' and did not get it"
        return ("\(why); another login would not help. Ask whoever runs the server for the right.", true)
    }

    /// Keeps scopes for the next login. When that fails they are asked for after the next refusal.
    private func note(_ scopes: [String]) async {
        guard !scopes.isEmpty else { return }
        _ = try? await store.exclusively(url) { () async throws(MCPError) in
            guard var login = store.login(url) else { return }
            var wanted = (login.wantedScope ?? "").split(separator: " ").map(String.init)
            let new = scopes.filter { !wanted.contains($0) }
            guard !new.isEmpty, wanted.count + new.count <= OAuthLogin.maxWantedScopes else { return }
            wanted += new
            login.wantedScope = wanted.joined(separator: " ")
            try await store.set(url, login)
        }
    }

    /// Refreshes once for all tasks that ask at the same time. True when there is a token that is not `old`.
    private func refresh(_ old: String) async -> Bool {
        let task = running.withLock { running -> Task<Bool, Never> in
            if let running { return running }
            let task = Task { [self] in
                let done = await refreshAlone(old)
                self.running.withLock { $0 = nil }
                return done
            }
            running = task
            return task
        }
        return await task.value
    }

    private func refreshAlone(_ old: String) async -> Bool {
        do throws(MCPError) {
            return try await store.exclusively(url) { () async throws(MCPError) -> Bool in
                guard var login = store.login(url), let tokens = login.tokens else { return false }
                if tokens.accessToken != old { return true }
                guard let refreshToken = tokens.refreshToken, let client = login.client else { return false }
                do {
                    var fresh = try await requests.token(
                        login.tokenEndpoint, client,
                        [
                            ("grant_type", "refresh_token"), ("refresh_token", refreshToken),
                            ("resource", login.resource),
                        ])
                    fresh.refreshToken = fresh.refreshToken ?? refreshToken
                    fresh.scope = fresh.scope ?? tokens.scope
                    login.tokens = fresh
                    login.isRefused = nil
                    try await store.set(url, login)
                    return true
                } catch let refusal as OAuthRequests.Refusal {
                    return try await refused(refusal, login, refreshToken)
                } catch {
                    // Not reachable, or an answer that makes no sense: the old token stays, somebody may log in anew.
                    return false
                }
            }
        } catch {
            return false
        }
    }

    private func refused(_ refusal: OAuthRequests.Refusal, _ login: OAuthLogin, _ used: String) async throws(MCPError)
        -> Bool
    {
        guard var now = store.login(url) else { return false }
        // Somebody without our lock (another program's version) was faster.
        if now.tokens?.refreshToken != used { return now.tokens != nil }
        switch refusal.code {
        case "invalid_grant":
            // The refresh token is dead; what else we know stays, so that the next login needs no new registration.
            now.tokens?.refreshToken = nil
            now.isRefused = true
        case "invalid_client", "unauthorized_client":
            if now.client?.isConfigured != true { now.client = nil }
            now.tokens?.refreshToken = nil
            now.isRefused = true
        default: return false
        }
        try await store.set(url, now)
        return false
    }
}
