import Schema
import Support

/// Our documents, and OpenCode 2.1's `SessionTransferData`, which they are with an envelope.
enum CodetetherTransfer {
    /// The `format` of the envelope.
    static let format = "codetether.session"
    /// The newest `version` of the envelope that can be read.
    static let version: Int64 = 1
    private static let maximumDepth = 32

    static func document(_ node: TransferNode) throws(TransferError) -> TransferDocument {
        var warnings: [String] = []
        let isOurs = try checkEnvelope(node)
        let session = try session(node, depth: 0, &warnings)
        return TransferDocument(format: isOurs ? .codetether : .opencode, session: session, warnings: warnings)
    }

    /// - Returns: true for our envelope.
    static func checkEnvelope(_ node: TransferNode) throws(TransferError) -> Bool {
        guard let format = node["format"] else { return false }
        guard format.string == Self.format else { throw format.fault("expected \"\(Self.format)\"") }
        if let version = node["version"], version.json.intValue != Self.version {
            throw version.fault(
                "version \(version.json.text()) is unknown; this codetether reads version \(Self.version)")
        }
        return true
    }

    private static func session(
        _ node: TransferNode, depth: Int, _ warnings: inout [String]
    ) throws(TransferError) -> TransferSession {
        guard depth < maximumDepth else { throw node.fault("children are nested deeper than \(maximumDepth)") }
        let info = try info(node.required("info"))
        var collector = MessageCollector(session: info.id)
        for element in try node.list("messages") { try collector.add(element) }
        warnings += collector.warnings(checksum: node["checksum"])
        var children: [TransferSession] = []
        if let list = node["children"] {
            guard let elements = list.elements else { throw list.wrong("an array") }
            for element in elements { children.append(try session(element, depth: depth + 1, &warnings)) }
        }
        return TransferSession(info: info, messages: collector.messages, children: children)
    }

    static func info(_ node: TransferNode) throws(TransferError) -> SessionInfo {
        let info = try node.decode(SessionInfo.self)
        guard !info.id.isEmpty else { throw TransferNode(.string(""), path: "\(node.path).id").fault("it is empty") }
        return info
    }
}

/// Collects the messages of one session and checks them.
struct MessageCollector: Sendable {
    let session: String
    private(set) var messages: [TransferMessage] = []
    private var seen = Set<String>()
    private var digest = TransferDigest()

    init(session: String) { self.session = session }

    mutating func add(_ node: TransferNode) throws(TransferError) {
        guard node.isObject else { throw node.wrong("an object") }
        digest.add(node.json.bytes())
        _ = try node.text("type")
        var message = try node.decode(SessionMessage.self)
        let isKnown = if case .unknown = message { false } else { true }
        var id = message.id
        if id.isEmpty {
            guard !isKnown || node["id"] == nil else { throw node.fault("the member \"id\" is empty") }
            // Nothing may be lost: what a later version wrote is kept even without an id.
            id = "message \(messages.count)"
            message = message.identified(id, part: { partID, _ in partID ?? "" }, session: { _ in nil })
        }
        guard seen.insert(id).inserted else {
            throw (node["id"] ?? node).fault("the id \"\(id)\" comes twice")
        }
        var isSuperseded = false
        if let mark = node["superseded"] {
            guard let value = mark.json.boolValue else { throw mark.wrong("true or false") }
            isSuperseded = value
        }
        let cut = try node.optionalText("supersededFrom")
        if case .unknown(let json) = message, var object = json.objectValue {
            object.removeValue(forKey: "superseded")
            object.removeValue(forKey: "supersededFrom")
            message = .unknown(.object(object))
        }
        messages.append(TransferMessage(message, isSuperseded: isSuperseded, supersededFrom: cut))
    }

