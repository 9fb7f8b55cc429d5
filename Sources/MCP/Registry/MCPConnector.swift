package import Providers
package import Support
package import SystemPackage

/// Makes the connections of configured servers.
package struct MCPConnector: Sendable {
    /// Variables that a server's program gets besides the declared ones (CONTRACT §9).
    package static let inheritedVariables = [
        "PATH", "HOME", "LANG", "TERM", "TMPDIR", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    ]

    package var environment: Environment
    /// Where programs start, unless their entry says `cwd`.
    package var directory: FilePath
    package var host: any MCPHost
    /// Ours.
    package var version: String
    package var transport: any HTTPTransport
    package var runner: ProcessRunner
    package var store: OAuthStore
    package var time: any TimeSource

    package init(
        environment: Environment, directory: FilePath, host: any MCPHost, version: String, transport: any HTTPTransport,
        runner: ProcessRunner, store: OAuthStore, time: any TimeSource
    ) {
        self.environment = environment
        self.directory = directory
        self.host = host
        self.version = version
        self.transport = transport
        self.runner = runner
        self.store = store
        self.time = time
    }

    /// A client of the entry, not connected yet.
    /// - Throws: `config` for an entry that nobody approved.
    package func client(
        _ entry: MCPServerEntry, onNotice: @escaping @Sendable (MCPNotice) -> Void = { _ in }, onWire: MCPWireTap? = nil
    ) throws(MCPError) -> MCPClient {
        guard entry.isApproved else {
            throw MCPError(
                .authRequired,
                "'\(entry.name)' is defined by this project and not approved. Approve it: codetether mcp approve \(entry.name)",
                metadata: ["status": "pending_approval"])
        }
        let timeouts = entry.timeoutMs.map {
            MCPTimeouts(connect: .milliseconds($0), call: .milliseconds($0))
        }
        let authorizer = authorizer(entry, onWire: onWire)
        return MCPClient(
            name: entry.name, endpoint: endpoint(entry), host: host, version: version, transport: transport,
            runner: runner, authorizer: authorizer, timeouts: timeouts ?? MCPTimeouts(), time: time, onNotice: onNotice,
            onWire: onWire)
    }

    /// The login of a server; nil for programs, for `oauth: false` and for entries with an Authorization header of their own.
    private func authorizer(_ entry: MCPServerEntry, onWire: MCPWireTap?) -> OAuthAuthorizer? {
        guard case .address(let url, let headers, _, let oauth) = entry.kind, oauth?.isOff != true,
            !headers.keys.contains(where: { $0.lowercased() == "authorization" })
        else { return nil }
        var watched = transport
        if let onWire { watched = TappedTransport(base: transport, tap: onWire) }
        return OAuthAuthorizer(url: url, store: store, transport: watched, time: time)
    }

    /// What of an entry and its login must not be shown: values of variables, headers and secrets, tokens.
    package func secrets(of entry: MCPServerEntry) -> [String] {
        switch entry.kind {
        case .process(_, _, let declared, _): return Array(declared.values)
        case .address(let url, let headers, _, let oauth):
            var found = headers.values.flatMap { [$0] + $0.split(separator: " ").map(String.init) }
            if let secret = oauth?.clientSecret { found.append(secret) }
            let login = store.login(url)
            found += [login?.tokens?.accessToken, login?.tokens?.refreshToken, login?.client?.clientSecret].compactMap {
                $0
            }
            if let mark = url.firstIndex(of: "?") {
                found += url[url.index(after: mark)...].split(separator: "&").compactMap {
                    $0.split(separator: "=", maxSplits: 1).last.map(String.init)
                }
            }
            return found
        }
    }

    private func endpoint(_ entry: MCPServerEntry) -> MCPEndpoint {
        switch entry.kind {
        case .address(let url, let headers, let isEventStream, _):
            return .address(
                url: url, headers: headers.sorted { $0.key < $1.key }.map { HTTPField($0.key, $0.value) },
                isEventStream: isEventStream)
        case .process(let program, let arguments, let declared, let cwd):
            var values: [String: String] = [:]
            for name in Self.inheritedVariables { values[name] = environment.values[name] }
            values.merge(declared) { $1 }
            let folder = cwd.map { directory.pushing(FilePath($0)) } ?? directory
            var command = Command(
                executable: FilePath(program), arguments: arguments, directory: folder, environment: values)
            command.isSupervised = true
            return .process(command)
        }
    }
}
