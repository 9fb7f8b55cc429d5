import App
package import ArgumentParser
import Configuration
import Storage
import StoragePostgres
import Support
import Synchronization
import SystemPackage

/// `codetether storage copy --from B --to B`
package struct StorageCopyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy all sessions from one store to another and verify them by counts and hashes.",
        discussion: """
            A store is sqlite, filesystem, postgres (storage.url or CODETETHER_STORAGE_URL) or the URL of a PostgreSQL database.
            Sessions that the target has already are skipped, so that an interrupted copy can be run again.
            """)

    @Option(help: ArgumentHelp("The store to read.", valueName: "store"))
    var from: String
    @Option(help: ArgumentHelp("The store to write.", valueName: "store"))
    var to: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let format = format.value
        let launch = Launch.current
        let isComplete = try await launch.withRuntime(global.values) { runtime in
            let url = runtime.config.config.storage.url
            let source = try target(from, url)
            let target = try target(to, url)
            guard source != target else {
                throw CLIError(.usage, "--from and --to name the same store, \(source.shown). Name two.")
            }
            guard source.exists(dataDirectory: runtime.paths.data) else {
                throw CLIError(.notFound, "There is no \(source.shown) store in \(runtime.paths.data) to copy from.")
            }
            let report = try await copy(source, target, runtime, launch)
            let json: JSON = [
                "from": .string(source.shown), "to": .string(target.shown), "sessions": .int(Int64(report.sessions)),
                "skipped": .int(Int64(report.skipped)), "records": .int(report.records), "events": .int(report.events),
                "bytes": .int(report.bytes), "hash": .string(report.hash),
                "verified": .bool(report.failures.isEmpty), "failures": .array(report.failures.map(\.json)),
            ]
            try await launch.output.render(.value(json, text: Self.text(report)), as: format)
            return report.failures.isEmpty
        }
        if !isComplete { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func target(_ name: String, _ url: String?) throws -> StorageTarget {
        do {
            return try StorageTarget(name, url: url)
        } catch {
            throw CLIError(.usage, error.message)
        }
    }

    private func copy(
        _ source: StorageTarget, _ target: StorageTarget, _ runtime: Runtime, _ launch: Launch
    ) async throws -> StorageCopy.Report {
        let data = runtime.paths.data
        let from = try await source.open(dataDirectory: data, notifies: false)
        do {
            let to = try await target.open(dataDirectory: data, notifies: false)
            let isTerminal = Terminal.isTTY(.standardError)
            let lastNs = Mutex(runtime.time.uptimeNs())
            do {
                let report = try await StorageCopy(from: from, to: to) { [time = runtime.time] report in
                    let now = time.uptimeNs()
                    let isDue = lastNs.withLock { last in
                        guard isTerminal, now > last + 1_000_000_000 else { return false }
                        last = now
                        return true
                    }
                    if isDue { launch.output.note("copied \(report.sessions) sessions, \(report.skipped) skipped") }
                }.run()
                await to.close()
                await from.close()
                return report
            } catch {
                await to.close()
                throw error
            }
        } catch {
            await from.close()
            throw error
        }
    }

    private static func text(_ report: StorageCopy.Report) -> String {
        var lines = [
            "Copied and verified \(report.sessions) sessions (\(report.records) records, \(report.events) events, \(StorageCommand.size(report.bytes))); \(report.skipped) were there already."
        ]
        for failure in report.failures {
            lines.append(HostileText.escaped("failed: \(failure.error)", multiline: false))
        }
        return lines.joined(separator: "\n")
    }
}
