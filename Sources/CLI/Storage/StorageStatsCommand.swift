package import ArgumentParser
import Storage
import Support

/// `codetether storage stats`
package struct StorageStatsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count sessions, messages, events and bytes of the configured store.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let format = format.value
        try await StorageCommand.withStore(global) { store, _ in
            let stats = try await store.stats()
            try await Launch.current.output.render(.value(stats.json, text: stats.text), as: format)
        }
    }
}

extension StorageStats {
    fileprivate var sessions: Int64 { collections["session"]?.records ?? 0 }
    fileprivate var messages: Int64 { collections["message"]?.records ?? 0 }

    fileprivate var json: JSON {
        var groups = JSONObject()
        for (name, group) in collections.sorted(by: { $0.key < $1.key }) {
            groups[name] = ["records": .int(group.records), "bytes": .int(group.bytes)]
        }
        return [
            "backend": .string(backend), "location": .string(location), "schema": .int(schema), "bytes": .int(bytes),
            "sessions": .int(sessions), "messages": .int(messages), "logs": .int(logs), "events": .int(events),
            "eventBytes": .int(eventBytes), "collections": .object(groups),
        ]
    }

    fileprivate var text: String {
        """
        backend   \(backend)
        location  \(HostileText.escaped(location, multiline: false))
        schema    \(schema)
        size      \(StorageCommand.size(bytes))
        sessions  \(sessions)
        messages  \(messages)
        events    \(events) in \(logs) logs, \(StorageCommand.size(eventBytes))
        """
    }
}
