import App
import Schema
import Support
import SystemPackage

/// What `run` was given, turned into a prompt.
enum RunInput {
    /// Standard input is read up to this many bytes.
    static let maximumStdin = 10 << 20
    /// An attached file may have this many bytes.
    static let maximumFile = 20 << 20

    /// The words of the message, then what was piped in, on a line of its own.
    static func message(words: [String], piped: String?) -> String {
        var text = words.joined(separator: " ")
        if let piped, !piped.isEmpty {
            if !text.isEmpty { text += "\n" }
            text += piped
        }
        return text
    }

    /// Everything on standard input when it is not a terminal. Blocking.
    static func pipedText() throws -> String? {
        guard !Terminal.isTTY(.standardInput) else { return nil }
        let info = try FileIO.stat(.standardInput, path: "/dev/stdin")
        guard !info.isDirectory else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try FileDescriptor.standardInput.read(into: $0) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= maximumStdin else {
                throw CLIError(
                    .badData, "Standard input has more than \(maximumStdin) bytes; put it in a file and attach it.")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// One `-f`: text inline, pictures and PDF as attachments, a directory as a listing.
    static func attachment(_ name: String, directory: FilePath) throws -> PromptFile {
        let path = directory.pushing(FilePath(name))
        let info: FileInfo
        do {
            info = try FileIO.stat(path)
        } catch {
            throw CLIError(.notFound, "\(error.message) Check the path given with -f.")
        }
        let uri = "file://\(path)"
        if info.isDirectory {
            let names = try FileIO.list(path, limit: 100_000).map { entry in
                HostileText.escaped(entry.name.string, multiline: false) + (entry.kind == .directory ? "/" : "")
            }.sorted()
            let listing = names.prefix(1_000).joined(separator: "\n")
            return PromptFile(data: listing, mime: "application/x-directory", source: .uri(uri), name: name)
        }
        guard info.size <= Int64(maximumFile) else {
            throw CLIError(.badData, "\(name) has more than \(maximumFile) bytes; attach a smaller file.")
        }
        let bytes = try FileIO.read(path, limit: maximumFile)
        if let mime = mime(of: bytes) {
            return PromptFile(
                data: "data:\(mime);base64,\(Base64.encode(bytes))", mime: mime, source: .uri(uri), name: name)
        }
        guard !bytes.prefix(8_192).contains(0) else {
            throw CLIError(.badData, "\(name) is a binary file that no model reads; attach text, a picture or a PDF.")
        }
        return PromptFile(
            data: String(decoding: bytes, as: UTF8.self), mime: "text/plain", source: .uri(uri), name: name)
    }

    private static func mime(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if bytes.starts(with: Array("GIF8".utf8)) { return "image/gif" }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            return "image/webp"
        }
        if bytes.starts(with: Array("%PDF-".utf8)) { return "application/pdf" }
        return nil
    }
}
