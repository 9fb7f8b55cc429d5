import Support

/// How the lines of a file end.
package enum LineEnding: Sendable, Equatable {
    /// Line feed only; also the answer for a file without any line end.
    case lf
    /// Carriage return and line feed.
    case crlf

    /// The bytes of one line end.
    package var bytes: [UInt8] { self == .lf ? [0x0A] : [0x0D, 0x0A] }
}

/// The bytes of a text file, seen without byte order mark and with every CR LF as one LF, so that what a model writes
/// can be matched; edits are mapped back and every byte outside an edit stays as it was, including mixed line ends
/// and bytes that are no UTF-8.
package struct FileText: Sendable {
    /// The UTF-8 byte order mark.
    package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// True when the file starts with the UTF-8 byte order mark.
    package let hasByteOrderMark: Bool
    /// The text to match: no byte order mark, LF for each CR LF. A lone CR stays.
    package let normalized: [UInt8]
    /// The line end most lines have; LF on a tie.
    package let dominantEnding: LineEnding
    /// True when both kinds of line end occur.
    package let isMixed: Bool
    /// The file as it is.
    private let original: [UInt8]
    /// Ascending offsets in `normalized` of each LF that has a CR before it in the file.
    private let carriageReturns: [Int]

    /// Reads the bytes of a file; costs one pass and at most twice the file in memory.
    package init(_ bytes: [UInt8]) {
        original = bytes
        hasByteOrderMark = bytes.starts(with: Self.byteOrderMark)
        let body = bytes.dropFirst(hasByteOrderMark ? Self.byteOrderMark.count : 0)
        let (text, returns, feeds) = Self.normalize(body)
        normalized = text
        carriageReturns = returns
        dominantEnding = returns.count > feeds ? .crlf : .lf
        isMixed = !returns.isEmpty && feeds > 0
    }

    /// Every CR LF of `bytes` as LF.
    package static func normalize(_ bytes: [UInt8]) -> [UInt8] { normalize(bytes[...]).text }

    private static func normalize(_ bytes: ArraySlice<UInt8>) -> (text: [UInt8], returns: [Int], feeds: Int) {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var returns: [Int] = []
        var feeds = 0
        var pendingReturn = false
        for byte in bytes {
            if byte == 0x0A {
                if pendingReturn { returns.append(text.count) } else { feeds += 1 }
                pendingReturn = false
                text.append(byte)
                continue
            }
            if pendingReturn { text.append(0x0D) }
            pendingReturn = byte == 0x0D
            if !pendingReturn { text.append(byte) }
        }
        if pendingReturn { text.append(0x0D) }
        return (text, returns, feeds)
    }

    /// The file with `replacements` made. Ranges are offsets in `normalized`, ascending and disjoint; others are
    /// ignored. New line ends are those of the replaced range when it has one kind only, else the file's dominant one.
    package func replacing(_ replacements: [(range: Range<Int>, with: [UInt8])]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(original.count)
        var done = 0
        for (range, text) in replacements {
            let lower = originalOffset(range.lowerBound)
            let upper = originalOffset(range.upperBound)
            guard lower >= done, upper >= lower, upper <= original.count else { continue }
            result.append(contentsOf: original[done..<lower])
            result.append(contentsOf: Self.encode(Self.normalize(text), ending: ending(in: range)))
            done = upper
        }
        result.append(contentsOf: original[done...])
        return result
    }

    /// `text` (LF only) with the given line ends.
    package static func encode(_ text: [UInt8], ending: LineEnding) -> [UInt8] {
        guard ending == .crlf else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 16)
        for byte in text {
            if byte == 0x0A { result.append(0x0D) }
            result.append(byte)
        }
        return result
    }

    /// New content for this file as a whole, as a model wrote it: the byte order mark is kept, and content with plain
    /// LF takes CR LF when the file had only those.
    package func rewritten(as content: [UInt8]) -> [UInt8] {
        var text = content
        if dominantEnding == .crlf, !isMixed, !Self.hasCarriageReturnLineFeed(content) {
            text = Self.encode(content, ending: .crlf)
        }
        if hasByteOrderMark, !text.starts(with: Self.byteOrderMark) { text = Self.byteOrderMark + text }
        return text
    }

    private static func hasCarriageReturnLineFeed(_ bytes: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == 0x0A, previous == 0x0D { return true }
            previous = byte
        }
        return false
    }

    /// The offset in the file of an offset in `normalized`.
    private func originalOffset(_ offset: Int) -> Int {
        var low = 0
        var high = carriageReturns.count
        while low < high {
            let middle = (low + high) / 2
            if carriageReturns[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return offset + low + (hasByteOrderMark ? Self.byteOrderMark.count : 0)
    }

    private func ending(in range: Range<Int>) -> LineEnding {
        guard isMixed else { return dominantEnding }
        var feeds = 0
        for offset in range where offset < normalized.count && normalized[offset] == 0x0A { feeds += 1 }
        let returns = originalOffset(range.upperBound) - originalOffset(range.lowerBound) - range.count
        if feeds > 0, returns == feeds { return .crlf }
        if feeds > 0, returns == 0 { return .lf }
        return dominantEnding
    }
}
