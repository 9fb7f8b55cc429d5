import Schema
import Support

extension SessionProjection {
    /// Messages that came in as a whole, and what an import says about their session.
    mutating func applyAdded(_ event: Event) {
        switch event.payload {
        case .sessionMessageAdded(let data):
            let isSuperseded = data.superseded ?? false
            entries.append(
                Entry(
                    seq: event.durable?.seq ?? seq, message: data.message, isSuperseded: isSuperseded,
                    supersededFrom: data.supersededFrom))
            changed.insert(entries.count - 1)
            if !isSuperseded { takeTodo(data.supersededFrom.map { data.message.cut(from: $0) } ?? data.message) }
        case .sessionImported(let data):
            var imported = data.info
            imported.id = info.id
            imported.parentID = info.parentID
            imported.projectID = info.projectID
            imported.location = info.location
            imported.subpath = nil
            imported.permissions = info.permissions
            imported.revert = nil
            imported.share = nil
            imported.seq = info.seq
            info = imported
        default: return
        }
    }

    /// The todo list as a copied `todowrite` call left it.
    private mutating func takeTodo(_ message: SessionMessage) {
        guard case .assistant(let message) = message else { return }
        for case .tool(let item) in message.content where item.name == "todowrite" {
            if case .completed(_, _, let metadata) = item.state, let todos = metadata?["todos"] { todo = todos }
        }
    }
}
