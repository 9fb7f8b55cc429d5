import Schema
import Support
import Synchronization

/// What happens to servers by itself: connecting, trying again, their notices.
extension MCPServers {
    // MARK: Connecting

    func begin(_ name: String) {
        guard var server = servers[name], !isClosed else { return }
        server.work?.cancel()
        server.epoch += 1
        server.begunNs = time.uptimeNs()
        if server.state != .pending { server.state = .connecting }
        let epoch = server.epoch
        servers[name] = server
        servers[name]?.work = Task { [weak self] in await self?.run(name, epoch) }
    }

    private func run(_ name: String, _ epoch: Int) async {
        guard let entry = servers[name]?.entry, servers[name]?.epoch == epoch else { return }
        let result: Result<(MCPClient, [MCPTool], [String]), MCPError>
        do throws(MCPError) {
            let gate = NoticeGate()
            let client = try make(entry) { [weak self] notice in
                guard let self, gate.enter(notice) else { return }
                Task {
                    gate.leave(notice)
                    await self.noticed(notice, name, epoch)
                }
            }
            servers[name]?.client = client
            _ = try await client.connect()
            let (tools, dropped) = try await client.tools()
            result = .success((client, tools, dropped))
        } catch {
            result = .failure(error)
        }
        guard servers[name]?.epoch == epoch, !isClosed else {
            if case .success(let (client, _, _)) = result { await client.close() }
            return
        }
        servers[name]?.work = nil
        switch result {
        case .success(let (_, tools, dropped)):
            servers[name]?.attempts = 0
            servers[name]?.state = .connected
            if time.uptimeNs() &- (servers[name]?.begunNs ?? 0) < Self.quickNs {
                patience.note([entry.hash], isSlow: false)
            }
            for tool in dropped {
                log("'\(name)': the tool \(tool) has a description that cannot be used; it is left out.")
            }
            setTools(name, tools)
            servers[name]?.dropped = dropped
        case .failure(let error):
            let client = servers[name]?.client
            servers[name]?.client = nil
            await client?.close()
            guard servers[name]?.epoch == epoch else { return }
            lost(name, error)
        }
        changed(name)
    }

    private func lost(_ name: String, _ error: MCPError) {
        log("'\(name)': \(error.message)")
        setTools(name, [])
        notStale(name)
        switch error.kind {
        case .authRequired: servers[name]?.state = .refused(error)
        case .config: servers[name]?.state = .failed(error)
        default:
            let attempts = (servers[name]?.attempts ?? 0) + 1
            servers[name]?.attempts = attempts
            guard attempts < Self.maxAttempts else {
                servers[name]?.state = .failed(error)
                return
            }
            let pause = min(30, 1 << min(attempts - 1, 5))
            servers[name]?.state = .backoff(attempt: attempts, untilMs: time.nowMs() + Int64(pause) * 1000, error)
            let epoch = servers[name]?.epoch ?? 0
            let time = time
            servers[name]?.refresh?.cancel()
            servers[name]?.refresh = Task { [weak self] in
                do { try await time.sleep(for: .seconds(pause)) } catch { return }
                await self?.again(name, epoch)
            }
        }
    }

    private func again(_ name: String, _ epoch: Int) {
        guard servers[name]?.epoch == epoch, case .backoff = servers[name]?.state else { return }
        begin(name)
    }

    func end(_ name: String, _ state: MCPServerState, forgets: Bool) {
        guard let server = servers[name] else { return }
        server.work?.cancel()
        server.refresh?.cancel()
        setTools(name, [])
        servers[name]?.epoch += 1
        servers[name]?.client = nil
        servers[name]?.work = nil
        servers[name]?.state = state
        notStale(name)
        if forgets { servers[name] = nil }
        if let client = server.client { Task { await client.close() } }
    }

    // MARK: Notices

    private func noticed(_ notice: MCPNotice, _ name: String, _ epoch: Int) {
        guard servers[name]?.epoch == epoch, !isClosed else { return }
        switch notice {
        case .toolsChanged: refresh(name, epoch)
        case .promptsChanged: publish(.commandUpdated(.init()))
        case .resourcesChanged, .resourceUpdated:
            publish(.mcpResourcesChanged(McpResourcesChanged(server: name)))
        case .log(let level, let text): log("'\(name)' \(level): \(text)")
        case .closed(let error):
            // While it connects, `run` gets the same error.
            guard servers[name]?.state == .connected else { return }
            servers[name]?.client = nil
            servers[name]?.epoch += 1
            lost(name, error)
            changed(name)
        }
    }

    /// Reads the tools again; changes that come meanwhile are read once more afterwards, never twice at the same time.
    private func refresh(_ name: String, _ epoch: Int) {
        guard servers[name]?.state == .connected else { return }
        if servers[name]?.refresh != nil {
            servers[name]?.isDirty = true
            return
        }
        servers[name]?.isStale = true
        servers[name]?.refresh = Task { [weak self] in await self?.readTools(name, epoch) }
    }

    private func readTools(_ name: String, _ epoch: Int) async {
        repeat {
            servers[name]?.isDirty = false
            guard let client = servers[name]?.client, servers[name]?.epoch == epoch else { return notStale(name) }
            if let (tools, _) = try? await client.tools(), servers[name]?.epoch == epoch { setTools(name, tools) }
            notStale(name)
            // What floods us with changes is read at most ten times a second.
            try? await time.sleep(for: .milliseconds(100))
        } while servers[name]?.isDirty == true && servers[name]?.epoch == epoch && !Task.isCancelled
        if servers[name]?.epoch == epoch { servers[name]?.refresh = nil }
    }

    private func setTools(_ name: String, _ tools: [MCPTool]) {
        let old = Dictionary((servers[name]?.tools ?? []).map { ($0.name, $0) }) { $1 }
        let new = Dictionary(tools.map { ($0.name, $0) }) { $1 }
        servers[name]?.tools = tools
        let added = new.keys.filter { old[$0] == nil }.sorted()
        let removed = old.keys.filter { new[$0] == nil }.sorted()
        let changed = new.filter { old[$0.key] != nil && old[$0.key] != $0.value }.keys.sorted()
        guard !(added.isEmpty && removed.isEmpty && changed.isEmpty) else { return }
        publish(.mcpToolsChanged(McpToolsChanged(server: name, added: added, removed: removed, changed: changed)))
    }
}

/// Lets one notice of a kind wait at a time: a server that floods us with them costs one task.
private final class NoticeGate: Sendable {
    private let waiting = Mutex<[MCPNotice]>([])

    func enter(_ notice: MCPNotice) -> Bool {
        waiting.withLock { waiting in
            guard waiting.count < 256, !waiting.contains(notice) else { return false }
            waiting.append(notice)
            return true
        }
    }

    func leave(_ notice: MCPNotice) {
        waiting.withLock { waiting in
            if let index = waiting.firstIndex(of: notice) { waiting.remove(at: index) }
        }
    }
}
