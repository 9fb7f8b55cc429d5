import Support
import SystemPackage

/// Reads a log's file. Blocking; call it under the store's lock.
struct EventLogFile {
    let path: FilePath
    let aggregate: String

    /// A log's end.
    struct End: Equatable {
        /// 0 for an empty log.
        var lastSeq: Int64
        /// The file's size up to and including its last line feed.
        var size: Int64
        /// Bytes behind that, which a power loss left of an append.
        var tornBytes: Int64
    }

    /// A line that is not what was written.
    struct DamagedLine {
        var offset: Int64
        var bytes: [UInt8]
    }

    private static let chunkBytes = 1 << 18

    /// Finds the end by reading backwards; damaged lines there count one event each.
    func end() throws(FileError) -> End {
        guard let descriptor = try openIfPresent() else { return End(lastSeq: 0, size: 0, tornBytes: 0) }
        defer { try? descriptor.close() }
        let total = try FileIO.stat(descriptor, path: path).size
        var window = min(total, 4_096)
        while true {
            let bytes = try read(descriptor, at: total - window, count: Int(window))
            let isWhole = window == total
            guard let newline = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
                if isWhole { return End(lastSeq: 0, size: 0, tornBytes: total) }
                window = min(total, window * 4)
                continue
            }
            var lines = bytes[..<newline].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            // The first line of a window may have lost its start.
            if !isWhole { lines.removeFirst() }
            let size = total - window + Int64(newline) + 1
            var damaged: Int64 = 0
            for line in lines.reversed() {
                if let event = EventLine.event(line, aggregate: aggregate) {
                    return End(lastSeq: event.seq + damaged, size: size, tornBytes: total - size)
                }
                damaged += 1
            }
            if isWhole { return End(lastSeq: damaged, size: size, tornBytes: total - size) }
            window = min(total, window * 4)
        }
    }

    /// Events above `seq`, until `limit` or the page's bytes are reached. An unfinished last line is no damage.
    func events(after seq: Int64, limit: Int) throws(FileError) -> (events: [StoredEvent], damaged: [DamagedLine]) {
        guard let descriptor = try openIfPresent() else { return ([], []) }
        defer { try? descriptor.close() }
        var events: [StoredEvent] = []
        var damaged: [DamagedLine] = []
        var size = 0
        var rest: [UInt8] = []
        var restOffset: Int64 = 0
        while true {
            let chunk = try read(descriptor, at: restOffset + Int64(rest.count), count: Self.chunkBytes)
            guard !chunk.isEmpty else { return (events, damaged) }
            var scanned = rest.count
            rest += chunk
            var start = 0
            while let newline = rest[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = rest[start..<newline]
                scanned = newline + 1
                defer { start = newline + 1 }
                guard let event = EventLine.event(line, aggregate: aggregate) else {
                    damaged.append(DamagedLine(offset: restOffset + Int64(start), bytes: Array(line)))
                    continue
                }
                guard event.seq > seq else { continue }
                size += event.bytes.count
                events.append(event)
                if events.count >= limit || size > BatchValidation.maximumEventPageBytes { return (events, damaged) }
            }
            rest.removeFirst(start)
            restOffset += Int64(start)
        }
    }

    private func openIfPresent() throws(FileError) -> FileDescriptor? {
        do throws(FileError) {
            return try FileIO.open(path, .readOnly, action: "read")
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    /// Up to `count` bytes; fewer only at the end of the file.
    private func read(_ descriptor: FileDescriptor, at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        do {
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let target = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                    let got = try descriptor.read(fromAbsoluteOffset: offset + Int64(filled), into: target)
                    if got == 0 { break }
                    filled += got
                }
            }
        } catch {
            throw FileError(error as? Errno ?? .ioError, path: path, action: "read")
        }
    }
}
