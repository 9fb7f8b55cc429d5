import Agents
import App
package import ArgumentParser
import Dispatch
import JSONRPC
import MCP
import Support
import Synchronization
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// `codetether mcp serve`
package struct MCPServe: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Offer our tools to an MCP client over stdin and stdout.",
        discussion: """
            Speaks MCP 2026-07-28 and 2024-11-05 to 2025-11-25. Every call goes through the permission rules of this \
            directory; what they would ask about is denied, because nobody is there to be asked. The end of stdin ends it.
            """)

    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let status = try await launch.withRuntime(global.values) { runtime in
            let tools = try await runtime.agentLoop().servedTools()
            let proto = MCPServerProtocol(provider: tools, version: RuntimeOptions.version)
            return try await Self.serve(proto, runtime)
        }
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private static func serve(_ proto: MCPServerProtocol, _ runtime: Runtime) async throws -> ExitStatus {
        let out = LinePipe(try FileDescriptor.standardOutput.duplicate())
        let (ends, end) = AsyncStream<ExitStatus>.makeStream()
        let server = MCPStdioServer(proto) { message in
            // A client that does not read is gone, or as good as gone.
            if !out.write(message.line) { end.yield(.closedPipe) }
        }
        let signals = SignalPipe()
        signals.listen { number, before in
            // A second one does not wait.
            if before > 0 { _exit(number == SIGINT ? 130 : 143) }
            end.yield(number == SIGINT ? .interrupted : .terminated)
        }
        StandardInputBytes.read { bytes in
            guard let bytes else {
                end.yield(.done)
                return false
            }
            guard server.received(bytes) else {
                end.yield(.badData)
                return false
            }
            return true
        }
        var status = ExitStatus.done
        for await ended in ends {
            status = ended
            break
        }
        await server.finish(grace: status == .done ? .seconds(2) : .zero, time: runtime.time)
        await out.drain()
        return status
    }
}

/// Reads stdin on a thread of its own.
private enum StandardInputBytes {
    /// Hands over what comes, nil at the end; stops when `body` returns false.
    static func read(_ body: @escaping @Sendable ([UInt8]?) -> Bool) {
        DispatchQueue(label: "codetether.mcp.stdin").async {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = Glibc.read(0, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    _ = body(nil)
                    return
                }
                guard body(Array(buffer[..<count])) else { return }
            }
        }
    }
}
