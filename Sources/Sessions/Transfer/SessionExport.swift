import Schema
import Storage
import Support

/// How to export.
package struct ExportOptions: Sendable, Equatable {
    /// The shape of the output.
    package enum Shape: String, Sendable, CaseIterable {
        /// One document: 2.1 `SessionTransferData` with an envelope.
        case json
        /// A line of info, then a message a line; children follow in the same form.
        case jsonl
    }

    /// The shape of the output.
    package var shape: Shape
    /// Also the sessions that its agents started, at all depths.
    package var includesChildren: Bool
    /// Without texts, paths and secrets.
    package var isSanitized: Bool
    /// Also messages that were reverted, marked `superseded`.
    package var includesSuperseded: Bool

    /// The value with these members.
    package init(
        shape: Shape = .json, includesChildren: Bool = false, isSanitized: Bool = false,
        includesSuperseded: Bool = false
    ) {
        self.shape = shape
        self.includesChildren = includesChildren
        self.isSanitized = isSanitized
        self.includesSuperseded = includesSuperseded
    }
}

/// Writes sessions out as they are stored, a page of messages at a time: memory does not grow with the session.
///
/// Equal sessions give equal bytes. `seq` is left out, which numbers the log of one store.
package struct SessionExporter: Sendable {
    /// Where the bytes go, in order, in pieces of about 64 KiB.
    package typealias Sink = (_ bytes: [UInt8]) async throws -> Void

    private static let pieceBytes = 64 << 10
    private static let maximumDepth = 32

    private let service: SessionService
    private let options: ExportOptions
    private let sanitizer: TransferSanitizer?

    /// An exporter of this service's sessions.
    package init(_ service: SessionService, _ options: ExportOptions = ExportOptions()) {
        self.service = service
        self.options = options
        sanitizer = options.isSanitized ? TransferSanitizer(salt: service.ids.next(.event)) : nil
    }

    /// Writes a session.
    /// - Returns: sentences about sessions that changed while they were written.
    /// - Throws: `SessionError` before anything is written when there is no such session; what `sink` throws.
    package func write(_ id: String, to sink: Sink) async throws -> [String] {
        var output = Piece()
        var warnings: [String] = []
        try await write(id, depth: 0, &output, &warnings, sink)
        if options.shape == .json { output.add("\n") }
        try await output.flush(sink)
        return warnings
    }

    /// The bytes that are not written yet.
    private struct Piece {
        var bytes: [UInt8] = []
        mutating func add(_ text: String) { bytes += text.utf8 }

        mutating func flush(_ sink: Sink) async throws {
            guard !bytes.isEmpty else { return }
            let full = bytes
            bytes = []
            try await sink(full)
        }
    }

    private func write(
        _ id: String, depth: Int, _ output: inout Piece, _ warnings: inout [String], _ sink: Sink
    ) async throws {
        let all = options.includesSuperseded
        var source = MessageSource(try await service.get(id), service, includesSuperseded: all)
        var digest = TransferDigest()
        do {
            try await source.forEach { digest.add(try bytes($0)) }
        } catch is DamagedMessages {
            source = MessageSource(rebuilt: try await service.projection(id), service, includesSuperseded: all)
            digest = TransferDigest()
            try await source.forEach { digest.add(try bytes($0)) }
        }
        let info = try infoJSON(source.info)
        let envelope: [(String, JSON)] = [
            ("format", .string(CodetetherTransfer.format)), ("version", .int(CodetetherTransfer.version)),
            ("checksum", digest.json),
        ]
        switch options.shape {
        case .json:
            output.add("{\"info\":\(info.text()),\n\"messages\":[")
        case .jsonl:
            // The members of the info, and the info itself, as readers of either form expect it.
            var line = info.objectValue ?? JSONObject()
            for (key, value) in envelope { line[key] = value }
            line["info"] = info
            output.add(JSON.object(line).text() + "\n")
        }
        var again = TransferDigest()
        let isDocument = options.shape == .json
        var piece = output
        try await source.forEach { entry in
            let bytes = try bytes(entry)
            if isDocument { piece.add(again.count == 0 ? "\n" : ",\n") }
            piece.bytes += bytes
            if !isDocument { piece.add("\n") }
            again.add(bytes)
            if piece.bytes.count >= Self.pieceBytes { try await piece.flush(sink) }
        }
        output = piece
        if again.hex != digest.hex {
            warnings.append("Session \(id) changed while it was exported; export it again when it is idle.")
        }
        if isDocument { output.add("\n]") }
        if options.includesChildren {
            try await writeChildren(of: id, depth: depth, &output, &warnings, sink)
        }
        if isDocument {
            for (key, value) in envelope { output.add(",\n\"\(key)\":\(value.text())") }
            output.add("}")
        }
    }

    private func writeChildren(
        of id: String, depth: Int, _ output: inout Piece, _ warnings: inout [String], _ sink: Sink
    ) async throws {
        let children = depth < Self.maximumDepth ? try await service.childIDs(of: id) : []
        let isDocument = options.shape == .json
        if isDocument { output.add(",\n\"children\":[") }
        var isFirst = true
        for child in children {
            if isDocument { output.add(isFirst ? "\n" : ",\n") }
            isFirst = false
            try await write(child, depth: depth + 1, &output, &warnings, sink)
        }
        if isDocument { output.add("]") }
    }

    private func infoJSON(_ info: SessionInfo) throws -> JSON {
        var info = info
        info.seq = nil
        info.revert = nil
        let json = try JSON(encoding: info)
        return sanitizer?.sanitized(json) ?? json
    }

    private func bytes(_ entry: TransferMessage) throws -> [UInt8] {
        var json = try JSON(encoding: entry.message)
        if let sanitizer { json = sanitizer.sanitized(json) }
        if var object = json.objectValue, entry.isSuperseded || entry.supersededFrom != nil {
            if entry.isSuperseded { object["superseded"] = true }
            if let part = entry.supersededFrom { object["supersededFrom"] = .string(part) }
            json = .object(object)
        }
        return json.bytes()
    }
}

