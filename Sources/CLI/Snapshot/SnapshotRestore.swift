import App
package import ArgumentParser
import Sessions
import Snapshots
import Support
import SystemPackage

/// `codetether snapshot restore ID [PATH…]`
package struct SnapshotRestore: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Bring files back as a snapshot has them.",
        discussion: """
            A checkpoint is made first and printed; `snapshot restore CHECKPOINT` brings back what was there. Files that came \
            later stay, unless --exact. The git repository (index, HEAD, branches, stash) is not touched.
            """)

    @Argument(help: "The snapshot.")
    var id: String
    @Argument(help: "Only these files and directories.")
    var paths: [String] = []
    @Flag(help: "Also remove files that came after the snapshot.")
    var exact = false
    @Flag(help: "Only show what would happen.")
    var dryRun = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let store = try runtime.snapshotStore()
            let wanted = store.paths(paths.map { launch.directory.pushing(FilePath($0)).lexicallyNormalized() })
            let (checkpoint, files) = try await store.restore(id, exact: exact, files: wanted, isDryRun: dryRun)
            let json: JSON = [
                "id": .string(id), "checkpoint": checkpoint.map { .string($0) } ?? .null,
                "files": .array(files.map(\.json)), "dryRun": .bool(dryRun),
            ]
            let report = UndoReport(
                sessionID: "", messageID: nil, checkpoint: checkpoint, files: files, notices: [], isDryRun: dryRun)
            try await launch.output.render(
                .value(json, text: UndoOutput.text(report, verb: "redo")), as: format.value)
        }
    }
}
