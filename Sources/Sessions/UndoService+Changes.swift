package import Schema
import Snapshots
import SystemPackage

extension UndoService {
    /// What a session's calls changed in files, from before the first of some messages to after the last of them. What was undone
    /// is left out; so is what others did to the same files in between.
    /// - Parameters:
    ///   - from: the first message; nil = the first of the session.
    ///   - to: the last message, inclusive; nil = the last of the session.
    /// - Throws: `SessionError` (`notFound`, `messageNotFound`), `SnapshotError`.
    package func changes(_ sessionID: String, from: String? = nil, to: String? = nil) async throws -> [FileDiffInfo] {
        let order = try await sessions.projection(sessionID).history.map(\.message.id)
        func place(_ id: String?, _ standard: Int) throws -> Int {
            guard let id else { return standard }
            guard let index = order.firstIndex(of: id) else {
                throw SessionError.messageNotFound(id, of: sessionID)
            }
            return index
        }
        let start = try place(from, 0)
        let end = try place(to, order.count - 1)
        guard start <= end else { return [] }
        let wanted = Set(order[start...end])
        let view = try await journal()
        var changes: [TreeChange] = []
        var places: [FilePath: Int] = [:]
        for entry in view.entries(of: sessionID) where wanted.contains(entry.call.messageID) {
            for file in entry.files where !view.isUndone(entry, file.path) {
                if let index = places[file.path] {
                    changes[index].after = file.after
                } else {
                    places[file.path] = changes.count
                    changes.append(TreeChange(path: file.path, before: file.before, after: file.after))
                }
            }
        }
        return try await snapshots.diffs(changes.filter { $0.before != $0.after })
    }
}
