import App
package import ArgumentParser
import MCP
import Support

/// `codetether mcp …`
package struct MCPCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "mcp", abstract: "Manage MCP servers and use their tools, prompts and resources.",
        subcommands: [
            MCPAdd.self, MCPList.self, MCPGet.self, MCPUpdate.self, MCPRemove.self, MCPEnable.self, MCPDisable.self,
            MCPApprove.self, MCPTest.self, MCPDebug.self, MCPAuth.self, MCPLogout.self, MCPTools.self, MCPPrompts.self,
            MCPResources.self, MCPImportCommand.self, MCPCall.self, MCPPromptCommand.self, MCPRead.self, MCPServe.self,
        ])

    package init() {}
}

extension Launch {
    /// Runs `body` with a connected client of one server, which is closed afterwards.
    func withMCPClient<Result: Sendable>(
        _ name: String, _ globals: GlobalValues, _ body: @Sendable (MCPClient, Runtime) async throws -> Result
    ) async throws -> Result {
        try await withRuntime(globals) { runtime in
            let entry = try MCPLookup.usable(name, runtime)
            let client = try runtime.mcpConnector(host: TerminalMCPHost(launch: self, directory: runtime.directory))
                .client(entry)
            do {
                _ = try await client.connect()
                let result = try await body(client, runtime)
                await client.close()
                return result
            } catch {
                await client.close()
                throw MCPLookup.named(error, entry)
            }
        }
    }
}

/// Finds servers for commands.
enum MCPLookup {
    /// The entry of a name, approved or not.
    static func entry(_ name: String, _ runtime: Runtime) throws -> MCPServerEntry {
        let contents = try runtime.mcpRegistry.load()
        if let entry = contents.entry(name) { return entry }
        if let fault = contents.faults.first(where: { $0.name == name }) { throw fault.error }
        throw MCPError(
            .serverNotFound,
            "There is no MCP server '\(HostileText.escaped(String(name.prefix(64)), multiline: false))'. codetether mcp list shows those there are, codetether mcp add makes one."
        )
    }

    /// The same, for use: approved and not disabled.
    static func usable(_ name: String, _ runtime: Runtime) throws -> MCPServerEntry {
        let entry = try entry(name, runtime)
        guard entry.isApproved else {
            throw MCPError(
                .authRequired,
                "'\(name)' is defined by this project and not approved. Look at it with codetether mcp get \(name), then approve it: codetether mcp approve \(name)",
                metadata: ["status": "pending_approval"])
        }
        guard !entry.isDisabled else {
            throw MCPError(.unavailable, "'\(name)' is disabled. Enable it: codetether mcp enable \(name)")
        }
        return entry
    }

    /// Adds the next command to an error that a login would mend.
    static func named(_ error: any Error, _ entry: MCPServerEntry) -> any Error {
        guard var error = error as? MCPError else { return error }
        if error.kind == .authRequired, error.metadata["status"] != "pending_approval",
            error.metadata["stepUp"] != "refused"
        {
            error.message += " Log in: codetether mcp auth \(entry.name)"
        }
        return error
    }
}
