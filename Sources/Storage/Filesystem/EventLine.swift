import Support

/// One line of a log: `<first 16 digits of its sha256> <seq> <created> <id> <type> <bytes>\n`.
enum EventLine {
    static func append(_ event: NewEvent, seq: Int64, aggregate: String, to out: inout [UInt8]) {
        var rest = Array("\(seq) \(event.created) \(event.id) \(event.type) ".utf8)
        rest += event.bytes
        out += checksum(rest[...], aggregate).utf8
        out.append(UInt8(ascii: " "))
        out += rest
        out.append(UInt8(ascii: "\n"))
    }

    /// - Parameter line: without its line feed.
    /// - Returns: nil when the line is damaged.
    static func event(_ line: ArraySlice<UInt8>, aggregate: String) -> StoredEvent? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, let seq = number(parts[1]), let created = number(parts[2]),
            parts[0].elementsEqual(checksum(line[parts[1].startIndex...], aggregate).utf8)
        else { return nil }
        return StoredEvent(
            seq: seq, id: String(decoding: parts[3], as: UTF8.self), type: String(decoding: parts[4], as: UTF8.self),
            created: created, bytes: Array(parts[5]))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64? { Int64(String(decoding: bytes, as: UTF8.self)) }

    private static func checksum(_ rest: ArraySlice<UInt8>, _ aggregate: String) -> Substring {
        var bytes = Array(aggregate.utf8)
        bytes.append(UInt8(ascii: "\n"))
        bytes += rest
        return SHA256Hash.hex(of: bytes).prefix(16)
    }
}