    /// Whether the messages are those that were exported.
    func warnings(checksum: TransferNode?) -> [String] {
        guard let checksum, checksum.isObject else { return [] }
        var warnings: [String] = []
        if let count = checksum.json["messages"]?.intValue, count != Int64(messages.count) {
            warnings.append(
                "Session \(session) was exported with \(count) messages, \(messages.count) are there.")
        } else if let wanted = checksum.json["sha256"]?.stringValue, wanted != digest.hex {
            warnings.append(
                "The messages of session \(session) were changed after the export: their checksum is \(digest.hex), not \(wanted)."
            )
        }
        return warnings
    }
}

/// The checksum over messages: SHA-256 of the hexadecimal SHA-256 of each message's compact JSON, one after the other.
struct TransferDigest: Sendable {
    private var hashes: [UInt8] = []
    private(set) var count = 0

    /// Folds 4,096 hashes into one, so that it stays small.
    mutating func add(_ message: [UInt8]) {
        hashes += SHA256Hash.hex(of: message).utf8
        count += 1
        if hashes.count >= 4_096 * 64 { hashes = Array(SHA256Hash.hex(of: hashes).utf8) }
    }

    var hex: String { SHA256Hash.hex(of: hashes) }

    /// As the envelope has it.
    var json: JSON { ["messages": .int(Int64(count)), "sha256": .string(hex)] }
}

/// Our lines: a line of info, then a message a line; then the same for children.
struct CodetetherLines: TransferBuilder {
    private struct Part {
        var info: SessionInfo
        var collector: MessageCollector
        var checksum: TransferNode?
    }

    private var parts: [Part] = []
    private var isOurs = false
    private var warnings: [String] = []

    let allowsBrokenEnd = false

    static func starts(with node: TransferNode) -> Bool { isInfo(node) }

    private static func isInfo(_ node: TransferNode) -> Bool {
        node.json["format"]?.stringValue == CodetetherTransfer.format || node["info"]?.isObject == true
            || (node["location"]?.isObject == true && node["time"] != nil && node["type"] == nil)
    }

    mutating func warn(_ sentence: String) { warnings.append(sentence) }

    mutating func add(_ node: TransferNode) throws(TransferError) {
        if Self.isInfo(node) {
            isOurs = try CodetetherTransfer.checkEnvelope(node) || isOurs
            let info = try CodetetherTransfer.info(node["info"] ?? node)
            parts.append(
                Part(info: info, collector: MessageCollector(session: info.id), checksum: node["checksum"]))
            return
        }
        guard let last = parts.indices.last else { throw node.fault("the first line is no session's info") }
        let index = parts[last].collector.messages.count
        try parts[last].collector.add(TransferNode(node.json, path: "$.messages[\(index)]", line: node.line))
    }

    mutating func finish() throws(TransferError) -> TransferDocument {
        guard let first = parts.first else {
            throw TransferError(.malformed, path: "$", "There is nothing to import: the input has no session.")
        }
        for part in parts { warnings += part.collector.warnings(checksum: part.checksum) }
        let rest = Array(parts.dropFirst())
        let known = Set(parts.map(\.info.id))
        for part in rest where !known.contains(part.info.parentID ?? "") {
            throw TransferError(
                .malformed, path: "$.parentID",
                "Session \(HostileText.escaped(part.info.id, multiline: false)) stands behind another one whose child it is not."
            )
        }
        let session = try Self.tree(first, rest, depth: 0)
        guard session.count == parts.count else {
            throw TransferError(
                .malformed, path: "$.parentID",
                "The file has \(parts.count) sessions, but only \(session.count) of them hang together by parentID.")
        }
        return TransferDocument(format: isOurs ? .codetether : .opencode, session: session, warnings: warnings)
    }

    private static func tree(_ part: Part, _ others: [Part], depth: Int) throws(TransferError) -> TransferSession {
        guard depth < 32 else {
            throw TransferError(.malformed, path: "$.parentID", "Children are nested deeper than 32.")
        }
        var session = TransferSession(info: part.info, messages: part.collector.messages)
        for other in others where other.info.parentID == part.info.id {
            session.children.append(try tree(other, others, depth: depth + 1))
        }
        return session
    }
}
