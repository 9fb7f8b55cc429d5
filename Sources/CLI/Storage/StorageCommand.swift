import App
package import ArgumentParser
import Configuration
import Storage
import StoragePostgres
import Support

/// `codetether storage`.
package struct StorageCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: "Look after the store: check and repair, copy, migrate, count, collect.",
        subcommands: [
            StorageDoctorCommand.self, StorageCopyCommand.self, StorageMigrateCommand.self, StorageStatsCommand.self,
            StorageGCCommand.self,
        ])

    package init() {}

    /// Opens the configured store for `body` and closes it afterwards.
    static func withStore<Result: Sendable>(
        _ global: GlobalOptions, _ body: (any StorageMaintenance, Runtime) async throws -> Result
    ) async throws -> Result {
        try await Launch.current.withRuntime(global.values) { runtime in
            let store = try await runtime.storageTarget().open(dataDirectory: runtime.paths.data)
            do {
                let result = try await body(store, runtime)
                await store.close()
                return result
            } catch {
                await store.close()
                throw error
            }
        }
    }

    /// A number of bytes for people.
    static func size(_ bytes: Int64) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var value = bytes
        var unit = 0
        while value >= 100_000, unit + 1 < units.count {
            value /= 1_000
            unit += 1
        }
        return "\(value) \(units[unit])"
    }
}

extension StorageDamage {
    /// As `storage doctor` and `storage copy` print it.
    var json: JSON {
        [
            "sessionID": sessionID.map { .string($0) } ?? .null, "path": .string(path), "error": .string(error),
            "repaired": .bool(isRepaired),
        ]
    }
}
