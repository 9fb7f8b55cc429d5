/// A secret that does not print: interpolation, logs and dumps show `[redacted]`.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself, for an `Authorization` header and nothing else.
    package let exposed: String

    package init(_ text: String) { exposed = text }

    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
