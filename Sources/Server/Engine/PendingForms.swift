package import Events
import Schema
package import Support
package import Tools

/// Forms that wait for a person: the model's questions, and those that clients make. In memory; the last 1,000.
package actor PendingForms: QuestionAsker {
    /// How a form stands.
    package enum State: Sendable, Equatable {
        case pending
        case answered(JSON)
        case cancelled
    }

    /// A form.
    package struct Entry: Sendable {
        /// 2.1's `FormInfo`.
        package var info: JSONObject
        package var sessionID: String
        package var state: State
        fileprivate var order: Int

        /// 2.1's `FormDetail`.
        package var detail: JSON {
            var object = info
            switch state {
            case .pending: object["state"] = ["status": "pending"]
            case .answered(let answer): object["state"] = ["status": "answered", "answer": answer]
            case .cancelled: object["state"] = ["status": "cancelled"]
            }
            return .object(object)
        }
    }

    private static let maximum = 1_000

    private let bus: EventBus
    private let ids: any IDSource
    private let time: any TimeSource
    private var entries: [String: Entry] = [:]
    private var waiters: [String: CheckedContinuation<JSON?, Never>] = [:]
    private var lastOrder = 0

    package init(bus: EventBus, ids: any IDSource, time: any TimeSource) {
        self.bus = bus
        self.ids = ids
        self.time = time
    }

    /// Forms of a session, or of all, oldest first; only those that wait unless `all`.
    package func list(sessionID: String? = nil, all: Bool = false) -> [Entry] {
        entries.values.filter { entry in
            (sessionID == nil || entry.sessionID == sessionID) && (all || entry.state == .pending)
        }.sorted { $0.order < $1.order }
    }

    /// One form of a session.
    package func form(_ id: String, in sessionID: String) -> Entry? {
        entries[id].flatMap { $0.sessionID == sessionID ? $0 : nil }
    }

    /// Puts a form.
    /// - Returns: nil when the id is taken.
    package func create(
        id: String?, sessionID: String, title: String, metadata: JSON?, fields: JSON
    ) -> Entry? {
        let id = id ?? ids.next(.question)
        guard entries[id] == nil else { return nil }
        var info: JSONObject = [
            "id": .string(id), "sessionID": .string(sessionID), "title": .string(title), "fields": fields,
        ]
        if let metadata { info["metadata"] = metadata }
        lastOrder += 1
        let entry = Entry(info: info, sessionID: sessionID, state: .pending, order: lastOrder)
        while entries.count >= Self.maximum, let oldest = oldest() { drop(oldest) }
        entries[id] = entry
        publish(.formCreated(FormCreated(form: .object(info))))
        return entry
    }

    private func oldest() -> String? {
        let settled = entries.filter { $0.value.state != .pending }
        return (settled.isEmpty ? entries : settled).min { $0.value.order < $1.value.order }?.key
    }

    private func drop(_ id: String) {
        entries[id] = nil
        waiters.removeValue(forKey: id)?.resume(returning: nil)
    }

    /// Settles a form that waits; nil as answer cancels it.
    package func settle(_ id: String, _ answer: JSON?) {
        guard var entry = entries[id], entry.state == .pending else { return }
        entry.state = answer.map { .answered($0) } ?? .cancelled
        entries[id] = entry
        if let answer {
            publish(.formReplied(FormReplied(id: id, sessionID: entry.sessionID, answer: answer)))
        } else {
            publish(.formCancelled(FormCancelled(id: id, sessionID: entry.sessionID)))
        }
        waiters.removeValue(forKey: id)?.resume(returning: answer)
    }

    private func publish(_ payload: EventPayload) {
        bus.publish(Event(id: ids.next(.event), created: time.nowMs(), payload: payload))
    }

    // MARK: The model's questions

    package func ask(
        _ questions: [Question], sessionID: String, callID: String
    ) async throws(ToolError) -> [[String]] {
        let fields = questions.enumerated().map { index, question in Self.field(question, "answer\(index + 1)") }
        let title = questions.first?.header ?? ""
        guard
            let entry = create(
                id: nil, sessionID: sessionID, title: title.isEmpty ? "Question" : title,
                metadata: ["callID": .string(callID)], fields: .array(fields)), let id = entry.info["id"]?.stringValue
        else { throw ToolError(.failed, "The questions could not be asked.") }
        let answer = await answer(to: id)
        guard let answer else { throw ToolError(.cancelled, "The questions were dismissed.") }
        return questions.indices.map { index in
            let value = answer["answer\(index + 1)"] ?? .null
            return value.arrayValue?.compactMap(\.stringValue) ?? value.stringValue.map { [$0] } ?? []
        }
    }

    private func answer(to id: String) async -> JSON? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<JSON?, Never>) in
                if Task.isCancelled || entries[id]?.state != .pending { return continuation.resume(returning: nil) }
                waiters[id] = continuation
            }
        } onCancel: {
            Task { await self.settle(id, nil) }
        }
    }

    package func fill(_ title: String, fields: [JSON], sessionID: String) async -> FormOutcome {
        guard
            let entry = create(id: nil, sessionID: sessionID, title: title, metadata: nil, fields: .array(fields)),
            let id = entry.info["id"]?.stringValue, let answer = await answer(to: id)
        else { return .dismissed }
        return .filled(answer)
    }

    private static func field(_ question: Question, _ key: String) -> JSON {
        var field: JSONObject = [
            "key": .string(key), "title": .string(question.question),
            "type": question.multiple ? "multiselect" : "string", "custom": true,
        ]
        let options: JSON = .array(
            question.options.map { option in
                var object: JSONObject = ["value": .string(option.label), "label": .string(option.label)]
                if !option.description.isEmpty { object["description"] = .string(option.description) }
                return .object(object)
            })
        if question.multiple || !question.options.isEmpty { field["options"] = options }
        return .object(field)
    }
}
