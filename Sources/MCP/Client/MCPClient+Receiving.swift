package import JSONRPC
import Support
import Synchronization

extension MCPClient {
    /// From the channel: one message of the server.
    package func received(_ message: JSONRPCMessage) {
        onWire?(.received(message.json))
        switch message {
        case .response(let id, let result): take(id)?.continuation.resume(returning: .success(result))
        case .failure(let id?, let error):
            take(id)?.continuation.resume(returning: .failure(.server(error.code, error.message, error.data)))
        case .failure(nil, _): break
        case .notification(let method, let params): notification(method, params ?? .object([:]))
        case .request(let id, let method, let params): serve(id, method, params ?? .object([:]))
        }
    }

    /// From the channel: a request that will get no answer.
    package func failed(_ id: JSONRPCID, _ error: MCPError) {
        take(id)?.continuation.resume(returning: .failure(named(error)))
    }

    /// From the channel: the connection is over.
    package func closed(_ error: MCPError) {
        let error = named(error)
        let (isFirst, tasks, listener) = state.withLock { state in
            let isFirst = state.end == nil
            if isFirst { state.end = error }
            defer { state.serverTasks = [:] }
            return (isFirst, Array(state.serverTasks.values), state.listener)
        }
        listener?.cancel()
        for task in tasks { task.cancel() }
        failAll(error)
        if isFirst { onNotice(.closed(error)) }
    }

    private func named(_ error: MCPError) -> MCPError {
        var error = error
        if !error.message.contains("'\(name)'") { error.message = "'\(name)': \(error.message)" }
        return error
    }

    private func notification(_ method: String, _ params: JSON) {
        switch method {
        case "notifications/progress":
            guard let id = JSONRPCID(params["progressToken"]) else { return }
            let now = time.uptimeNs()
            let onProgress = state.withLock { state in
                state.pending[id]?.activeNs = now
                return state.pending[id]?.onProgress
            }
            onProgress?(
                MCPProgress(
                    progress: params["progress"]?.doubleValue ?? 0, total: params["total"]?.doubleValue,
                    message: params["message"]?.stringValue.map { String($0.prefix(500)) }))
        case "notifications/tools/list_changed": onNotice(.toolsChanged)
        case "notifications/prompts/list_changed": onNotice(.promptsChanged)
        case "notifications/resources/list_changed": onNotice(.resourcesChanged)
        case "notifications/resources/updated":
            if let uri = params["uri"]?.stringValue { onNotice(.resourceUpdated(uri: uri)) }
        case "notifications/message":
            guard mayLog() else { return }
            let text = params["data"]?.stringValue ?? params["data"]?.text() ?? ""
            onNotice(
                .log(
                    level: params["level"]?.stringValue ?? "info",
                    text: HostileText.escaped(String(text.prefix(2000)), multiline: false)))
        case "notifications/cancelled":
            guard let id = JSONRPCID(params["requestId"]) else { return }
            state.withLock { $0.serverTasks.removeValue(forKey: id) }?.cancel()
        default: break
        }
    }

    private func mayLog() -> Bool {
        let now = time.uptimeNs()
        return state.withLock { state in
            if now &- state.logWindowNs >= 1_000_000_000 { (state.logWindowNs, state.logCount) = (now, 0) }
            state.logCount += 1
            return state.logCount <= 100
        }
    }

    // MARK: Requests of the server

    private func serve(_ id: JSONRPCID, _ method: String, _ params: JSON) {
        guard let channel = state.withLock({ $0.channel }) else { return }
        if method == "ping" {
            Task { try? await transmit(.response(id: id, result: .object([:])), over: channel) }
            return
        }
        let isBusy = state.withLock { $0.serverTasks.count >= Self.maxServerRequests }
        guard !isBusy else {
            Task {
                try? await transmit(
                    .failure(
                        id: id,
                        error: JSONRPCError(code: -32000, message: "\(Self.maxServerRequests) requests wait already.")),
                    over: channel)
            }
            return
        }
        // Inside the lock: a quick answer must find its task entered.
        state.withLock { state in
            state.serverTasks[id] = Task { [weak self] in await self?.reply(to: id, method, params, channel) }
        }
    }

    private func reply(to id: JSONRPCID, _ method: String, _ params: JSON, _ channel: any MCPChannel) async {
        let reply: JSONRPCMessage
        do throws(MCPError) {
            reply = .response(id: id, result: try await answer(method, params))
        } catch {
            reply = .failure(
                id: id,
                error: JSONRPCError(
                    code: error.rpc?.code ?? JSONRPCError.internalErrorCode,
                    message: error.rpc?.message ?? error.message, data: error.rpc?.data))
        }
        let isWanted = finishServing(id)
        if isWanted, !Task.isCancelled { try? await transmit(reply, over: channel) }
    }

    /// False when the request was cancelled. Waiting requests of ours go on from now.
    private func finishServing(_ id: JSONRPCID) -> Bool {
        let now = time.uptimeNs()
        return state.withLock { state in
            for key in state.pending.keys { state.pending[key]?.activeNs = now }
            return state.serverTasks.removeValue(forKey: id) != nil
        }
    }

    /// Answers what a server asks of us, in either generation.
    func answer(_ method: String, _ params: JSON) async throws(MCPError) -> JSON {
        switch method {
        case "roots/list":
            return [
                "roots": .array(host.roots.map { ["uri": .string($0.uri), "name": .string($0.name)] })
            ]
        case "elicitation/create" where host.canElicit: return await host.elicit(server: name, params)
        case "sampling/createMessage" where host.canSample: return try await host.sample(server: name, params)
        case "elicitation/create":
            throw MCPError.server(JSONRPCError.methodNotFoundCode, "Nobody can be asked here (elicitation).", nil)
        case "sampling/createMessage":
            throw MCPError.server(JSONRPCError.methodNotFoundCode, "No model is lent here (sampling).", nil)
        default:
            throw MCPError.server(
                JSONRPCError.methodNotFoundCode, "codetether does not offer '\(method.prefix(100))'.", nil)
        }
    }
}
