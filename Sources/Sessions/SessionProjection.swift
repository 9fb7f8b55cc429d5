package import Schema
package import Support

/// Something admitted to a session that no execution has taken yet.
package struct InboxEntry: Codable, Sendable, Equatable {
    /// The id of the message it becomes.
    package var id: String
    /// Unix milliseconds.
    package var created: Int64
    /// What is to be delivered.
    package var item: InboxItem

    /// The value with these members; nothing is checked.
    package init(id: String, created: Int64, item: InboxItem) {
        self.id = id
        self.created = created
        self.item = item
    }

    /// When it is to be delivered.
    package var delivery: Delivery { item.delivery }
}

/// A session as the fold of its durable events. Pure: the same events give the same value, in any process.
///
/// Events are applied in the order of their `seq`; an event that was applied already changes nothing, except that it may set
/// fields of a newer state back when it is not the next one, so callers pass each event once. Deltas and tool progress may be
/// applied too (a face that shows a live session does); they change no counter.
package struct SessionProjection: Sendable, Equatable {
    /// A message with its place in the log.
    struct Entry: Sendable, Equatable {
        /// The `seq` of the event that created it.
        var seq: Int64
        var message: SessionMessage
        /// Reverted: kept, but not part of the conversation any more.
        var isSuperseded = false
        /// The part from which on the message is reverted; nil = none of it, or all.
        var supersededFrom: String?
    }

    /// What lists show of the session.
    package internal(set) var info: SessionInfo
    /// What waits to be delivered, oldest first.
    package internal(set) var inbox: [InboxEntry] = []
    /// True from `session.execution.started` to the execution's terminal event.
    package internal(set) var running = false
    /// The todo list as the last `todowrite` call left it; an array.
    package internal(set) var todo: JSON?
    var entries: [Entry] = []
    /// Indexes into `entries`.
    var changed: Set<Int> = []

    /// Starts with the first event of a log.
    /// - Throws: `invalid` when it is not `session.created`.
    package init(_ first: Event) throws(SessionError) {
        guard case .sessionCreated(let created) = first.payload else {
            throw SessionError(.invalid, "A session's log starts with session.created, not with \(first.payload.type).")
        }
        info = SessionInfo(
            id: created.sessionID, parentID: created.parentID, projectID: created.projectID, agent: created.agent,
            model: created.model, cost: 0, tokens: .zero,
            time: SessionTime(created: first.created, updated: first.created), title: created.title,
            subpath: created.subpath, metadata: created.metadata, permissions: created.permissions,
            location: LocationPublicRef(directory: created.location.directory), usage: SessionUsage(requests: 0),
            seq: first.durable?.seq ?? 0)
    }

    init(_ stored: StoredSession, entries: [Entry]) {
        info = stored.info
        inbox = stored.inbox
        running = stored.running
        todo = stored.todo
        self.entries = entries
    }

    /// The conversation in the order of the log, without what was reverted or is staged to be.
    package var messages: [SessionMessage] { visibleMessages }

    /// The last applied event's `seq`.
    package var seq: Int64 { info.seq ?? 0 }

    /// The ids of the messages that changed since `takeChanges()`, in the order of the log.
    package var changedMessageIDs: [String] { changed.sorted().map { entries[$0].message.id } }

    /// Returns the messages that changed since the last call, and forgets that they did.
    mutating func takeChanges() -> [Entry] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.sorted().map { entries[$0] }
    }

    /// Adds messages that are missing, each at its place in the log.
    mutating func add(_ found: [Entry]) {
        let known = Set(entries.map(\.message.id))
        entries = (entries + found.filter { !known.contains($0.message.id) }).sorted { $0.seq < $1.seq }
    }

    /// Makes the next `takeChanges()` return every message.
    mutating func markAllChanged() { changed = Set(entries.indices) }

    // MARK: Helpers of the fold

    /// Adds a message, or replaces the one with its id.
    mutating func put(_ message: SessionMessage, seq: Int64) {
        if let index = index(of: message.id) {
            entries[index].message = message
            changed.insert(index)
        } else {
            entries.append(Entry(seq: seq, message: message))
            changed.insert(entries.count - 1)
        }
    }

    func index(of id: String) -> Int? { entries.lastIndex { $0.message.id == id } }

    /// Changes an assistant message; nothing happens when it is not there.
    mutating func updateAssistant(_ id: String, _ change: (inout AssistantMessage) -> Void) {
        guard let index = index(of: id), case .assistant(var message) = entries[index].message else { return }
        change(&message)
        entries[index].message = .assistant(message)
        changed.insert(index)
    }

    /// Counts one model request.
    mutating func count(_ tokens: TokenUsage?, cost: Double?) {
        info.tokens = info.tokens + (tokens ?? .zero)
        info.cost += cost ?? 0
        info.usage = SessionUsage(requests: (info.usage?.requests ?? 0) + 1)
    }

    /// The id of a message that an event creates without naming it.
    static func messageID(of event: Event) -> String {
        let prefix = IDPrefix.event.rawValue
        let rest = event.id.utf8.starts(with: prefix.utf8) ? String(event.id.dropFirst(prefix.count)) : event.id
        return IDPrefix.message.rawValue + rest
    }
}
