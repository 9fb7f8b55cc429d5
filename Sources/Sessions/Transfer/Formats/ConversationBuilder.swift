import Schema
import Support

/// Makes messages of a conversation that a foreign format tells step by step: prompts, answers, calls, results.
struct ConversationBuilder: Sendable {
    private(set) var messages: [TransferMessage] = []
    private(set) var model = ModelRef(id: "unknown", providerID: "unknown")
    private var open: AssistantMessage?
    /// Where the calls without a result are: in `messages`, or in `open` when the first index is their count.
    private var calls: [String: (message: Int, item: Int)] = [:]
    private var identifiers = Set<String>()
    /// True when the open answer has results, so that the next item belongs to the next request.
    private var isAnswered = false
    /// True when the format tells by ids which items belong to one answer.
    private var isNamed = false

    var agent = "build"
    /// The time of what has none, Unix milliseconds.
    var clock: Int64 = 0
    private(set) var lost = 0

    mutating func use(_ model: ModelRef) { self.model = model }

    mutating func user(_ text: String, files: [PromptFile] = [], id: String? = nil, at time: Int64? = nil) {
        close()
        let time = tick(time)
        append(
            .user(
                .init(
                    id: unique(id), time: .init(created: time), text: text, files: files.isEmpty ? nil : files)))
    }

    mutating func synthetic(_ text: String, description: String? = nil, id: String? = nil, at time: Int64? = nil) {
        close()
        let time = tick(time)
        append(.synthetic(.init(id: unique(id), time: .init(created: time), text: text, description: description)))
    }

    mutating func system(_ text: String, at time: Int64? = nil) {
        close()
        let time = tick(time)
        append(.system(.init(id: unique(nil), time: .init(created: time), text: text)))
    }

    mutating func summary(_ text: String, id: String? = nil, at time: Int64? = nil) {
        close()
        let time = tick(time)
        append(
            .compaction(
                .init(
                    id: unique(id), time: .init(created: time), status: .completed, reason: .auto, model: model,
                    summary: text)))
    }

    /// Goes on with an answer, or starts one.
    /// - Parameter id: of the answer; another one than the open answer's starts a new answer.
    mutating func answer(id: String? = nil, at time: Int64? = nil) {
        isNamed = id != nil
        if let open, id == nil ? !isAnswered : open.id == id { return }
        close()
        let time = tick(time)
        open = AssistantMessage(
            id: unique(id), time: .init(created: time), agent: agent, model: model, content: [], finish: .stop)
    }

    mutating func text(_ text: String, at time: Int64? = nil) { item(.text(.init(text: text)), at: time) }

    mutating func reasoning(_ text: String, at time: Int64? = nil) {
        item(.reasoning(.init(text: text)), at: time)
    }

    mutating func call(_ id: String, name: String, input: JSON, at time: Int64? = nil) {
        let created = tick(time)
        let input = input.objectValue == nil ? ["input": input] : input
        let tool = ToolItem(
            id: id, name: name, state: .running(input: input, metadata: .object([:])),
            time: .init(created: created, ran: created))
        item(.tool(tool), at: created)
        open?.finish = .toolCalls
        if let open { calls[id] = (messages.count, open.content.count - 1) }
    }

    mutating func result(_ id: String, content: [ToolContent], isError: Bool, at time: Int64? = nil) {
        let completed = tick(time)
        guard let place = calls.removeValue(forKey: id) else {
            lost += 1
            return
        }
        if place.message == messages.count {
            open?.content.finish(place.item, content, isError, completed)
            isAnswered = true
        } else if messages.indices.contains(place.message),
            case .assistant(var message) = messages[place.message].message
        {
            message.content.finish(place.item, content, isError, completed)
            messages[place.message].message = .assistant(message)
        }
    }

    mutating func usage(_ tokens: TokenUsage, cost: Double? = nil) {
        open?.tokens = tokens
        open?.cost = cost
    }

    mutating func finish(_ reason: FinishReason, raw: String?) {
        open?.finish = reason
        open?.rawFinish = raw
    }

    mutating func fail(_ error: StructuredError) {
        open?.error = error
        open?.finish = .error
    }

    /// Ends the open answer.
    mutating func close() {
        guard var message = open else { return }
        open = nil
        isAnswered = false
        message.time.completed = max(clock, message.time.created)
        append(.assistant(message))
    }

    private mutating func item(_ item: ContentItem, at time: Int64?) {
        if open == nil || (isAnswered && !isNamed) { answer(at: time) }
        _ = tick(time)
        open?.content.append(item)
    }

    private mutating func append(_ message: SessionMessage) { messages.append(TransferMessage(message)) }

    /// What has no time happened a millisecond after what stands before it.
    private mutating func tick(_ time: Int64?) -> Int64 {
        clock = time ?? clock + 1
        return clock
    }

    private mutating func unique(_ id: String?) -> String {
        var id = id ?? "message \(messages.count)"
        while !identifiers.insert(id).inserted { id += "+" }
        return id
    }
}

extension [ContentItem] {
    fileprivate mutating func finish(_ index: Int, _ content: [ToolContent], _ isError: Bool, _ time: Int64) {
        guard indices.contains(index), case .tool(var tool) = self[index], case .running(let input, _) = tool.state
        else { return }
        if isError {
            let text = content.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
            let error = StructuredError(type: "tool", message: text.isEmpty ? "The call failed." : text)
            tool.state = .error(input: input, error: error, content: content, metadata: nil)
        } else {
            tool.state = .completed(input: input, content: content, metadata: nil)
        }
        tool.time.completed = time
        self[index] = .tool(tool)
    }
}

extension TransferSession {
    /// A session of a foreign program with what can be told of it; sums are taken over its answers.
    static func foreign(
        id: String, title: String?, agent: String?, model: ModelRef?, directory: String, created: Int64?,
        updated: Int64?, parentID: String? = nil, metadata: JSON? = nil, messages: [TransferMessage]
    ) -> TransferSession {
        var tokens = TokenUsage.zero
        var cost = 0.0
        var requests = 0
        var times: [Int64] = []
        for entry in messages {
            switch entry.message {
            case .assistant(let message):
                tokens = tokens + (message.tokens ?? .zero)
                cost += message.cost ?? 0
                requests += 1
                times += [message.time.created, message.time.completed ?? message.time.created]
            case .user(let message): times.append(message.time.created)
            default: continue
            }
        }
        let created = created ?? times.min() ?? 0
        let info = SessionInfo(
            id: id, parentID: parentID, projectID: "global", agent: agent, model: model, cost: cost, tokens: tokens,
            time: SessionTime(created: created, updated: max(created, updated ?? times.max() ?? created)),
            title: title, metadata: metadata, location: .init(directory: directory),
            usage: SessionUsage(requests: requests))
        return TransferSession(info: info, messages: messages)
    }

    /// A title made of the first prompt: its first line, at most 80 characters.
    static func title(of messages: [TransferMessage]) -> String? {
        for case .user(let message) in messages.map(\.message) {
            let line = message.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            let words = line.split(separator: " ").joined(separator: " ")
            if !words.isEmpty { return words.count > 80 ? words.prefix(79) + "…" : words }
        }
        return nil
    }
}
