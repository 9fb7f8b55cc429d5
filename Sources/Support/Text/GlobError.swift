/// Why a text is not a glob.
package struct GlobError: AppError, Equatable {
    /// The pattern.
    package let pattern: String
    /// What is wrong with it and what to do.
    package let reason: String
    /// `glob.invalid`.
    package var code: String { "glob.invalid" }
    /// A sentence with the pattern.
    package var message: String {
        "The glob '\(HostileText.escaped(String(pattern.prefix(200)), multiline: false))' \(reason)."
    }
}
