import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A web server on `127.0.0.1` and a free port that gives fixed answers by path; other paths get 404.
package final class StaticWebServer: Sendable {
    /// One answer.
    package struct Page: Sendable {
        package var status: Int
        package var type: String
        package var headers: [(String, String)]
        package var body: [UInt8]

        package init(
            status: Int = 200, type: String = "application/json", headers: [(String, String)] = [], body: String = ""
        ) {
            self.status = status
            self.type = type
            self.headers = headers
            self.body = Array(body.utf8)
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let pages: [String: Page]
        private let seen: @Sendable (String) -> Void

        init(_ pages: [String: Page], seen: @escaping @Sendable (String) -> Void) {
            self.pages = pages
            self.seen = seen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            seen(head.uri)
            let page = pages[head.uri] ?? Page(status: 404, body: "{\"error\":\"not found\"}")
            var headers = HTTPHeaders(page.headers)
            headers.add(name: "content-type", value: page.type)
            headers.add(name: "content-length", value: String(page.body.count))
            headers.add(name: "connection", value: "close")
            let answer = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: page.status), headers: headers)
            context.write(wrapOutboundOut(.head(answer)), promise: nil)
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: page.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let listener: any Channel
    private let log = SeenPaths()

    /// The paths that were asked for, in order of arrival.
    package var requests: [String] { log.all }

    /// `http://127.0.0.1:PORT`
    package let origin: String

    private final class SeenPaths: Sendable {
        private let paths = Mutex<[String]>([])
        var all: [String] { paths.withLock { $0 } }
        func add(_ path: String) { paths.withLock { $0.append(path) } }
    }

    private init(_ pages: [String: Page]) async throws {
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [log] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true)
                    try channel.pipeline.syncOperations.addHandler(Handler(pages) { log.add($0) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        origin = "http://127.0.0.1:\(listener.localAddress?.port ?? 0)"
    }

    /// Serves `pages` by path while `body` runs.
    package static func with<Result: Sendable>(
        _ pages: [String: Page], _ body: (StaticWebServer) async throws -> Result
    ) async throws -> Result {
        let server = try await StaticWebServer(pages)
        do {
            let result = try await body(server)
            try? await server.listener.close().get()
            return result
        } catch {
            try? await server.listener.close().get()
            throw error
        }
    }
}
