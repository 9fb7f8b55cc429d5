import HTTPTypes
import HummingbirdCore
import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
package import NIOWebSocket

/// A WebSocket's frames.
package typealias WebSocketChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

/// What a handler answers with when the connection becomes a WebSocket.
package struct WebSocketUpgrade: Sendable {
    /// The subprotocol that was chosen, nil for none.
    package var subprotocol: String?
    /// Owns the socket; it is closed when this returns. Cancelled when the server stops.
    package var run: @Sendable (WebSocketChannel) async -> Void

    /// An upgrade; see the members.
    package init(subprotocol: String? = nil, run: @escaping @Sendable (WebSocketChannel) async -> Void) {
        self.subprotocol = subprotocol
        self.run = run
    }
}

/// One connection: HTTP/1.1, or after an upgrade a WebSocket, on the same port.
struct HTTPChild: HTTPChannelHandler {
    enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case webSocket(WebSocketChannel, WebSocketUpgrade)
    }

    struct Value: ServerChildChannelValue {
        let outcome: EventLoopFuture<Outcome>
        let channel: any Channel
    }

    /// The largest WebSocket message, bytes.
    static let maximumMessage = 1 << 20
    /// All header fields together, bytes; more is 431.
    static let maximumHeaders = 64 << 10

    let responder: HTTPChannelHandler.Responder
    /// Whether a target can become a WebSocket.
    let isWebSocket: @Sendable (String) -> Bool
    /// Decides about an upgrade request; nil lets it be answered as plain HTTP.
    let upgrade: @Sendable (HTTPRequest, any Channel) async -> WebSocketUpgrade?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let chosen = NIOLoopBoundBox<WebSocketUpgrade?>(nil, eventLoop: channel.eventLoop)
            let refused = NIOLoopBoundBox<HTTPRequestHead?>(nil, eventLoop: channel.eventLoop)
            let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
                maxFrameSize: Self.maximumMessage,
                shouldUpgrade: { channel, head in
                    channel.eventLoop.makeFutureWithTask { () -> WebSocketUpgrade? in
                        guard let request = try? HTTPRequest(head, secure: false, splitCookie: true) else { return nil }
                        return await upgrade(request, channel)
                    }.map { (found: WebSocketUpgrade?) in
                        chosen.value = found
                        guard let found else {
                            refused.value = head
                            return nil
                        }
                        return found.subprotocol.map { ["Sec-WebSocket-Protocol": $0] } ?? HTTPHeaders()
                    }
                },
                upgradePipelineHandler: { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOWebSocketFrameAggregator(
                                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1_024,
                                maxAccumulatedFrameSize: Self.maximumMessage))
                        guard let upgrade = chosen.value else { throw ChannelError.inappropriateOperationForState }
                        return .webSocket(try WebSocketChannel(wrappingChannelSynchronously: channel), upgrade)
                    }
                })
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration<Outcome>(
                upgradeConfiguration: .init(upgraders: [upgrader]) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try Self.plain(channel, refused: refused.value, logger: logger)
                    }
                })
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            configuration.decoderConfiguration.maxHeaderFieldSize = Self.maximumHeaders
            configuration.decoderConfiguration.maxHeaderListSize = Self.maximumHeaders
            let sync = channel.pipeline.syncOperations
            let outcome = try sync.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let upgradeHandler = try sync.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
            try sync.addHandler(UpgradeFilter(isWebSocket: isWebSocket), position: .before(upgradeHandler))
            let guardHandler = ConnectionGuard()
            try sync.addHandler(guardHandler)
            let bound = NIOLoopBound(guardHandler, eventLoop: channel.eventLoop)
            outcome.whenComplete { _ in bound.value.requestArrived() }
            return Value(outcome: outcome, channel: channel)
        }
    }

    /// The pipeline of a connection that stays HTTP.
    private static func plain(
        _ channel: any Channel, refused: HTTPRequestHead?, logger: Logger
    ) throws -> Outcome {
        let sync = channel.pipeline.syncOperations
        try sync.addHandlers([
            HTTP1ToHTTPServerCodec(secure: false),
            HTTPConnectionStateHandler(idleTimeout: .seconds(120), logger: logger),
        ])
        let http = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        // NIO swallows a request whose upgrade was refused, and reads nothing after it.
        if var head = refused {
            head.headers.replaceOrAdd(name: "connection", value: "close")
            let context = try sync.context(handlerType: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
            context.fireChannelRead(NIOAny(HTTPServerRequestPart.head(head)))
            context.fireChannelRead(NIOAny(HTTPServerRequestPart.end(nil)))
            context.fireChannelReadComplete()
        }
        return .http(http)
    }

    func handle(value: Value, logger: Logger) async {
        do {
            let outcome = try await withTaskCancellationHandler {
                try await value.outcome.get()
            } onCancel: {
                value.channel.close(promise: nil)
            }
            switch outcome {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .webSocket(let channel, let upgrade): await upgrade.run(channel)
            }
        } catch {
            // The client left before it had sent a request.
            value.channel.close(promise: nil)
        }
    }
}
