/// One message of `application/vnd.amazon.eventstream`; only its string headers are kept.
package struct EventStreamMessage: Sendable, Equatable {
    package var headers: [String: String]
    package var payload: [UInt8]
}

/// Cuts Amazon's event stream into messages and checks both checksums. A message is at most 16 MiB.
package struct EventStreamParser: Sendable {
    /// The longest message that is accepted, in bytes.
    package static let longestMessage = 16 * 1024 * 1024

    private var buffer: [UInt8] = []
    private var start = 0

    package init() {}

    /// True when no part of a message is waiting.
    package var isAtBoundary: Bool { start == buffer.count }

    /// Takes any piece of the stream and returns the messages that it completes. Throws `malformed`.
    package mutating func push(_ bytes: [UInt8]) throws(ProviderError) -> [EventStreamMessage] {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 65_536 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
        var messages: [EventStreamMessage] = []
        while buffer.count - start >= 12 {
            let total = Int(word(start))
            let headerLength = Int(word(start + 4))
            guard CRC32.checksum(buffer[start..<start + 8]) == word(start + 8) else {
                throw ProviderError(.malformed, "A message of the event stream has a wrong prelude checksum.")
            }
            guard total >= 16, total <= Self.longestMessage, headerLength <= total - 16 else {
                throw ProviderError(.malformed, "A message of the event stream claims a length of \(total) bytes.")
            }
            guard buffer.count - start >= total else { break }
            let end = start + total
            guard CRC32.checksum(buffer[start..<end - 4]) == word(end - 4) else {
                throw ProviderError(.malformed, "A message of the event stream has a wrong checksum.")
            }
            let headersEnd = start + 12 + headerLength
            let headers = try Self.headers(buffer[start + 12..<headersEnd])
            messages.append(EventStreamMessage(headers: headers, payload: Array(buffer[headersEnd..<end - 4])))
            start = end
        }
        return messages
    }

    private func word(_ index: Int) -> UInt32 {
        UInt32(buffer[index]) << 24 | UInt32(buffer[index + 1]) << 16 | UInt32(buffer[index + 2]) << 8
            | UInt32(buffer[index + 3])
    }

    private static func headers(_ bytes: ArraySlice<UInt8>) throws(ProviderError) -> [String: String] {
        var rest = bytes
        var headers: [String: String] = [:]
        func cut(_ rest: inout ArraySlice<UInt8>, _ count: Int) throws(ProviderError) -> ArraySlice<UInt8> {
            guard rest.count >= count else {
                throw ProviderError(.malformed, "A header of an event-stream message is cut off.")
            }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        while let nameLength = rest.popFirst() {
            let name = String(decoding: try cut(&rest, Int(nameLength)), as: UTF8.self)
            let type = try cut(&rest, 1).first ?? 0
            switch type {
            case 0, 1: continue
            case 2: _ = try cut(&rest, 1)
            case 3: _ = try cut(&rest, 2)
            case 4: _ = try cut(&rest, 4)
            case 5, 8: _ = try cut(&rest, 8)
            case 9: _ = try cut(&rest, 16)
            case 6, 7:
                let length = try cut(&rest, 2).reduce(0) { $0 << 8 | Int($1) }
                let value = try cut(&rest, length)
                if type == 7 { headers[name] = String(decoding: value, as: UTF8.self) }
            default:
                throw ProviderError(.malformed, "An event-stream header has the unknown type \(type).")
            }
        }
        return headers
    }
}

/// The checksum of zlib and Ethernet.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let table = Self.table
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
        return value ^ 0xFFFF_FFFF
    }
}
