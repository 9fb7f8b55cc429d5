package import App
import Configuration
import Glibc
import Logging
import NIOCore
import Scheduler
package import Server
import Support
import SystemPackage

/// A server that runs in this process, from its first check to its last.
package struct RunningServer: Sendable {
    package let runtime: Runtime
    package let dispatcher: Dispatcher
    package let server: HTTPServer
    package let files: ServerFiles
    /// `http://127.0.0.1:PORT`
    package let url: String
    /// The same and one for every other usable address, with the base path.
    package let urls: [String]
    /// The name or address it listens on.
    package let host: String
    /// True when no credential is needed.
    package let isOpen: Bool
    /// How it is to end; from before anybody is told that it runs.
    let ends: AsyncStream<ExitStatus>
    let end: AsyncStream<ExitStatus>.Continuation
    private let signals: SignalPipe

    /// `{"url","urls","pid","tokenFile"}`
    var document: JSONObject {
        [
            "url": .string(url), "urls": .array(urls.map { .string($0) }), "pid": .int(Int64(getpid())),
            "tokenFile": .string(files.tokenFile.string),
        ]
    }

    /// Starts to listen.
    /// - Throws: `CLIError` 78 for an exposure that is refused, 69 for an address that cannot be had; `ConfigError`, and
    ///   what the store throws.
    static func start(_ options: ServeOptions, _ globals: GlobalValues) async throws -> RunningServer {
        let launch = Launch.current
        var runtimeOptions = try launch.runtimeOptions(globals)
        runtimeOptions.fakeResponses = options.fakeResponses.map { launch.directory.pushing(FilePath($0)) }
        let runtime = try Runtime.make(runtimeOptions)
        do {
            return try await start(options, runtime, runtimeOptions, launch)
        } catch {
            await runtime.shutdown()
            throw error
        }
    }

    private static func start(
        _ options: ServeOptions, _ runtime: Runtime, _ runtimeOptions: RuntimeOptions, _ launch: Launch
    ) async throws -> RunningServer {
        let merged = options.merged(runtime.config.config.raw)
        let isOpen = options.noAuth || runtime.config.config.raw["server"]?["auth"]?.stringValue == "none"
        guard !isOpen || Exposure.isLoopback(merged.host) else {
            throw CLIError(
                .configuration,
                "--no-auth on \(merged.host) would let everybody on the network run commands here. Listen on 127.0.0.1, or leave --no-auth out."
            )
        }
        let files = ServerFiles(state: runtime.paths.state)
        let token = try await files.token()
        var setup = ServerSetup(
            token: token,
            exposure: Exposure(hosts: merged.hosts + [merged.host], origins: merged.origins))
        setup.password = runtime.environment["CODETETHER_PASSWORD"] ?? runtime.environment["OPENCODE_PASSWORD"]
        setup.isOpen = isOpen
        setup.basePath = merged.basePath
        setup.isSecure = options.tlsCert != nil
        try await runtime.startSharing()
        let dispatcher = try await runtime.dispatcher(setup, runtimeOptions)
        let server: HTTPServer
        do {
            server = try await HTTPServer.start(
                HTTPServer.Options(
                    host: merged.host, port: merged.port,
                    certificate: options.tlsCert.map { launch.directory.pushing(FilePath($0)) },
                    key: options.tlsKey.map { launch.directory.pushing(FilePath($0)) }), dispatcher)
        } catch let error as IOError {
            throw CLIError(
                .unreachable,
                "Cannot listen on \(merged.host) port \(merged.port): \(Errno(rawValue: error.errnoCode)). Choose another with --port, or 0 for any free one."
            )
        } catch let error as CertificateError {
            throw CLIError(.configuration, error.message, metadata: error.metadata)
        } catch is SocketAddressError.UnknownHost {
            throw CLIError(
                .unreachable,
                "\(HostileText.escaped(merged.host, multiline: false)) is no name or address of this machine. Choose another with --hostname."
            )
        }
        let scheme = setup.isSecure ? "https" : "http"
        let urls = ListenAddresses.urls(host: merged.host, port: server.port, scheme: scheme)
        let url = urls.first ?? ""
        dispatcher.services.address.set(url: url + merged.basePath, urls: urls.map { $0 + merged.basePath })
        try files.announce(
            url: url + merged.basePath, pid: getpid(), token: token, started: runtime.time.nowMs(),
            version: RuntimeOptions.version)
        try await runtime.startBackgroundWork()
        let (ends, end) = AsyncStream<ExitStatus>.makeStream()
        let signals = SignalPipe()
        signals.listen { number, before in
            // A second one does not wait.
            if before > 0 { _exit(number == SIGINT ? 130 : 143) }
            end.yield(number == SIGINT ? .interrupted : .terminated)
        }
        return RunningServer(
            runtime: runtime, dispatcher: dispatcher, server: server, files: files, url: url + merged.basePath,
            urls: urls.map { $0 + merged.basePath }, host: merged.host, isOpen: isOpen, ends: ends, end: end,
            signals: signals)
    }

    /// Runs until a signal or, with `stdio`, the end of stdin; then stops: no new work, what runs is stored, clients told.
    /// - Returns: 143, 130 or 0.
    func run(stdio: Bool) async -> ExitStatus {
        if stdio {
            let reader = ThreadedInput()
            reader.whenClosed { [end] in end.yield(.done) }
        }
        var status = ExitStatus.done
        for await end in ends {
            status = end
            break
        }
        return await stop(status)
    }

    /// Ends it: no new work, what runs is stored, clients told.
    func stop(_ status: ExitStatus) async -> ExitStatus {
        files.withdraw(pid: getpid())
        await runtime.stop(dispatcher, reason: status == .done ? "stdin was closed" : "signal")
        await server.stop(within: .seconds(3))
        await runtime.shutdown()
        return status
    }
}
