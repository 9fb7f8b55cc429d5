import NIOCore
import NIOHTTP1
import NIOWebSocket
import Support

/// Sent down a channel whose response is a stream, or waits for something: a client that leaves closes the channel.
struct StreamingBegins: Sendable {}

/// What goes wrong on a connection before there is a request: headers that are too large (431), bytes that are not HTTP
/// (400), a client that sends nothing (closed after 30 s). Closes idle connections when the server stops.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private static let firstRequest: TimeAmount = .seconds(30)

    private var isWaiting = true
    private var isStreaming = false
    private var hasFailed = false
    private var deadline: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: Self.firstRequest) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    /// The connection has a request: idle times are somebody else's from here.
    func requestArrived() {
        isWaiting = false
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !hasFailed { context.fireChannelRead(data) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is StreamingBegins {
            isStreaming = true
            promise?.succeed()
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isWaiting, event is ChannelShouldQuiesceEvent {
            context.close(promise: nil)
            return
        }
        if isStreaming, let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The refusal of an upgrade is answered like any other request.
        if error is NIOWebSocketUpgradeError { return }
        guard let error = error as? HTTPParserError, !hasFailed else {
            context.close(promise: nil)
            return
        }
        hasFailed = true
        let isHeaders = error == .headerOverflow
        let message =
            isHeaders
            ? "The header fields are larger than \(HTTPChild.maximumHeaders / 1_024) KiB; send fewer or shorter ones."
            : "The request is not HTTP/1.1; send a well-formed one."
        let body: JSON = ["_tag": "InvalidRequestError", "message": .string(message), "kind": "Headers"]
        let bytes = body.bytes()
        let head = HTTPResponseHead(
            version: .http1_1, status: isHeaders ? .requestHeaderFieldsTooLarge : .badRequest,
            headers: [
                "content-type": "application/json", "content-length": String(bytes.count), "connection": "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            // Half a second for the client to read the answer before the unread bytes reset the connection.
            channel.close(mode: .output, promise: nil)
            channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
        }
    }
}
