import JSONRPC
package import Support
import Synchronization

/// How one request is made.
package struct MCPRequestOptions: Sendable {
    /// Until the answer, or until the next progress; nil: as long as it takes (a subscription).
    package var timeout: Duration?
    package var onProgress: (@Sendable (MCPProgress) -> Void)?
    var parameterHeaders: [(name: String, value: String)] = []
    /// Sent as this generation although none is agreed on.
    var probed: MCPEra?
    var isHandshake = false

    package init(timeout: Duration?, onProgress: (@Sendable (MCPProgress) -> Void)? = nil) {
        self.timeout = timeout
        self.onProgress = onProgress
    }
}

extension MCPClient {
    /// How often one request may ask for input before it is given up.
    static let maxInputRounds = 8

    /// Makes a request and returns its result. A result that asks for input (2026-07-28) is followed up until it is complete.
    /// - Throws: `server` for a JSON-RPC error; `timeout`, `cancelled`, `connect`, `spawn`, `authRequired`, `unavailable`.
    package func request(
        _ method: String, _ params: JSONObject = [:], _ options: MCPRequestOptions
    ) async throws(MCPError) -> JSON {
        var params = params
        var reconnected = false
        for _ in 0..<Self.maxInputRounds {
            let generation = state.withLock { $0.generation }
            let result: JSON
            do throws(MCPError) { result = try await exchange(method, params, options) } catch {
                guard error.metadata["session"] == "lost", !options.isHandshake, !reconnected else { throw error }
                reconnected = true
                try await renewSession(after: generation)
                continue
            }
            switch result["resultType"]?.stringValue {
            case nil, "complete": return result
            case "input_required":
                let answers = try await inputs(result["inputRequests"]?.objectValue ?? [:], for: method)
                if !answers.isEmpty { params["inputResponses"] = .object(answers) }
                params["requestState"] = result["requestState"]
            case let type?:
                throw MCPError(
                    .connect,
                    "'\(name)' answered \(method) with the unknown result type '\(HostileText.escaped(type, multiline: false))'."
                )
            }
        }
        throw MCPError(.connect, "'\(name)' asked for input \(Self.maxInputRounds) times for one \(method); given up.")
    }

    /// Fulfils what a result asks for. There is no way to send a refusal of sampling: it ends the request.
    private func inputs(_ requests: JSONObject, for method: String) async throws(MCPError) -> JSONObject {
        guard requests.count <= Self.maxServerRequests else {
            throw MCPError(
                .connect,
                "'\(name)' asks for \(requests.count) inputs at once; \(Self.maxServerRequests) are allowed.")
        }
        var answers: JSONObject = [:]
        for (key, request) in requests {
            let wanted = request["method"]?.stringValue ?? ""
            do throws(MCPError) {
                answers[key] = try await answer(wanted, request["params"] ?? .object([:]))
            } catch {
                if Task.isCancelled { throw cancelled }
                let what = HostileText.escaped(String(wanted.prefix(100)), multiline: false)
                throw MCPError(
                    .server,
                    "'\(name)' wants \(what) before it goes on with \(method): \(error.rpc?.message ?? error.message)",
                    metadata: error.metadata)
            }
        }
        return answers
    }

    /// Sends a notification. Errors are of no interest: nobody answers one.
    package func notify(_ method: String, _ params: JSON? = nil) async {
        guard let channel = state.withLock({ $0.channel }) else { return }
        var params = params
        if state.withLock({ $0.facts?.era.isModern == true }) {
            params = .object(withMeta(params?.objectValue ?? [:], .modern(MCPEra.modernVersions[0]), nil))
        }
        try? await transmit(.notification(method: method, params: params), over: channel)
    }

    /// Sends a message, and tells who watches.
    func transmit(
        _ message: JSONRPCMessage, _ options: MCPSendOptions = MCPSendOptions(), over channel: any MCPChannel
    ) async throws(MCPError) {
        onWire?(.sent(message.json))
        try await channel.send(message, options)
    }

