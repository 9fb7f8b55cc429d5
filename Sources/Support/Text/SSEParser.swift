/// One server-sent event.
package struct SSEEvent: Sendable, Hashable {
    /// The event's name; `message` when the stream gives none.
    package var event: String
    /// The data lines, joined by LF.
    package var data: [UInt8]
    /// The last id the stream gave, which stays in force for later events.
    package var id: String?
    /// The reconnection time that came with this event, in milliseconds.
    package var retryMs: Int?

    /// An event; the name is `message` unless told.
    package init(event: String = "message", data: [UInt8], id: String? = nil, retryMs: Int? = nil) {
        self.event = event
        self.data = data
        self.id = id
        self.retryMs = retryMs
    }
}

/// Why an event stream cannot be read further.
package struct SSEError: AppError, Equatable {
    /// The limit in bytes.
    package let limit: Int
    /// `stream.eventTooLong`.
    package var code: String { "stream.eventTooLong" }
    /// A sentence with the limit.
    package var message: String {
        "An event of the stream has more than \(limit) bytes; the stream cannot be read further."
    }
}

/// Reads `text/event-stream` bytes: LF, CR and CRLF line ends, a leading BOM, comments, several data lines.
///
/// Any cutting of the same bytes into pieces gives the same events. An event without data is dropped, as the
/// standard says.
package struct SSEParser: Sendable {
    private let maxEventBytes: Int
    /// The unfinished line.
    private var line: [UInt8] = []
    private var isAfterCR = false
    private var isAtStart = true
    private var event = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var retry: Int?
    /// The last id the stream gave.
    package private(set) var lastID: String?
    /// Comment lines so far: servers send them to show that they live.
    package private(set) var comments = 0

    /// - Parameter maxEventBytes: bound of one line and of the data of one event; 16 MiB unless told.
    package init(maxEventBytes: Int = 16 << 20) { self.maxEventBytes = maxEventBytes }

    /// The events that `bytes` complete, in order. After an error the parser must not be used further.
    package mutating func push(_ bytes: some Collection<UInt8>) throws(SSEError) -> [SSEEvent] {
        var events: [SSEEvent] = []
        let fits = withContiguousBytes(bytes) { scan($0, into: &events) }
        guard fits else { throw SSEError(limit: maxEventBytes) }
        return events
    }

    /// The end of the stream: an event whose closing blank line is missing is given out (some servers leave it away).
    package mutating func finish() -> [SSEEvent] {
        var events: [SSEEvent] = []
        if !line.isEmpty {
            var last: [UInt8] = []
            swap(&last, &line)
            _ = last.withUnsafeBufferPointer { take($0[...], into: &events) }
        }
        dispatch(into: &events)
        return events
    }

    private mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, into events: inout [SSEEvent]) -> Bool {
        var start = 0
        var index = 0
        if isAfterCR, let first = bytes.first {
            isAfterCR = false
            if first == 0x0A {
                start = 1
                index = 1
            }
        }
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x0A || byte == 0x0D else {
                index += 1
                continue
            }
            guard endLine(bytes[start..<index], into: &events) else { return false }
            index += 1
            if byte == 0x0D {
                if index == bytes.count {
                    isAfterCR = true
                } else if bytes[index] == 0x0A {
                    index += 1
                }
            }
            start = index
        }
        line.append(contentsOf: bytes[start...])
        return line.count <= maxEventBytes
    }

    private mutating func endLine(_ rest: Slice<UnsafeBufferPointer<UInt8>>, into events: inout [SSEEvent]) -> Bool {
        guard !line.isEmpty else { return take(rest, into: &events) }
        var whole: [UInt8] = []
        swap(&whole, &line)
        whole.append(contentsOf: rest)
        return whole.withUnsafeBufferPointer { take($0[...], into: &events) }
    }

    /// Handles one whole line; false when the event grows beyond the limit.
    private mutating func take(_ line: Slice<UnsafeBufferPointer<UInt8>>, into events: inout [SSEEvent]) -> Bool {
        var line = line
        if isAtStart {
            isAtStart = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        guard let first = line.first else {
            dispatch(into: &events)
            return true
        }
        if first == UInt8(ascii: ":") {
            comments &+= 1
            return true
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = colon < line.endIndex ? line[(colon + 1)...] : line[line.endIndex...]
        if value.first == 0x20 { value = value.dropFirst() }
        return field(line[..<colon], value)
    }

    private mutating func field(
        _ name: Slice<UnsafeBufferPointer<UInt8>>, _ value: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Bool {
        if name.elementsEqual("data".utf8) {
            if hasData { data.append(0x0A) }
            hasData = true
            data.append(contentsOf: value)
            return data.count <= maxEventBytes
        } else if name.elementsEqual("event".utf8) {
            event = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { lastID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8), value.count <= 12,
            value.allSatisfy({ (0x30...0x39).contains($0) })
        {
            retry = Int(String(decoding: value, as: UTF8.self)) ?? retry
        }
        return true
    }

    private mutating func dispatch(into events: inout [SSEEvent]) {
        if hasData {
            events.append(
                SSEEvent(event: event.isEmpty ? "message" : event, data: data, id: lastID, retryMs: retry))
            retry = nil
        }
        event = ""
        data = []
        hasData = false
    }
}
