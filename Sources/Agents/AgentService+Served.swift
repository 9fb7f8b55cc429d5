package import Tools

extension AgentService {
    /// The tools of this directory for MCP clients, under the rules of an agent.
    package nonisolated func servedTools(agent: String = "build") -> ServedTools {
        var environment = dependencies.toolEnvironment
        // What a client changes belongs to no session of ours, so there is no turn to undo.
        environment.snapshots = nil
        return ServedTools(
            registry: dependencies.tools, environment: environment, permissions: dependencies.permissions, agent: agent,
            denied: dependencies.deniedPermissions(agent))
    }
}
