package import JSONRPC
package import Support
import Synchronization
import SystemPackage

/// A server that is a child process: one message a line (MCP "stdio").
///
/// The process tree ends with `close`: its stdin is closed, after `closeGrace` it gets SIGTERM, after 3 s more SIGKILL. Lines of
/// more than 16 MiB end the server; lines that are no JSON are counted and skipped (servers print to stdout by mistake), more than
/// `maxJunkLines` of them in a row end it.
package final class StdioChannel: MCPChannel {
    package let name = "stdio"
    /// Lines in a row that may be no message.
    package static let maxJunkLines = 1000
    private static let closeGrace: Duration = .milliseconds(1500)

    private let process = Mutex<LineProcess?>(nil)
    private let junk = Mutex(0)
    private let time: any TimeSource
    private let program: String

    /// Starts the program.
    /// - Throws: `spawn` when no pipe could be made; a program that cannot be started closes the channel.
    package init(_ command: Command, runner: ProcessRunner, time: any TimeSource, receiver: any MCPReceiver)
        throws(MCPError)
    {
        self.time = time
        program = HostileText.escaped(command.executable.string, multiline: false)
        let program = program
        do throws(ProcessError) {
            let started = try LineProcess(
                command, runner: runner,
                onLine: { [weak self, weak receiver] line in
                    guard let receiver, let self else { return }
                    take(line, receiver)
                },
                onEnd: { [weak receiver] end in receiver?.closed(Self.error(end, program)) })
            process.withLock { $0 = started }
        } catch {
            throw MCPError(.spawn, error.message)
        }
    }

    private func take(_ line: [UInt8], _ receiver: any MCPReceiver) {
        do throws(JSONRPCError) {
            let message = try JSONRPCMessage(parsing: line)
            junk.withLock { $0 = 0 }
            receiver.received(message)
        } catch {
            let isTooMuch = junk.withLock { count in
                count += 1
                return count == Self.maxJunkLines
            }
            if isTooMuch { process.withLock { $0 }?.cancel() }
        }
    }

    /// The last of the server's stderr, at most 4 KiB.
    package var stderrTail: String { process.withLock { $0 }?.stderrTail ?? "" }

    package func send(_ message: JSONRPCMessage, _ options: MCPSendOptions) async throws(MCPError) {
        guard process.withLock({ $0 })?.send(message.line) == true else {
            throw MCPError(.unavailable, "\(program) does not read its input; the message was not sent.")
        }
    }

    package func abandon(_ id: JSONRPCID) {}
    package func agreed(_ era: MCPEra) {}
    package func resetSession() {}

    package func close() async { await process.withLock { $0 }?.close(grace: Self.closeGrace, time: time) }

    private static func error(_ end: LineProcess.End, _ program: String) -> MCPError {
        var metadata: [String: String] = [:]
        let stderr = HostileText.escaped(
            end.stderr.split(separator: "\n").suffix(20).joined(separator: "\n"), multiline: true)
        if !stderr.isEmpty { metadata["stderr"] = stderr }
        let tail = stderr.isEmpty ? "" : " Its last words: \(stderr)"
        if let failure = end.failure {
            return MCPError(
                .spawn, end.status == nil ? failure.message : "\(program): \(failure.message)", metadata: metadata)
        }
        switch end.status {
        case .exited(let code):
            metadata["exitCode"] = "\(code)"
            return MCPError(.spawn, "\(program) ended with exit code \(code).\(tail)", metadata: metadata)
        case .signaled(let signal):
            metadata["signal"] = "\(signal)"
            return MCPError(.spawn, "\(program) was ended by signal \(signal).\(tail)", metadata: metadata)
        default: return MCPError(.unavailable, "\(program) was stopped.", metadata: metadata)
        }
    }
}
