import App
import Configuration
import Schema
import Templates

/// The user message of `run`: the words, or what a command makes of them, with what is mentioned in them.
enum RunMessage {
    /// Resources are looked up only in the words that were typed: what is piped in, or comes from a command, is data.
    /// - Parameters:
    ///   - agent: whose rules count for mentions; asked only when there are some.
    ///   - note: gets a sentence for each mention that stays text.
    /// - Throws: `CommandError`, `MCPError`, `StorageError`; no session was made then.
    static func make(
        command: String?, words: [String], piped: String?, agent: () async throws -> String?, _ runtime: Runtime,
        note: (String) -> Void
    ) async throws -> CommandMessage {
        if let command {
            var message = try await runtime.commands().message(command, .words(words))
            message.text = RunInput.message(words: message.text.isEmpty ? [] : [message.text], piped: piped)
            return message
        }
        let typed = words.joined(separator: " ")
        var message = CommandMessage(text: RunInput.message(words: words, piped: piped))
        if !MentionScanner.mentions(in: typed).isEmpty {
            let agent = try await agent() ?? runtime.config.config.defaultAgent ?? "build"
            let found = try await runtime.mentions().resources(in: typed, agent: agent)
            message.files = found.files
            for notice in found.notices { note(notice) }
        }
        return message
    }
}
