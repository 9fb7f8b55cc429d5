/// UTF-8 without surprises.
package enum UTF8Text {
    /// Text of any bytes: invalid sequences become U+FFFD.
    package static func lossy(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The largest index ≤ `limit` that does not cut a character of valid UTF-8.
    package static func boundary(_ bytes: some RandomAccessCollection<UInt8>, atMost limit: Int) -> Int {
        guard limit < bytes.count else { return bytes.count }
        var end = max(0, limit)
        var steps = 0
        while end > 0, steps < 3, bytes[bytes.index(bytes.startIndex, offsetBy: end)] & 0xC0 == 0x80 {
            end -= 1
            steps += 1
        }
        return end
    }
}

/// Splits a byte stream into pieces that end between characters. Holds back at most three bytes.
package struct UTF8Chunker: Sendable {
    private var held: [UInt8] = []

    /// Bytes that were taken and not given out yet.
    package var heldCount: Int { held.count }

    /// A chunker at the start of a stream.
    package init() {}

    /// The text of what is complete so far; invalid bytes become U+FFFD.
    package mutating func push(_ bytes: [UInt8]) -> String {
        let all = held + bytes
        let keep = Self.incompleteTail(all)
        held = Array(all.suffix(keep))
        return String(decoding: all.dropLast(keep), as: UTF8.self)
    }

    /// What was held back, at the end of the stream.
    package mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    static func incompleteTail(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0x80 == 0 { return 0 }
            if byte & 0xC0 == 0xC0 {
                let wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
                return wanted > back ? back : 0
            }
        }
        return 0
    }
}

/// Cuts long text in the middle.
package enum TextTruncation {
    /// A text that may have been cut.
    package struct Truncated: Sendable, Equatable {
        /// What is kept, with a line in the gap that says what is left out.
        package var text: String
        /// Line ends in the gap.
        package var omittedLines: Int
        /// Bytes in the gap.
        package var omittedBytes: Int
        /// Whether anything is left out.
        package var isTruncated: Bool { omittedBytes > 0 }
    }

    /// Keeps the first and last parts of a text, whole lines where possible, never half a character. The gap says
    /// what is left
    /// out.
    package static func headTail(
        _ text: String, maxLines: Int = 2_000, maxBytes: Int = 51_200
    ) -> Truncated {
        headTail(Array(text.utf8), maxLines: maxLines, maxBytes: maxBytes)
    }

    /// The same for bytes; invalid UTF-8 becomes U+FFFD.
    package static func headTail(
        _ bytes: [UInt8], maxLines: Int = 2_000, maxBytes: Int = 51_200
    ) -> Truncated {
        let lines = bytes.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 } + (bytes.last == 0x0A || bytes.isEmpty ? 0 : 1)
        guard lines > maxLines || bytes.count > maxBytes else {
            return Truncated(text: UTF8Text.lossy(bytes), omittedLines: 0, omittedBytes: 0)
        }
        var head = prefix(bytes[...], lines: maxLines / 2, bytes: maxBytes / 2)
        var tail = suffix(bytes[...], lines: maxLines - maxLines / 2, bytes: maxBytes - maxBytes / 2)
        if tail < head { (head, tail) = (min(head, tail), max(head, tail)) }
        let gap = bytes[head..<tail]
        let omitted = gap.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
        let note = "\n[… \(omitted) lines, \(gap.count) bytes left out …]\n"
        return Truncated(
            text: UTF8Text.lossy(bytes[..<head]) + note + UTF8Text.lossy(bytes[tail...]), omittedLines: omitted,
            omittedBytes: gap.count)
    }

    private static func prefix(_ bytes: ArraySlice<UInt8>, lines: Int, bytes limit: Int) -> Int {
        var seen = 0
        var lineEnd = 0
        for index in bytes.indices {
            if index >= limit { return lineEnd > limit / 2 ? lineEnd : UTF8Text.boundary(bytes, atMost: limit) }
            if bytes[index] == 0x0A {
                seen += 1
                lineEnd = index + 1
                if seen == lines { return lineEnd }
            }
        }
        return bytes.endIndex
    }

    private static func suffix(_ bytes: ArraySlice<UInt8>, lines: Int, bytes limit: Int) -> Int {
        var seen = 0
        var lineStart = bytes.endIndex
        var index = bytes.endIndex
        if bytes.last == 0x0A { index -= 1 }
        while index > 0 {
            if bytes.endIndex - index >= limit {
                if bytes.endIndex - lineStart > limit / 2 { return lineStart }
                while index < bytes.endIndex, bytes[index] & 0xC0 == 0x80 { index += 1 }
                return index
            }
            if bytes[index - 1] == 0x0A {
                seen += 1
                lineStart = index
                if seen == lines { return lineStart }
            }
            index -= 1
        }
        return 0
    }
}

/// The first and the last bytes of a stream of any length, in bounded memory.
package struct OutputRing: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var tailStart = 0
    /// How many bytes the stream had.
    package private(set) var totalBytes = 0

    /// Keeps the first `headBytes` and the last `tailBytes` bytes.
    package init(headBytes: Int = 65_536, tailBytes: Int = 65_536) {
        headLimit = max(0, headBytes)
        tailLimit = max(0, tailBytes)
    }

    /// Adds bytes to the end of the stream.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        totalBytes += bytes.count
        let room = headLimit - head.count
        if room > 0 { head.append(contentsOf: bytes.prefix(room)) }
        var rest = bytes.dropFirst(room).suffix(tailLimit)[...]
        if tail.count < tailLimit {
            let part = rest.prefix(tailLimit - tail.count)
            tail.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
        while !rest.isEmpty {
            let part = rest.prefix(tailLimit - tailStart)
            tail.replaceSubrange(tailStart..<(tailStart + part.count), with: part)
            tailStart = tailStart + part.count == tailLimit ? 0 : tailStart + part.count
            rest = rest.dropFirst(part.count)
        }
    }

    /// How many bytes in the middle are gone.
    package var omittedBytes: Int { totalBytes - head.count - tail.count }

    /// Everything that was kept, with a line in the middle that says how much is left out, if anything is. No
    /// character is cut
    /// at the gap.
    package var bytes: [UInt8] {
        let end = Array(tail[tailStart...] + tail[..<tailStart])
        guard omittedBytes > 0 else { return head + end }
        let kept = head.prefix(head.count - UTF8Chunker.incompleteTail(head))
        let resumed = end.dropFirst(end.prefix(3).prefix { $0 & 0xC0 == 0x80 }.count)
        let omitted = totalBytes - kept.count - resumed.count
        return kept + Array("\n[… \(omitted) bytes left out …]\n".utf8) + resumed
    }

    /// The same as text.
    package var text: String { UTF8Text.lossy(bytes) }
}
