package import Support
package import SystemPackage

/// What one authorization server knows us as (RFC 7591).
package struct OAuthClientInfo: Codable, Sendable, Equatable {
    package var clientID: String
    package var clientSecret: String?
    /// `none`, `client_secret_basic` or `client_secret_post`.
    package var authMethod: String
    /// The redirect URI it was registered with, without its port.
    package var redirectPath: String?
    /// Unix seconds; 0 or nil: never.
    package var secretExpiresAt: Int64?
    /// True for one of the configuration: never dropped.
    package var isConfigured: Bool?
}

/// The tokens of one server.
package struct OAuthTokens: Codable, Sendable, Equatable {
    package var accessToken: String
    package var refreshToken: String?
    /// Unix milliseconds; nil: unknown.
    package var expiresAtMs: Int64?
    package var scope: String?
    /// When they were got, Unix milliseconds.
    package var obtainedAtMs: Int64
}

/// What is stored of the login at one server.
package struct OAuthLogin: Codable, Sendable, Equatable {
    /// The issuer that gave all of this. With another issuer nothing of it is used.
    package var issuer: String
    /// The protected resource's identifier, for `resource`.
    package var resource: String
    package var client: OAuthClientInfo?
    package var tokens: OAuthTokens?
    package var tokenEndpoint: String
    package var revocationEndpoint: String?
    /// Scopes asked for so far.
    package var requestedScope: String?
    /// Scopes that the server wanted with a 403 and that were never asked for: the next login does.
    package var wantedScope: String?
    /// The most scopes that are kept as wanted.
    static let maxWantedScopes = 64
    /// True when the server refused the tokens and could not refresh them: a new login is needed.
    package var isRefused: Bool?

    package init(issuer: String, resource: String, tokenEndpoint: String) {
        self.issuer = issuer
        self.resource = resource
        self.tokenEndpoint = tokenEndpoint
    }
}

/// `data/mcp-auth.json` (0600): the logins at MCP servers, keyed by server URL and issuer.
///
/// Every change reads the file anew under a lock that other processes respect and writes it in one step, so that nobody's login is
/// lost. A file that is damaged is set aside (`mcp-auth.json.damaged-…`), never overwritten.
package struct OAuthStore: Sendable {
    private let file: FilePath
    private let lockFile: FilePath
    private let time: any TimeSource

    /// - Parameters:
    ///   - data: the data directory; - state: the state directory, for the lock.
    package init(data: FilePath, state: FilePath, time: any TimeSource) {
        file = data.appending("mcp-auth.json")
        lockFile = state.appending("locks").appending("mcp-auth.lock")
        self.time = time
    }

    /// The login at a server; nil when there is none.
    package func login(_ url: String) -> OAuthLogin? {
        read()[url]?.objectValue.flatMap { try? JSON.object($0).decode() }
    }

    /// All server URLs with a login, sorted.
    package func urls() -> [String] { read().map(\.key).sorted() }

    /// Changes when the file does: its modification time and size; nil when there is no file.
    package var stamp: String? { (try? FileIO.stat(file)).map { "\($0.mtimeNs)-\($0.size)-\($0.inode)" } }

    /// Runs `work` while no other process refreshes or changes the same login; `work` must read the login anew.
    /// - Throws: `timeout` when another process keeps the lock for 30 s.
    package func exclusively<T: Sendable>(_ url: String, _ work: () async throws(MCPError) -> T) async throws(MCPError)
        -> T
    {
        let name = "mcp-auth-\(SHA256Hash.hex(of: Array(url.utf8)).prefix(16)).lock"
        let lock = try await take(lockFile.removingLastComponent().appending(name))
        defer { lock.release() }
        return try await work()
    }

    /// Stores, replaces or (nil) removes a login.
    package func set(_ url: String, _ login: OAuthLogin?) async throws(MCPError) {
        let lock = try await take(lockFile)
        defer { lock.release() }
        setAsideIfDamaged()
        var all = read()
        do {
            if let login { all[url] = try JSON(encoding: login) } else { _ = all.removeValue(forKey: url) }
            try FileIO.createDirectory(file.removingLastComponent(), mode: 0o700, intermediate: true)
            try AtomicFile.write(JSON.object(["logins": .object(all)]).bytes(.pretty), to: file, mode: 0o600)
        } catch {
            throw MCPError(
                .config, "The login was not stored in \(file): \((error as? any AppError)?.message ?? "\(error)")")
        }
    }

    private func take(_ path: FilePath) async throws(MCPError) -> FileLock {
        do {
            try FileIO.createDirectory(path.removingLastComponent(), mode: 0o700, intermediate: true)
            if let lock = try await FileLock.lock(path, timeout: .seconds(30)) { return lock }
        } catch {
            throw MCPError(
                .config, "The lock \(path) cannot be taken: \((error as? any AppError)?.message ?? "\(error)")")
        }
        throw MCPError(.timeout, "Another codetether has kept the lock \(path) for 30 s. Try again.")
    }

    private func read() -> JSONObject {
        guard let bytes = try? FileIO.read(file, limit: 4 << 20), let json = try? JSON(parsing: bytes) else {
            return [:]
        }
        return json["logins"]?.objectValue ?? [:]
    }

    private func setAsideIfDamaged() {
        guard let bytes = try? FileIO.read(file, limit: 4 << 20),
            (try? JSON(parsing: bytes))?["logins"]?.objectValue == nil
        else { return }
        let aside = FilePath("\(file).damaged-\(time.nowMs())")
        try? AtomicFile.write(bytes, to: aside, mode: 0o600)
    }
}
