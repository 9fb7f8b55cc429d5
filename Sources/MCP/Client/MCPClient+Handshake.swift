import JSONRPC
import Providers
import Support
import Synchronization

extension MCPClient {
    /// The most that the question for the newer generation may take of a process that does not answer what it does not know.
    private static let probeTimeout: Duration = .seconds(10)

    /// Connects: starts the process or opens the connection, finds out the generation and makes the handshake.
    /// - Throws: `spawn`, `connect`, `timeout`, `authRequired`. The client is closed then.
    package func connect() async throws(MCPError) -> MCPServerFacts {
        do throws(MCPError) {
            let facts = try await handshake()
            listen()
            return facts
        } catch {
            var error = error
            if error.kind == .server {
                error = MCPError(.connect, error.message, metadata: error.metadata)
            }
            await close()
            throw error
        }
    }

    /// Asks a process or an address anew after it forgot our session. Several requests that lost it share one handshake.
    func renewSession(after generation: Int) async throws(MCPError) {
        let task = state.withLock { state -> Task<Result<MCPServerFacts, MCPError>, Never>? in
            guard state.generation == generation else { return nil }
            if let running = state.handshake { return running }
            state.channel?.resetSession()
            let task = Task { [self] () -> Result<MCPServerFacts, MCPError> in
                let result: Result<MCPServerFacts, MCPError>
                do throws(MCPError) { result = .success(try await initialize()) } catch { result = .failure(error) }
                self.state.withLock { state in
                    state.handshake = nil
                    state.generation += 1
                }
                return result
            }
            state.handshake = task
            return task
        }
        if let task { _ = try await task.value.get() }
    }

    private func handshake() async throws(MCPError) -> MCPServerFacts {
        switch endpoint {
        case .process(let command):
            let channel = try StdioChannel(command, runner: runner, time: time, receiver: self)
            use(channel)
            return try await probe(fallsBack: { _ in true })
        case .address(let url, let headers, let isEventStream):
            if !isEventStream {
                use(
                    HTTPChannel(
                        url: url, headers: headers, transport: transport, authorizer: authorizer, time: time,
                        listens: onWire == nil, receiver: self))
                do throws(MCPError) {
                    return try await probe(fallsBack: { $0.kind == .server || Self.isClientError($0) })
                } catch {
                    // "POST → 400/404/405 without a modern JSON-RPC error": maybe the transport of 2024-11-05.
                    guard error.kind == .connect, Self.isClientError(error) else { throw error }
                    do throws(MCPError) { return try await openEventStream(url, headers) } catch let second {
                        throw second.kind == .authRequired ? second : error
                    }
                }
            }
            return try await openEventStream(url, headers)
        }
    }

    private func openEventStream(_ url: String, _ headers: [HTTPField]) async throws(MCPError) -> MCPServerFacts {
        let channel = EventStreamChannel(
            url: url, headers: headers, transport: transport, authorizer: authorizer, time: time, receiver: self)
        try await channel.open()
        use(channel)
        return try await initialize()
    }

    private func use(_ channel: any MCPChannel) { state.withLock { $0.channel = channel } }

    private static func isClientError(_ error: MCPError) -> Bool {
        guard let status = error.metadata["status"].flatMap({ Int($0) }) else { return false }
        return [400, 404, 405, 406, 410, 415, 422, 426].contains(status)
    }

    /// Asks for the newer generation first. An answer, or an error that only that generation has, decides for it; any other error
    /// (or silence of a process) for the handshake.
    private func probe(fallsBack: (MCPError) -> Bool) async throws(MCPError) -> MCPServerFacts {
        var wanted = MCPEra.modernVersions[0]
        for attempt in 0..<2 {
            var options = MCPRequestOptions(timeout: min(Self.probeTimeout, timeouts.connect))
            options.probed = .modern(wanted)
            options.isHandshake = true
            do throws(MCPError) {
                let result = try await exchange("server/discover", [:], options)
                guard result["supportedVersions"]?.arrayValue != nil else { return try await initialize() }
                return accept(modern: result, wanted)
            } catch {
                if let rpc = error.rpc {
                    switch rpc.code {
                    case MCPEra.Code.unsupportedVersion:
                        let supported = (rpc.data?["supported"]?.arrayValue ?? []).compactMap(\.stringValue)
                        if attempt == 0, let mutual = MCPEra.modernVersions.first(where: supported.contains) {
                            wanted = mutual
                            continue
                        }
                        if supported.contains(where: MCPEra.legacyVersions.contains) { return try await initialize() }
                        throw MCPError(
                            .connect,
                            "'\(name)' speaks only MCP \(HostileText.escaped(supported.joined(separator: ", "), multiline: false)), codetether \((MCPEra.modernVersions + MCPEra.legacyVersions).joined(separator: ", "))."
                        )
                    case MCPEra.Code.headerMismatch, MCPEra.Code.missingCapability: throw error
                    default: return try await initialize()
                    }
                }
                if error.kind == .timeout, case .process = endpoint { return try await initialize() }
                guard fallsBack(error), error.kind != .spawn, error.kind != .unavailable, error.kind != .cancelled,
                    error.kind != .timeout
                else { throw error }
                return try await initialize()
            }
        }
        return try await initialize()
    }

