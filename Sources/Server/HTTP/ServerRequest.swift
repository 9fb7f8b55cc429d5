package import HTTPTypes
package import HummingbirdCore
package import NIOCore
import Support

/// One request as handlers see it.
package struct ServerRequest: Sendable {
    /// `req_…`, in the log, the `x-request-id` header and every error body.
    package let id: String
    /// The method, upper case.
    package let method: String
    /// The path as it was sent, below the base path, without the query.
    package let path: String
    /// The query.
    package let query: QueryString
    /// The header fields.
    package let headers: HTTPFields
    /// The `Host` header, lower case, with its port.
    package let host: String?
    /// The address of the client's end, without port; "" when unknown.
    package let remote: String
    /// True when the connection is TLS.
    package let isSecure: Bool
    /// The bytes to come.
    package let body: RequestBody
    /// The connection.
    package let channel: any Channel

    /// The first value of a header field.
    package func header(_ name: String) -> String? {
        guard let name = HTTPField.Name(name) else { return nil }
        return headers[name]
    }

    /// The value of a cookie.
    package func cookie(_ name: String) -> String? {
        for field in headers[values: .cookie] {
            for part in field.utf8.split(separator: UInt8(ascii: ";")) {
                let text = UTF8Text.lossy(part.drop { $0 == 0x20 })
                if text.hasPrefix(name + "=") { return String(text.dropFirst(name.utf8.count + 1)) }
            }
        }
        return nil
    }

    /// Whether `Accept` names this media type.
    package func accepts(_ type: String) -> Bool {
        headers[values: .accept].contains { $0.lowercased().contains(type) }
    }

    /// Whether `Prefer` has this token.
    package func prefers(_ token: String) -> Bool {
        guard let name = HTTPField.Name("prefer") else { return false }
        return headers[values: name].contains { value in
            value.lowercased().utf8.split(whereSeparator: { $0 == 0x2C || $0 == 0x3B }).contains {
                UTF8Text.lossy($0.filter { $0 != 0x20 }) == token
            }
        }
    }

    /// Runs `body` until the client leaves, which cancels it.
    /// - Throws: `CancellationError` when the client left, and what `body` throws.
    package func whileConnected<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        channel.triggerUserOutboundEvent(StreamingBegins(), promise: nil)
        let (left, signal) = AsyncStream<Void>.makeStream()
        channel.closeFuture.whenComplete { _ in signal.finish() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in left {}
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw CancellationError() }
            return value
        }
    }
}
