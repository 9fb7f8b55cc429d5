import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Schema
import Support

/// Writes server-sent events to one client.
///
/// Nothing is written for 10 s: a heartbeat goes out. A write that the client does not take within 20 s ends the connection:
/// who does not read is not waited for.
struct EventWriter {
    static let heartbeat: Duration = .seconds(10)
    static let deadline: Duration = .seconds(20)

    /// A frame.
    enum Frame: Sendable {
        case event(Event, id: String?)
        case json(JSON, id: String?)

        /// The frame as it is written; the event's JSON is shared with other streams.
        func bytes(_ encoded: EncodedEvents) -> [UInt8] {
            let id: String?
            let data: [UInt8]
            switch self {
            case .event(let event, let cursor):
                id = cursor
                data = encoded.bytes(of: event)
            case .json(let json, let cursor):
                id = cursor
                data = json.bytes()
            }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(data.count + 80)
            if let id { bytes += Array("id: \(id)\n".utf8) }
            bytes += Array("data: ".utf8)
            // JSON has no line feed of its own.
            bytes += data
            bytes += [0x0A, 0x0A]
            return bytes
        }
    }

    /// An answer that is a stream of events.
    /// - Parameters:
    ///   - heartbeat: what is written when nothing happens, nil for a comment.
    ///   - next: the next frame, nil at the end; called one at a time, cancelled when the client leaves.
    static func response(
        _ context: RouteContext, first: [Frame] = [], heartbeat: (@Sendable () -> Frame)? = nil,
        finish: @escaping @Sendable () -> Void = {}, next: @escaping @Sendable () async throws -> Frame?
    ) -> ServerResponse {
        let request = context.request
        var response = ServerResponse(
            status: 200,
            body: .stream { writer in
                defer { finish() }
                // The writer cannot cross into another task: frames come to it.
                let encoded = context.services.encoded
                let logger = context.services.logger
                let failed = { @Sendable (error: any Error) in
                    logger.warning(
                        "a stream ended too early", metadata: ["id": "\(request.id)", "error": "\(error)"])
                }
                let frames = FrameSource(encoded: encoded, failed: failed, next: next)
                request.channel.triggerUserOutboundEvent(StreamingBegins(), promise: nil)
                let channel = request.channel
                let pump = Task { await frames.pump() }
                let watch = Task {
                    await frames.watch(idle: Self.heartbeat, stuck: Self.deadline) { channel.close(promise: nil) }
                }
                channel.closeFuture.whenComplete { _ in pump.cancel() }
                defer {
                    pump.cancel()
                    watch.cancel()
                }
                for frame in first { try await writer.write(ByteBuffer(bytes: frame.bytes(encoded))) }
                while true {
                    switch try await frames.take() {
                    case .frames(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
                    case .idle:
                        let bytes = heartbeat?().bytes(encoded) ?? Array(":\n\n".utf8)
                        try await writer.write(ByteBuffer(bytes: bytes))
                    case .end:
                        try await writer.finish(nil)
                        return
                    }
                }
            }, contentType: "text/event-stream")
        response.headers[.cacheControl] = "no-cache, no-transform"
        if let name = HTTPField.Name("x-accel-buffering") { response.headers[name] = "no" }
        return response
    }
}
