package import Schema
import Support

extension SessionService {
    /// Makes a new session from another one, as 2.1's `before`: the messages that stand before a message are copied, that one
    /// and what follows are not. The copies have new ids; calls that still run are errors in the copy. Usage, todos after the
    /// message, shares, and rules that allow something stay with the source. The source is not changed and may be running.
    /// - Parameters:
    ///   - messageID: where to stop; nil copies the whole conversation.
    ///   - directory: where the fork works; nil: where the source does.
    ///   - title: nil: the source's with ` (fork #N)`.
    /// - Returns: the new session, with `forkedFrom`.
    /// - Throws: `notFound`, `messageNotFound`, `storage`. Nothing is stored then.
    package func fork(
        _ id: String, before messageID: String? = nil, directory: String? = nil, projectID: String? = nil,
        title: String? = nil
    ) async throws(SessionError) -> SessionInfo {
        let source = try await projection(id)
        var messages = source.messages
        if let messageID {
            guard let end = messages.firstIndex(where: { $0.id == messageID }) else {
                throw .messageNotFound(messageID, of: id)
            }
            messages.removeSubrange(end...)
        }
        let info = source.info
        let forkID = ids.next(.session)
        let boundary: ForkBoundary =
            messageID.map { .before(messageID: $0) } ?? .through(messageID: messages.last?.id ?? "")
        let now = time.nowMs()
        let location = LocationRef(directory: directory ?? info.location.directory)
        let created = SessionCreated(
            sessionID: forkID, projectID: projectID ?? info.projectID, location: location,
            subpath: directory == nil ? info.subpath : nil, slug: "session-\(forkID.suffix(8))",
            title: title ?? ForkTitle.next(info.title, now: now), agent: info.agent, model: info.model,
            metadata: info.metadata, permissions: info.permissions?.tightening, version: version)
        let copies = messages.map { message in
            TransferMessage(
                message.settled(at: now).identified(
                    ids.next(.message), part: { [ids] _, _ in ids.next(.part) }, session: { _ in nil }))
        }
        let seed = SessionSeed(
            created: created, forked: .init(sessionID: forkID, parentID: id, boundary: boundary), messages: copies)
        guard let fork = try await plant([seed]).first else { throw .notFound(forkID) }
        return fork
    }
}

/// Titles of forks: `X (fork #1)`, `X (fork #2)`, …
enum ForkTitle {
    private static let mark = " (fork #"

    /// The title of a fork of a session with this title.
    static func next(_ title: String?, now: Int64) -> String {
        let title = title ?? DefaultTitle.make(unixMs: now, isChild: false)
        guard title.utf8.last == UInt8(ascii: ")"), let start = index(title),
            let number = Int(title[title.utf8.index(start, offsetBy: mark.utf8.count)...].dropLast()), number > 0,
            number < 1_000_000
        else { return title + mark + "1)" }
        return title[..<start] + mark + "\(number + 1))"
    }

    private static func index(_ title: String) -> String.Index? {
        var index = title.endIndex
        while index > title.startIndex {
            index = title.utf8.index(before: index)
            if title.utf8[index...].starts(with: mark.utf8) { return index }
        }
        return nil
    }
}

extension [PermissionRule] {
    /// The rules that allow nothing; what was allowed to one session is not allowed to another.
    var tightening: [PermissionRule]? {
        let rules = filter { $0.effect != .allow }
        return rules.isEmpty ? nil : rules
    }
}
