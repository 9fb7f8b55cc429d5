package import MCP
package import Providers
package import Support

/// The MCP servers of one directory, as routes use them.
package struct MCPAccess: Sendable {
    /// The running ones.
    package var servers: MCPServers
    /// Their logins.
    package var logins: OAuthStore
    package var transport: any HTTPTransport
    package var time: any TimeSource

    /// The value with these members.
    package init(servers: MCPServers, logins: OAuthStore, transport: any HTTPTransport, time: any TimeSource) {
        self.servers = servers
        self.logins = logins
        self.transport = transport
        self.time = time
    }

    /// The login at a server.
    /// - Throws: `serverNotFound`, `config` for a program or a server with `oauth: false`.
    func flow(_ name: String) async throws(MCPError) -> OAuthFlow {
        guard let entry = try await servers.entry(name) else {
            throw try await servers.status(name).state.error ?? MCPError(.config, "'\(name)' cannot be read.")
        }
        guard entry.isApproved else {
            throw MCPError(
                .authRequired,
                "'\(name)' is defined by this project and not approved. Approve it: codetether mcp approve \(name)",
                metadata: ["status": "pending_approval"])
        }
        return try OAuthFlow(entry: entry, store: logins, transport: transport, time: time)
    }
}
