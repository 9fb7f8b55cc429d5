import Schema
import Support

/// What comes in as it will be stored: ids given, directory changed, nothing running, rules that only tighten.
struct TransferPlan: Sendable {
    /// One session, without those below it.
    struct Item: Sendable {
        var originalID: String
        var info: SessionInfo
        var messages: [TransferMessage]
        /// The ids of the messages in the file.
        var originals: [String]
    }

    /// Parents before their children.
    private(set) var items: [Item] = []
    private(set) var warnings: [String] = []
    private var ids: TransferIDs
    private let format: TransferFormat
    private let directory: String
    private let projectID: String
    private let now: Int64

    /// - Parameter fresh: makes new ids for everything; nil keeps valid ones.
    init(
        _ document: TransferDocument, directory: String, projectID: String, fresh: (any IDSource)? = nil, now: Int64
    ) throws(TransferError) {
        format = document.format
        warnings = document.warnings
        ids = TransferIDs(format: document.format, fresh: fresh)
        self.directory = directory
        self.projectID = projectID
        self.now = now
        // Ids first: a call of the parent names its child.
        var seen = Set<String>()
        try name(document.session, &seen)
        add(document.session, parentID: nil)
    }

    private mutating func name(_ session: TransferSession, _ seen: inout Set<String>) throws(TransferError) {
        let id = ids.session(session.info.id)
        guard seen.insert(id).inserted else {
            throw TransferError(
                .malformed, path: "$.children",
                "Session \(HostileText.escaped(session.info.id, multiline: false)) is in the file twice.")
        }
        for child in session.children { try name(child, &seen) }
    }

    private mutating func add(_ session: TransferSession, parentID: String?) {
        let old = session.info
        var info = old
        info.id = ids.session(old.id)
        info.parentID = parentID ?? old.parentID.map { ids.known($0) ?? $0 }
        info.projectID = projectID
        info.location = .init(directory: directory)
        info.subpath = nil
        info.revert = nil
        info.share = nil
        info.seq = nil
        info.permissions = old.permissions?.tightening
        if let origin = old.forkedFrom {
            info.forkedFrom = .init(
                sessionID: ids.known(origin.sessionID) ?? origin.sessionID, messageID: origin.messageID)
        }
        if let fork = old.fork, let known = ids.known(fork.sessionID) { info.fork?.sessionID = known }
        let loosening = (old.permissions?.count ?? 0) - (info.permissions?.count ?? 0)
        if loosening > 0 {
            warnings.append("\(loosening) permission rules that allow something were left out of \(info.id).")
        }
        let messages = session.messages.map { entry in
            let message = entry.message
            let settled = message.settled(at: old.time.updated)
            let id = ids.message(message.id, of: old.id)
            let moved = settled.identified(
                id, part: { ids.part($0, place: $1, message: message.id, of: old.id) }, session: { ids.known($0) })
            let cut = entry.supersededFrom.flatMap { part in
                message.place(of: part).flatMap { moved.partID(at: $0) }
            }
            return TransferMessage(moved, isSuperseded: entry.isSuperseded, supersededFrom: cut)
        }
        items.append(
            Item(originalID: old.id, info: info, messages: messages, originals: session.messages.map(\.message.id)))
        for child in session.children { add(child, parentID: info.id) }
    }

    /// What creates one of the sessions.
    func seed(_ item: Item, version: String) -> SessionSeed {
        let info = item.info
        let created = SessionCreated(
            sessionID: info.id, projectID: info.projectID, location: .init(directory: info.location.directory),
            parentID: info.parentID, slug: "session-\(info.id.suffix(8))", title: info.title, agent: info.agent,
            model: info.model, metadata: info.metadata, permissions: info.permissions, version: version)
        return SessionSeed(
            created: created, messages: item.messages,
            imported: .init(
                sessionID: info.id, format: format.rawValue,
                originalID: item.originalID == info.id ? nil : item.originalID, info: info))
    }
}
