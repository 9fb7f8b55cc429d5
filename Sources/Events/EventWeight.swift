import Schema
import Support

extension Event {
    /// About the bytes that a waiting event holds: 256 for the envelope and what its variable members take.
    /// Small members are not counted; every member that a model, a tool or a person can make long is.
    var weight: Int { 256 + payload.variableBytes }
}

extension EventPayload {
    fileprivate var variableBytes: Int {
        switch self {
        case .sessionTextDelta(let data): data.delta.utf8.count
        case .sessionReasoningDelta(let data): data.delta.utf8.count
        case .sessionToolInputDelta(let data): data.delta.utf8.count
        case .sessionCompactionDelta(let data): data.text.utf8.count
        case .sessionTextEnded(let data): data.text.utf8.count
        case .sessionReasoningEnded(let data): data.text.utf8.count + (data.native?.weight ?? 0)
        case .sessionToolInputEnded(let data): data.text.utf8.count
        case .sessionToolCalled(let data): data.input.weight
        case .sessionToolProgress(let data): data.metadata.weight
        case .sessionToolSuccess(let data): data.content.weight + (data.metadata?.weight ?? 0)
        case .sessionToolFailed(let data):
            data.error.message.utf8.count + (data.content?.weight ?? 0) + (data.metadata?.weight ?? 0)
        case .sessionCompactionEnded(let data): data.text.utf8.count + (data.native?.weight ?? 0)
        case .sessionMessageContentUpdated(let data): data.content.reduce(0) { $0 + $1.weight }
        case .sessionInboxEnqueued(let data): data.item.weight
        case .sessionSynthetic(let data): data.text.utf8.count
        case .sessionSkillActivated(let data): data.text.utf8.count
        case .sessionShellEnded(let data): data.output.output.utf8.count
        case .sessionMetadataUpdated(let data): data.metadata.weight
        case .formCreated(let data): data.form.weight
        case .unknown(_, let data): data.weight
        default: 0
        }
    }
}

extension [ToolContent] {
    fileprivate var weight: Int {
        reduce(0) { total, content in
            switch content {
            case .text(let text): total + text.utf8.count
            case .file(let uri, _, _): total + uri.utf8.count
            case .unknown(let json): total + json.weight
            }
        }
    }
}

extension ContentItem {
    fileprivate var weight: Int {
        switch self {
        case .text(let item): item.text.utf8.count
        case .reasoning(let item): item.text.utf8.count + (item.native?.weight ?? 0)
        case .tool(let item): item.state.weight
        case .unknown(let json): json.weight
        }
    }
}

extension ToolState {
    fileprivate var weight: Int {
        switch self {
        case .streaming(let input): input.utf8.count
        case .running(let input, let metadata): input.weight + metadata.weight
        case .completed(let input, let content, let metadata):
            input.weight + content.weight + (metadata?.weight ?? 0)
        case .error(let input, _, let content, let metadata):
            input.weight + (content?.weight ?? 0) + (metadata?.weight ?? 0)
        case .unknown(let json): json.weight
        }
    }
}

extension InboxItem {
    fileprivate var weight: Int {
        switch self {
        case .user(let prompt, _):
            (prompt.files ?? []).reduce(prompt.text.utf8.count) { $0 + $1.data.utf8.count }
        case .synthetic(let text, _): text.text.utf8.count
        case .compaction, .move: 0
        case .unknown(let json): json.weight
        }
    }
}

extension JSON {
    /// About the bytes of a tree; its depth is bounded by the parser.
    fileprivate var weight: Int {
        switch self {
        case .null, .bool, .int, .double: 8
        case .string(let text): text.utf8.count + 8
        case .array(let elements): elements.reduce(8) { $0 + $1.weight }
        case .object(let members): members.reduce(8) { $0 + $1.key.utf8.count + $1.value.weight }
        }
    }
}
