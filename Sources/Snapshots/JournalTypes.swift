import Support
package import SystemPackage

/// A tool call, as the journal names it.
package struct JournalCall: Sendable, Equatable {
    /// The session whose undo takes the call back: the one at the top, when a subagent calls.
    package var owner: String
    /// The session that calls.
    package var sessionID: String
    /// The assistant message of `owner` that holds the call, or the `task` call above it.
    package var messageID: String
    /// The id of that call.
    package var callID: String
    /// The tool.
    package var tool: String

    /// The value with these members; nothing is checked.
    package init(owner: String, sessionID: String, messageID: String, callID: String, tool: String) {
        self.owner = owner
        self.sessionID = sessionID
        self.messageID = messageID
        self.callID = callID
        self.tool = tool
    }

    var json: JSONObject {
        [
            "ses": .string(owner), "by": .string(sessionID), "msg": .string(messageID), "call": .string(callID),
            "tool": .string(tool),
        ]
    }

    init?(_ json: JSON) {
        guard let owner = json["ses"]?.stringValue else { return nil }
        self.init(
            owner: owner, sessionID: json["by"]?.stringValue ?? owner, messageID: json["msg"]?.stringValue ?? "",
            callID: json["call"]?.stringValue ?? "", tool: json["tool"]?.stringValue ?? "")
    }
}

/// What a call did to one path.
package struct JournalFile: Sendable, Equatable {
    /// Relative to the workspace.
    package var path: FilePath
    /// Nil: it was not there.
    package var before: FileVersion?
    /// Nil: it was removed.
    package var after: FileVersion?

    /// The value with these members; nothing is checked.
    package init(path: FilePath, before: FileVersion?, after: FileVersion?) {
        self.path = path
        self.before = before
        self.after = after
    }

    var json: JSON {
        var object = JournalPath.json(path)
        object["before"] = before?.json
        object["after"] = after?.json
        return .object(object)
    }

    init?(_ json: JSON) {
        guard let path = JournalPath.path(json) else { return nil }
        self.init(path: path, before: FileVersion(json["before"]), after: FileVersion(json["after"]))
    }
}

/// Paths in JSON, relative to the workspace or absolute for what was granted outside: `p` when the bytes are UTF-8, else `x` with hexadecimal digits.
enum JournalPath {
    static func json(_ path: FilePath) -> JSONObject {
        path.isUTF8 ? ["p": .string(path.shown)] : ["x": .string(Hex.text(path.bytes))]
    }

    static func path(_ json: JSON) -> FilePath? {
        let bytes = json["p"]?.stringValue.map { Array($0.utf8) } ?? json["x"]?.stringValue.flatMap { Hex.bytes($0) }
        guard let bytes, !bytes.isEmpty, !bytes.contains(0) else { return nil }
        let path = FilePath(bytes: bytes)
        return path.components.allSatisfy { $0.kind == .regular } ? path : nil
    }
}

/// One call that changed files.
package struct JournalEntry: Sendable, Equatable {
    /// `snp_…`
    package var id: String
    /// The call.
    package var call: JournalCall
    /// Unix milliseconds.
    package var timeMs: Int64
    /// What it did, each path once.
    package var files: [JournalFile]
    /// Directories that it created.
    package var folders: [FilePath]
    /// Where in the journal the call began and ended: of two calls that overlap neither owns what both changed.
    package var span: ClosedRange<Int>
    /// False when the call did not live to say that it wrote.
    package var isConfirmed: Bool
    /// Why the effects of the call are not known; nil when they are.
    package var notice: String?
}

/// What an undo or redo set out to do with one path.
package struct UndoItem: Sendable, Equatable {
    /// Relative to the workspace.
    package var path: FilePath
    /// What was there before; nil = nothing.
    package var from: FileVersion?
    /// What it became; nil = nothing.
    package var to: FileVersion?
    /// The journal entries whose effect on the path is taken back.
    package var entries: [String]
    /// False: the path was left alone.
    package var isApplied: Bool

    var json: JSON {
        var object = JournalPath.json(path)
        object["from"] = from?.json
        object["to"] = to?.json
        object["e"] = .array(entries.map { .string($0) })
        if !isApplied { object["kept"] = true }
        return .object(object)
    }

    init(path: FilePath, from: FileVersion?, to: FileVersion?, entries: [String], isApplied: Bool) {
        self.path = path
        self.from = from
        self.to = to
        self.entries = entries
        self.isApplied = isApplied
    }

    init?(_ json: JSON) {
        guard let path = JournalPath.path(json) else { return nil }
        self.init(
            path: path, from: FileVersion(json["from"]), to: FileVersion(json["to"]),
            entries: json["e"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            isApplied: json["kept"]?.boolValue != true)
    }
}

/// One undo, redo, revert or restore.
package struct JournalUndo: Sendable, Equatable {
    /// What was done.
    package enum Kind: String, Sendable {
        case undo, redo, revert, restore
        /// A revert that hid no messages.
        case revertFiles = "revert-files"

        /// True for what takes calls back.
        var takesBack: Bool { self == .undo || self == .revert || self == .revertFiles }
    }

    /// The checkpoint that was made first: `snp_…`
    package var id: String
    /// The session; empty for a restore.
    package var owner: String
    /// What was done.
    package var kind: Kind
    /// The undo that a redo takes back.
    package var of: String?
    /// Unix milliseconds.
    package var timeMs: Int64
    /// What it set out to do, kept paths too.
    package var items: [UndoItem]
    /// Nil: it has not ended; false: it failed and changed nothing.
    package var succeeded: Bool?
}
