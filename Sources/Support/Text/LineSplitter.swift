/// A line or an event of a stream that is longer than its reader allows.
package struct LineTooLongError: AppError, Equatable {
    /// The limit in bytes.
    package let limit: Int
    /// `stream.lineTooLong`.
    package var code: String { "stream.lineTooLong" }
    /// A sentence with the limit.
    package var message: String {
        "A line of the stream has more than \(limit) bytes; the stream cannot be read further."
    }
}

/// Cuts a byte stream into lines at LF and nowhere else (CR, VT, U+2028 are content).
///
/// Any cutting of the same bytes into pieces gives the same lines. Holds at most `maxLineBytes` of an unfinished line.
package struct LineSplitter: Sendable {
    private let maxLineBytes: Int
    private let stripsCR: Bool
    private var held: [UInt8] = []

    /// - Parameters:
    ///   - maxLineBytes: the longest line without its LF; 16 MiB unless told.
    ///   - stripsCR: takes one CR before the LF away.
    package init(maxLineBytes: Int = 16 << 20, stripsCR: Bool = false) {
        self.maxLineBytes = maxLineBytes
        self.stripsCR = stripsCR
    }

    /// The lines that `bytes` complete, without their ends, in order. After an error the splitter is empty.
    package mutating func push(_ bytes: some Collection<UInt8>) throws(LineTooLongError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var fits = true
        withContiguousBytes(bytes) { buffer in
            var start = 0
            while start < buffer.count {
                let end = buffer[start...].firstIndex(of: 0x0A) ?? buffer.count
                guard held.count + end - start <= maxLineBytes + (stripsCR ? 1 : 0) else {
                    fits = false
                    return
                }
                held.append(contentsOf: buffer[start..<end])
                if end < buffer.count { lines.append(take()) }
                start = end + 1
            }
        }
        guard fits else {
            held = []
            throw LineTooLongError(limit: maxLineBytes)
        }
        return lines
    }

    /// What follows the last LF; nil when nothing does. The splitter is empty afterwards.
    package mutating func finish() -> [UInt8]? { held.isEmpty ? nil : take() }

    private mutating func take() -> [UInt8] {
        var line: [UInt8] = []
        swap(&line, &held)
        if stripsCR, line.last == 0x0D { line.removeLast() }
        return line
    }
}

/// Cuts newline-delimited JSON into its records: lines without CR, blank ones left out.
package struct NDJSONSplitter: Sendable {
    private var lines: LineSplitter

    /// - Parameter maxRecordBytes: the longest record; 16 MiB unless told.
    package init(maxRecordBytes: Int = 16 << 20) {
        lines = LineSplitter(maxLineBytes: maxRecordBytes, stripsCR: true)
    }

    /// The records that `bytes` complete, in order.
    package mutating func push(_ bytes: some Collection<UInt8>) throws(LineTooLongError) -> [[UInt8]] {
        try lines.push(bytes).filter { !Self.isBlank($0) }
    }

    /// The record after the last line end; nil when there is none.
    package mutating func finish() -> [UInt8]? { lines.finish().flatMap { Self.isBlank($0) ? nil : $0 } }

    private static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
}
