import MCP
import Permissions
package import Templates

extension Runtime {
    /// The commands of this runtime's directory. The first call starts its MCP servers in the background.
    /// - Throws: `MCPError.config` when the files that name servers cannot be read.
    package func commands() async throws -> CommandCatalogue {
        CommandCatalogue(servers: try await currentMCPServers(), time: time)
    }

    /// Reads the resources that prompts mention. The first call starts the directory's MCP servers in the background.
    /// - Throws: as `commands()`, and `StorageError`.
    package func mentions() async throws -> ResourceMentions {
        let permissions = try await permissions()
        return ResourceMentions(servers: try await currentMCPServers()) { resource, agent in
            permissions.explain("mcp", resource, agent: agent)
        }
    }

    /// The running servers, with what the files say now.
    private func currentMCPServers() async throws -> MCPServers {
        let contents = try mcpRegistry.load()
        let servers = await mcpServers()
        await servers.apply(contents)
        return servers
    }
}
