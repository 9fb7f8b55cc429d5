import NIOCore
import NIOHTTP1

/// Lets NIO see an upgrade only where there is one to be had: what comes with another `Upgrade` header (`h2c`, which curl and
/// Java send by themselves) or to another place is a plain request, and is not swallowed. Leaves after the first head.
final class UpgradeFilter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// Whether a target can become a WebSocket.
    private let isWebSocket: @Sendable (String) -> Bool

    init(isWebSocket: @escaping @Sendable (String) -> Bool) { self.isWebSocket = isWebSocket }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // NIO looks at the first head only; after an upgrade there are no heads any more.
        defer { context.pipeline.syncOperations.removeHandler(context: context, promise: nil) }
        guard case .head(var head) = unwrapInboundIn(data), head.headers.contains(name: "upgrade"), !canUpgrade(head)
        else {
            context.fireChannelRead(data)
            return
        }
        head.headers.remove(name: "upgrade")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func canUpgrade(_ head: HTTPRequestHead) -> Bool {
        let headers = head.headers
        let hasBody =
            headers.contains(name: "transfer-encoding") || (headers.first(name: "content-length") ?? "0") != "0"
        return head.method == .GET && !hasBody
            && headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && headers.contains(name: "sec-websocket-key") && headers.first(name: "sec-websocket-version") == "13"
            && isWebSocket(head.uri)
    }
}