/// Records of messages cannot be read; the log has to be asked.
private struct DamagedMessages: AppError {
    let session: String
    var code: String { "session.damaged" }
    var message: String {
        "Messages of session \(session) were damaged while it was exported; `codetether storage doctor` tells more."
    }
}

/// The messages of one session in order, read from the store page by page; from memory when records are damaged.
private struct MessageSource {
    private static let page = 64

    let info: SessionInfo
    private let service: SessionService
    private let includesSuperseded: Bool
    /// What the log says, when the records cannot be read.
    private let rebuilt: [SessionProjection.Entry]?

    init(_ info: SessionInfo, _ service: SessionService, includesSuperseded: Bool) {
        self.info = info
        self.service = service
        self.includesSuperseded = includesSuperseded
        rebuilt = nil
    }

    /// What the log says.
    init(rebuilt projection: SessionProjection, _ service: SessionService, includesSuperseded: Bool) {
        info = projection.info
        self.service = service
        self.includesSuperseded = includesSuperseded
        rebuilt = projection.entries
    }

    /// What is shown of a message; nil when it is reverted, or staged to be.
    private func shown(_ entry: SessionProjection.Entry, _ isHidden: inout Bool) -> SessionProjection.Entry? {
        guard !includesSuperseded else { return entry }
        guard !entry.isSuperseded, !isHidden else { return nil }
        var entry = entry
        if let part = entry.supersededFrom { entry.message = entry.message.cut(from: part) }
        if let staged = info.revert, staged.messageID == entry.message.id {
            isHidden = true
            guard let part = staged.partID else { return nil }
            entry.message = entry.message.cut(from: part)
            if entry.message.isEmptyAnswer { return nil }
        }
        return entry
    }

    func forEach(_ body: (TransferMessage) async throws -> Void) async throws {
        var isStaged = false
        if let rebuilt {
            for entry in rebuilt {
                if let message = exported(entry, &isStaged) { try await body(message) }
            }
            return
        }
        var query = RecordQuery(collection: SessionRecords.messages(of: info.id), limit: Self.page)
        while true {
            let page = try await service.storage.list(query)
            guard page.damaged.isEmpty else { throw DamagedMessages(session: info.id) }
            for record in page.records {
                guard let entry = SessionRecords.entry(record) else { throw DamagedMessages(session: info.id) }
                if let message = exported(entry, &isStaged) { try await body(message) }
            }
            guard let next = page.next else { return }
            query.after = next
        }
    }

    /// What is exported of a message: all of it with marks of what was reverted, or what the conversation shows.
    /// - Parameter isStaged: true from the message on that a staged revert names.
    private func exported(_ entry: SessionProjection.Entry, _ isStaged: inout Bool) -> TransferMessage? {
        var cut = entry.supersededFrom
        var isHidden = entry.isSuperseded || isStaged
        if let revert = info.revert, entry.message.id == revert.messageID, !isHidden {
            isStaged = true
            if let part = revert.partID, !entry.message.cut(from: part).isEmptyAnswer {
                cut = part
            } else {
                isHidden = true
            }
        }
        guard includesSuperseded else {
            return isHidden ? nil : TransferMessage(cut.map { entry.message.cut(from: $0) } ?? entry.message)
        }
        return TransferMessage(entry.message, isSuperseded: isHidden, supersededFrom: isHidden ? nil : cut)
    }
}
