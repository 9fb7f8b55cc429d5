package import MCP
import Support

/// The tools of the running MCP servers, for the agent loop.
package struct MCPToolSource: ExternalTools {
    /// How long the first request waits for servers that are on their way (CONTRACT §9).
    package static let patience: Duration = .seconds(2)

    /// How long a request waits for a tool list that has just changed.
    package static let refreshPatience: Duration = .milliseconds(250)

    private let servers: MCPServers

    package init(servers: MCPServers) { self.servers = servers }

    package func tools(waits: Bool, contextTokens: Int) async -> [any Tool] {
        if waits { await servers.settle(atMost: Self.patience) }
        await servers.refreshed(atMost: Self.refreshPatience)
        let offered = await servers.tools()
        var tools: [any Tool] = []
        let single = offered.map { MCPServerTool($0, servers) }
        let tokens = single.reduce(0) { $0 + $1.definition.json.bytes().count / 4 }
        if tokens > max(1000, contextTokens / 10) {
            tools.append(MCPSearchTool(tools: offered))
            tools.append(MCPCallTool(tools: Dictionary(single.map { ($0.name, $0) }) { first, _ in first }))
        } else {
            tools += single
        }
        let withResources = await servers.statuses().filter {
            $0.state == .connected && $0.facts?.has("resources") == true
        }.map(\.name)
        if !withResources.isEmpty { tools.append(MCPResourceTool(servers: servers, names: withResources)) }
        return tools
    }
}
