package import JSONRPC
package import Support
import Synchronization

/// Server mode over a pipe: one message a line.
///
/// At most `maxCalls` requests are worked on at the same time, the rest is refused. A cancelled request gets no answer. When the
/// input ends, `finish` waits for what runs.
package final class MCPStdioServer: Sendable {
    /// Requests that are worked on at the same time.
    package static let maxCalls = 32
    /// The longest line that is read, bytes.
    package static let maxLineBytes = 16 << 20

    private struct State {
        var splitter: NDJSONSplitter
        var tasks: [JSONRPCID: Task<Void, Never>] = [:]
        var isBroken = false
    }

    private let proto: MCPServerProtocol
    private let send: @Sendable (JSONRPCMessage) -> Void
    private let state: Mutex<State>
    private let maxLineBytes: Int

    /// - Parameter send: writes a message; called from any task, must keep the order of one caller and must not block.
    package init(
        _ proto: MCPServerProtocol, maxLineBytes: Int = MCPStdioServer.maxLineBytes,
        send: @escaping @Sendable (JSONRPCMessage) -> Void
    ) {
        self.proto = proto
        self.send = send
        self.maxLineBytes = maxLineBytes
        state = Mutex(State(splitter: NDJSONSplitter(maxRecordBytes: maxLineBytes)))
    }

    /// Takes what came in. False when the other side can no longer be understood (a line that is too long): stop reading then.
    package func received(_ bytes: [UInt8]) -> Bool {
        let lines = state.withLock { state -> [[UInt8]]? in
            guard !state.isBroken else { return nil }
            do throws(LineTooLongError) { return try state.splitter.push(bytes) } catch {
                state.isBroken = true
                return nil
            }
        }
        guard let lines else {
            send(
                .failure(
                    id: nil,
                    error: JSONRPCError(
                        code: JSONRPCError.invalidRequestCode,
                        message: "A line is longer than \(maxLineBytes) bytes.")))
            return false
        }
        for line in lines where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { take(line) }
        return true
    }

    private func take(_ line: [UInt8]) {
        let message: JSONRPCMessage
        do throws(JSONRPCError) { message = try JSONRPCMessage(parsing: line) } catch {
            send(.failure(id: nil, error: error))
            return
        }
        switch message {
        case .notification(let method, let params):
            guard method == "notifications/cancelled", let id = JSONRPCID(params?["requestId"]) else { return }
            state.withLock { $0.tasks.removeValue(forKey: id) }?.cancel()
        case .request(let id, let method, let params): serve(id, method, params)
        case .response, .failure: break
        }
    }

    private func serve(_ id: JSONRPCID, _ method: String, _ params: JSON?) {
        let refusal = state.withLock { state -> String? in
            if state.tasks[id] != nil { return "The id is in use." }
            return state.tasks.count >= Self.maxCalls ? "\(Self.maxCalls) requests wait already; try again." : nil
        }
        if let refusal {
            send(.failure(id: id, error: JSONRPCError(code: JSONRPCError.invalidRequestCode, message: refusal)))
            return
        }
        // Started under the lock, so that it cannot be over before it is known.
        state.withLock { state in
            state.tasks[id] = Task { [self] in
                let reply = await proto.answer(id, method, params, notify: send)
                let isWanted = self.state.withLock { $0.tasks.removeValue(forKey: id) != nil }
                if isWanted { send(reply) }
            }
        }
    }

    /// Waits for what runs, at most `grace`, cancels what is left, and returns when it is over.
    package func finish(grace: Duration, time: any TimeSource) async {
        let tasks = state.withLock { Array($0.tasks.values) }
        let patience = Task {
            if grace > .zero { try? await time.sleep(for: grace) }
            for task in tasks { task.cancel() }
        }
        for task in tasks { await task.value }
        patience.cancel()
    }
}