    func exchange(_ method: String, _ params: JSONObject, _ options: MCPRequestOptions) async throws(MCPError) -> JSON {
        let (id, channel, facts, end) = state.withLock { state in
            defer { state.nextID += 1 }
            return (JSONRPCID.number(state.nextID), state.channel, state.facts, state.end)
        }
        if let end { throw end }
        guard let channel else { throw MCPError(.unavailable, "'\(name)' is not connected.") }
        let full = withMeta(params, options.probed ?? facts?.era, options.onProgress == nil ? nil : id)
        let message = JSONRPCMessage.request(id: id, method: method, params: full.isEmpty ? nil : .object(full))
        let send = MCPSendOptions(
            probedVersion: options.probed.map(\.version), parameterHeaders: options.parameterHeaders)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<JSON, MCPError>, Never>) in
                let now = time.uptimeNs()
                state.withLock {
                    $0.pending[id] = Pending(
                        continuation: continuation, onProgress: options.onProgress, startedNs: now, activeNs: now,
                        isCancellable: method != "initialize")
                }
                let sender = Task { [self] in
                    do throws(MCPError) { try await transmit(message, send, over: channel) } catch { failed(id, error) }
                }
                let watchdog = options.timeout.map { timeout in
                    Task { [weak self] in if let self { await watch(id, method, timeout) } }
                }
                let isOver = state.withLock { state in
                    guard state.pending[id] != nil else { return true }
                    state.pending[id]?.sender = sender
                    state.pending[id]?.watchdog = watchdog
                    return false
                }
                if isOver { watchdog?.cancel() }
                if Task.isCancelled { giveUp(id, cancelled) }
            }
        } onCancel: {
            giveUp(id, cancelled)
        }
        return try outcome.get()
    }

    private var cancelled: MCPError { MCPError(.cancelled, "The request to '\(name)' was cancelled.") }

    /// Adds what the generation wants in every request's `_meta`.
    private func withMeta(_ params: JSONObject, _ era: MCPEra?, _ progress: JSONRPCID?) -> JSONObject {
        var params = params
        var meta = params["_meta"]?.objectValue ?? [:]
        if case .modern(let version) = era {
            meta[MCPEra.Meta.protocolVersion] = .string(version)
            meta[MCPEra.Meta.clientInfo] = clientInfo
            meta[MCPEra.Meta.clientCapabilities] = capabilities(era: era)
        }
        if let progress { meta["progressToken"] = progress.json }
        if !meta.isEmpty { params["_meta"] = .object(meta) }
        return params
    }

    var clientInfo: JSON { ["name": "codetether", "title": "codetether", "version": .string(version)] }

    func capabilities(era: MCPEra?) -> JSON {
        var object: JSONObject = ["roots": .object([:])]
        if host.canElicit { object["elicitation"] = ["form": .object([:]), "url": .object([:])] }
        if host.canSample { object["sampling"] = .object([:]) }
        return .object(object)
    }

    // MARK: Ends of a request

    private func watch(_ id: JSONRPCID, _ method: String, _ timeout: Duration) async {
        let span = Self.nanoseconds(timeout)
        let most = max(Self.nanoseconds(timeouts.longestCall), span)
        while !Task.isCancelled {
            let due = state.withLock { state -> UInt64? in
                guard let entry = state.pending[id] else { return nil }
                // While the user answers a question of the server, only the longest time counts.
                let idle = state.serverTasks.isEmpty ? entry.activeNs + span : .max
                return min(idle, entry.startedNs + most)
            }
            guard let due else { return }
            let now = time.uptimeNs()
            if now >= due {
                let seconds = (due - (state.withLock { $0.pending[id]?.startedNs } ?? due)) / 1_000_000_000
                giveUp(
                    id,
                    MCPError(
                        .timeout,
                        "'\(name)' did not answer \(method) in \(seconds) s. A longer limit: --timeout MS of mcp update.",
                        metadata: ["method": method]))
                return
            }
            let pause = min(due - now, 1_000_000_000)
            do { try await time.sleep(for: .nanoseconds(Int64(pause))) } catch { return }
        }
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(0, min(seconds, 1_000_000_000))) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }

    /// Ends a request from our side and tells the server.
    func giveUp(_ id: JSONRPCID, _ error: MCPError) {
        guard let entry = take(id) else { return }
        let (channel, era) = state.withLock { ($0.channel, $0.facts?.era) }
        entry.sender?.cancel()
        channel?.abandon(id)
        if entry.isCancellable, let channel, let era, !(era.isModern && channel.name != "stdio") {
            Task {
                try? await transmit(
                    .notification(
                        method: "notifications/cancelled",
                        params: [
                            "requestId": id.json, "reason": .string(error.kind == .timeout ? "timeout" : "cancelled"),
                        ]),
                    over: channel)
            }
        }
        entry.continuation.resume(returning: .failure(error))
    }

    func take(_ id: JSONRPCID) -> Pending? {
        let entry = state.withLock { $0.pending.removeValue(forKey: id) }
        entry?.watchdog?.cancel()
        return entry
    }
}
