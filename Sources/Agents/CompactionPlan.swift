import Configuration
import Git
import Logging
import Permissions
package import Providers
import Schema
import Sessions
import Support
import SystemPackage
import Tools

/// When a conversation must be summarised, and how much of it the summary request can carry. Pure.
package struct CompactionPlan: Sendable {
    /// How many compactions may follow each other without a model answer between them.
    package static let maximumInARow = 3
    /// A compaction has to shrink the conversation to at most this share of its size.
    package static let requiredShare = 0.8

    /// The model's context, in tokens; 0 = unknown, never compacts.
    package var contextTokens: Int
    /// What is kept free for the answer, in tokens.
    package var reserveTokens: Int

    /// - Parameters:
    ///   - limit: the model's limits.
    ///   - reserve: `compaction.reserve_tokens`, else the larger of a twentieth of the context and the room for an answer
    ///     (at most 32,000 tokens and a third of the context).
    package init(contextTokens: Int, outputTokens: Int, reserve: Int?) {
        self.contextTokens = contextTokens
        let answer = min(outputTokens, 32_000, contextTokens / 3)
        reserveTokens = reserve ?? max(contextTokens / 20, answer)
    }

    /// True when the next request would leave too little room.
    /// - Parameter usedTokens: input and output of the last step, cache reads included, or an estimate.
    package func isDue(usedTokens: Int) -> Bool {
        contextTokens > 0 && usedTokens > max(contextTokens - reserveTokens, contextTokens / 2)
    }

    /// About four bytes a token.
    package static func estimate(_ messages: [ModelMessage]) -> Int {
        messages.reduce(0) { total, message in
            total + message.content.reduce(0) { $0 + bytes($1) } / 4 + 4
        }
    }

    /// The conversation for the summary request: the same messages, with the oldest tool results blanked until the estimate
    /// fits. Calls and results stay paired.
    package func fitted(_ messages: [ModelMessage]) -> [ModelMessage] {
        var messages = messages
        guard contextTokens > 0 else { return messages }
        let room = max(contextTokens - reserveTokens, contextTokens / 2)
        var size = Self.estimate(messages)
        for index in messages.indices where size > room && messages[index].role == .tool {
            let before = messages[index].content.reduce(0) { $0 + Self.bytes($1) }
            messages[index].content = messages[index].content.map { content in
                guard case .toolResult(let id, let name, _, let isError) = content else { return content }
                return .toolResult(
                    callID: id, name: name, content: [.text("[old result left out]")], isError: isError)
            }
            let after = messages[index].content.reduce(0) { $0 + Self.bytes($1) }
            size -= (before - after) / 4
        }
        // Still too long: leave out whole exchanges from the front, never a result without its call.
        while size > room, messages.count > 2 {
            let removed = messages.removeFirst()
            size -= Self.estimate([removed])
            while let first = messages.first, first.role != .user, messages.count > 2 {
                size -= Self.estimate([first])
                messages.removeFirst()
            }
        }
        return messages
    }

    private static func bytes(_ content: ModelContent) -> Int {
        switch content {
        case .text(let text): text.utf8.count
        case .reasoning(let text, _): text.utf8.count
        case .image: 6_000
        case .file(_, _, let base64): base64.utf8.count
        case .toolCall(_, let name, let input): name.utf8.count + input.text().utf8.count
        case .toolResult(_, _, let content, _):
            content.reduce(0) { total, item in
                switch item {
                case .text(let text): total + text.utf8.count
                case .file: total + 6_000
                case .unknown: total
                }
            }
        }
    }
}
