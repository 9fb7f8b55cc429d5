/// Values that cross disk or wire, with exactly the JSON of OpenCode 2.1
/// (`specs/opencode/opencode-2.1-types.schema.json`) plus our own fields (CONTRACT §3) and our own events (CONTRACT §5).
///
/// What may enter: Codable, Sendable, Equatable values without logic and I/O. Who may call it: every target.
///
/// Rules that hold for every type here:
/// - An absent optional is left out when encoding; decoding accepts both a missing member and `null`.
/// - Members that a type does not know are ignored when decoding; a variant (message, content, event …) that is not
///   known as a whole is kept as JSON and encoded again unchanged.
/// - Plain times are Unix milliseconds, costs are USD, token counts are whole numbers (`3.0` is accepted as 3).
/// - A value that does not fit throws `JSONCodingError` with the path of the offending member.
package enum SchemaVersion {
    /// The version of OpenCode's types that this module follows.
    package static let openCode = "2.1"
}
