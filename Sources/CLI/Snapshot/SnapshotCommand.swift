import App
package import ArgumentParser
import Sessions
import Snapshots
import Support

/// `codetether snapshot …`
package struct SnapshotCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Snapshots of the workspace: take, compare, restore, clean up.",
        discussion: """
            They are in a git directory of codetether's own, never in your repository, and work without one too. The \
            workspace is the git root, else the directory.
            """,
        subcommands: [
            SnapshotCreate.self, SnapshotList.self, SnapshotDiffCommand.self, SnapshotPatch.self, SnapshotRestore.self,
            SnapshotGC.self, SnapshotVerify.self, SnapshotStatsCommand.self,
        ])

    package init() {}
}

/// `codetether snapshot create`
package struct SnapshotCreate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Take a snapshot of the workspace as it is.")

    @Option(help: ArgumentHelp("A note.", valueName: "text"))
    var label: String?
    @Option(name: .customLong("session"), help: ArgumentHelp("Keep it as long as this session.", valueName: "id"))
    var sessionID: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            if let sessionID { _ = try await runtime.sessions().get(sessionID) }
            let store = try runtime.snapshotStore()
            let snapshot = try await store.create(sessionID: sessionID, label: label)
            if snapshot.skipped > 0 {
                launch.output.note(
                    "Note: \(snapshot.skipped) files are larger than snapshot.max_file_bytes or cannot be read; they are not in it."
                )
            }
            try await launch.output.render(.value(snapshot.json, text: snapshot.id), as: format.value)
            await store.packIfNeeded()
        }
    }
}

/// `codetether snapshot list`
package struct SnapshotList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the snapshots of this workspace, latest first.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let rows = try await runtime.snapshotStore().list().map { snapshot in
                OutputTable.Row(
                    json: snapshot.json,
                    cells: [
                        snapshot.id, PointInTime.text(snapshot.createdMs), snapshot.reason, snapshot.sessionID ?? "",
                        snapshot.label ?? "",
                    ])
            }
            let columns = ["ID", "Time", "Reason", "Session"].map { OutputTable.Column($0) }
            try await launch.output.render(
                .rows(OutputTable(columns: columns + [OutputTable.Column("Label", isFlexible: true)], rows: rows)),
                as: format.value)
        }
    }
}
