package import Schema
package import Support

/// The running servers: connects them in the background, watches over them, and knows their tools.
///
/// A turn never waits for a server longer than it says. A server that dies is seen at once, told by `mcp.status.changed`, and tried
/// again after 1 s, 2 s … 30 s, at most `maxAttempts` times in a row; then it is `failed` until `connect` is called. Changes of a
/// tool list are read without a restart and told with their difference. `close` ends every process; use the object no more then.
package actor MCPServers {
    /// Tries in a row after which a server is left alone.
    package static let maxAttempts = 10
    /// Who connects within this is waited for again.
    static let quickNs: UInt64 = 1_500_000_000
    /// Servers that connect at the same time.
    static let width = 8

    /// Makes the client of an entry; `onNotice` must be passed on to it.
    package typealias ClientMaker =
        @Sendable (_ entry: MCPServerEntry, _ onNotice: @escaping @Sendable (MCPNotice) -> Void) throws(MCPError) ->
        MCPClient

    struct Server {
        var entry: MCPServerEntry
        var state: MCPServerState
        var client: MCPClient?
        var tools: [MCPTool] = []
        var dropped: [String] = []
        var attempts = 0
        var work: Task<Void, Never>?
        var refresh: Task<Void, Never>?
        var isDirty = false
        /// When it was begun last.
        var begunNs: UInt64 = 0
        /// Added for the life of this process; what the files say does not touch it.
        var isAdded = false
        /// True from the news of a changed tool list until it was read once.
        var isStale = false
        var epoch = 0
    }

    /// Which session calls which server.
    package nonisolated let activity: MCPActivity
    let patience: MCPPatience
    let make: ClientMaker
    let publish: @Sendable (EventPayload) -> Void
    let time: any TimeSource
    let log: @Sendable (String) -> Void
    var servers: [String: Server] = [:]
    private var faults: [MCPServerStatus] = []
    private(set) var isClosed = false
    private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var refreshWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var nextWaiter: UInt64 = 0

    /// - Parameters:
    ///   - publish: gets the events; never blocks.
    ///   - log: gets lines of the servers' logs and of ours, escaped already.
    package init(
        make: @escaping ClientMaker, time: any TimeSource, activity: MCPActivity = MCPActivity(),
        patience: MCPPatience = MCPPatience(file: nil),
        publish: @escaping @Sendable (EventPayload) -> Void,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.make = make
        self.activity = activity
        self.patience = patience
        self.time = time
        self.publish = publish
        self.log = log
    }

    // MARK: What is configured

    /// Takes over what the files say: new servers start, changed ones start again, removed ones end.
    package func apply(_ contents: MCPRegistry.Contents) {
        guard !isClosed else { return }
        faults = contents.faults.map {
            MCPServerStatus(
                name: $0.name, scope: $0.scope, type: nil, command: nil, url: nil, state: .failed($0.error),
                toolCount: nil)
        }
        var wanted: [String: MCPServerEntry] = [:]
        for entry in contents.entries where wanted[entry.name]?.isApproved != true { wanted[entry.name] = entry }
        for (name, server) in servers where wanted[name] == nil && !server.isAdded {
            end(name, .disabled, forgets: true)
        }
        for (name, entry) in wanted {
            if let known = servers[name], known.entry == entry || known.isAdded { continue }
            if servers[name] != nil { end(name, .disabled, forgets: true) }
            let state: MCPServerState = !entry.isApproved ? .pendingApproval : entry.isDisabled ? .disabled : .pending
            servers[name] = Server(entry: entry, state: state)
            publish(.mcpStatusChanged(McpStatusChanged(server: name)))
            if state == .pending { begin(name) }
        }
    }

    /// Adds or replaces one server for the life of this process (`PUT /api/experimental/mcp/{server}`).
    package func put(_ entry: MCPServerEntry) {
        if servers[entry.name] != nil { end(entry.name, .disabled, forgets: true) }
        servers[entry.name] = Server(entry: entry, state: entry.isDisabled ? .disabled : .pending, isAdded: true)
        publish(.mcpStatusChanged(McpStatusChanged(server: entry.name)))
        if !entry.isDisabled { begin(entry.name) }
    }

    /// Removes one server from this process. False when there is none.
    package func remove(_ name: String) -> Bool {
        guard servers[name] != nil else { return false }
        end(name, .disabled, forgets: true)
        publish(.mcpStatusChanged(McpStatusChanged(server: name)))
        return true
    }

    // MARK: States

    /// All servers by name.
    package func statuses() -> [MCPServerStatus] {
        let rows = servers.values.map { server in
            MCPServerStatus(
                name: server.entry.name, scope: server.entry.scope, type: server.entry.type,
                command: server.entry.commandLine, url: server.entry.url, state: server.state,
                toolCount: server.client?.facts == nil ? nil : server.tools.count, facts: server.client?.facts)
        }
        return (rows + faults).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// One server with its state.
    /// - Throws: `serverNotFound`.
    package func status(_ name: String) throws(MCPError) -> MCPServerStatus {
        guard let found = statuses().first(where: { $0.name == name }) else { throw Self.unknown(name) }
        return found
    }

    /// The definition of a server; nil for one that cannot be read.
    /// - Throws: `serverNotFound`.
    package func entry(_ name: String) throws(MCPError) -> MCPServerEntry? {
        if let server = servers[name] { return server.entry }
        _ = try status(name)
        return nil
    }

    /// Waits until no server is on its first way any more, at most `limit`. What is on its way after that is not waited for again, until
    /// it has once been quick.
    package func settle(atMost limit: Duration) async {
        guard !isSettled else { return }
        nextWaiter += 1
        let id = nextWaiter
        let time = time
        let patience = Task { [weak self] in
            try? await time.sleep(for: limit)
            await self?.tooSlow(id)
        }
        await withCheckedContinuation { waiters[id] = $0 }
        patience.cancel()
    }

    /// Waits until the tool lists that changed are read, at most `limit`. A server that changes its list all the time is waited for
    /// once, not for every change.
    package func refreshed(atMost limit: Duration) async {
        guard servers.values.contains(where: \.isStale) else { return }
        nextWaiter += 1
        let id = nextWaiter
        let time = time
        let patience = Task { [weak self] in
            try? await time.sleep(for: limit)
            await self?.wakeRefresh(id)
        }
        await withCheckedContinuation { refreshWaiters[id] = $0 }
        patience.cancel()
    }

    private func wakeRefresh(_ id: UInt64) { refreshWaiters.removeValue(forKey: id)?.resume() }

    func notStale(_ name: String) {
        servers[name]?.isStale = false
        guard !servers.values.contains(where: \.isStale) else { return }
        for waiter in refreshWaiters.values { waiter.resume() }
        refreshWaiters = [:]
    }

    private var isSettled: Bool {
        !servers.values.contains { isOnItsWay($0) && !patience.isSlow($0.entry.hash) }
    }

    private func isOnItsWay(_ server: Server) -> Bool { server.state == .pending || server.state == .connecting }

    private func tooSlow(_ id: UInt64) {
        guard waiters[id] != nil else { return }
        patience.note(servers.values.filter(isOnItsWay).map(\.entry.hash), isSlow: true)
        wake(id)
    }

    private func wake(_ id: UInt64) { waiters.removeValue(forKey: id)?.resume() }

    func changed(_ name: String) {
        publish(.mcpStatusChanged(McpStatusChanged(server: name)))
        guard isSettled else { return }
        for waiter in waiters.values { waiter.resume() }
        waiters = [:]
    }

    /// The tools of the connected servers under the names for models, sorted by name.
    package func tools() -> [MCPOfferedTool] {
        let all = servers.values.filter { $0.state == .connected }
            .flatMap { server in server.tools.map { (server: server.entry.name, tool: $0) } }
        let names = MCPToolNames.names(all.map { ($0.server, $0.tool.name) })
        return zip(names, all).map { MCPOfferedTool(name: $0, server: $1.server, tool: $1.tool) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// What the connected servers say about their use, by name.
    package func instructions() -> [(server: String, text: String)] {
        servers.values.compactMap { server in
            guard server.state == .connected, let text = server.client?.facts?.instructions, !text.isEmpty else {
                return nil
            }
            return (server.entry.name, text)
        }.sorted { $0.server < $1.server }
    }

    /// The connection of a server; connects it when it is not.
    /// - Throws: `serverNotFound`; `unavailable` for one that is disabled or waits for approval; what connecting throws.
    package func client(_ name: String) async throws(MCPError) -> MCPClient {
        guard let server = servers[name] else {
            if let fault = faults.first(where: { $0.name == name })?.state.error { throw fault }
            throw Self.unknown(name)
        }
        switch server.state {
        case .connected: if let client = server.client { return client }
        case .disabled:
            throw MCPError(.unavailable, "'\(name)' is disabled. Enable it: codetether mcp enable \(name)")
        case .pendingApproval:
            throw MCPError(
                .authRequired,
                "'\(name)' is defined by this project and not approved. Approve it: codetether mcp approve \(name)",
                metadata: ["status": "pending_approval"])
        default: break
        }
        if server.work == nil { begin(name) }
        await servers[name]?.work?.value
        guard let now = servers[name] else { throw Self.unknown(name) }
        if now.state == .connected, let client = now.client { return client }
        throw now.state.error ?? MCPError(.unavailable, "'\(name)' is not connected (\(now.state.word)).")
    }

    static func unknown(_ name: String) -> MCPError {
        MCPError(
            .serverNotFound,
            "There is no MCP server '\(HostileText.escaped(String(name.prefix(64)), multiline: false))'. codetether mcp list shows those there are."
        )
    }

    /// Connects anew, also a server that has failed. Returns when it is connected or not.
    package func connect(_ name: String) async throws(MCPError) {
        guard let server = servers[name] else { throw Self.unknown(name) }
        guard server.state != .pendingApproval else { _ = try await client(name); return }
        end(name, .pending, forgets: false)
        servers[name]?.attempts = 0
        begin(name)
        _ = try await client(name)
    }

    /// Ends the connection until `connect`.
    package func disconnect(_ name: String) throws(MCPError) {
        guard servers[name] != nil else { throw Self.unknown(name) }
        end(name, .disabled, forgets: false)
        changed(name)
    }

    /// Tries those again that wait for a login; called when the store of logins changed.
    package func credentialsChanged() {
        for (name, server) in servers {
            switch server.state {
            case .needsAuth, .expired: begin(name)
            default: break
            }
        }
    }

    /// Ends all connections and processes. Returns when they are gone.
    package func close() async {
        isClosed = true
        let clients = servers.values.compactMap(\.client)
        for server in servers.values {
            server.work?.cancel()
            server.refresh?.cancel()
        }
        servers = [:]
        for waiter in waiters.values { waiter.resume() }
        waiters = [:]
        for waiter in refreshWaiters.values { waiter.resume() }
        refreshWaiters = [:]
        await withTaskGroup(of: Void.self) { group in for client in clients { group.addTask { await client.close() } } }
    }
}
