import Glibc
import Support
import Synchronization

/// A server on 127.0.0.1 that answers each path with fixed bytes and then closes. `/hang` is answered never; with `CONNECT` in
/// the table it is a proxy to itself.
final class WebTestServer: Sendable {
    let port: Int
    private let listener: Int32
    private let replies: [String: [UInt8]]
    private let requests = Mutex<[String]>([])
    private let open = Mutex<[Int32]>([])

    /// The request heads, in order.
    var seen: [String] { requests.withLock { $0 } }

    struct Failure: Error {}

    init(_ replies: [String: [UInt8]]) throws {
        self.replies = replies
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, generic, &size) == 0
            }
        }
        guard bound else { throw Failure() }
        port = Int(UInt16(bigEndian: address.sin_port))
        start { [self] in serve() }
    }

    /// Stops listening and closes what hangs.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in open.withLock({ $0 }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    static func html(_ body: String, type: String = "text/html; charset=utf-8") -> [UInt8] {
        Array(
            "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
                .utf8)
    }

    static func redirect(_ location: String) -> [UInt8] {
        Array("HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
    }

    private func serve() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            open.withLock { $0.append(client) }
            start { [self] in answer(client) }
        }
        close(listener)
    }

    private func answer(_ client: Int32) {
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let end = Array("\r\n\r\n".utf8)
        while head.count < 65_536, !head.suffix(4).elementsEqual(end) {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { break }
            head += buffer.prefix(count)
            if head.split(separator: 0x0A).contains(where: { $0 == [0x0D] }) { break }
        }
        let text = UTF8Text.lossy(head)
        requests.withLock { $0.append(text) }
        let path = text.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        if text.hasPrefix("CONNECT "), replies["CONNECT"] != nil {
            // As a proxy: what comes through the tunnel is answered here too.
            let reply = Array("HTTP/1.1 200 Connected\r\n\r\n".utf8)
            _ = reply.withUnsafeBytes {
                send(client, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
            }
            return answer(client)
        }
        if path == "/hang" {
            _ = read(client, &buffer, 1)
        } else {
            let reply =
                replies[path] ?? Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
            var sent = 0
            while sent < reply.count {
                let count = reply[sent...].withUnsafeBytes {
                    send(client, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                sent += count
            }
        }
        open.withLock { $0.removeAll { $0 == client } }
        close(client)
    }

    private final class Job {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(body))
        let failure = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        if failure == 0 { pthread_detach(thread) } else { job.release() }
    }
}
