import NIOCore
import NIOHTTP1
import NIOPosix
import Support
import Synchronization

/// The redirect's end of a login: an HTTP server on 127.0.0.1 that waits for one GET of `/callback`.
///
/// Nothing of the request is put into the answer. Other paths are 404 and do not end the wait.
final class LoopbackReceiver: Sendable {
    static let path = "/callback"

    private struct State {
        var result: String?
        var waiter: CheckedContinuation<String?, Never>?
        var isOver = false
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: Mutex<(any Channel)?> = Mutex(nil)
    private let state = Mutex(State())
    let port: Int

    /// Listens on this port of 127.0.0.1; nil: any free one.
    /// - Throws: `connect` when the port is taken.
    static func start(port: Int?) async throws(MCPError) -> LoopbackReceiver {
        do { return try await LoopbackReceiver(port ?? 0) } catch {
            throw MCPError(
                .connect,
                "No listener on 127.0.0.1:\(port ?? 0) for the login's answer: \(error). Give another callback port.")
        }
    }

    private init(_ port: Int) async throws {
        let box = HandlerBox()
        let listening = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                child.pipeline.configureHTTPServerPipeline(withErrorHandling: true).flatMapThrowing {
                    try child.pipeline.syncOperations.addHandler(CallbackHandler(box))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.port = listening.localAddress?.port ?? port
        channel.withLock { $0 = listening }
        box.receiver.withLock { $0 = WeakReceiver(self) }
    }

    /// The query of the redirect, or nil when the time is over, the task was cancelled or `stop` was called.
    func wait(atMost limit: Duration, time: any TimeSource) async -> String? {
        let patience = Task { [weak self] in
            try? await time.sleep(for: limit)
            self?.finish(nil)
        }
        defer { patience.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isReady, result) = state.withLock { state in
                    if state.isOver { return (true, state.result) }
                    state.waiter = continuation
                    return (false, nil)
                }
                if isReady { continuation.resume(returning: result) }
            }
        } onCancel: {
            finish(nil)
        }
    }

    /// Ends the wait: with a query that came another way (pasted), or with nothing.
    func finish(_ query: String?) {
        let waiter = state.withLock { state -> CheckedContinuation<String?, Never>? in
            guard !state.isOver else { return nil }
            state.isOver = true
            state.result = query
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: query)
    }

    /// Closes the listener after answers are on their way.
    func stop() async {
        finish(nil)
        try? await channel.withLock { $0 }?.close().get()
        try? await group.shutdownGracefully()
    }
}

private final class WeakReceiver: Sendable {
    weak let value: LoopbackReceiver?
    init(_ value: LoopbackReceiver) { self.value = value }
}

private final class HandlerBox: Sendable { let receiver = Mutex<WeakReceiver?>(nil) }

private final class CallbackHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let box: HandlerBox
    private var head: HTTPRequestHead?

    init(_ box: HandlerBox) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            let parts = head.uri.split(separator: "?", maxSplits: 1)
            let isCallback = head.method == .GET && parts.first == Substring(LoopbackReceiver.path)
            let text =
                isCallback
                ? "codetether has received the answer. You may close this page and go back to the terminal.\n"
                : "There is nothing here.\n"
            var headers = HTTPHeaders([
                ("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ])
            headers.add(name: "Content-Length", value: "\(text.utf8.count)")
            context.write(
                wrapOutboundOut(
                    .head(HTTPResponseHead(version: .http1_1, status: isCallback ? .ok : .notFound, headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            let receiver = box.receiver.withLock { $0?.value }
            let query = parts.count > 1 ? String(parts[1].prefix(16_384)) : ""
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.whenComplete { _ in if isCallback { receiver?.finish(query) } }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
            let channel = context.channel
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
