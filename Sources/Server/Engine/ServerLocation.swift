package import Agents
package import Configuration
package import Permissions
package import Providers
package import Sessions
import Support
package import SystemPackage
package import Templates
package import Tools

/// One directory as the server works in it: its configuration, models, agents, and the loop that runs its sessions.
package struct ServerLocation: Sendable {
    /// Absolute, real path.
    package var directory: FilePath
    /// The id of the project it belongs to.
    package var projectID: String
    package var config: LoadedConfig
    package var agents: AgentDefinitions
    package var models: ModelCatalogue
    package var tools: ToolRegistry
    package var skills: [Skill]
    package var permissions: PermissionService
    /// Its MCP servers.
    package var mcp: MCPAccess
    /// Its commands.
    package var commands: CommandCatalogue
    /// Reads what its prompts mention.
    package var mentions: ResourceMentions
    /// Our tools for MCP clients.
    package var served: ServedTools
    /// Executes sessions of this directory.
    package var loop: AgentService
    /// Undo, reverts and snapshots of its workspace; nil = there are none.
    package var undo: UndoService?

    /// A location; see the members.
    package init(
        directory: FilePath, projectID: String, config: LoadedConfig, agents: AgentDefinitions, models: ModelCatalogue,
        tools: ToolRegistry, skills: [Skill], permissions: PermissionService, mcp: MCPAccess, loop: AgentService
    ) {
        self.directory = directory
        self.projectID = projectID
        self.config = config
        self.agents = agents
        self.models = models
        self.tools = tools
        self.skills = skills
        self.permissions = permissions
        self.mcp = mcp
        self.commands = CommandCatalogue(servers: mcp.servers, time: mcp.time)
        self.mentions = ResourceMentions(servers: mcp.servers) { resource, agent in
            permissions.explain("mcp", resource, agent: agent)
        }
        self.served = loop.servedTools()
        self.loop = loop
    }

    /// 2.1's `LocationPublicRef`.
    var reference: JSON { ["directory": .string(directory.string)] }
}

/// Makes locations, and keeps those in use. Implemented by the composition root.
package protocol LocationSource: Sendable {
    /// The location of a directory.
    /// - Throws: `FileError` when it is not a directory, `ConfigError` when its configuration is not right, and what the
    ///   store throws.
    func location(_ directory: FilePath) async throws -> ServerLocation
    /// Reads configurations again when they are next needed. Executions that run keep what they have.
    func reload() async
}
