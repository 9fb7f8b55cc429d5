/// `mcp.resources.changed`: The resources of an MCP server changed.
package struct McpResourcesChanged: Codable, Sendable, Equatable {
    /// The server's name.
    package var server: String

    /// The event's data.
    package init(server: String) {
        self.server = server
    }
}

/// `mcp.status.changed`: An MCP server connected, failed or stopped.
package struct McpStatusChanged: Codable, Sendable, Equatable {
    /// The server's name.
    package var server: String

    /// The event's data.
    package init(server: String) {
        self.server = server
    }
}
