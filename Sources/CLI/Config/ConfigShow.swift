package import ArgumentParser
import Configuration
import Credentials
import StoragePostgres
import Support

/// `codetether config show [--origin]`: the merged configuration, secrets redacted.
package struct ConfigShow: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the merged configuration; secrets are redacted.")

    @Flag(help: "Print where each value comes from.")
    var origin = false
    @Flag(help: "Do not redact secrets.")
    var showSecrets = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let loaded = try launch.configuration(global.values)
        for warning in loaded.warnings { launch.output.note("warning: \(warning)") }
        for pending in loaded.pendingApproval {
            let key = HostileText.escaped(pending.key, multiline: false)
            launch.output.note("pending approval: \(key) in \(pending.file); approve with \(pending.command)")
        }
        let json = showSecrets ? loaded.config.raw : ConfigRedaction.redacted(loaded)
        guard origin else {
            return try await launch.output.render(.value(json, text: json.text(.pretty)), as: format.value)
        }
        let rows = loaded.origins.sorted { $0.key.description < $1.key.description }.compactMap { key, origin in
            ConfigShow.value(json, at: key).map { ConfigShow.row(key, $0, origin) }
        }
        try await launch.output.render(
            .rows(OutputTable(columns: [.init("KEY"), .init("VALUE", isFlexible: true), .init("ORIGIN")], rows: rows)),
            as: format.value)
    }

    private static func value(_ json: JSON, at key: ConfigKey) -> JSON? {
        key.components.reduce(Optional(json)) { $0?[$1] }
    }

    private static func row(_ key: ConfigKey, _ value: JSON, _ origin: ConfigOrigin) -> OutputTable.Row {
        var json: JSONObject = [
            "key": .string(key.description), "value": value, "layer": .string(origin.layer.rawValue),
            "source": .string(origin.source),
        ]
        if let position = origin.position {
            json["line"] = .int(Int64(position.line))
            json["column"] = .int(Int64(position.column))
        }
        return OutputTable.Row(
            json: .object(json), cells: [key.description, value.text(), "\(origin.layer.rawValue) \(origin)"])
    }
}

/// Takes secrets out of a configuration.
enum ConfigRedaction {
    /// The merged values; what `{env:}` and `{file:}` put in is known to be secret.
    static func redacted(_ loaded: LoadedConfig) -> JSON { secrets(loaded).redact(loaded.config.raw) }

    static func secrets(_ loaded: LoadedConfig) -> Secrets {
        let storage = loaded.config.storage.url.flatMap { try? PostgresURL($0) }
        return Secrets(known: loaded.substituted + (storage?.secretTexts ?? []))
    }
}
