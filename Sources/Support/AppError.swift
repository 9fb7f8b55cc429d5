/// What every error of ours says: a stable code, a sentence for people, and context.
package protocol AppError: Error, Sendable, CustomStringConvertible {
    /// A stable machine-readable name.
    var code: String { get }
    /// Whole sentences that name the offending value and the next step.
    var message: String { get }
    /// More context for logs; never a secret.
    var metadata: [String: String] { get }
    /// What caused it.
    var underlying: (any Error)? { get }
}

extension AppError {
    /// None.
    package var metadata: [String: String] { [:] }
    /// None.
    package var underlying: (any Error)? { nil }
    /// The message.
    package var description: String { message }
}

/// The process environment as a value; read once in `App`, passed by initialiser.
package struct Environment: Sendable, Equatable {
    /// Names and values.
    package var values: [String: String]

    /// An environment of these variables.
    package init(_ values: [String: String] = [:]) { self.values = values }

    /// The value of a variable; an empty one counts as unset.
    package subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }
}
