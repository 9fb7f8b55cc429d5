import Providers
import Sessions
import Support
import SystemPackage

/// Where an import comes from; bytes are read as they come.
enum ImportSource: Sendable {
    case standardInput
    case file(FilePath)
    case address(URLParts, String)

    private static let pieceBytes = 256 << 10

    /// - Throws: 64 for an address that cannot be one of a share.
    init(_ text: String, directory: FilePath) throws {
        if text == "-" {
            self = .standardInput
        } else if text.utf8.starts(with: "file://".utf8), text.utf8.count > 7 {
            self = .file(FilePath(String(text.dropFirst(7))))
        } else if Self.isAddress(text) {
            self = .address(try Self.parse(text), text)
        } else {
            guard !text.isEmpty else { throw CLIError(.usage, "Give a file, an address or - to import from.") }
            self = .file(directory.pushing(FilePath(text)))
        }
    }

    /// `scheme:` or `scheme://`, unless that is the name of a file.
    private static func isAddress(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex else { return false }
        let scheme = text[..<colon].utf8
        let isScheme = scheme.allSatisfy { byte in
            (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E].contains(byte)
        }
        let rest = text[text.utf8.index(after: colon)...].utf8
        return isScheme && (rest.starts(with: "//".utf8) || ["http", "https"].contains(text[..<colon].lowercased()))
    }

    private static func parse(_ text: String) throws -> URLParts {
        let shown = HostileText.escaped(text, multiline: false)
        guard let url = URLParts(text), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), isHost(url.host) else {
            throw CLIError(.usage, "\(shown) is no valid address; a share's looks like https://host/share/ID.")
        }
        guard url.scheme == "https" || url.scheme == "http" else {
            throw CLIError(.usage, "\(shown) has the scheme \(url.scheme); only http and https can be imported from.")
        }
        guard url.userInfo == nil else {
            throw CLIError(
                .usage, "An address with a user or password in it is not used; give the public address of the share.")
        }
        return url
    }

    private static func isHost(_ host: String) -> Bool {
        if host.utf8.contains(UInt8(ascii: ":")) {
            return host.utf8.allSatisfy {
                $0 == 0x3A || $0 == 0x2E || (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.enumerated().allSatisfy { index, label in
            if label.isEmpty { return index == labels.count - 1 && labels.count > 1 }
            guard label.utf8.first != 0x2D, label.utf8.last != 0x2D, label.utf8.count <= 63 else { return false }
            return label.utf8.allSatisfy {
                $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
            }
        }
    }

    /// Reads all of it.
    /// - Throws: `TransferError`, `FileError`, `CLIError` with 66 for a share that is not there and 69 for nobody there.
    func read(_ transport: any HTTPTransport) async throws -> TransferDocument {
        switch self {
        case .standardInput: return try await Self.read(.standardInput, name: "standard input")
        case .file(let path):
            let descriptor = try await BlockingWork.run { try Self.open(path) }
            do {
                let document = try await Self.read(descriptor, name: path.string)
                try? descriptor.close()
                return document
            } catch {
                try? descriptor.close()
                throw error
            }
        case .address(let url, let text): return try await ImportDownload(transport).read(url, text)
        }
    }

    private static func open(_ path: FilePath) throws -> FileDescriptor {
        let shown = HostileText.escaped(path.string, multiline: false)
        do {
            guard try !FileIO.stat(path).isDirectory else {
                throw CLIError(.badData, "\(shown) is a directory; give the file of a session.")
            }
            return try FileIO.open(path, .readOnly)
        } catch let error as FileError where error.kind == .notFound || error.kind == .notADirectory {
            throw CLIError(.notFound, "There is no file \(shown) to import; check the path.")
        }
    }

    private static func read(_ descriptor: FileDescriptor, name: String) async throws -> TransferDocument {
        var reader = TransferReader()
        while true {
            let piece = try await BlockingWork.run { () throws -> [UInt8] in
                var bytes = [UInt8](repeating: 0, count: pieceBytes)
                let count = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                return Array(bytes[..<count])
            }
            if piece.isEmpty { return try reader.finish() }
            try reader.push(piece)
        }
    }
}
