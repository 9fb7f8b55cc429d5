import App
package import ArgumentParser
import Configuration
import Support
import SystemPackage

/// `codetether trust [DIR]`
package struct TrustCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Approve what a repository defines, so that it takes effect.",
        discussion: """
            Approves the files of the workspace that could start programs, name hosts or loosen rules, as they are now: \
            from the root of the repository down to DIR. A file that changes afterwards has to be approved again. Without \
            approval nothing of them has any effect. Prints what was approved; does not ask.
            """)

    @Argument(help: ArgumentHelp("A directory of the workspace; the current one by default.", valueName: "dir"))
    var directory: String?
    @Flag(help: "List the approved workspaces and what has become of their files.")
    var list = false
    @Flag(help: "Take the approval back.")
    var revoke = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        if list, revoke { throw ValidationError("--list and --revoke exclude each other; give one of them.") }
        if list, directory != nil { throw ValidationError("--list takes no directory.") }
    }

    package func run() async throws {
        let launch = Launch.current
        let store = TrustStore(paths: AppPaths(environment: launch.environment))
        if list { return try await show(store.list(), launch) }
        let base = try launch.sessionDirectory(global.values)
        let path = directory.map { base.pushing(FilePath($0)).lexicallyNormalized() } ?? base
        if revoke {
            guard try await store.revoke(path) else {
                throw CLIError(.notFound, "\(safe(path)) is not approved; see `codetether trust --list`.")
            }
            let json: JSON = ["path": .string(path.string), "trusted": false]
            return try await launch.output.render(.value(json, text: "Revoked \(safe(path))."), as: format.value)
        }
        guard FileIO.isDirectory(path) else {
            throw CLIError(.notFound, "\(safe(path)) is not a directory. Name one that exists.")
        }
        let report = try await store.approve(path, nowMs: SystemTime().nowMs())
        try await launch.output.render(.value(Self.json(report), text: Self.text(report)), as: format.value)
    }

    private func show(_ rows: [TrustStore.Row], _ launch: Launch) async throws {
        let columns: [OutputTable.Column] = [
            .init("WORKSPACE", isFlexible: true), .init("STATE"), .init("FILES", isNumber: true), .init("APPROVED"),
        ]
        let table = OutputTable(
            columns: columns,
            rows: rows.map { row in
                OutputTable.Row(
                    json: Self.json(row),
                    cells: [
                        row.workspace.string, row.state.rawValue, String(row.files.count),
                        PointInTime.text(row.timeMs),
                    ])
            })
        try await launch.output.render(.rows(table), as: format.value)
    }

    private static func json(_ row: TrustStore.Row) -> JSON {
        [
            "path": .string(row.workspace.string), "state": .string(row.state.rawValue), "time": .int(row.timeMs),
            "files": .array(
                row.files.map { file in
                    [
                        "file": .string(file.path.string), "sha256": .string(file.hash),
                        "state": .string(file.state.rawValue),
                    ]
                }),
        ]
    }

    private static func json(_ report: TrustStore.Report) -> JSON {
        [
            "path": .string(report.workspace.string), "trusted": true,
            "approved": .array(
                report.items.map { item in
                    [
                        "file": .string(item.relative.string), "sha256": .string(item.hash),
                        "defines": .array(item.defines.map { .string($0) }),
                    ]
                }),
        ]
    }

    private static func text(_ report: TrustStore.Report) -> String {
        func safe(_ text: String) -> String { HostileText.escaped(text, multiline: false) }
        var lines = ["Trusted \(safe(report.workspace.string))"]
        for item in report.items {
            lines.append(
                "  \(safe(item.relative.string))  \(item.hash.prefix(12))  "
                    + safe(item.defines.joined(separator: ", ")))
        }
        if report.items.isEmpty { lines.append("  (it defines nothing that needs an approval)") }
        return lines.joined(separator: "\n")
    }

    private func safe(_ path: FilePath) -> String { HostileText.escaped(path.string, multiline: false) }
}
