package import ArgumentParser
import Configuration
import Credentials
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether config get KEY`
package struct ConfigGet: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print one value; text as it is, the rest as JSON. Exit 1 when it is not set.")

    @Argument(help: "A key path such as model or provider.openai.base_url.")
    var key: String
    @Flag(help: "Do not redact secrets.")
    var showSecrets = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let path = try ConfigCommandKey.parse(key)
        let loaded = try launch.configuration(global.values)
        guard var value = loaded.value(at: path) else {
            throw CLIError(.failed, "\(path) is not set. Set it with `codetether config set \(path) VALUE`.")
        }
        if !showSecrets {
            // The names on the way decide about secrecy too, so the value is redacted in its place.
            let whole = path.components.reversed().reduce(value) { .object([$1: $0]) }
            let redacted = ConfigRedaction.secrets(loaded).redact(whole)
            value = path.components.reduce(Optional(redacted)) { $0?[$1] } ?? value
        }
        let text = value.stringValue.map { HostileText.escaped($0, multiline: true) } ?? value.text(.pretty)
        try await launch.output.render(.value(value, text: text), as: format.value)
    }
}

/// Key paths given on the command line.
enum ConfigCommandKey {
    /// Throws 64 for a path that cannot be read or that no configuration can have.
    static func parse(_ text: String) throws -> ConfigKey {
        let key: ConfigKey
        do {
            key = try ConfigKey(parsing: text)
        } catch {
            throw CLIError(.usage, error.detail)
        }
        guard ConfigSchema.isText(key) != nil || isElement(key) else {
            let near = Suggestion.nearest(to: key.components.first ?? "", in: ConfigSchema.topLevelKeys)
            let hint = near.map { " Did you mean \($0)?" } ?? " `codetether config schema` lists the keys."
            throw CLIError(.usage, "There is no configuration key \(key).\(hint)")
        }
        return key
    }

    /// An element of an array, `instructions.0`.
    private static func isElement(_ key: ConfigKey) -> Bool {
        guard let last = key.components.last, Int(last) != nil else { return false }
        return ConfigSchema.isText(ConfigKey(Array(key.components.dropLast()))) != nil
    }
}
