import JSONRPC
package import Providers
package import Support
import Synchronization

/// Where a server is.
package enum MCPEndpoint: Sendable {
    /// A child process; its environment is complete, restrictions included.
    case process(Command)
    /// An address. Transport and generation are probed, unless `isEventStream` says that it is the old HTTP+SSE transport.
    case address(url: String, headers: [HTTPField], isEventStream: Bool)
}

/// The times of a server's connection (CONTRACT §8).
package struct MCPTimeouts: Sendable, Equatable {
    /// Until the handshake is done.
    package var connect: Duration
    /// Until a request is answered; every progress notification starts it anew.
    package var call: Duration
    /// The most that progress can make of `call`.
    package var longestCall: Duration

    package init(connect: Duration = .seconds(30), call: Duration = .seconds(60), longestCall: Duration = .seconds(600))
    {
        self.connect = connect
        self.call = call
        self.longestCall = max(longestCall, call)
    }
}

/// One connection to one MCP server, of either generation, over any transport.
///
/// Requests may be made from any task at the same time; each gets exactly one answer or error, at the latest after
/// `longestCall`. Cancelling the task cancels the request at the server. What the server sends without being asked never queues
/// up: notices are told at once, log lines beyond 100 a second are dropped, of the server's own requests at most
/// `maxServerRequests` are worked on at a time and the rest refused. After `close`, or after the notice `closed`, the object is of
/// no use.
package final class MCPClient: MCPReceiver {
    /// Requests of the server that may wait for an answer of ours at the same time.
    package static let maxServerRequests = 16

    struct Pending {
        var continuation: CheckedContinuation<Result<JSON, MCPError>, Never>
        var sender: Task<Void, Never>?
        var watchdog: Task<Void, Never>?
        var onProgress: (@Sendable (MCPProgress) -> Void)?
        var startedNs: UInt64
        var activeNs: UInt64
        var isCancellable: Bool
    }

    struct State {
        var channel: (any MCPChannel)?
        var facts: MCPServerFacts?
        var nextID: Int64 = 1
        var pending: [JSONRPCID: Pending] = [:]
        var serverTasks: [JSONRPCID: Task<Void, Never>] = [:]
        var subscriptions: Set<String> = []
        var listener: Task<Void, Never>?
        var handshake: Task<Result<MCPServerFacts, MCPError>, Never>?
        var generation = 0
        var end: MCPError?
        var logWindowNs: UInt64 = 0
        var logCount = 0
    }

    /// The name in the configuration; what is shown and what tools are prefixed with.
    package let name: String
    let endpoint: MCPEndpoint
    let host: any MCPHost
    let version: String
    let transport: any HTTPTransport
    let runner: ProcessRunner
    let authorizer: (any MCPAuthorizer)?
    package let timeouts: MCPTimeouts
    let time: any TimeSource
    let onNotice: @Sendable (MCPNotice) -> Void
    let onWire: MCPWireTap?
    let state = Mutex(State())

    /// Nothing is started before `connect`.
    /// - Parameters:
    ///   - version: ours, for `clientInfo`.
    ///   - onNotice: called from any thread, must not block.
    ///   - onWire: gets what goes over the connection.
    package init(
        name: String, endpoint: MCPEndpoint, host: any MCPHost, version: String, transport: any HTTPTransport,
        runner: ProcessRunner, authorizer: (any MCPAuthorizer)? = nil, timeouts: MCPTimeouts = MCPTimeouts(),
        time: any TimeSource, onNotice: @escaping @Sendable (MCPNotice) -> Void = { _ in }, onWire: MCPWireTap? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.host = host
        self.version = version
        if let onWire {
            self.transport = TappedTransport(base: transport, tap: onWire)
        } else {
            self.transport = transport
        }
        self.runner = runner
        self.authorizer = authorizer
        self.timeouts = timeouts
        self.time = time
        self.onNotice = onNotice
        self.onWire = onWire
    }

    /// What the server said of itself; nil before `connect`.
    package var facts: MCPServerFacts? { state.withLock { $0.facts } }

    /// `stdio`, `http` or `sse`; nil before `connect`.
    package var transportName: String? { state.withLock { $0.channel?.name } }

    /// The last of the process's stderr, at most 4 KiB.
    package var stderrTail: String { (state.withLock { $0.channel } as? StdioChannel)?.stderrTail ?? "" }

    /// Ends the connection and what belongs to it; waiting requests fail. Returns when the process tree is gone.
    package func close() async {
        let (channel, listener, tasks) = state.withLock { state in
            if state.end == nil { state.end = MCPError(.unavailable, "The connection to '\(name)' was closed.") }
            defer {
                state.listener = nil
                state.serverTasks = [:]
            }
            return (state.channel, state.listener, Array(state.serverTasks.values))
        }
        listener?.cancel()
        for task in tasks { task.cancel() }
        await cancelPending(tellsServer: true)
        await channel?.close()
        failAll(MCPError(.unavailable, "The connection to '\(name)' was closed."))
    }

    /// Tells the server that nobody waits any more (CONTRACT §9: before the process is ended).
    private func cancelPending(tellsServer: Bool) async {
        let (ids, channel, era) = state.withLock {
            ($0.pending.filter(\.value.isCancellable).map(\.key), $0.channel, $0.facts?.era)
        }
        guard tellsServer, let channel, era != nil, channel.name == "stdio" else { return }
        for id in ids {
            try? await transmit(
                .notification(
                    method: "notifications/cancelled", params: ["requestId": id.json, "reason": "The client stops."]),
                over: channel)
        }
    }

    func failAll(_ error: MCPError) {
        let pending = state.withLock { state in
            defer { state.pending = [:] }
            return Array(state.pending.values)
        }
        for entry in pending {
            entry.watchdog?.cancel()
            entry.sender?.cancel()
            entry.continuation.resume(returning: .failure(error))
        }
    }
}
