import Configuration
import Git
import Logging
import Permissions
package import Providers
package import Schema
import Sessions
import Support
import SystemPackage
import Tools

/// Turns a session's messages into what a model is sent.
///
/// Pure. Guarantees that every protocol needs: each tool call of an assistant message is answered in the tool message that
/// directly follows it (a call that never finished gets an error result), every tool result has its call, consecutive user
/// messages are one message, and nothing before the last completed compaction is sent again.
package enum TurnHistory {
    /// - Parameters:
    ///   - messages: a session's messages, oldest first.
    ///   - acceptsImages: false replaces pictures and documents by a line of text that names them.
    package static func modelMessages(_ messages: [SessionMessage], acceptsImages: Bool) -> [ModelMessage] {
        var builder = Builder(acceptsImages: acceptsImages)
        for message in messages[start(of: messages)...] { builder.add(message) }
        return builder.out
    }

    /// All call ids in the session: a new call must not reuse one.
    package static func callIDs(_ messages: [SessionMessage]) -> Set<String> {
        var ids = Set<String>()
        for case .assistant(let message) in messages {
            for case .tool(let item) in message.content { ids.insert(item.id) }
        }
        return ids
    }

    /// The index of the last completed compaction, which stands for everything before it; 0 when there is none.
    static func start(of messages: [SessionMessage]) -> Int {
        messages.lastIndex { message in
            if case .compaction(let compaction) = message { return compaction.status == .completed }
            return false
        } ?? messages.startIndex
    }

    private struct Builder {
        let acceptsImages: Bool
        var out: [ModelMessage] = []

        init(acceptsImages: Bool) { self.acceptsImages = acceptsImages }

        mutating func add(_ message: SessionMessage) {
            switch message {
            case .user(let user): addUser(content(of: user))
            case .synthetic(let synthetic): addUser([.text(synthetic.text)])
            case .system(let system): addUser([.text(system.text)])
            case .skill(let skill): addUser([.text("Skill \(skill.name):\n\(skill.text)")])
            case .shell(let shell):
                addUser([
                    .text("The user ran this command:\n$ \(shell.command)\n\(shell.output?.output ?? "(no output)")")
                ])
            case .compaction(let compaction):
                guard compaction.status == .completed else { return }
                addUser([
                    .text(
                        "The conversation so far was summarised to save space. Summary:\n\n\(compaction.summary ?? "")")
                ])
            case .assistant(let assistant): addAssistant(assistant)
            case .agentSwitched, .modelSwitched, .locationSwitched, .idle, .unknown: return
            }
        }

        mutating func addUser(_ content: [ModelContent]) {
            guard !content.isEmpty else { return }
            if let last = out.indices.last, out[last].role == .user {
                out[last].content += content
            } else {
                out.append(ModelMessage(role: .user, content: content))
            }
        }

        func content(of user: UserMessage) -> [ModelContent] {
            var content: [ModelContent] = []
            if !user.text.isEmpty { content.append(.text(user.text)) }
            for skill in user.skills ?? [] {
                if let text = skill.text { content.append(.text("Skill \(skill.name):\n\(text)")) }
            }
            for file in user.files ?? [] { content.append(attachment(file)) }
            return content
        }

        func attachment(_ file: PromptFile) -> ModelContent {
            let name = file.name ?? "attachment"
            if file.mime.hasPrefix("text/") || file.mime == "application/x-directory" {
                return .text("<file name=\"\(name)\">\n\(file.data)\n</file>")
            }
            guard acceptsImages else {
                return .text("[\(name) (\(file.mime)) is attached, but this model takes no such input]")
            }
            let data = Attachments.base64(ofDataURL: file.data) ?? file.data
            return file.mime.hasPrefix("image/")
                ? .image(mime: file.mime, base64: data)
                : .file(mime: file.mime, name: name, base64: data)
        }

        mutating func addAssistant(_ message: AssistantMessage) {
            var content: [ModelContent] = []
            var results: [ModelContent] = []
            for item in message.content {
                switch item {
                case .text(let text):
                    if !text.text.isEmpty { content.append(.text(text.text)) }
                case .reasoning(let reasoning):
                    if !reasoning.text.isEmpty || reasoning.native != nil {
                        content.append(.reasoning(text: reasoning.text, native: reasoning.native))
                    }
                case .tool(let tool):
                    let (input, result, isError) = outcome(of: tool.state)
                    content.append(.toolCall(id: tool.id, name: tool.name, input: input))
                    results.append(.toolResult(callID: tool.id, name: tool.name, content: result, isError: isError))
                case .unknown: continue
                }
            }
            // Reasoning alone is nothing that a provider accepts as an answer.
            let hasAnswer = content.contains { if case .reasoning = $0 { false } else { true } }
            guard hasAnswer else { return }
            out.append(ModelMessage(role: .assistant, content: content))
            if !results.isEmpty { out.append(ModelMessage(role: .tool, content: results)) }
        }

        func outcome(of state: ToolState) -> (input: JSON, result: [ToolContent], isError: Bool) {
            switch state {
            case .completed(let input, let content, _):
                return (input, content.isEmpty ? [.text("(no output)")] : content.map(shown), false)
            case .error(let input, let error, let content, _):
                return (input, content.map { $0.map(shown) } ?? [.text(error.message)], true)
            case .running(let input, _):
                return (input, [.text("The call was interrupted before it finished.")], true)
            case .streaming, .unknown:
                return (.object([:]), [.text("The call was interrupted before it was complete; it did not run.")], true)
            }
        }

        func shown(_ content: ToolContent) -> ToolContent {
            if case .file(_, let mime, let name) = content, !acceptsImages {
                return .text("[\(name ?? "file") (\(mime)): this model takes no such input]")
            }
            return content
        }
    }
}

/// Data URLs of attachments.
package enum Attachments {
    /// The base64 part of `data:<mime>;base64,<data>`, nil for anything else.
    package static func base64(ofDataURL url: String) -> String? {
        guard url.hasPrefix("data:"), let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")),
            url[..<comma].hasSuffix(";base64")
        else { return nil }
        return String(url[url.index(after: comma)...])
    }
}