    private func accept(modern result: JSON, _ version: String) -> MCPServerFacts {
        let server = result["_meta"]?[MCPEra.Meta.serverInfo] ?? result["serverInfo"]
        let facts = MCPServerFacts(
            era: .modern(version), name: server?["name"]?.stringValue ?? name,
            version: server?["version"]?.stringValue ?? "", instructions: result["instructions"]?.stringValue,
            capabilities: result["capabilities"] ?? .object([:]))
        settle(facts)
        return facts
    }

    /// The handshake of the older generation.
    func initialize() async throws(MCPError) -> MCPServerFacts {
        var options = MCPRequestOptions(timeout: timeouts.connect)
        options.isHandshake = true
        let result = try await exchange(
            "initialize",
            [
                "protocolVersion": .string(MCPEra.legacyVersions[0]), "capabilities": capabilities(era: nil),
                "clientInfo": clientInfo,
            ], options)
        guard let version = result["protocolVersion"]?.stringValue, MCPEra.legacyVersions.contains(version) else {
            let said = HostileText.escaped(result["protocolVersion"]?.stringValue ?? "none", multiline: false)
            throw MCPError(
                .connect,
                "'\(name)' wants MCP version \(said); codetether knows \((MCPEra.modernVersions + MCPEra.legacyVersions).joined(separator: ", "))."
            )
        }
        let facts = MCPServerFacts(
            era: .legacy(version), name: result["serverInfo"]?["name"]?.stringValue ?? name,
            version: result["serverInfo"]?["version"]?.stringValue ?? "",
            instructions: result["instructions"]?.stringValue, capabilities: result["capabilities"] ?? .object([:]))
        settle(facts)
        if let channel = state.withLock({ $0.channel }) {
            try await transmit(.notification(method: "notifications/initialized", params: nil), over: channel)
        }
        return facts
    }

    private func settle(_ facts: MCPServerFacts) {
        let channel = state.withLock { state in
            state.facts = facts
            return state.channel
        }
        channel?.agreed(facts.era)
    }

    // MARK: Changes (2026-07-28)

    /// Keeps a `subscriptions/listen` open, in the newer generation. What was missed while it was cut is told as changed.
    private func listen() {
        guard let facts, facts.era.isModern, onWire == nil else { return }
        let task = Task { [weak self] in
            var isFirst = true
            var failures = 0
            while !Task.isCancelled {
                guard let self else { return }
                var wanted: JSONObject = [:]
                if facts.has("tools") { wanted["toolsListChanged"] = true }
                if facts.has("prompts") { wanted["promptsListChanged"] = true }
                if facts.has("resources") { wanted["resourcesListChanged"] = true }
                let uris = state.withLock { $0.subscriptions }.sorted()
                if !uris.isEmpty { wanted["resourceSubscriptions"] = .array(uris.map { .string($0) }) }
                guard !wanted.isEmpty else { return }
                if !isFirst {
                    for notice in [MCPNotice.toolsChanged, .promptsChanged, .resourcesChanged] { onNotice(notice) }
                }
                isFirst = false
                do throws(MCPError) {
                    _ = try await exchange(
                        "subscriptions/listen", ["notifications": .object(wanted)], MCPRequestOptions(timeout: nil))
                    failures = 0
                } catch {
                    if error.kind == .server || error.kind == .unavailable || error.kind == .cancelled
                        || error.kind == .spawn
                    {
                        if !Task.isCancelled, error.kind == .cancelled { continue }
                        return
                    }
                    failures += 1
                }
                do { try await time.sleep(for: .seconds(min(30, 1 << min(failures, 5)))) } catch { return }
            }
        }
        let old = state.withLock { state -> Task<Void, Never>? in
            defer { state.listener = task }
            return state.listener
        }
        old?.cancel()
    }

    /// Starts or ends telling about changes of a resource.
    package func subscribe(to uri: String, _ isWanted: Bool) async throws(MCPError) {
        guard let facts else { throw MCPError(.unavailable, "'\(name)' is not connected.") }
        state.withLock { if isWanted { $0.subscriptions.insert(uri) } else { $0.subscriptions.remove(uri) } }
        if facts.era.isModern {
            listen()
        } else {
            _ = try await request(
                isWanted ? "resources/subscribe" : "resources/unsubscribe", ["uri": .string(uri)],
                MCPRequestOptions(timeout: timeouts.call))
        }
    }
}
