import Glibc
package import Support
import Synchronization

/// An answer as it came over the wire.
package struct HTTPReply: Sendable {
    package var status: Int
    /// Names in lower case, in the order of the wire.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
    package subscript(name: String) -> String? { headers.last { $0.name == name }?.value }

    /// The body as JSON; throws a sentence with the body when it is not.
    package func json() throws -> JSON {
        do { return try JSON(parsing: body) } catch {
            throw TestSupportError("The body of a \(status) is not JSON: \(text.prefix(500))")
        }
    }
}

/// A plain HTTP/1.1 client over one socket a request: nothing is added, corrected or retried, so tests can send what no
/// library would.
package struct HTTPProbe: Sendable {
    package var port: Int
    /// Sent as `Authorization: Bearer`; nil = no such header.
    package var token: String?
    /// The last byte of the loopback address that connections come from; nil = 127.0.0.1.
    package var source: UInt8?

    package init(port: Int, token: String? = nil) {
        self.port = port
        self.token = token
    }

    /// Sends a request and reads the whole answer.
    /// - Parameter headers: over those that it makes itself (`host`, `authorization`, `content-type`, `content-length`);
    ///   an empty value leaves one out.
    package func send(
        _ method: String, _ path: String, headers: [String: String] = [:], json: JSON? = nil, body: [UInt8]? = nil,
        atMost limit: Int = 30
    ) async throws -> HTTPReply {
        let stream = try await open(method, path, headers: headers, json: json, body: body, atMost: limit)
        return try await stream.reply()
    }

    /// Sends a request and hands out the answer as it comes.
    package func open(
        _ method: String, _ path: String, headers: [String: String] = [:], json: JSON? = nil, body: [UInt8]? = nil,
        atMost limit: Int = 30
    ) async throws -> HTTPStream {
        var fields = ["host": "127.0.0.1:\(port)", "connection": "close"]
        if let token { fields["authorization"] = "Bearer \(token)" }
        let bytes = json?.bytes() ?? body
        if json != nil { fields["content-type"] = "application/json" }
        if let bytes { fields["content-length"] = String(bytes.count) }
        for (name, value) in headers { fields[name.lowercased()] = value }
        var text = "\(method) \(path) HTTP/1.1\r\n"
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
            text += "\(name): \(value)\r\n"
        }
        text += "\r\n"
        return try await raw(Array(text.utf8) + (bytes ?? []), atMost: limit)
    }

    /// Sends bytes as they are.
    package func raw(_ bytes: [UInt8], atMost limit: Int = 30) async throws -> HTTPStream {
        let (port, source) = (port, source)
        let result = await BlockingThread.run { () -> Result<Int32, TestSupportError> in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { return .failure(TestSupportError("No socket: \(errno)")) }
            var time = timeval(tv_sec: limit, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
            if let source {
                var own = sockaddr_in()
                own.sin_family = sa_family_t(AF_INET)
                own.sin_addr.s_addr = (UInt32(0x7f00_0100) + UInt32(source)).bigEndian
                _ = withUnsafePointer(to: &own) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
            }
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else {
                close(descriptor)
                return .failure(TestSupportError("Cannot connect to port \(port): errno \(errno)"))
            }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
                }
                if count < 0, errno == EINTR { continue }
                // The server may have answered and closed before it had everything.
                if count <= 0 { break }
                rest = rest.dropFirst(count)
            }
            return .success(descriptor)
        }
        return HTTPStream(descriptor: try result.get())
    }
}

