/// Bounds of one parse.
package struct JSONLimits: Sendable, Hashable {
    /// How many arrays and objects may contain each other (CONTRACT: 128).
    package var depth: Int
    /// The longest text in bytes.
    package var bytes: Int

    /// Limits of `depth` levels and `bytes` bytes (256 MiB unless told).
    package init(depth: Int = 128, bytes: Int = 256 << 20) {
        self.depth = depth
        self.bytes = bytes
    }

    /// Depth 128, 256 MiB.
    package static let standard = JSONLimits()
}

/// Why a text is not JSON, and where.
package struct JSONParseError: AppError, Hashable {
    /// What was wrong.
    package enum Kind: String, Sendable {
        /// A character that cannot stand there.
        case syntax
        /// The text ends before the value does.
        case unexpectedEnd
        /// More levels than `JSONLimits.depth`.
        case tooDeep
        /// More bytes than `JSONLimits.bytes`.
        case tooLarge
        /// Two members of one object have the same key.
        case duplicateKey
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// An escape that is unknown or half of a surrogate pair.
        case invalidEscape
        /// A number that is malformed or beyond the range of doubles.
        case invalidNumber
        /// Something after the value.
        case trailingData
    }

    /// What was wrong.
    package let kind: Kind
    /// A sentence with the place.
    package let message: String
    /// Bytes before the fault.
    package let offset: Int
    /// Line of the fault, from 1.
    package let line: Int
    /// Bytes before the fault in its line, plus 1.
    package let column: Int

    /// The kind's name.
    package var code: String { kind.rawValue }
}
