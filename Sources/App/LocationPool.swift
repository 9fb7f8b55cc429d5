import Agents
import Configuration
package import Server
import Support
package import SystemPackage

/// The directories that a server works in: one runtime each, made when it is first needed, all on one store and one bus.
///
/// At most 32 stay; the one that was used longest ago goes first. Executions that run in it go on with what they have.
package actor LocationPool: LocationSource {
    private static let maximum = 32

    private let base: Runtime
    private let options: RuntimeOptions
    /// The one used last at the end.
    private var kept: [(directory: FilePath, location: ServerLocation)] = []
    private var making: [FilePath: Task<ServerLocation, any Error>] = [:]
    private var generation = 0

    /// - Parameters:
    ///   - base: the runtime whose store and bus the others use.
    ///   - options: of every location but the directory.
    package init(base: Runtime, options: RuntimeOptions) {
        self.base = base
        self.options = options
    }

    package func location(_ directory: FilePath) async throws -> ServerLocation {
        let real = try FileIO.realPath(directory)
        guard FileIO.isDirectory(real) else {
            throw FileError(.notADirectory, path: directory, message: "\(directory) is not a directory.")
        }
        if let index = kept.firstIndex(where: { $0.directory == real }) {
            let entry = kept.remove(at: index)
            kept.append(entry)
            return entry.location
        }
        if let task = making[real] { return try await task.value }
        let started = generation
        let task = Task { try await make(real) }
        making[real] = task
        defer { making[real] = nil }
        let location = try await task.value
        if started == generation {
            kept.append((real, location))
            if kept.count > Self.maximum { await base.endMCP(kept.removeFirst().directory) }
        }
        return location
    }

    package func reload() {
        generation += 1
        kept.removeAll()
        making.removeAll()
    }

    private func make(_ directory: FilePath) async throws -> ServerLocation {
        var options = options
        options.directory = directory
        options.shares = base
        let runtime = try Runtime.make(options)
        let loop = try await runtime.agentLoop()
        let permissions = try await runtime.permissions()
        let skills = Skills.discover(runtime.config).skills
        var location = ServerLocation(
            directory: directory, projectID: runtime.projectID, config: runtime.config,
            agents: runtime.agentDefinitions, models: runtime.models, tools: runtime.tools(skills: skills),
            skills: skills, permissions: permissions,
            mcp: MCPAccess(
                servers: await runtime.mcpServers(), logins: runtime.mcpLogins, transport: runtime.transport,
                time: runtime.time),
            loop: loop)
        location.undo = try await runtime.undoService()
        return location
    }
}
