/// Tools that come and go while a session runs: those of MCP servers, plugins and custom tools.
package protocol ExternalTools: Sendable {
    /// The tools that are there now, in a fixed order. The first request of an execution waits a moment (2 s at most) for those that
    /// are on their way; later ones take what is ready.
    /// - Parameter contextTokens: the model's context: what would take more than a tenth of it is offered through a search.
    func tools(waits: Bool, contextTokens: Int) async -> [any Tool]
}

extension ToolRegistry {
    /// The same registry with more tools at its end; of two with one name the first counts.
    package func adding(_ more: [any Tool]) -> ToolRegistry {
        more.isEmpty ? self : ToolRegistry(tools + more, gates: gates)
    }
}
