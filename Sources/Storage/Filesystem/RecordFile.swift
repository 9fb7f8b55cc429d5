import Support

/// The bytes of a record's file: one header line, then the value.
///
/// `codetether-record 1 <sha256> <length> <version> <updatedMs> <group or empty>\n`; the hash covers the record's name, the rest
/// of the header and the value, so that a file under a wrong name is damage as well.
enum RecordFile {
    private static let magic = "codetether-record 1 "
    /// No header is longer: magic, hash, three numbers, a group.
    static let maximumHeaderBytes = 8_192

    static func bytes(of put: RecordPut, version: Int64) -> [UInt8] {
        let fields = "\(put.bytes.count) \(version) \(put.updatedMs) \(put.group.map { "=\($0)" } ?? "")"
        let hash = checksum(put.key, fields, put.bytes)
        var out = Array("\(magic)\(hash) \(fields)\n".utf8)
        out.reserveCapacity(out.count + put.bytes.count)
        out += put.bytes
        return out
    }

    /// What a header says; nil when it is no header.
    struct Header {
        var hash: String
        var fields: String
        var length: Int
        var version: Int64
        var updatedMs: Int64
        var group: String?
        /// Where the value starts.
        var end: Int
    }

    /// Reads the header at the start of some bytes without checking the value.
    static func header(_ bytes: [UInt8]) -> Header? {
        guard bytes.starts(with: magic.utf8),
            let newline = bytes.prefix(maximumHeaderBytes).firstIndex(of: UInt8(ascii: "\n")),
            let line = String(validating: bytes[..<newline], as: UTF8.self)
        else { return nil }
        let rest = line.dropFirst(magic.count)
        let parts = rest.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].utf8.count == 64, let length = Int(parts[1]), length >= 0,
            let version = Int64(parts[2]), version > 0, let updated = Int64(parts[3])
        else { return nil }
        let group = parts[4].isEmpty ? nil : String(parts[4].dropFirst())
        return Header(
            hash: String(parts[0]), fields: String(rest.dropFirst(65)), length: length, version: version,
            updatedMs: updated, group: group, end: newline + 1)
    }

    /// - Returns: nil when the bytes are damaged.
    static func record(_ key: RecordKey, _ bytes: [UInt8]) -> Record? {
        guard let header = header(bytes), bytes.count - header.end == header.length else { return nil }
        let value = Array(bytes[header.end...])
        guard checksum(key, header.fields, value) == header.hash else { return nil }
        return Record(
            key: key, version: header.version, updatedMs: header.updatedMs, group: header.group, bytes: value)
    }

    private static func checksum(_ key: RecordKey, _ fields: String, _ value: [UInt8]) -> String {
        var bytes = Array("\(key.collection)/\(key.id)\n\(fields)\n".utf8)
        bytes += value
        return SHA256Hash.hex(of: bytes)
    }
}
