package import Schema
import Support

extension SessionProjection {
    /// Messages without those that were reverted; of one that was cut, what stands before the cut.
    var visibleMessages: [SessionMessage] {
        let staged = info.revert
        let hidden = staged.flatMap { index(of: $0.messageID) }
        var visible: [SessionMessage] = []
        for (index, entry) in entries.enumerated() where !entry.isSuperseded {
            let message = entry.supersededFrom.map { entry.message.cut(from: $0) } ?? entry.message
            guard let hidden, index >= hidden else {
                visible.append(message)
                continue
            }
            if index == hidden, let part = staged?.partID {
                let rest = message.cut(from: part)
                if !rest.isEmptyAnswer { visible.append(rest) }
            }
            break
        }
        return visible
    }

    /// All messages, and whether each is reverted; of one that was cut, the part from which on it is.
    package var history: [(message: SessionMessage, isSuperseded: Bool, supersededFrom: String?)] {
        entries.map { ($0.message, $0.isSuperseded, $0.supersededFrom) }
    }

    /// Hides what a revert names, or shows it again.
    mutating func stageRevert(_ revert: SessionRevert?) {
        info.revert = revert
        readTodo()
    }

    /// Marks a message and what follows as superseded; a staged part cuts the message instead.
    mutating func commitRevert(to messageID: String) {
        let part = info.revert?.messageID == messageID ? info.revert?.partID : nil
        info.revert = nil
        guard let start = index(of: messageID) else { return }
        for index in start..<entries.count where !entries[index].isSuperseded {
            if index == start, let part, !entries[index].message.cut(from: part).isEmptyAnswer {
                entries[index].supersededFrom = part
            } else {
                entries[index].isSuperseded = true
            }
            changed.insert(index)
        }
        readTodo()
    }

    /// The todo list as the last visible `todowrite` call left it.
    private mutating func readTodo() {
        todo = nil
        for case .assistant(let message) in visibleMessages.reversed() {
            for case .tool(let item) in message.content.reversed() where item.name == "todowrite" {
                if case .completed(_, _, let metadata) = item.state, let todos = metadata?["todos"] {
                    todo = todos
                    return
                }
            }
        }
    }
}

extension SessionMessage {
    /// The message without a part and what follows it; as it is when it has no such part.
    func cut(from partID: String) -> SessionMessage {
        guard case .assistant(var message) = self,
            let index = message.content.firstIndex(where: { $0.partID == partID })
        else { return self }
        message.content.removeSubrange(index...)
        return .assistant(message)
    }

    /// An answer that says nothing.
    var isEmptyAnswer: Bool {
        if case .assistant(let message) = self { return message.content.isEmpty }
        return false
    }
}
