import Schema
import Support

extension SessionProjection {
    mutating func applyStep(_ event: Event) {
        switch event.payload {
        case .sessionStepStarted(let data):
            let message = AssistantMessage(
                id: data.assistantMessageID, time: AssistantTime(created: data.started), agent: data.agent,
                model: data.model, content: [],
                snapshot: data.snapshot.map { AssistantSnapshot(start: $0) })
            put(.assistant(message), seq: event.durable?.seq ?? seq)
        case .sessionStepStreamed(let data):
            updateAssistant(data.assistantMessageID) { $0.time.streamed = event.created }
        case .sessionStepEnded(let data):
            count(data.tokens, cost: data.cost)
            updateAssistant(data.assistantMessageID) { message in
                message.finish = data.finish
                message.rawFinish = data.rawFinish
                message.native = data.native
                message.cost = data.cost
                message.tokens = data.tokens
                message.retry = nil
                message.end(at: event.created, snapshot: data.snapshot, files: data.files)
            }
        case .sessionStepFailed(let data):
            count(data.tokens, cost: data.cost)
            updateAssistant(data.assistantMessageID) { message in
                message.finish = data.finish ?? .error
                message.rawFinish = data.rawFinish
                message.native = data.native
                message.cost = data.cost
                message.tokens = data.tokens
                message.error = data.error
                message.retry = nil
                message.end(at: event.created, snapshot: data.snapshot, files: data.files)
            }
        case .sessionRetryScheduled(let data):
            updateAssistant(data.assistantMessageID) {
                $0.retry = AssistantRetry(attempt: data.attempt, at: data.at, error: data.error)
            }
        case .sessionMessageContentUpdated(let data):
            updateAssistant(data.messageID) { $0.content = data.content }
        default: return
        }
    }

    mutating func applyText(_ event: Event) {
        switch event.payload {
        case .sessionTextStarted(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.retry = nil
                message.setText(data.ordinal) { $0 = TextItem(partID: data.partID ?? $0.partID, text: "") }
            }
        case .sessionTextDelta(let data):
            updateAssistant(data.assistantMessageID) { $0.setText(data.ordinal) { $0.text += data.delta } }
        case .sessionTextEnded(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setText(data.ordinal) {
                    $0 = TextItem(partID: data.partID ?? $0.partID, text: data.text, native: data.native)
                }
            }
        case .sessionReasoningStarted(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.retry = nil
                message.setReasoning(data.ordinal) {
                    $0 = ReasoningItem(
                        partID: data.partID ?? $0.partID, text: "", native: data.native,
                        time: ReasoningTime(created: event.created))
                }
            }
        case .sessionReasoningDelta(let data):
            updateAssistant(data.assistantMessageID) { $0.setReasoning(data.ordinal) { $0.text += data.delta } }
        case .sessionReasoningEnded(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setReasoning(data.ordinal) {
                    $0.partID = data.partID ?? $0.partID
                    $0.text = data.text
                    $0.native = data.native ?? $0.native
                    $0.time = ReasoningTime(created: $0.time?.created ?? event.created, completed: event.created)
                }
            }
        default: return
        }
    }

    mutating func applyTool(_ event: Event) {
        switch event.payload {
        case .sessionToolInputStarted(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.retry = nil
                message.setTool(data.id, created: event.created) { item in
                    item.name = data.name
                    item.partID = data.partID ?? item.partID
                    item.state = .streaming(input: "")
                }
            }
        case .sessionToolInputDelta(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setTool(data.id, created: event.created) { item in
                    if case .streaming(let input) = item.state { item.state = .streaming(input: input + data.delta) }
                }
            }
        case .sessionToolInputEnded(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setTool(data.id, created: event.created) { $0.state = .streaming(input: data.text) }
            }
        case .sessionToolCalled(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setTool(data.id, created: event.created) { item in
                    item.executed = data.executed
                    item.native = data.native
                    item.time.ran = event.created
                    item.state = .running(input: data.input, metadata: .object([:]))
                }
            }
        case .sessionToolProgress(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setTool(data.id, created: event.created) { item in
                    if case .running(let input, _) = item.state {
                        item.state = .running(input: input, metadata: data.metadata)
                    }
                }
            }
        case .sessionToolSuccess(let data):
            var name: String?
            updateAssistant(data.assistantMessageID) { message in
                message.setTool(data.id, created: event.created) { item in
                    item.executed = data.executed
                    item.native = data.native ?? item.native
                    item.time.completed = event.created
                    item.state = .completed(input: item.state.input, content: data.content, metadata: data.metadata)
                    name = item.name
                }
            }
            if name == "todowrite", let todos = data.metadata?["todos"] { todo = todos }
        case .sessionToolFailed(let data):
            updateAssistant(data.assistantMessageID) { message in
                message.setTool(data.id, created: event.created) { item in
                    item.executed = data.executed
                    item.native = data.native ?? item.native
                    item.time.completed = event.created
                    item.state = .error(
                        input: item.state.input, error: data.error, content: data.content, metadata: data.metadata)
                }
            }
        default: return
        }
    }
}

extension ToolState {
    /// The arguments, `{}` before they are complete.
    fileprivate var input: JSON {
        switch self {
        case .running(let input, _), .completed(let input, _, _), .error(let input, _, _, _): input
        case .streaming, .unknown: .object([:])
        }
    }

    /// True while the call has no result.
    var isOpen: Bool {
        switch self {
        case .streaming, .running: true
        case .completed, .error, .unknown: false
        }
    }
}

extension AssistantMessage {
    fileprivate mutating func end(at created: Int64, snapshot end: String?, files: [String]?) {
        time.completed = created
        guard end != nil || files != nil else { return }
        var value = snapshot ?? AssistantSnapshot()
        value.end = end
        value.files = files
        snapshot = value
    }

    /// Changes the text with an ordinal (its place among the texts); one that is missing is added at the end.
    fileprivate mutating func setText(_ ordinal: Int, _ change: (inout TextItem) -> Void) {
        var seen = 0
        for index in content.indices {
            guard case .text(var item) = content[index] else { continue }
            if seen == ordinal {
                change(&item)
                content[index] = .text(item)
                return
            }
            seen += 1
        }
        var item = TextItem(text: "")
        change(&item)
        content.append(.text(item))
    }

    fileprivate mutating func setReasoning(_ ordinal: Int, _ change: (inout ReasoningItem) -> Void) {
        var seen = 0
        for index in content.indices {
            guard case .reasoning(var item) = content[index] else { continue }
            if seen == ordinal {
                change(&item)
                content[index] = .reasoning(item)
                return
            }
            seen += 1
        }
        var item = ReasoningItem(text: "")
        change(&item)
        content.append(.reasoning(item))
    }

    /// Changes the call with an id; one that is missing is added at the end.
    fileprivate mutating func setTool(_ id: String, created: Int64, _ change: (inout ToolItem) -> Void) {
        for index in content.indices.reversed() {
            guard case .tool(var item) = content[index], item.id == id else { continue }
            change(&item)
            content[index] = .tool(item)
            return
        }
        var item = ToolItem(id: id, name: "unknown", state: .streaming(input: ""), time: ToolTime(created: created))
        change(&item)
        content.append(.tool(item))
    }
}
