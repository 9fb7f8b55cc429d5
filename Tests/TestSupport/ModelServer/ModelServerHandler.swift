import NIOCore
import NIOHTTP1
import Synchronization

/// Collects a request, asks the server for the reply and writes it, stopping at gates.
final class ModelServerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let box: ServerBox
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var replying: Int?

    init(_ box: ServerBox) { self.box = box }

    private var server: ScriptedModelServer? { box.server.withLock { $0?.value } }

    func channelActive(context: ChannelHandlerContext) {
        server?.opened(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let replying { server?.aborted(replying) }
        replying = nil
        server?.closed(context.channel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer): body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head, let server else {
                context.close(promise: nil)
                return
            }
            self.head = nil
            send(server.answer(head, body), context: context)
        }
    }

    private func send(_ reply: ServerReply, context: ChannelHandlerContext) {
        guard reply.status > 0 else {
            context.close(promise: nil)
            return
        }
        replying = reply.request
        var headers = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
        let hasGate = reply.parts.contains { if case .gate = $0 { true } else { false } }
        if reply.parts.count <= 1, !hasGate, !reply.isCut {
            let size = reply.parts.reduce(0) { if case .bytes(let bytes) = $1 { $0 + bytes.count } else { $0 } }
            headers.replaceOrAdd(name: "content-length", value: String(size))
        } else {
            headers.replaceOrAdd(name: "transfer-encoding", value: "chunked")
        }
        let status = HTTPResponseStatus(statusCode: reply.status)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        send(reply.parts[...], isCut: reply.isCut, context: context)
    }

    private func send(_ parts: ArraySlice<BodyPart>, isCut: Bool, context: ChannelHandlerContext) {
        var rest = parts
        while let part = rest.popFirst() {
            switch part {
            case .bytes(let bytes):
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            case .gate(let gate):
                context.flush()
                let later = rest
                let loop = context.eventLoop
                let bound = NIOLoopBound((self, context), eventLoop: loop)
                gate.whenOpen {
                    loop.execute {
                        let (handler, context) = bound.value
                        if context.channel.isActive { handler.send(later, isCut: isCut, context: context) }
                    }
                }
                return
            }
        }
        replying = nil
        if isCut {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer())))).whenComplete { _ in
                bound.value.close(promise: nil)
            }
        } else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
