import Schema
import Support

/// A session as its share shows it: the fold of its log, and what of it the service has.
///
/// A value: the copy before a change is what to go on with when the change could not be sent.
struct ShareMirror: Sendable {
    private struct Sent: Sendable, Equatable {
        var message: String
        var parts: [String]
    }

    /// nil before the first event.
    private(set) var projection: SessionProjection?
    /// Of the last event that was applied.
    private(set) var seq: Int64 = 0
    private var sent: [String: Sent] = [:]
    private var session = ""
    private var revert: SessionRevert?
    private var touched: Set<String> = []

    /// What was taken out on the way.
    private(set) var secrets = 0
    private(set) var paths = 0

    init() {}

    /// The session as it is now, in whatever way it came to be.
    init(_ projection: SessionProjection) {
        self.projection = projection
        seq = projection.seq
        touched = Set(projection.messages.map(\.id))
    }

    /// Applies an event; one that is older than what is there changes nothing.
    mutating func apply(_ event: Event) {
        let number = event.durable?.seq ?? seq
        guard number > seq else { return }
        if projection == nil { projection = try? SessionProjection(event) } else { projection?.apply(event) }
        seq = number
        touched.formUnion(projection?.takeChanges().map(\.message.id) ?? [])
    }

    /// Goes on to a place in the log whose events cannot be read.
    mutating func skip(to seq: Int64) { self.seq = max(self.seq, seq) }

    /// What differs from what the service has; afterwards the service counts as having it.
    mutating func changes(_ redaction: ShareRedaction) -> [JSON] {
        guard let projection else { return [] }
        let info = projection.info
        var redactor = redaction.redactor(directories: [info.location.directory])
        var items: [JSON] = []
        if let shown = ShareItem.shown(info).map({ redactor.redacted($0) }) {
            // Times and counters alone are no news.
            var essence = shown
            essence["time"] = nil
            let hash = Self.hash(essence)
            if hash != session {
                items.append(ShareItem.session(shown, seq: seq))
                session = hash
            }
        }
        // A revert hides or shows messages without changing them.
        if info.revert != revert { touched.formUnion(projection.history.map(\.message.id)) }
        revert = info.revert
        let orders = Dictionary(
            projection.entries.map { ($0.message.id, $0.seq) }, uniquingKeysWith: { first, _ in first })
        var visible: Set<String> = []
        for message in projection.messages {
            visible.insert(message.id)
            guard touched.contains(message.id) || sent[message.id] == nil else { continue }
            items += self.items(of: message, order: orders[message.id] ?? 0, &redactor)
        }
        for id in sent.keys.sorted() where !visible.contains(id) {
            items.append(ShareItem.removed(id, seq: seq))
            sent[id] = nil
        }
        touched = []
        secrets += redactor.secretCount
        paths += redactor.pathCount
        return items
    }

    private mutating func items(
        of message: SessionMessage, order: Int64, _ redactor: inout ShareRedactor
    ) -> [JSON] {
        guard let shown = ShareItem.shown(message).map({ redactor.redacted($0) }) else { return [] }
        let old = sent[message.id]
        var items: [JSON] = []
        var data = shown
        let parts = shown["content"]?.arrayValue
        if parts != nil { data["content"] = [] }
        let hash = Self.hash(data) + " \(parts?.count ?? -1)"
        if hash != old?.message {
            items.append(ShareItem.message(message.id, order: order, parts: parts?.count, data, seq: seq))
        }
        var hashes: [String] = []
        for (index, part) in (parts ?? []).enumerated() {
            let hash = Self.hash(part)
            hashes.append(hash)
            if old?.parts.indices.contains(index) == true, old?.parts[index] == hash { continue }
            items.append(ShareItem.part(message.id, index: index, part, seq: seq))
        }
        sent[message.id] = Sent(message: hash, parts: hashes)
        return items
    }

    private static func hash(_ json: JSON) -> String {
        String(SHA256Hash.hex(of: json.bytes(sortedKeys: true)).prefix(32))
    }
}
