import HTTPTypes
import HummingbirdCore
import NIOCore
import Schema
import Support

/// Writes server-sent events to one client.
///
/// Nothing is written for 10 s: a heartbeat goes out. A write that the client does not take within 20 s ends the connection:
/// who does not read is not waited for.
struct EventWriter {
    static let heartbeat: Duration = .seconds(10)
    static let deadline: TimeAmount = .seconds(20)

    /// A frame.
    enum Frame: Sendable {
        case event(Event, id: String?)
        case json(JSON, id: String?)

        var bytes: [UInt8] {
            let id: String?
            let data: [UInt8]
            switch self {
            case .event(let event, let cursor):
                id = cursor
                data = (try? JSONEncoding.bytes(of: event)) ?? []
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
                let frames = FrameSource(next: next)
                // The writer cannot cross into another task: frames come to it.
                request.channel.triggerUserOutboundEvent(StreamingBegins(), promise: nil)
                let channel = request.channel
                let pump = Task { await frames.pump() }
                channel.closeFuture.whenComplete { _ in pump.cancel() }
                defer { pump.cancel() }
                for frame in first { try await write(frame.bytes, to: &writer, channel) }
                while true {
                    switch try await frames.take(within: Self.heartbeat) {
                    case .frames(let bytes): try await write(bytes, to: &writer, channel)
                    case .idle:
                        try await write(heartbeat?().bytes ?? Array(":\n\n".utf8), to: &writer, channel)
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

    @concurrent
    private static func write(
        _ bytes: [UInt8], to writer: inout any ResponseBodyWriter, _ channel: any Channel
    ) async throws {
        let timer = channel.eventLoop.scheduleTask(in: deadline) { channel.close(promise: nil) }
        defer { timer.cancel() }
        try await writer.write(ByteBuffer(bytes: bytes))
    }
}

/// Hands frames from the task that waits for events to the one that writes; at most 64 KiB between them.
actor FrameSource {
    enum Taken: Sendable {
        case frames([UInt8])
        case idle
        case end
    }

    private static let maximum = 64 << 10

    private let next: @Sendable () async throws -> EventWriter.Frame?
    private var bytes: [UInt8] = []
    private var isOver = false
    private var failure: (any Error)?
    private var reader: CheckedContinuation<Void, Never>?
    private var pumpWaits: CheckedContinuation<Void, Never>?
    private var ticket = 0

    init(next: @escaping @Sendable () async throws -> EventWriter.Frame?) { self.next = next }

    /// Reads events until the end or cancellation.
    func pump() async {
        do {
            while !Task.isCancelled, let frame = try await next() {
                bytes += frame.bytes
                wake()
                if bytes.count >= Self.maximum {
                    await withTaskCancellationHandler {
                        await withCheckedContinuation { continuation in
                            if Task.isCancelled { return continuation.resume() }
                            pumpWaits = continuation
                        }
                    } onCancel: {
                        Task { await self.releasePump() }
                    }
                }
            }
        } catch {
            failure = error
        }
        isOver = true
        wake()
    }

    private func releasePump() {
        pumpWaits?.resume()
        pumpWaits = nil
    }

    private func wake() {
        reader?.resume()
        reader = nil
    }

    /// What is there; waits for something for that long.
    func take(within limit: Duration) async throws -> Taken {
        if bytes.isEmpty, !isOver {
            ticket += 1
            let mine = ticket
            let timer = Task {
                try await Task.sleep(for: limit)
                self.expire(mine)
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    if Task.isCancelled { return continuation.resume() }
                    reader = continuation
                }
            } onCancel: {
                Task { await self.wake() }
            }
            timer.cancel()
        }
        try Task.checkCancellation()
        guard bytes.isEmpty else {
            defer {
                bytes = []
                releasePump()
            }
            return .frames(bytes)
        }
        if isOver { return .end }
        return .idle
    }

    private func expire(_ number: Int) {
        if number == ticket { wake() }
    }
}
