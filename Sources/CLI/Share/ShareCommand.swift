import App
package import ArgumentParser
import Sessions
import Support

/// `codetether share …`
package struct ShareCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Look after what is shared.",
        subcommands: [ShareList.self, ShareRevoke.self])

    package init() {}
}

/// `codetether share list`
package struct ShareList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all shares, also of deleted sessions and those still to be revoked.",
        aliases: ["ls"])

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let records = try await runtime.shares().list()
            if records.isEmpty, format.value == .table {
                launch.output.note("Nothing is shared. `codetether session share ID` shares a session.")
            }
            let rows = records.map { record in
                OutputTable.Row(
                    json: record.json,
                    cells: [
                        record.sessionID, record.state.rawValue, record.url,
                        HostileText.escaped(record.error ?? record.title ?? "", multiline: false),
                    ])
            }
            try await launch.output.render(
                .rows(
                    OutputTable(
                        columns: rows.isEmpty
                            ? []
                            : [.init("Session"), .init("State"), .init("URL"), .init("", isFlexible: true)],
                        rows: rows)), as: format.value)
        }
    }
}

/// `codetether share revoke ID|URL|--all`
package struct ShareRevoke: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Remove shares from their service, also of deleted sessions.",
        discussion: """
            A share is forgotten once its service confirmed that it is gone; one whose service is away stays listed (69). \
            --forget drops it from the list although it may still be public.
            """)

    @Argument(help: "Ids of shares or sessions, or addresses of shares.")
    var shares: [String] = []
    @Flag(help: "All of them.")
    var all = false
    @Flag(help: "Forget it here without the service; it may stay public.")
    var forget = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        if shares.isEmpty != all { throw ValidationError("Say which shares to revoke, or --all.") }
    }

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let service = try await runtime.shares()
            let names = all ? try await service.list().map(\.id) : shares
            // All or none: a name that is not there is told before anything is removed.
            for name in names { _ = try await service.find(name) }
            var revoked: [ShareRecord] = []
            var failure: (any Error)?
            for name in names {
                do {
                    revoked.append(forget ? try await service.forget(name) : try await service.revoke(name))
                } catch {
                    launch.output.note("\(HostileText.escaped(name, multiline: false)): \(error)")
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            try await Self.tell(revoked, launch, format.value)
        }
    }

    static func tell(_ records: [ShareRecord], _ launch: Launch, _ format: OutputFormat) async throws {
        if format == .table {
            for record in records { launch.output.note("\(record.url) is no longer shared.") }
        } else {
            let json: JSON = [
                "revoked": .array(
                    records.map {
                        ["id": .string($0.id), "sessionID": .string($0.sessionID), "url": .string($0.url)]
                    })
            ]
            try await launch.output.render(.value(json, text: ""), as: format)
        }
    }
}
