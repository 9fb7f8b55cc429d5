import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Schema
import Support
import Synchronization
package import SystemPackage

/// A server that listens. Started once, stopped once.
package final class HTTPServer: Sendable {
    /// How it listens.
    package struct Options: Sendable {
        /// A name or an address.
        package var host: String
        /// 0 = any free one.
        package var port: Int
        /// PEM files of the certificate chain and its key; nil = plain HTTP.
        package var certificate: FilePath?
        package var key: FilePath?

        package init(host: String, port: Int, certificate: FilePath? = nil, key: FilePath? = nil) {
            self.host = host
            self.port = port
            self.certificate = certificate
            self.key = key
        }
    }

    /// The port it listens on.
    package let port: Int
    private let shutdown: @Sendable () async -> Void
    private let running: Task<Void, any Error>

    private init(port: Int, running: Task<Void, any Error>, shutdown: @escaping @Sendable () async -> Void) {
        self.port = port
        self.running = running
        self.shutdown = shutdown
    }

    /// Starts to listen and returns when connections are accepted.
    /// - Throws: what keeps it from listening: a taken port, an address that is not here, unusable certificates.
    package static func start(_ options: Options, _ dispatcher: Dispatcher) async throws -> HTTPServer {
        let refusals = UpgradeRefusals()
        let child = HTTPChild { request, writer, channel in
            try await write(request, writer, channel, dispatcher, refusals.take(channel))
        } isWebSocket: { target in
            dispatcher.isWebSocket(target)
        } upgrade: { request, channel in
            let answer = await dispatcher.respond(
                to: Request(head: request, body: RequestBody(buffer: ByteBuffer())), channel: channel)
            if case .upgrade(let upgrade) = answer.0.body { return upgrade }
            refusals.keep(answer, for: channel)
            return nil
        }
        if let certificate = options.certificate, let key = options.key {
            let channel = try TLSChannel(child, tlsConfiguration: try tls(certificate, key))
            return try await start(channel, options, dispatcher.services.logger)
        }
        return try await start(child, options, dispatcher.services.logger)
    }

    private static func tls(_ certificate: FilePath, _ key: FilePath) throws -> TLSConfiguration {
        func usable<Value>(_ path: FilePath, _ what: String, _ read: ([UInt8]) throws -> Value) throws -> Value {
            let bytes = try FileIO.read(path, limit: 1 << 20)
            do {
                return try read(bytes)
            } catch {
                throw CertificateError(
                    message: "\(path) holds no usable \(what); give a PEM file that is not encrypted.",
                    metadata: ["reason": "\(error)"])
            }
        }
        let chain = try usable(certificate, "certificate chain") { try NIOSSLCertificate.fromPEMBytes($0) }
        let privateKey = try usable(key, "private key") { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
        let tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        // Now, not with the first client: a key that is not the certificate's.
        do {
            _ = try NIOSSLContext(configuration: tls)
        } catch {
            throw CertificateError(
                message: "The key in \(key) is not that of the certificate in \(certificate).",
                metadata: ["reason": "\(error)"])
        }
        return tls
    }

    private static func start<Child: ServerChildChannel>(
        _ child: Child, _ options: Options, _ logger: Logger
    ) async throws -> HTTPServer {
        let (listening, signal) = AsyncThrowingStream<Int, any Error>.makeStream()
        var quiet = logger
        quiet.logLevel = .error
        let server = Server(
            childChannelSetup: child,
            configuration: ServerConfiguration(address: .hostname(options.host, port: options.port), backlog: 1_024),
            onServerRunning: { channel in
                signal.yield(channel.localAddress?.port ?? options.port)
                signal.finish()
            }, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
        let running = Task {
            do {
                try await server.run()
            } catch {
                signal.finish(throwing: error)
                throw error
            }
        }
        var port: Int?
        for try await found in listening { port = found }
        guard let port else { throw CancellationError() }
        return HTTPServer(port: port, running: running) { try? await server.shutdownGracefully() }
    }

    /// Accepts no more connections, lets requests that run end, and closes what is left after the deadline.
    package func stop(within deadline: Duration) async {
        let closing = Task { [shutdown, running] in
            await shutdown()
            _ = await running.result
        }
        let timer = Task { [running] in
            try await Task.sleep(for: deadline)
            running.cancel()
        }
        await closing.value
        timer.cancel()
    }

    @concurrent
    private static func write(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ dispatcher: Dispatcher,
        _ known: (ServerResponse, ServerRequest)?
    ) async throws {
        var (response, incoming): (ServerResponse, ServerRequest)
        if let known {
            (response, incoming) = known
        } else {
            (response, incoming) = await dispatcher.respond(to: request, channel: channel)
        }
        if case .upgrade = response.body {
            response = .error(
                TaggedError("UpgradeRequiredError", "This is a WebSocket; ask for an upgrade."), status: 426,
                requestID: incoming.id)
        }
        if response.status == 413 {
            // What the client still sends is read for two seconds, then the connection ends.
            response.headers[.connection] = "close"
            channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
        }
        var head = HTTPResponse(status: .init(code: response.status), headerFields: response.headers)
        switch response.body {
        case .empty, .upgrade:
            if response.status != 204 { head.headerFields[.contentLength] = "0" }
            try await writer.writeResponse(head)
        case .bytes(let bytes):
            head.headerFields[.contentLength] = String(bytes.count)
            if request.method == .head { return try await writer.writeResponse(head) }
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let write):
            if request.method == .head { return try await writer.writeResponse(head) }
            try await writer.write(response: head, body: ResponseBody { writer in try await write(&writer) })
        }
    }
}
