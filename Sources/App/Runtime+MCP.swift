import Configuration
import Events
import Logging
package import MCP
import Schema
import Support
import SystemPackage
import Tools

extension Runtime {
    /// The MCP servers of the configuration, as the files say now.
    package nonisolated var mcpRegistry: MCPRegistry { MCPRegistry(config: config, environment: environment) }

    /// The logins at MCP servers.
    package nonisolated var mcpLogins: OAuthStore { OAuthStore(data: paths.data, state: paths.state, time: time) }

    /// Makes connections to MCP servers for this runtime's directory.
    /// - Parameter host: answers what servers ask of us.
    package nonisolated func mcpConnector(host: any MCPHost) -> MCPConnector {
        MCPConnector(
            environment: environment, directory: config.workspace, host: host, version: RuntimeOptions.version,
            transport: transport, runner: ProcessRunner(), store: mcpLogins, time: time)
    }

    /// The running servers of this runtime's directory. They start to connect with the first call, in the background; a file that
    /// cannot be read is logged, and its servers are left out. Runtimes of one server process share them by directory.
    package func mcpServers() async -> MCPServers {
        await (options.shares ?? self).mcpServers(of: self)
    }

    private func mcpServers(of runtime: Runtime) -> MCPServers {
        let directory = runtime.directory
        mcpRegistries[directory] = runtime.mcpRegistry
        if let known = mcpServices[directory] { return known }
        let activity = MCPActivity()
        let connector = runtime.mcpConnector(host: runtime.mcpHost(activity))
        let (bus, ids, time, logger) = (bus, ids, time, logger)
        let servers = MCPServers(
            make: { (entry, onNotice) throws(MCPError) in try connector.client(entry, onNotice: onNotice) }, time: time,
            activity: activity, patience: MCPPatience(file: paths.state.appending("mcp-slow.json")),
            publish: { payload in bus.publish(Event(id: ids.next(.event), created: time.nowMs(), payload: payload)) },
            log: { line in logger.info("mcp", metadata: ["line": "\(line)"]) })
        mcpServices[directory] = servers
        let registry = runtime.mcpRegistry
        let logins = runtime.mcpLogins
        mcpWatches[directory] = Task { [weak self] in
            func apply(_ registry: MCPRegistry) async {
                do throws(MCPError) { await servers.apply(try registry.load()) } catch {
                    logger.warning("mcp", metadata: ["reason": "\(error.message)"])
                }
            }
            await apply(registry)
            // A login or a change of the files in another process takes effect here within 5 s (CONTRACT §9).
            var stamp = logins.stamp
            var files = registry.stamp
            while !Task.isCancelled {
                do { try await time.sleep(for: .seconds(2)) } catch { return }
                guard let latest = await self?.mcpRegistries[directory] else { return }
                let now = (logins.stamp, latest.stamp)
                if now.1 != files { await apply(latest) }
                if now.0 != stamp { await servers.credentialsChanged() }
                (stamp, files) = now
            }
        }
        return servers
    }

    /// The tools of MCP servers for the agent loop; nil when nothing is configured and nothing can be added.
    func mcpTools() async -> (any ExternalTools)? {
        let contents = try? mcpRegistry.load()
        guard options.shares != nil || contents?.entries.isEmpty == false else { return nil }
        let servers = await mcpServers()
        if let contents { await servers.apply(contents) }
        return MCPToolSource(servers: servers)
    }

    /// Ends the servers of a directory that nobody works in any more.
    func endMCP(_ directory: FilePath) async {
        mcpWatches.removeValue(forKey: directory)?.cancel()
        mcpRegistries[directory] = nil
        await mcpServices.removeValue(forKey: directory)?.close()
    }

    /// Ends all servers.
    func stopMCP() async {
        for watch in mcpWatches.values { watch.cancel() }
        let services = Array(mcpServices.values)
        await withTaskGroup(of: Void.self) { group in for one in services { group.addTask { await one.close() } } }
    }

    private nonisolated func mcpHost(_ activity: MCPActivity) -> any MCPHost {
        WorkspaceMCPHost(directory: directory, asker: options.questionAsker, activity: activity)
    }
}

/// Tells servers the workspace's root, and puts their questions to whoever is calling them: to the user, or to the session's model.
private struct WorkspaceMCPHost: MCPHost {
    let directory: FilePath
    let asker: (any QuestionAsker)?
    let activity: MCPActivity

    var canElicit: Bool { asker != nil }
    var canSample: Bool { true }
    var roots: [(uri: String, name: String)] {
        [
            (
                "file://\(PercentEncoding.segment(directory.string, keepSlash: true))",
                directory.lastComponent?.string ?? "/"
            )
        ]
    }

    /// The question goes to the session that is calling the server; without one nobody is asked.
    func elicit(server: String, _ params: JSON) async -> JSON {
        guard let asker, let fields = ElicitationForm.fields(params) else { return ["action": "decline"] }
        let title = ElicitationForm.title(server, params)
        let outcome = await activity.asking(server) { caller in
            await asker.fill(title, fields: fields, sessionID: caller.session)
        }
        switch outcome {
        case .filled(let answer): return ElicitationForm.result(params, answer)
        case .dismissed: return ["action": "cancel"]
        case .declined, nil: return ["action": "decline"]
        }
    }

    /// The model is that of the session that is calling the server.
    func sample(server: String, _ params: JSON) async throws(MCPError) -> JSON {
        let outcome = await activity.asking(server) { caller -> Result<JSON, MCPError>? in
            guard let sample = caller.sample else { return nil }
            do throws(MCPError) { return .success(try await sample(params)) } catch { return .failure(error) }
        }
        guard let outcome = outcome ?? nil else {
            throw .server(-1, "No one session is calling this server, so there is no model for it.", nil)
        }
        return try outcome.get()
    }
}
