import App
package import ArgumentParser
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether session list`
package struct SessionList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the sessions of this directory, last updated first.")

    /// Larger pages are asked for in parts.
    static let maximumPage = 1_000

    @Option(name: [.customShort("n"), .long], help: "At most this many.")
    var maxCount = 50
    @Option(help: "Go on after this cursor.")
    var cursor: String?
    @Flag(help: "Sessions of every directory.")
    var all = false
    @Option(help: "Sessions of this directory.")
    var dir: String?
    @Option(help: "Updated since an ISO date or time, or 7d, 12h.")
    var since: String?
    @Option(help: "Sessions that used this model last, provider/model or a part of it.")
    var model: String?
    @Option(help: "Sessions of this agent.")
    var agent: String?
    @Option(help: "Sessions with this text in the title or a message; case does not count.")
    var search: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard maxCount > 0 else { throw ValidationError("--max-count \(maxCount) is not possible; give 1 or more.") }
        guard !(all && dir != nil) else {
            throw ValidationError("--all and --dir exclude each other; give one of them.")
        }
    }

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            var filter = SessionFilter(directory: try directory(launch, runtime))
            filter.search = search
            filter.cursor = cursor
            filter.sinceMs = try sinceMs(runtime.time.nowMs())
            let page = try await collect(filter, try await runtime.sessions())
            for damage in page.damaged {
                launch.output.note("warning: \(HostileText.escaped(damage, multiline: false))")
            }
            try await launch.output.render(.rows(try table(page.sessions)), as: format.value)
            if let next = page.next { launch.output.note("next: --cursor \(next)") }
        }
    }

    private func directory(_ launch: Launch, _ runtime: Runtime) throws -> String? {
        if all { return nil }
        let path = dir.map { launch.directory.pushing(FilePath($0)).lexicallyNormalized() } ?? runtime.directory
        return ((try? FileIO.realPath(path)) ?? path).string
    }

    private func sinceMs(_ nowMs: Int64) throws -> Int64? {
        guard let since else { return nil }
        guard let time = PointInTime.parse(since, nowMs: nowMs) else {
            throw CLIError(
                .usage, "--since \(since) is no time; write 2026-11-24, 2026-11-24T10:30Z, 7d or 12h.")
        }
        return time
    }

    /// Pages until enough sessions fit. The store's pages are small enough that none is ever skipped.
    private func collect(_ filter: SessionFilter, _ service: SessionService) async throws -> SessionPage {
        var filter = filter
        var result = SessionPage(sessions: [])
        while true {
            // With conditions of our own, a page may only hold what still fits, or its cursor would skip sessions.
            filter.limit = min(maxCount - result.sessions.count, Self.maximumPage)
            let page = try await service.list(filter)
            result.sessions += page.sessions.filter(matches)
            result.damaged += page.damaged
            result.next = page.next
            guard let next = page.next, result.sessions.count < maxCount else { return result }
            filter.cursor = next
        }
    }

    private func matches(_ info: SessionInfo) -> Bool {
        if let agent, info.agent != agent { return false }
        guard let model = model?.lowercased() else { return true }
        guard let used = info.model else { return false }
        return "\(used.providerID)/\(used.id)".lowercased().contains(model)
    }

    private func table(_ sessions: [SessionInfo]) throws -> OutputTable {
        var columns: [OutputTable.Column] = [.init("ID"), .init("UPDATED"), .init("TITLE", isFlexible: true)]
        if all { columns.append(.init("DIRECTORY")) }
        return OutputTable(
            columns: columns,
            rows: try sessions.map { info in
                var cells = [info.id, PointInTime.text(info.time.updated), info.title ?? ""]
                if all { cells.append(info.location.directory) }
                return OutputTable.Row(json: try SessionCommand.json(info), cells: cells)
            })
    }
}
