import Support

/// Reads a session from bytes as they come, whatever format it has.
///
/// Two shapes: one JSON document, or lines of JSON. Lines are read one by one; a document is held until its end. At most
/// `limit` bytes, 64 MiB a line. The format is found by looking at the content.
package struct TransferReader: Sendable {
    /// The most bytes that are read.
    package static let maximumBytes = 256 << 20
    private static let maximumLineBytes = 64 << 20
    /// Lines of foreign files before the first that tells the format.
    private static let maximumUnrecognised = 200

    private enum Shape { case unknown, document, lines }

    private let limit: Int
    private var total = 0
    private var shape = Shape.unknown
    private var held: [UInt8] = []
    private var lines = LineSplitter(maxLineBytes: Self.maximumLineBytes, stripsCR: true)
    private var number = 0
    private var early: [TransferNode] = []
    private var builder: (any TransferBuilder)?
    /// A line that could not be read; only the last one of a foreign file may be so.
    private var brokenLine: TransferError?

    /// - Parameter limit: the most bytes to accept.
    package init(limit: Int = Self.maximumBytes) { self.limit = limit }

    /// Takes the next bytes.
    /// - Throws: `tooLarge`, or `malformed` as soon as that is certain.
    package mutating func push(_ bytes: some Collection<UInt8>) throws(TransferError) {
        total += bytes.count
        guard total <= limit else {
            throw TransferError(.tooLarge, "The session has more than \(limit) bytes, the most that can be imported.")
        }
        if shape == .lines { return try take(bytes) }
        held += bytes
        guard shape == .unknown else { return }
        while shape == .unknown, let end = held.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Self.trimmed(held[..<end])
            if line.isEmpty {
                held.removeSubrange(...end)
                number += 1
                continue
            }
            shape = Self.isLine(line) ? .lines : .document
        }
        guard shape == .lines else { return }
        let start = held
        held = []
        try take(start)
    }

    /// Ends the input.
    /// - Throws: `malformed`, with the place in the document.
    package mutating func finish() throws(TransferError) -> TransferDocument {
        if shape == .lines {
            if let last = lines.finish() { try record(last) }
            return try finishLines()
        }
        guard !Self.trimmed(held[...]).isEmpty else {
            throw TransferError(.malformed, path: "$", "There is nothing to import: the input is empty.")
        }
        let json: JSON
        do {
            json = try JSON(
                parsing: Self.withoutMark(held), limits: JSONLimits(depth: 128, bytes: limit))
        } catch {
            throw TransferError(
                .malformed, path: "$",
                "This is neither JSON nor lines of JSON: line \(error.line), column \(error.column): \(error.message)")
        }
        held = []
        return try TransferDocuments.read(TransferNode(json))
    }

    // MARK: Lines

    private mutating func take(_ bytes: some Collection<UInt8>) throws(TransferError) {
        let complete: [[UInt8]]
        do {
            complete = try lines.push(bytes)
        } catch {
            throw TransferError(.tooLarge, "Line \(number + 1) is too long: \(error.message)")
        }
        for line in complete { try record(line) }
    }

    private mutating func record(_ bytes: [UInt8]) throws(TransferError) {
        number += 1
        let line = Self.trimmed(Self.withoutMark(bytes)[...])
        guard !line.isEmpty else { return }
        if let brokenLine { throw brokenLine }
        let json: JSON
        do {
            json = try JSON(parsing: line)
        } catch {
            brokenLine = TransferError(
                .malformed, path: "$", "Line \(number) is no JSON: column \(error.column): \(error.message)")
            return
        }
        let node = TransferNode(json, path: "$", line: number)
        if builder == nil {
            early.append(node)
            guard let found = TransferDocuments.builder(for: node) else {
                guard early.count < Self.maximumUnrecognised else { throw TransferDocuments.unrecognised(early[0]) }
                return
            }
            builder = found
            let waiting = early
            early = []
            for node in waiting { try builder?.add(node) }
        } else {
            try builder?.add(node)
        }
    }

    private mutating func finishLines() throws(TransferError) -> TransferDocument {
        guard var builder else {
            if let brokenLine { throw brokenLine }
            throw early.first.map { TransferDocuments.unrecognised($0) }
                ?? TransferError(.malformed, path: "$", "There is nothing to import: the input is empty.")
        }
        if let brokenLine {
            // A program that died while it wrote leaves half a line.
            guard builder.allowsBrokenEnd else { throw brokenLine }
            builder.warn("\(brokenLine.message) It was left out.")
        }
        return try builder.finish()
    }

    /// True for a whole JSON object that is no document in itself.
    private static func isLine(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.count <= maximumLineBytes, let json = try? JSON(parsing: withoutMark(Array(line))),
            json.objectValue != nil
        else { return false }
        return !TransferDocuments.isDocument(json)
    }

    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = bytes.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return start.prefix(0) }
        return start[...last]
    }
}

/// Makes a session of the lines of one format.
protocol TransferBuilder: Sendable {
    /// True for files that a dying program may have cut in the middle of a line.
    var allowsBrokenEnd: Bool { get }
    mutating func add(_ node: TransferNode) throws(TransferError)
    mutating func warn(_ sentence: String)
    mutating func finish() throws(TransferError) -> TransferDocument
}

/// Which format a document or a line has.
enum TransferDocuments {
    /// True for an object that is a whole session.
    static func isDocument(_ json: JSON) -> Bool {
        json["messages"]?.arrayValue != nil || json["data"]?["messages"]?.arrayValue != nil
    }

    static func read(_ node: TransferNode) throws(TransferError) -> TransferDocument {
        if let elements = node.elements { return try OpenCodeLegacy.share(elements, node) }
        guard node.isObject else { throw node.wrong("an object") }
        if let data = node["data"], node["info"] == nil, data.isObject { return try read(data) }
        if let info = node["info"] {
            let first = node["messages"]?.elements?.first
            let isOld =
                first.map { $0["info"] != nil && $0["parts"] != nil }
                ?? (info["location"] == nil && info["directory"] != nil)
            return isOld ? try OpenCodeLegacy.document(node) : try CodetetherTransfer.document(node)
        }
        if node["messages"] != nil, node["created_at"] != nil || node["metadata"] != nil {
            return try CodetetherLegacy.document(node)
        }
        if node["messages"] != nil { throw node.fault("the member \"info\" is missing") }
        if builder(for: node) != nil { return try single(node) }
        throw unrecognised(node)
    }

    /// A file of one line.
    private static func single(_ node: TransferNode) throws(TransferError) -> TransferDocument {
        guard var builder = builder(for: node) else { throw unrecognised(node) }
        try builder.add(node)
        return try builder.finish()
    }

    static func builder(for node: TransferNode) -> (any TransferBuilder)? {
        if CodetetherLines.starts(with: node) { return CodetetherLines() }
        if CodexRollout.starts(with: node) { return CodexRollout() }
        if ClaudeCodeTranscript.starts(with: node) { return ClaudeCodeTranscript() }
        return nil
    }

    static func unrecognised(_ node: TransferNode) -> TransferError {
        let known = "a session of codetether, OpenCode, Claude Code or Codex"
        guard node.isObject else { return node.wrong("an object, \(known)") }
        return node.fault("the member \"info\" is missing; \(known) is wanted")
    }
}
