package import Support
import Synchronization

/// Who is calling a server.
package struct MCPCaller: Sendable {
    /// The session; its user is asked what the server wants to know.
    package var session: String
    /// Answers the server's `sampling/createMessage` (its params) with the session's model, after a permission; nil where no model
    /// is lent. Throws `server` with the JSON-RPC error for the server.
    package var sample: (@Sendable (JSON) async throws(MCPError) -> JSON)?

    /// See the properties.
    package init(session: String, sample: (@Sendable (JSON) async throws(MCPError) -> JSON)? = nil) {
        self.session = session
        self.sample = sample
    }
}

/// Which session is calling which server just now: what a server asks meanwhile goes to that session's user, and is withdrawn when
/// the call is over.
package final class MCPActivity: Sendable {
    private struct Call {
        var id: UInt64
        var caller: MCPCaller
        /// Ends the questions that wait for an answer.
        var questions: [UInt64: @Sendable () -> Void] = [:]
    }

    private struct State {
        var calls: [String: [Call]] = [:]
        var lastID: UInt64 = 0

        mutating func next() -> UInt64 {
            lastID += 1
            return lastID
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// A call of the server begins.
    /// - Returns: what `end` wants.
    package func begin(_ server: String, _ caller: MCPCaller) -> UInt64 {
        state.withLock { state in
            let id = state.next()
            state.calls[server, default: []].append(Call(id: id, caller: caller))
            return id
        }
    }

    /// It is over; what the server asked during it is withdrawn.
    package func end(_ server: String, _ id: UInt64) {
        let questions = state.withLock { state -> [@Sendable () -> Void] in
            guard let index = state.calls[server]?.firstIndex(where: { $0.id == id }) else { return [] }
            let call = state.calls[server]?.remove(at: index)
            if state.calls[server]?.isEmpty == true { state.calls[server] = nil }
            return call.map { Array($0.questions.values) } ?? []
        }
        for cancel in questions { cancel() }
    }

    /// Runs `work` for whoever is calling the server; the task of `work` is cancelled when that call ends.
    /// - Returns: nil when nobody is calling it, or several sessions are: then nobody knows which is meant.
    package func asking<Answer: Sendable>(
        _ server: String, _ work: @escaping @Sendable (MCPCaller) async -> Answer
    ) async -> Answer? {
        let found = state.withLock { state -> (call: Call, question: UInt64)? in
            let calls = state.calls[server] ?? []
            guard let last = calls.last, Set(calls.map(\.caller.session)).count == 1 else { return nil }
            return (last, state.next())
        }
        guard let (call, question) = found else { return nil }
        let task = Task { await work(call.caller) }
        let isWanted = set(server, call.id, question) { task.cancel() }
        if !isWanted { task.cancel() }
        let answer = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        _ = set(server, call.id, question, nil)
        return answer
    }

    /// False when the call is over.
    private func set(_ server: String, _ call: UInt64, _ question: UInt64, _ cancel: (@Sendable () -> Void)?) -> Bool {
        state.withLock { state in
            guard let index = state.calls[server]?.firstIndex(where: { $0.id == call }) else { return false }
            state.calls[server]?[index].questions[question] = cancel
            return true
        }
    }
}
