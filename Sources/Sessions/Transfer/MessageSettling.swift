import Schema
import Support

extension SessionMessage {
    /// The same message when nobody works on it any more: what was running is an error of type `interrupted`.
    /// - Returns: unchanged when nothing was running.
    func settled(at now: Int64) -> SessionMessage {
        switch self {
        case .assistant(var message):
            var wasOpen = false
            message.content = message.content.map { item in
                guard case .tool(var tool) = item, let state = tool.state.settled else { return item }
                wasOpen = true
                tool.state = state
                tool.time.completed = tool.time.completed ?? message.time.completed ?? now
                return .tool(tool)
            }
            if message.time.completed == nil {
                message.time.completed = message.time.streamed ?? message.time.created
                if message.finish == nil, message.error == nil {
                    message.error = SessionProjection.interruption
                    message.finish = .error
                }
                return .assistant(message)
            }
            return wasOpen ? .assistant(message) : self
        case .compaction(var message) where message.status == .running:
            message.status = .failed
            message.summary = nil
            message.error = SessionProjection.interruption
            return .compaction(message)
        case .shell(var message) where message.status == .running:
            message.status = .killed
            message.time.completed = message.time.completed ?? message.time.created
            return .shell(message)
        default: return self
        }
    }
}

extension ToolState {
    /// The error that a call became which never ended; nil for one that did.
    fileprivate var settled: ToolState? {
        let error = SessionProjection.interruption
        switch self {
        case .streaming(let text):
            let input = (try? JSON(parsing: text)).flatMap { $0.objectValue == nil ? nil : $0 } ?? .object([:])
            return .error(input: input, error: error, content: nil, metadata: nil)
        case .running(let input, let metadata):
            let isEmpty = metadata.objectValue?.isEmpty ?? true
            return .error(input: input, error: error, content: nil, metadata: isEmpty ? nil : metadata)
        case .completed, .error, .unknown: return nil
        }
    }
}

extension SessionMessage {
    /// The same message with other ids. Calls keep theirs: call and result are one item.
    func identified(
        _ id: String, part: (_ partID: String?, _ place: Int) -> String, session: (_ id: String) -> String?
    ) -> SessionMessage {
        switch self {
        case .user(var message):
            message.id = id
            return .user(message)
        case .assistant(var message):
            message.id = id
            message.content = message.content.enumerated().map { place, item in
                item.identified(part(item.partID, place), session: session)
            }
            return .assistant(message)
        case .synthetic(var message):
            message.id = id
            return .synthetic(message)
        case .system(var message):
            message.id = id
            return .system(message)
        case .skill(var message):
            message.id = id
            return .skill(message)
        case .shell(var message):
            message.id = id
            return .shell(message)
        case .agentSwitched(var message):
            message.id = id
            return .agentSwitched(message)
        case .modelSwitched(var message):
            message.id = id
            return .modelSwitched(message)
        case .locationSwitched(var message):
            message.id = id
            return .locationSwitched(message)
        case .compaction(var message):
            message.id = id
            return .compaction(message)
        case .idle(var message):
            message.id = id
            return .idle(message)
        case .unknown(let json):
            guard var object = json.objectValue else { return self }
            object["id"] = .string(id)
            return .unknown(.object(object))
        }
    }
}

extension SessionMessage {
    /// The index of a part.
    func place(of partID: String) -> Int? {
        guard case .assistant(let message) = self else { return nil }
        return message.content.firstIndex { $0.partID == partID }
    }

    /// The id of the part at an index.
    func partID(at place: Int) -> String? {
        guard case .assistant(let message) = self, message.content.indices.contains(place) else { return nil }
        return message.content[place].partID
    }
}

extension ContentItem {
    fileprivate func identified(_ partID: String, session: (_ id: String) -> String?) -> ContentItem {
        switch self {
        case .text(var item):
            item.partID = partID
            return .text(item)
        case .reasoning(var item):
            item.partID = partID
            return .reasoning(item)
        case .tool(var item):
            item.partID = partID
            item.state = item.state.pointing(session)
            return .tool(item)
        case .unknown(let json):
            guard var object = json.objectValue else { return self }
            object["partID"] = .string(partID)
            return .unknown(.object(object))
        }
    }
}

extension ToolState {
    /// A `task` call names the session it started; that one may have another id now.
    fileprivate func pointing(_ session: (_ id: String) -> String?) -> ToolState {
        func moved(_ metadata: JSON?) -> JSON? {
            guard var object = metadata?.objectValue else { return metadata }
            for key in ["sessionID", "sessionId"] {
                if let old = object[key]?.stringValue, let new = session(old) { object[key] = .string(new) }
            }
            return .object(object)
        }
        switch self {
        case .completed(let input, let content, let metadata):
            return .completed(input: input, content: content, metadata: moved(metadata))
        case .error(let input, let error, let content, let metadata):
            return .error(input: input, error: error, content: content, metadata: moved(metadata))
        case .streaming, .running, .unknown: return self
        }
    }
}
