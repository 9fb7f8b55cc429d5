import Support
import Synchronization
import SystemPackage

/// Collects the output of a command: its first and last 25,600 bytes in memory, and the whole of it, up to 10 MiB, in a
/// file as soon as it is more than a model may see. Thread-safe.
final class ShellOutput: Sendable {
    /// What is shown.
    struct Shown: Sendable {
        /// At most 2,000 lines and 50 kB, with a line in the middle that says what is left out.
        var text: String
        /// Where the whole output is; nil when `text` is all of it or it could not be stored.
        var file: FilePath?
        var totalBytes: Int
        var isCut: Bool
        /// The output was longer than the file may be.
        var isFileCut: Bool
    }

    private static let half = ToolOutputFile.maximumBytes / 2

    private struct State {
        var head: [UInt8] = []
        var tail = OutputRing(headBytes: 0, tailBytes: ShellOutput.half)
        var newlines = 0
        var stored = 0
        var descriptor: FileDescriptor?
        var fileFailed = false
    }

    private let file: FilePath
    private let state = Mutex(State())

    init(file: FilePath) { self.file = file }

    deinit { state.withLock { try? $0.descriptor?.close() } }

    /// Takes output; blocks for a write to the file when it is long.
    func append(_ bytes: [UInt8]) {
        state.withLock { state in
            state.newlines += bytes.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
            let room = max(0, Self.half - state.head.count)
            let toHead = bytes.prefix(room)
            let before = state.head.count + state.tail.totalBytes
            let isNowLong =
                before + bytes.count > ToolOutputFile.maximumBytes
                || state.newlines > ToolOutputFile.maximumLines
            if isNowLong, state.descriptor == nil, !state.fileFailed {
                open(&state)
                // Until now everything was kept.
                write(state.head + tailBytes(state), &state)
            }
            if state.descriptor != nil { write(bytes, &state) }
            state.head.append(contentsOf: toHead)
            if toHead.count < bytes.count { state.tail.append(bytes.dropFirst(toHead.count)) }
        }
    }

    /// Closes the file and says what to show. Call once, at the end.
    func finish() -> Shown {
        state.withLock { state in
            let total = state.head.count + state.tail.totalBytes
            let stored = state.descriptor != nil
            try? state.descriptor?.close()
            state.descriptor = nil
            let lines = state.newlines
            let isCut = total > ToolOutputFile.maximumBytes || lines > ToolOutputFile.maximumLines
            let text: String
            if !isCut {
                text = UTF8Text.lossy(state.head + tailBytes(state))
            } else if total <= ToolOutputFile.maximumBytes {
                text =
                    TextTruncation.headTail(
                        state.head + tailBytes(state), maxLines: ToolOutputFile.maximumLines,
                        maxBytes: ToolOutputFile.maximumBytes
                    ).text
            } else {
                text = Self.cut(head: state.head, tail: tailBytes(state), total: total, newlines: lines)
            }
            return Shown(
                text: text, file: isCut && stored ? file : nil, totalBytes: total, isCut: isCut,
                isFileCut: stored && total > ToolOutputFile.maximumFileBytes)
        }
    }

    /// The bytes of the ring in order, without its own note about what is gone.
    private func tailBytes(_ state: borrowing State) -> [UInt8] {
        let bytes = state.tail.bytes
        return Array(bytes.suffix(min(Self.half, state.tail.totalBytes)))
    }

    private static func cut(head: [UInt8], tail: [UInt8], total: Int, newlines: Int) -> String {
        let first = firstLines(head)
        let last = lastLines(tail)
        let left = total - first.count - last.count
        let shownLines = (first + last).reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
        return UTF8Text.lossy(first) + (first.last == 0x0A ? "" : "\n")
            + "[… \(max(0, newlines - shownLines)) lines, \(left) bytes left out …]\n" + UTF8Text.lossy(last)
    }

    /// At most 1,000 lines, up to a line end when that loses at most half, never half a character.
    private static func firstLines(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var lines = 0
        var end = 0
        for (index, byte) in bytes.enumerated() where byte == 0x0A {
            lines += 1
            end = index + 1
            if lines == ToolOutputFile.maximumLines / 2 { return bytes[..<end] }
        }
        if end > bytes.count / 2 { return bytes[..<end] }
        var cut = bytes.count
        // A character that the cut splits: its first byte is within the last three.
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            if length > back { cut = bytes.count - back }
            break
        }
        return bytes[..<cut]
    }

    private static func lastLines(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var start = 0
        while start < min(3, bytes.count), bytes[start] & 0xC0 == 0x80 { start += 1 }
        if let newline = bytes[start...].firstIndex(of: 0x0A), newline + 1 < bytes.count / 2 { start = newline + 1 }
        var lines = 0
        var index = bytes.last == 0x0A ? bytes.count - 1 : bytes.count
        while index > start {
            index -= 1
            guard bytes[index] == 0x0A else { continue }
            lines += 1
            if lines == ToolOutputFile.maximumLines / 2 { return bytes[(index + 1)...] }
        }
        return bytes[start...]
    }

    private func open(_ state: inout State) {
        do throws(FileError) {
            try FileIO.createDirectory(file.removingLastComponent())
            state.descriptor = try FileIO.open(
                file, .writeOnly, options: [.create, .exclusiveCreate, .noFollow])
        } catch {
            state.fileFailed = true
        }
    }

    private func write(_ bytes: [UInt8], _ state: inout State) {
        guard let descriptor = state.descriptor else { return }
        let part = bytes.prefix(max(0, ToolOutputFile.maximumFileBytes - state.stored))
        guard !part.isEmpty else { return }
        do {
            state.stored += try descriptor.writeAll(part)
        } catch {
            try? descriptor.close()
            state.descriptor = nil
            state.fileFailed = true
        }
    }
}
