/// Why no model could be chosen. `message` is a sentence with the next step.
package struct CatalogueError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No such model; exit code 66.
        case modelNotFound
        /// No such provider, or one that is switched off; exit code 66.
        case providerNotFound
        /// No model is configured and no provider has a key; exit code 77.
        case authentication
        /// The text is no `provider/model`; exit code 66.
        case malformed
    }

    package var code: Code
    package var message: String
    /// At most three ids that may be meant.
    package var suggestions: [String]

    package init(_ code: Code, _ message: String, suggestions: [String] = []) {
        self.code = code
        self.message = message
        self.suggestions = suggestions
    }

    package var description: String { message }
    /// 77 for `authentication`, else 66.
    package var exitCode: Int32 { code == .authentication ? 77 : 66 }
}
