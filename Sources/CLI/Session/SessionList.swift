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

    /// So many sessions are read and printed at a time: memory does not grow with their number.
    static let page = 200

    @Option(
        name: [.customShort("n"), .long], help: "At most this many (default: 50); without it a terminal gets a pager.")
    var maxCount: Int?
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
    @Flag(help: "Archived sessions too.")
    var archived = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        if let maxCount, maxCount < 1 {
            throw ValidationError("--max-count \(maxCount) is not possible; give 1 or more.")
        }
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
            filter.agent = agent
            filter.model = model
            filter.includeArchived = archived
            filter.sinceMs = try sinceMs(runtime.time.nowMs())
            let sessions = try await runtime.sessions()
            var first = try await next(&filter, maxCount ?? 50, sessions, launch)
            let pager = usesPager(first.sessions.count) ? Pager.start(launch.environment, for: launch.output) : nil
            do {
                try await write(&first, filter, sessions, launch, to: pager?.output ?? launch.output)
            } catch let error as OutputClosed {
                // A person who leaves the pager has seen enough.
                guard pager != nil else { throw error }
            }
            await pager?.finish()
            if let next = first.next { launch.output.note("next: --cursor \(next)") }
        }
    }

    private func write(
        _ page: inout SessionPage, _ filter: SessionFilter, _ sessions: SessionService, _ launch: Launch,
        to output: Output
    ) async throws {
        var filter = filter
        var left = maxCount ?? 50
        var listing = RowStream(output, format.value, columns: columns)
        while true {
            try await listing.write(try page.sessions.map(row))
            left -= page.sessions.count
            guard page.next != nil, left > 0 else { break }
            page = try await next(&filter, left, sessions, launch)
        }
        try await listing.finish()
    }

    private func next(
        _ filter: inout SessionFilter, _ left: Int, _ sessions: SessionService, _ launch: Launch
    ) async throws -> SessionPage {
        filter.limit = min(left, Self.page)
        let page = try await sessions.list(filter)
        for damage in page.damaged {
            launch.output.note("warning: \(HostileText.escaped(damage, multiline: false))")
        }
        filter.cursor = page.next
        return page
    }

    private func usesPager(_ rows: Int) -> Bool {
        guard format.value == .table, maxCount == nil, let lines = Pager.terminalRows else { return false }
        return rows + 2 > lines
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

    private var columns: [OutputTable.Column] {
        let columns: [OutputTable.Column] = [.init("ID"), .init("UPDATED"), .init("TITLE", isFlexible: true)]
        return all ? columns + [.init("DIRECTORY")] : columns
    }

    private func row(_ info: SessionInfo) throws -> OutputTable.Row {
        let cells = [info.id, PointInTime.text(info.time.updated), info.title ?? ""]
        return OutputTable.Row(
            json: try SessionCommand.json(info), cells: all ? cells + [info.location.directory] : cells)
    }
}
