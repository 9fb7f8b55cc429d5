import FoundationEssentials
package import Permissions
import Schema
import Support
import SystemPackage

/// `read`: lines of a text file with their numbers, a directory listing, or an image or PDF as an attachment. At most
/// 2,000 lines and 50 kB; longer lines are cut at 2,000 characters. A text file of at most 8 MiB becomes known to the
/// ledger and may be edited; a larger one is streamed and never held in memory.
package struct ReadTool: Tool {
    /// Most lines of a call.
    package static let limit = 2_000
    /// Largest image or PDF, bytes.
    package static let attachmentLimitBytes = 8 * 1024 * 1024
    /// Most entries of a directory.
    package static let entryLimit = 500

    package init() {}

    package let name = "read"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.read,
            inputSchema: [
                "type": "object",
                "properties": [
                    "filePath": ["type": "string"],
                    "offset": ["type": "integer", "description": "lines to skip"],
                    "limit": ["type": "integer"],
                ],
                "required": ["filePath"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let path = try WorkspacePaths(asking: context).resolve(try input.string("filePath"))
        return OutsideDemand.of([path], writes: false, context) + [
            PermissionDemand(
                permission: "read", patterns: path.patterns, always: PermissionDemand.literal(path.patterns),
                metadata: .object(["files": .array([.string(path.display)])]), title: "Read \(path.display)")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let written = try input.string("filePath")
        let offset = try input.optionalInt("offset") ?? 0
        let limit = try input.optionalInt("limit") ?? Self.limit
        guard offset >= 0, limit > 0 else {
            throw .file(.invalid, "offset \(offset) must be 0 or more and limit \(limit) 1 or more.")
        }
        return try await fileWork { () throws(ToolError) in
            let path = try WorkspacePaths(context).resolve(written)
            let reader = FileReader(files: WorkspaceFiles(root: context.workspace), ledger: context.files)
            return try reader.read(path, as: written, offset: offset, limit: min(limit, Self.limit))
        }
    }
}

/// The blocking part of `read`.
struct FileReader {
    let files: WorkspaceFiles
    let ledger: FileLedger

    func read(_ path: WorkspacePath, as written: String, offset: Int, limit: Int) throws(ToolError) -> ToolOutput {
        do throws(FileError) {
            guard path.exists, let info = try files.info(path.relative) else {
                throw FileError(.notFound, path: path.relative, message: "It does not exist.")
            }
            if info.isDirectory { return try directory(path) }
            guard info.isRegular else {
                throw FileError(
                    .io, path: path.relative,
                    message: "It is a device, pipe or socket, no regular file.")
            }
            let head = try files.head(path.relative, count: FileKind.headBytes)
            switch FileKind(head: head) {
            case .attachment(let mime): return try attachment(path, mime: mime, size: Int(info.size))
            case .binary(let reason):
                throw FileError(.io, path: path.relative, message: "It is a binary file: \(reason).")
            case .text: return try text(path, size: Int(info.size), offset: offset, limit: limit)
            }
        } catch {
            if error.kind == .notFound { throw NearNames.missing(path, written: written, in: files) }
            throw .file(error, path: written)
        }
    }

    private func text(_ path: WorkspacePath, size: Int, offset: Int, limit: Int) throws(FileError) -> ToolOutput {
        var window = LineWindow(offset: offset, limit: limit)
        let editable = size <= WorkspaceFiles.limitBytes
        if editable {
            let bytes = try files.read(path.relative)
            window.push(bytes[...])
            window.finish()
            ledger.record(path.relative, hash: SHA256Hash.hex(of: bytes))
        } else {
            var complete = true
            try files.readChunks(path.relative) { chunk throws(FileError) in
                window.push(chunk)
                complete = window.stop == nil
                return complete
            }
            if complete { window.finish() }
        }
        guard offset == 0 || offset < window.seen else {
            throw FileError(
                .io, path: path.relative, errno: 0,
                message: "offset \(offset) is past the end, the file has \(window.seen) lines.")
        }
        return output(path, window, offset: offset, editable: editable)
    }

    private func output(_ path: WorkspacePath, _ window: LineWindow, offset: Int, editable: Bool) -> ToolOutput {
        var text = "<file>\n"
        for (index, line) in window.lines.enumerated() {
            let number = String(offset + index + 1)
            text += String(repeating: "0", count: max(0, 5 - number.utf8.count)) + number + "| " + line + "\n"
        }
        let last = offset + window.lines.count
        switch window.stop {
        case .lines: text += "\n(File has more lines. Use 'offset' \(last) to read beyond line \(last))\n"
        case .bytes:
            text +=
                "\n(Output truncated at \(LineWindow.byteLimit) bytes. "
                + "Use 'offset' \(last) to read beyond line \(last))\n"
        case nil: text += "\n(End of file - total \(window.seen) lines)\n"
        }
        if window.hasInvalidText { text += "(Bytes that are no UTF-8 are shown as \u{FFFD})\n" }
        if !editable { text += "(The file is over 8 MiB: it can be read in parts, but not edited)\n" }
        text += "</file>"
        var metadata: JSONObject = [
            "path": .string(path.display), "lines": .int(Int64(window.lines.count)),
            "truncated": .bool(window.stop != nil),
        ]
        if editable { metadata["totalLines"] = .int(Int64(window.seen)) }
        // The registry must not cut again what is cut here; the whole text is the file itself.
        let isFull = window.stop != nil || window.lines.count + 4 > ReadTool.limit
        return ToolOutput(
            text: text, metadata: .object(metadata), title: path.display,
            truncatedFile: isFull ? files.root.path.pushing(path.relative) : nil)
    }

    private func attachment(_ path: WorkspacePath, mime: String, size: Int) throws(FileError) -> ToolOutput {
        guard size <= ReadTool.attachmentLimitBytes else {
            throw FileError(
                .tooLarge, path: path.relative, errno: 0,
                message: "It has \(size) bytes, more than the \(ReadTool.attachmentLimitBytes) of an attachment.")
        }
        let bytes = try files.read(path.relative, limit: ReadTool.attachmentLimitBytes)
        let kind = mime.utf8.starts(with: "image/".utf8) ? "Image" : "PDF"
        let uri = "data:\(mime);base64,\(Data(bytes).base64EncodedString())"
        return ToolOutput(
            text: "\(kind) \(path.display) (\(bytes.count) bytes) is attached.",
            content: [.file(uri: uri, mime: mime, name: path.relative.lastComponent?.string)],
            metadata: .object([
                "path": .string(path.display), "mime": .string(mime), "bytes": .int(Int64(bytes.count)),
            ]), title: path.display)
    }

    private func directory(_ path: WorkspacePath) throws(FileError) -> ToolOutput {
        let entries = try files.list(path.relative)
        var lines = ["<directory>"]
        for entry in entries.prefix(ReadTool.entryLimit) {
            let mark = entry.kind == .directory ? "/" : entry.kind == .symlink ? "@" : ""
            lines.append(HostileText.escaped(entry.name.string, multiline: false) + mark)
        }
        if entries.isEmpty { lines.append("(empty)") }
        if entries.count > ReadTool.entryLimit {
            lines.append("(\(entries.count - ReadTool.entryLimit) more entries; use glob to narrow)")
        }
        lines.append("</directory>")
        return ToolOutput(
            text: lines.joined(separator: "\n"),
            metadata: .object([
                "path": .string(path.display), "entries": .int(Int64(entries.count)),
                "truncated": .bool(entries.count > ReadTool.entryLimit),
            ]), title: path.display)
    }
}
