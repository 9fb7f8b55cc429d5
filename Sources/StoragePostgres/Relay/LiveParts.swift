/// Cuts events into messages that PostgreSQL can carry, and puts them together again.
///
/// The parts of one event are sent in one transaction, so that they arrive together and in order.
struct LiveParts {
    /// PostgreSQL's limit for a message is 7,999 bytes; the rest is for the other fields.
    static let maximumPartBytes = 7_500
    static let maximumParts = 14
    /// How many senders may be in the middle of an event at once.
    private static let maximumNodes = 256

    private var unfinished: [String: (number: Int64, parts: [String])] = [:]

    /// - Returns: empty for an event that is too large.
    static func split(_ bytes: [UInt8], number: Int64, node: String) -> [EventNotice] {
        var parts: [String] = []
        var start = 0
        while start < bytes.count {
            var end = min(start + maximumPartBytes, bytes.count)
            // Never inside a character.
            while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            guard end > start, parts.count < maximumParts else { return [] }
            parts.append(String(decoding: bytes[start..<end], as: UTF8.self))
            start = end
        }
        return parts.enumerated().map {
            .live(node: node, number: number, index: $0.offset, count: parts.count, part: $0.element)
        }
    }

    /// - Returns: the whole text with its last part.
    mutating func add(_ part: String, _ index: Int, of count: Int, number: Int64, node: String) -> String? {
        guard count <= Self.maximumParts else { return nil }
        if count == 1 { return part }
        if index == 0 {
            if unfinished.count >= Self.maximumNodes { unfinished.removeAll() }
            unfinished[node] = (number, [part])
            return nil
        }
        guard var entry = unfinished[node], entry.number == number, entry.parts.count == index else {
            unfinished[node] = nil
            return nil
        }
        entry.parts.append(part)
        guard entry.parts.count == count else {
            unfinished[node] = entry
            return nil
        }
        unfinished[node] = nil
        return entry.parts.joined()
    }
}
