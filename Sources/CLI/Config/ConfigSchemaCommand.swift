package import ArgumentParser
import Configuration
import Support

/// `codetether config schema`
package struct ConfigSchemaCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of the configuration.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let schema = ConfigSchema.json
        try await Launch.current.output.render(.value(schema, text: schema.text(.pretty)), as: format.value)
    }
}
