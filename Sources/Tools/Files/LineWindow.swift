import Support

/// Takes a window of lines out of a stream of bytes: skips `offset` lines, keeps at most `limit` lines of at most
/// `lineLimit` characters and `byteLimit` bytes together. Holds no more than that in memory, whatever the stream is.
package struct LineWindow: Sendable {
    /// Longest line, characters (Unicode scalars).
    package static let lineLimit = 2_000
    /// Most bytes of all lines with what is put around them.
    package static let byteLimit = 50 * 1024
    /// Part of `byteLimit` that is left for what is put before and after the lines.
    package static let reservedBytes = 512
    /// Bytes put around each line: its number of five or more digits, `| ` and the line end.
    package static let lineOverheadBytes = 8

    /// Why the window ended before the stream.
    package enum Stop: Sendable, Equatable {
        case lines
        case bytes
    }

    private let offset: Int
    private let limit: Int
    private var line: [UInt8] = []
    private var lineScalars = 0
    private var lineCut = false
    private var atLineStart = true
    private var atFileStart = true
    private var size = 0

    /// The lines kept, without line ends.
    package private(set) var lines: [String] = []
    /// Number of lines seen so far, those that were skipped included.
    package private(set) var seen = 0
    /// Number of lines that were cut.
    package private(set) var cutLines = 0
    /// Set when the window is full and there is more.
    package private(set) var stop: Stop?
    /// True when a byte order mark or bytes that are no UTF-8 were replaced for show.
    package private(set) var hasInvalidText = false

    /// A window of `limit` lines after the first `offset`.
    package init(offset: Int, limit: Int) {
        self.offset = max(0, offset)
        self.limit = max(1, limit)
    }

    /// Takes the next bytes; lines after the window are only counted.
    package mutating func push(_ chunk: ArraySlice<UInt8>) {
        var rest = chunk
        if atFileStart {
            atFileStart = false
            if rest.starts(with: FileText.byteOrderMark) { rest = rest.dropFirst(FileText.byteOrderMark.count) }
        }
        while let end = rest.firstIndex(of: 0x0A) {
            append(rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        if !rest.isEmpty { append(rest) }
    }

    /// Ends the stream: the last line may have no LF.
    package mutating func finish() {
        if !atLineStart { endLine() }
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        atLineStart = false
        guard seen >= offset, stop == nil, !lineCut, lines.count < limit else { return }
        for byte in bytes {
            // A continuation byte belongs to the character before it.
            if byte & 0xC0 != 0x80 {
                guard lineScalars < Self.lineLimit else {
                    lineCut = byte != 0x0D || bytes.count > Self.lineLimit + 1
                    break
                }
                lineScalars += 1
            } else if line.count >= Self.lineLimit * 4 {
                lineCut = true
                break
            }
            line.append(byte)
        }
    }

    private mutating func endLine() {
        defer {
            line.removeAll(keepingCapacity: true)
            lineScalars = 0
            lineCut = false
            atLineStart = true
            seen += 1
        }
        guard seen >= offset, stop == nil else { return }
        guard lines.count < limit else {
            stop = .lines
            return
        }
        if line.last == 0x0D, !lineCut { line.removeLast() }
        var text = String(decoding: line, as: UTF8.self)
        if text.utf8.count != line.count { hasInvalidText = true }
        if lineCut {
            cutLines += 1
            text += "..."
        }
        let cost = text.utf8.count + Self.lineOverheadBytes
        guard size + cost <= Self.byteLimit - Self.reservedBytes else {
            stop = .bytes
            return
        }
        size += cost
        lines.append(text)
    }
}
