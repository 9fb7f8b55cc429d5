import Schema
import Support

extension ModelRequest {
    /// The output limit as sent: what was asked, within what the model gives and its context leaves by a rough count.
    var sentMaxTokens: Int {
        var tokens = min(max(maxOutputTokens, 1), model.limits.output)
        if model.limits.context > 0 {
            let left = model.limits.context - estimatedInputTokens
            tokens = min(tokens, max(left, min(1_024, model.limits.context / 4), 1))
        }
        return max(tokens, 1)
    }

    /// About three and a half bytes a token, so rather too many.
    private var estimatedInputTokens: Int {
        var bytes = system.reduce(0) { $0 + $1.utf8.count }
        for tool in tools { bytes += tool.description.utf8.count + 40 + Self.size(tool.inputSchema) }
        for message in messages {
            for content in message.content { bytes += Self.size(content) }
        }
        return bytes * 2 / 7
    }

    private static func size(_ content: ModelContent) -> Int {
        switch content {
        case .text(let text), .reasoning(let text, _): return text.utf8.count
        case .image: return 5_000
        case .file(_, _, let base64): return min(base64.utf8.count, 100_000)
        case .toolCall(_, let name, let input): return name.utf8.count + size(input) + 20
        case .toolResult(_, _, let content, _):
            return content.reduce(20) { total, item in
                if case .text(let text) = item { return total + text.utf8.count }
                return total + 5_000
            }
        }
    }

    private static func size(_ json: JSON) -> Int {
        switch json {
        case .string(let text): return text.utf8.count + 2
        case .array(let items): return items.reduce(2) { $0 + size($1) + 1 }
        case .object(let object): return object.reduce(2) { $0 + $1.key.utf8.count + 4 + size($1.value) }
        case .null, .bool, .int, .double: return 4
        }
    }

    /// The temperature, if the model takes one.
    var sentTemperature: Double? { model.capabilities.temperature ? temperature : nil }

    /// The effort, if the model reasons and one was asked for.
    var sentEffort: String? { model.capabilities.reasoning ? reasoningEffort : nil }

    /// The tools, none for a model that cannot call any.
    var sentTools: [ToolSpec] { model.capabilities.tools ? tools : [] }
}

/// What a tool result holds, sorted by kind.
struct ResultContent {
    /// All texts, joined by line breaks.
    var text: String
    var images: [(mime: String, base64: String)] = []
    var documents: [(mime: String, name: String, base64: String)] = []

    init(_ content: [ToolContent]) {
        var texts: [String] = []
        for item in content {
            switch item {
            case .text(let text): texts.append(text)
            case .file(let uri, let mime, let name):
                guard let parts = WireText.parts(ofDataURL: uri) else {
                    texts.append("[\(name ?? "file") (\(mime)): \(uri)]")
                    continue
                }
                if mime.hasPrefix("image/") {
                    images.append((mime, parts.base64))
                } else {
                    documents.append((mime, name ?? "document", parts.base64))
                }
            case .unknown: continue
            }
        }
        text = texts.joined(separator: "\n")
    }

    var hasAttachments: Bool { !images.isEmpty || !documents.isEmpty }
}

/// Token counts as our events have them.
enum WireUsage {
    /// - Parameters:
    ///   - input: without cached tokens.
    ///   - output: without reasoning tokens.
    static func make(input: Int64, output: Int64, reasoning: Int64, cacheRead: Int64, cacheWrite: Int64) -> TokenUsage {
        TokenUsage(
            input: count(input), output: count(output), reasoning: count(reasoning),
            cache: .init(read: count(cacheRead), write: count(cacheWrite)))
    }

    private static func count(_ value: Int64) -> Int { Int(clamping: max(0, value)) }
}
