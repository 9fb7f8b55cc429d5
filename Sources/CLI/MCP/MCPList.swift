import App
package import ArgumentParser
import MCP
import Support

/// `codetether mcp list`
package struct MCPList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all servers with what they are doing now.", aliases: ["ls"])

    @Flag(help: "Do not connect; status is pending then.")
    var offline = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let contents = try runtime.mcpRegistry.load()
            let rows = offline ? Self.configured(contents) : await Self.connected(contents, runtime)
            if rows.isEmpty, format.value == .table {
                launch.output.note("No MCP servers. Add one: codetether mcp add NAME -- PROGRAM, or --url ADDRESS.")
            }
            try await launch.output.render(.rows(Self.table(rows)), as: format.value)
        }
    }

    private static func configured(_ contents: MCPRegistry.Contents) -> [MCPServerStatus] {
        let rows =
            contents.entries.map { entry in
                MCPServerStatus(
                    name: entry.name, scope: entry.scope, type: entry.type, command: entry.commandLine, url: entry.url,
                    state: !entry.isApproved ? .pendingApproval : entry.isDisabled ? .disabled : .pending,
                    toolCount: nil)
            }
            + contents.faults.map {
                MCPServerStatus(
                    name: $0.name, scope: $0.scope, type: nil, command: nil, url: nil, state: .failed($0.error),
                    toolCount: nil)
            }
        return rows.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Connects to all at the same time; each has its own limit, 30 s unless the entry says otherwise.
    private static func connected(_ contents: MCPRegistry.Contents, _ runtime: Runtime) async -> [MCPServerStatus] {
        let connector = runtime.mcpConnector(host: RefusingHost())
        var rows = configured(contents)
        await withTaskGroup(of: (Int, MCPServerState, Int?, MCPServerFacts?).self) { group in
            for (index, row) in rows.enumerated() where row.state == .pending {
                guard let entry = contents.entry(row.name) else { continue }
                group.addTask {
                    do throws(MCPError) {
                        let client = try connector.client(entry)
                        do throws(MCPError) {
                            let facts = try await client.connect()
                            let tools = try await client.tools().tools
                            await client.close()
                            return (index, .connected, tools.count, facts)
                        } catch {
                            await client.close()
                            throw error
                        }
                    } catch {
                        if error.kind == .authRequired { return (index, .refused(error), nil, nil) }
                        return (index, .failed(error), nil, nil)
                    }
                }
            }
            for await (index, state, count, facts) in group {
                rows[index].state = state
                rows[index].toolCount = count
                rows[index].facts = facts
            }
        }
        return rows
    }

    static func table(_ rows: [MCPServerStatus]) -> OutputTable {
        OutputTable(
            columns: [
                .init("NAME"), .init("TYPE"), .init("SCOPE"), .init("STATUS"), .init("TOOLS", isNumber: true),
                .init("COMMAND OR ADDRESS", isFlexible: true), .init("NEXT"),
            ],
            rows: rows.map { row in
                var json = row.json.objectValue ?? [:]
                if let url = row.url { json["url"] = .string(MCPRedaction.url(url)) }
                return OutputTable.Row(
                    json: .object(json),
                    cells: [
                        row.name, row.type ?? "-", row.scope.rawValue, row.state.word,
                        row.toolCount.map(String.init) ?? "-",
                        HostileText.escaped(
                            row.state.error?.message ?? row.command ?? row.url.map(MCPRedaction.url) ?? "",
                            multiline: false),
                        row.hint ?? "",
                    ])
            })
    }
}
