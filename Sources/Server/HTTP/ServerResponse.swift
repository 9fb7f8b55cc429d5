package import HTTPTypes
package import HummingbirdCore
import NIOCore
package import Schema
package import Support

/// An answer.
package struct ServerResponse: Sendable {
    /// What follows the head.
    package enum Body: Sendable {
        case empty
        case bytes([UInt8])
        /// Writes the body itself; cancelled when the client leaves.
        case stream(@concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void)
        /// The connection becomes a WebSocket; 426 when the request did not ask for that.
        case upgrade(WebSocketUpgrade)
    }

    /// The HTTP status.
    package var status: Int
    /// Beside those that every answer has.
    package var headers = HTTPFields()
    /// The body.
    package var body: Body

    /// An answer; see the members.
    package init(status: Int, body: Body = .empty, contentType: String? = nil) {
        self.status = status
        self.body = body
        if let contentType { headers[.contentType] = contentType }
    }

    /// 204.
    package static let noContent = ServerResponse(status: 204)

    /// A JSON document.
    package static func json(_ json: JSON, status: Int = 200) -> ServerResponse {
        ServerResponse(status: status, body: .bytes(json.bytes()), contentType: "application/json")
    }

    /// `{"data": …}`.
    package static func data(_ json: JSON, status: Int = 200) -> ServerResponse {
        .json(["data": json], status: status)
    }

    /// An error with its tagged body.
    package static func error(_ error: TaggedError, status: Int, requestID: String) -> ServerResponse {
        var error = error
        error.requestID = requestID
        let bytes = (try? JSONEncoding.bytes(of: error)) ?? Array(#"{"_tag":"UnknownError","message":"failed"}"#.utf8)
        return ServerResponse(status: status, body: .bytes(bytes), contentType: "application/json")
    }
}

/// An error with the status it is answered with.
package struct HTTPFailure: Error, Sendable {
    /// The HTTP status.
    package var status: Int
    /// The body.
    package var error: TaggedError
    /// More header fields.
    package var headers = HTTPFields()

    /// A failure; see the members.
    package init(_ status: Int, _ error: TaggedError, headers: HTTPFields = HTTPFields()) {
        self.status = status
        self.error = error
        self.headers = headers
    }

    /// 400 that names the field.
    package static func invalid(_ message: String, field: String? = nil, kind: String = "Body") -> HTTPFailure {
        HTTPFailure(400, .invalidRequest(message: message, kind: kind, field: field))
    }
}
