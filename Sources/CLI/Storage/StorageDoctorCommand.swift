import App
package import ArgumentParser
import Configuration
import Sessions
import Storage
import StoragePostgres
import Support
import SystemPackage

/// `codetether storage doctor`
package struct StorageDoctorCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Read the whole store, move damaged bytes aside and repair the rest. Exits 1 when it found damage.",
        discussion: """
            Damaged bytes are never deleted: the path of each finding says where they are. A session whose records are damaged is
            made anew from its event log. Each damage is reported once, also when a command moved it aside before.
            """)

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let format = format.value
        let launch = Launch.current
        let isSound = try await launch.withRuntime(global.values) { runtime in
            let (store, unreadable) = try await open(runtime)
            var report: StorageDoctor.Report
            do {
                // Opened only after the inspection, which may have put another file in place.
                report = try await StorageDoctor(store) { id in
                    guard let sessions = try? await runtime.sessions() else { return false }
                    return (try? await sessions.projection(id)) != nil
                }.run()
            } catch {
                await store.close()
                throw error
            }
            report.damaged = unreadable + report.damaged
            let stats = try? await store.stats()
            await store.close()
            let json: JSON = [
                "backend": .string(store.name), "location": .string(stats?.location ?? ""),
                "checked": [
                    "records": .int(report.records), "logs": .int(report.logs), "events": .int(report.events),
                ],
                "damaged": .array(report.damaged.map(\.json)),
            ]
            try await launch.output.render(.value(json, text: Self.text(report, store.name)), as: format)
            return report.damaged.isEmpty
        }
        if !isSound { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// A database file that is none any more is moved aside, so that there is a store to work with.
    private func open(_ runtime: Runtime) async throws -> (any StorageMaintenance, [StorageDamage]) {
        let target = try runtime.storageTarget()
        let data = runtime.paths.data
        do {
            return (try await target.open(dataDirectory: data), [])
        } catch {
            guard error.kind == .corrupt, target == .embedded(.sqlite) else { throw error }
            let place = try await SQLiteStorage.setAside(StorageSelection.path(.sqlite, dataDirectory: data))
            let damage = StorageDamage(
                sessionID: nil, path: place.string, error: error.message, isRepaired: false)
            return (try await target.open(dataDirectory: data), [damage])
        }
    }

    private static func text(_ report: StorageDoctor.Report, _ backend: String) -> String {
        var lines = [
            "Checked \(report.records) records and \(report.events) events in \(report.logs) logs of the \(backend) store."
        ]
        for damage in report.damaged {
            let state = damage.isRepaired ? "repaired" : "damaged"
            let session = damage.sessionID.map { "session \($0): " } ?? ""
            lines.append(HostileText.escaped("\(state): \(session)\(damage.error) [\(damage.path)]", multiline: false))
        }
        lines.append(report.damaged.isEmpty ? "No damage." : "\(report.damaged.count) found.")
        return lines.joined(separator: "\n")
    }
}
