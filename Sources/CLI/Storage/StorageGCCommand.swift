package import ArgumentParser
import Storage
import Support

/// `codetether storage gc`
package struct StorageGCCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Give unused space of the configured store back. Sessions are never deleted.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let format = format.value
        try await StorageCommand.withStore(global) { store, _ in
            let before = try await store.stats()
            try await store.compact()
            let after = try await store.stats()
            let json: JSON = [
                "backend": .string(after.backend), "location": .string(after.location),
                "bytesBefore": .int(before.bytes), "bytesAfter": .int(after.bytes),
                "freed": .int(max(0, before.bytes - after.bytes)),
            ]
            let text = "\(StorageCommand.size(before.bytes)) before, \(StorageCommand.size(after.bytes)) now."
            try await Launch.current.output.render(.value(json, text: text), as: format)
        }
    }
}
