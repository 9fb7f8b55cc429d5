import Configuration
package import MCP
package import Support

/// Where commands come from.
package protocol CommandSource: Sendable {
    /// What can be run now, in any order. Slow or broken parts are left out.
    func commands() async -> [CommandDefinition]
    /// The command of a name; nil when it is not of this source.
    /// - Throws: what keeps the source from telling.
    func command(_ name: String) async throws -> CommandDefinition?
    /// The message of one of its commands.
    /// - Throws: `CommandError`, or the source's own error.
    func message(_ command: CommandDefinition, _ input: CommandInput) async throws -> CommandMessage
}

/// All commands of a directory. Of two with the same name that of the earlier source counts.
package struct CommandCatalogue: Sendable {
    private let sources: [any CommandSource]

    /// - Parameter sources: the ones that win first.
    package init(sources: [any CommandSource]) { self.sources = sources }

    /// The prompts of running MCP servers.
    package init(servers: MCPServers, time: any TimeSource) {
        self.init(sources: [MCPPromptSource(servers: servers, time: time)])
    }

    /// All commands, sorted by name.
    package func list() async -> [CommandDefinition] {
        var found: [String: CommandDefinition] = [:]
        for source in sources {
            for command in await source.commands() where found[command.name] == nil { found[command.name] = command }
        }
        return found.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The command of a name.
    /// - Throws: as `message`.
    package func command(_ name: String) async throws -> CommandDefinition {
        for source in sources { if let command = try await source.command(name) { return command } }
        throw await unknown(name)
    }

    /// The message of a command with its arguments.
    /// - Throws: `CommandError` (`notFound` names near ones), or the error of the source, such as `MCPError`.
    package func message(_ name: String, _ input: CommandInput) async throws -> CommandMessage {
        for source in sources {
            guard let command = try await source.command(name) else { continue }
            return try await source.message(command, input)
        }
        throw await unknown(name)
    }

    private func unknown(_ name: String) async -> CommandError {
        let known = await list().map(\.name)
        func shown(_ text: String) -> String { HostileText.escaped(String(text.prefix(256)), multiline: false) }
        var near = [Suggestion.nearest(to: name, in: known)].compactMap { $0 }
        let word = name.split(separator: ":").last.map(String.init) ?? name
        near += known.filter { !near.contains($0) && ($0.hasPrefix(name) || $0.hasSuffix(":\(word)")) }
        var message = "There is no command \"\(shown(name))\"."
        if !near.isEmpty {
            message += " Did you mean \(near.prefix(5).map { "\"\(shown($0))\"" }.joined(separator: " or "))?"
        } else if known.isEmpty {
            message += " There are none here: no connected MCP server offers prompts (codetether mcp list)."
        } else {
            message +=
                " There are: \(known.prefix(10).map(shown).joined(separator: ", "))\(known.count > 10 ? ", …" : "")."
        }
        return CommandError(.notFound, message)
    }
}
