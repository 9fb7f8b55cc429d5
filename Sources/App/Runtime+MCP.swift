import Configuration
import Events
import Logging
package import MCP
import Schema
import Support
import SystemPackage
import Tools

extension Runtime {
    /// The MCP servers of the configuration, as the files say now.
    package nonisolated var mcpRegistry: MCPRegistry { MCPRegistry(config: config, environment: environment) }

    /// The logins at MCP servers.
    package nonisolated var mcpLogins: OAuthStore { OAuthStore(data: paths.data, state: paths.state, time: time) }

    /// Makes connections to MCP servers for this runtime's directory.
    /// - Parameter host: answers what servers ask of us.
    package nonisolated func mcpConnector(host: any MCPHost) -> MCPConnector {
        MCPConnector(
            environment: environment, directory: config.workspace, host: host, version: RuntimeOptions.version,
            transport: transport, runner: ProcessRunner(), store: mcpLogins, time: time)
    }

    /// The running servers of this runtime. They start to connect with the first call, in the background; a file that cannot be read
    /// is logged, and its servers are left out.
    package func mcpServers() -> MCPServers {
        if let mcpService { return mcpService }
        let connector = mcpConnector(host: WorkspaceMCPHost(directory: directory))
        let (bus, ids, time, logger) = (bus, ids, time, logger)
        let servers = MCPServers(
            make: { (entry, onNotice) throws(MCPError) in try connector.client(entry, onNotice: onNotice) }, time: time,
            publish: { payload in bus.publish(Event(id: ids.next(.event), created: time.nowMs(), payload: payload)) },
            log: { line in logger.info("mcp", metadata: ["line": "\(line)"]) })
        mcpService = servers
        let registry = mcpRegistry
        let logins = mcpLogins
        mcpWatch = Task {
            do throws(MCPError) { await servers.apply(try registry.load()) } catch {
                logger.warning("mcp", metadata: ["reason": "\(error.message)"])
            }
            // A login in another process revives what waits for it within 5 s (CONTRACT §9).
            var stamp = logins.stamp
            while !Task.isCancelled {
                do { try await time.sleep(for: .seconds(2)) } catch { return }
                let now = logins.stamp
                if now != stamp { await servers.credentialsChanged() }
                stamp = now
            }
        }
        return servers
    }

    /// The tools of MCP servers for the agent loop; nil when nothing is configured.
    func mcpTools() async -> (any ExternalTools)? {
        guard let contents = try? mcpRegistry.load(), !contents.entries.isEmpty else { return nil }
        let servers = mcpServers()
        await servers.apply(contents)
        return MCPToolSource(servers: servers)
    }

    /// Ends the servers.
    func stopMCP() async {
        mcpWatch?.cancel()
        await mcpService?.close()
    }
}

/// Tells servers the workspace's root; asks nobody and lends no model.
private struct WorkspaceMCPHost: MCPHost {
    let directory: FilePath
    var canElicit: Bool { false }
    var canSample: Bool { false }
    var roots: [(uri: String, name: String)] {
        [
            (
                "file://\(PercentEncoding.segment(directory.string, keepSlash: true))",
                directory.lastComponent?.string ?? "/"
            )
        ]
    }
    func elicit(server: String, _ params: JSON) async -> JSON { ["action": "decline"] }
    func sample(server: String, _ params: JSON) async throws(MCPError) -> JSON {
        throw MCPError(.unavailable, "Sampling is not offered.")
    }
}
