package import MCP
package import Support

/// The prompts of MCP servers as commands `<server>:<prompt>`.
///
/// The list is read from the servers each time, so a changed list needs no restart. Listing waits 2 s for servers on their way and 5 s
/// for an answer; a server that is slower is left out. Using a command waits as long as connecting and a call may take. Nothing is
/// sent to a server that is disabled or waits for approval.
package struct MCPPromptSource: CommandSource {
    /// How long a list waits for servers that are on their way.
    static let patience: Duration = .seconds(2)
    /// How long a list waits for one server's answer.
    static let answerLimit: Duration = .seconds(5)
    /// The longest name of a command, bytes.
    static let maxName = 256

    private let servers: MCPServers
    private let time: any TimeSource

    /// - Parameter servers: what the configuration says was applied to them already.
    package init(servers: MCPServers, time: any TimeSource) {
        self.servers = servers
        self.time = time
    }

    package func commands() async -> [CommandDefinition] {
        await servers.settle(atMost: Self.patience)
        let names = await servers.statuses().filter {
            $0.state == .connected && $0.facts?.has("prompts") == true
        }.map(\.name)
        return await withTaskGroup(of: [CommandDefinition].self) { group in
            for name in names { group.addTask { await quickly { await prompts(of: name) } ?? [] } }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func prompts(of name: String) async -> [CommandDefinition] {
        guard let client = try? await servers.client(name), let prompts = try? await client.prompts() else { return [] }
        return prompts.compactMap { Self.command(server: name, $0) }
    }

    /// What `body` returns, nil when it takes too long; it is cancelled then.
    private func quickly(_ body: @escaping @Sendable () async -> [CommandDefinition]) async -> [CommandDefinition]? {
        await withTaskGroup(of: [CommandDefinition]?.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await time.sleep(for: Self.answerLimit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    package func command(_ name: String) async throws -> CommandDefinition? {
        guard let mark = name.firstIndex(of: ":") else { return nil }
        let server = String(name[..<mark])
        guard (try? await servers.status(server)) != nil else { return nil }
        let prompts = try await servers.client(server).prompts()
        return prompts.lazy.compactMap { Self.command(server: server, $0) }.first { $0.name == name }
    }

    package func message(_ command: CommandDefinition, _ input: CommandInput) async throws -> CommandMessage {
        guard case .mcp(let server, let prompt) = command.origin else {
            throw CommandError(.notFound, "\(command.name) is not a prompt of an MCP server.")
        }
        let values = try input.values(for: command)
        let result = try await servers.client(server).prompt(prompt, values)
        return try PromptMessages.message(result, command: command.name, server: server)
    }

    /// Nil for a name that nobody could see and type as it is.
    static func command(server: String, _ prompt: MCPPrompt) -> CommandDefinition? {
        let name = "\(server):\(prompt.name)"
        guard name.utf8.count <= maxName, HostileText.escaped(name, multiline: false) == name else { return nil }
        return CommandDefinition(
            name: name, description: prompt.description ?? prompt.title,
            arguments: prompt.arguments.prefix(64).map {
                CommandArgument(name: $0.name, description: $0.description, isRequired: $0.isRequired)
            }, origin: .mcp(server: server, prompt: prompt.name))
    }
}
