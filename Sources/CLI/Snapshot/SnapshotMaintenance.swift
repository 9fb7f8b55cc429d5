import App
package import ArgumentParser
import Snapshots
import Support

/// `codetether snapshot gc`
package struct SnapshotGC: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Delete what no session references, and pack the rest.",
        discussion: """
            Snapshots without a session, and those of sessions that are gone, are kept for snapshot.retention_days (30); 0 \
            deletes them at once.
            """)

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let result = try await runtime.snapshotStore().collect { try await runtime.liveSessionIDs() }
            let text =
                "Removed \(result.removed) snapshots, kept \(result.kept); \(result.bytesBefore >> 10) KiB before, \(result.bytesAfter >> 10) KiB now."
            try await launch.output.render(.value(result.json, text: text), as: format.value)
        }
    }
}

/// `codetether snapshot verify`
package struct SnapshotVerify: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every object of the snapshots. Exits 1 and names what is damaged.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let problems = try await runtime.snapshotStore().verify()
            let json: JSON = ["ok": .bool(problems.isEmpty), "problems": .array(problems.map { .string($0) })]
            let text = problems.isEmpty ? "The snapshots are sound." : problems.joined(separator: "\n")
            try await launch.output.render(.value(json, text: text), as: format.value)
            if !problems.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
        }
    }
}

/// `codetether snapshot stats`
package struct SnapshotStatsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show how many snapshots there are and what they take.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let stats = try await runtime.snapshotStore().stats()
            let text = """
                workspace  \(HostileText.escaped(stats.workspace.shown, multiline: false))
                store      \(HostileText.escaped(stats.directory.shown, multiline: false))
                snapshots  \(stats.snapshots)
                sessions   \(stats.sessions)
                size       \(stats.bytes >> 10) KiB of at most \(stats.maxBytes >> 20) MiB
                objects    \(stats.looseObjects) loose, \(stats.packs) packs
                """
            try await launch.output.render(.value(stats.json, text: text), as: format.value)
        }
    }
}
