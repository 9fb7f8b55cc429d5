import App
package import ArgumentParser
import Server
import Support

/// `codetether debug openapi`
package struct DebugOpenAPI: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI document of the HTTP API.")

    package init() {}

    package func run() async throws {
        let document = OpenAPIDocument.make(.standard, version: RuntimeOptions.version)
        try await Launch.current.output.write(document.text(.pretty) + "\n")
    }
}
