import Support

/// The lines of a text with LF line ends, as ranges of offsets; nothing is copied.
package struct TextLines: Sendable {
    /// The text.
    package let bytes: [UInt8]
    /// Range of each line without its LF. A text that ends with LF has no empty last line; the empty text has no line.
    package let ranges: [Range<Int>]

    /// Splits `bytes` at LF.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var found: [Range<Int>] = []
        var start = 0
        for (offset, byte) in bytes.enumerated() where byte == 0x0A {
            found.append(start..<offset)
            start = offset + 1
        }
        if start < bytes.count { found.append(start..<bytes.count) }
        ranges = found
    }

    /// Number of lines.
    package var count: Int { ranges.count }

    /// True when the last line has its LF.
    package var endsWithLineFeed: Bool { bytes.last == 0x0A }

    /// Line `index`, or nothing when there is none.
    package func line(_ index: Int) -> ArraySlice<UInt8> {
        guard ranges.indices.contains(index) else { return [] }
        return bytes[ranges[index]]
    }

    /// Offsets from the start of the first of `lines` to the end of the last one, with its LF if asked and present.
    package func range(of lines: Range<Int>, withLineFeed: Bool) -> Range<Int>? {
        guard let first = lines.first, let last = lines.last, ranges.indices.contains(first),
            ranges.indices.contains(last)
        else { return nil }
        let end = ranges[last].upperBound
        let hasLineFeed = withLineFeed && end < bytes.count && bytes[end] == 0x0A
        return ranges[first].lowerBound..<(hasLineFeed ? end + 1 : end)
    }

    /// The index of the line that holds `offset`.
    package func lineIndex(at offset: Int) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Byte-wise helpers on text; whitespace is space, tab, CR, LF, VT and FF.
package enum TextBytes {
    /// True for ASCII whitespace.
    package static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    /// `bytes` without whitespace at both ends.
    package static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes
        while let first = slice.first, isSpace(first) { slice = slice.dropFirst() }
        return trimmedEnd(slice)
    }

    /// `bytes` without whitespace at the end.
    package static func trimmedEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes
        while let last = slice.last, isSpace(last) { slice = slice.dropLast() }
        return slice
    }

    /// The spaces and tabs `bytes` starts with.
    package static func indentation(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.prefix { $0 == 0x20 || $0 == 0x09 }
    }

    /// `bytes` trimmed, with every run of whitespace as one space.
    package static func collapsed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var gap = false
        for byte in trimmed(bytes) {
            if isSpace(byte) {
                gap = true
                continue
            }
            if gap { result.append(0x20) }
            gap = false
            result.append(byte)
        }
        return result
    }

    /// Offsets of `needle` in `haystack`, not overlapping, ascending, at most `limit`. None for an empty needle.
    package static func occurrences(
        of needle: ArraySlice<UInt8>, in haystack: ArraySlice<UInt8>, limit: Int = .max
    ) -> [Int] {
        guard let first = needle.first, needle.count <= haystack.count, limit > 0 else { return [] }
        var found: [Int] = []
        let length = needle.count
        haystack.withUnsafeBufferPointer { text in
            needle.withUnsafeBufferPointer { pattern in
                let end = text.count - length
                var position = 0
                while position <= end, found.count < limit {
                    if text[position] == first, matches(text, at: position, pattern) {
                        found.append(haystack.startIndex + position)
                        position += length
                    } else {
                        position += 1
                    }
                }
            }
        }
        return found
    }

    private static func matches(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int, _ pattern: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        for index in 1..<max(1, pattern.count) where text[position + index] != pattern[index] { return false }
        return true
    }
}