/// An answer while it arrives. For one reader.
package final class HTTPStream: Sendable {
    fileprivate struct State {
        var descriptor: Int32?
        var buffer: [UInt8] = []
        var isOver = false
        var events = SSEParser()
        var pending: [SSEEvent] = []
        var head: (status: Int, headers: [(name: String, value: String)])?
        var chunks: ChunkReader?
    }

    private let state: Mutex<State>

    init(descriptor: Int32) { state = Mutex(State(descriptor: descriptor)) }

    deinit { close() }

    /// Closes the connection.
    package func close() {
        let open = state.withLock { state in
            defer { state.descriptor = nil }
            return state.descriptor
        }
        if let open { _ = Glibc.close(open) }
    }

    /// Reads once; false at the end.
    private func fill() async -> Bool {
        guard let descriptor = state.withLock({ $0.descriptor }) else { return false }
        let bytes = await BlockingThread.run { () -> [UInt8] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0, errno == EINTR { continue }
                return count > 0 ? Array(buffer.prefix(count)) : []
            }
        }
        return state.withLock { state in
            state.buffer += bytes
            state.isOver = bytes.isEmpty
            return !bytes.isEmpty
        }
    }

    /// Status and headers.
    package func head() async throws -> (status: Int, headers: [(name: String, value: String)]) {
        while true {
            if let head = state.withLock({ $0.head }) { return head }
            let end = state.withLock { Self.headEnd($0.buffer) }
            if let end {
                let text = state.withLock { state in
                    defer { state.buffer.removeFirst(end) }
                    return String(decoding: state.buffer[..<end], as: UTF8.self)
                }
                let head = try Self.parse(text)
                state.withLock { state in
                    state.head = head
                    if head.headers.contains(where: { $0.name == "transfer-encoding" }) { state.chunks = ChunkReader() }
                }
                return head
            }
            guard await fill() else {
                throw TestSupportError(
                    "The connection ended within the head: \(String(decoding: state.withLock { $0.buffer }, as: UTF8.self))"
                )
            }
        }
    }

    private static func headEnd(_ buffer: [UInt8]) -> Int? {
        guard buffer.count >= 4 else { return nil }
        for index in 0...(buffer.count - 4) where buffer[index..<(index + 4)].elementsEqual([13, 10, 13, 10]) {
            return index + 4
        }
        return nil
    }

    private static func parse(_ text: String) throws -> (status: Int, headers: [(name: String, value: String)]) {
        let lines = text.utf8.split(separator: 0x0a).map { line in
            String(decoding: line.last == 0x0d ? line.dropLast() : line, as: UTF8.self)
        }
        let parts = (lines.first ?? "").split(separator: " ")
        guard parts.count >= 2, let status = Int(parts[1]) else {
            throw TestSupportError("No HTTP status line: \(text.prefix(200))")
        }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
        return (status, headers)
    }

    /// The whole answer.
    package func reply() async throws -> HTTPReply {
        let head = try await head()
        let length = head.headers.last { $0.name == "content-length" }.flatMap { Int($0.value) }
        while true {
            let isDone = state.withLock { state in
                if state.chunks != nil { return state.chunks?.isOver(state.buffer) ?? true }
                if head.status == 204 || head.status == 304 { return true }
                return length.map { state.buffer.count >= $0 } ?? false
            }
            if isDone { break }
            guard await fill() else { break }
        }
        let body = state.withLock { state in state.chunks?.all(state.buffer) ?? state.buffer }
        close()
        return HTTPReply(status: head.status, headers: head.headers, body: body)
    }

    /// The next server-sent event, nil at the end of the stream or of the time limit.
    package func event() async throws -> (id: String?, json: JSON)? {
        _ = try await head()
        while true {
            let ready = try state.withLock { state -> SSEEvent? in
                if state.pending.isEmpty {
                    let bytes = state.takeBody()
                    if !bytes.isEmpty { state.pending += try state.events.push(bytes) }
                }
                return state.pending.isEmpty ? nil : state.pending.removeFirst()
            }
            if let ready { return (ready.id, try JSON(parsing: ready.data)) }
            guard await fill() else { return nil }
        }
    }

    /// Events up to and with the first that `last` takes; all there are when none does.
    package func events(until last: (JSON) -> Bool) async throws -> [(id: String?, json: JSON)] {
        var found: [(id: String?, json: JSON)] = []
        while let event = try await event() {
            found.append(event)
            if last(event.json) { break }
        }
        return found
    }
}

extension HTTPStream.State {
    /// Takes what has arrived of the body.
    fileprivate mutating func takeBody() -> [UInt8] {
        if chunks == nil {
            defer { buffer = [] }
            return buffer
        }
        return chunks?.take(&buffer) ?? []
    }
}

/// `Transfer-Encoding: chunked`, read as far as it has arrived.
struct ChunkReader: Sendable {
    private var isFinished = false

    /// Removes whole chunks from the front of the buffer and returns their bytes.
    mutating func take(_ buffer: inout [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        while !isFinished, let (size, start) = Self.header(buffer) {
            guard size > 0 else {
                isFinished = true
                break
            }
            guard buffer.count >= start + size + 2 else { break }
            out += buffer[start..<(start + size)]
            buffer.removeFirst(start + size + 2)
        }
        return out
    }

    func isOver(_ buffer: [UInt8]) -> Bool {
        var copy = self
        var rest = buffer
        _ = copy.take(&rest)
        return copy.isFinished
    }

    func all(_ buffer: [UInt8]) -> [UInt8] {
        var copy = self
        var rest = buffer
        return copy.take(&rest)
    }

    private static func header(_ buffer: [UInt8]) -> (size: Int, start: Int)? {
        guard let end = buffer.firstIndex(of: 0x0a) else { return nil }
        let digits = String(decoding: buffer[..<end].prefix { $0 != 0x0d && $0 != 0x3b }, as: UTF8.self)
        return Int(digits, radix: 16).map { ($0, end + 1) }
    }
}
