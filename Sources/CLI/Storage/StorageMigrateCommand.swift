package import ArgumentParser
import Storage
import Support

/// `codetether storage migrate`
package struct StorageMigrateCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the configured store's schema up to date, as every start does.",
        discussion:
            "An SQLite file that holds data is copied first, to <file>.before-v<number>. Running it again changes nothing."
    )

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let format = format.value
        // Opening migrates.
        try await StorageCommand.withStore(global) { store, _ in
            let stats = try await store.stats()
            let json: JSON = [
                "backend": .string(stats.backend), "location": .string(stats.location), "schema": .int(stats.schema),
                "sessions": .int(stats.collections["session"]?.records ?? 0),
            ]
            let text = "The \(stats.backend) store has schema \(stats.schema)."
            try await Launch.current.output.render(.value(json, text: text), as: format)
        }
    }
}
