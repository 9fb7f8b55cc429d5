import App
package import ArgumentParser
import Schema
import Snapshots
import Support

/// `codetether snapshot diff A [B]`
package struct SnapshotDiffCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what changed from one snapshot to another, or to the workspace as it is.")

    @Argument(help: "The older snapshot.")
    var old: String
    @Argument(help: "The newer one; without it, the workspace as it is now.")
    var new: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let diffs = try await runtime.snapshotStore().diff(old, new)
            let rows = try diffs.map { diff in
                OutputTable.Row(
                    json: try Self.json(diff),
                    cells: [
                        diff.info.status.rawValue, "+\(diff.info.additions)", "-\(diff.info.deletions)",
                        diff.info.file + (diff.renamedFrom.map { " (was \($0.shown))" } ?? "")
                            + (diff.isBinary ? " (binary)" : ""),
                    ])
            }
            try await launch.output.render(.rows(OutputTable(columns: [], rows: rows)), as: format.value)
        }
    }

    static func json(_ diff: SnapshotDiff) throws -> JSON {
        var object = try JSON(encoding: diff.info).objectValue ?? [:]
        object["oldMode"] = diff.oldMode.map { .string($0) }
        object["newMode"] = diff.newMode.map { .string($0) }
        if diff.isBinary { object["binary"] = true }
        object["renamedFrom"] = diff.renamedFrom.map { .string($0.shown) }
        return .object(object)
    }
}

/// `codetether snapshot patch A [B]`
package struct SnapshotPatch: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Print what changed as a patch that `git apply` takes.")

    @Argument(help: "The older snapshot.")
    var old: String
    @Argument(help: "The newer one; without it, the workspace as it is now.")
    var new: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let patch = try await runtime.snapshotStore().patch(old, new)
            guard format.value == .table else {
                let text = UTF8Text.lossy(patch)
                if !text.utf8.elementsEqual(patch) {
                    launch.output.note(
                        "Note: the patch is not UTF-8, so this JSON does not apply; take it without --json.")
                }
                let json: JSON = ["patch": .string(text)]
                return try await launch.output.render(.value(json, text: ""), as: format.value)
            }
            try await launch.output.write(bytes: patch)
        }
    }
}
