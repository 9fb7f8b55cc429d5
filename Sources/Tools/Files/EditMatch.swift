import Support

/// The ways an edit finds its place, in the order they are tried.
package enum EditStrategy: String, Sendable, CaseIterable {
    /// The bytes as given.
    case exact
    /// The same lines when each is trimmed.
    case lineTrimmed = "line-trimmed"
    /// First and last line the same, the lines between similar.
    case blockAnchor = "block-anchor"
    /// The same words when runs of whitespace count as one space.
    case whitespaceNormalized = "whitespace-normalized"
    /// The same lines when the indentation common to all is taken away.
    case indentationFlexible = "indentation-flexible"
    /// The same bytes when `\n`, `\t`, `\"` and the like in the text sought are unescaped.
    case escapeNormalized = "escape-normalized"
    /// The same bytes when whitespace at both ends of the text sought is dropped.
    case trimmedBoundary = "trimmed-boundary"
    /// First and last line the same and at least half of the lines between.
    case contextAware = "context-aware"
    /// Every exact occurrence, for `replaceAll`.
    case multiOccurrence = "multi-occurrence"
}

/// One place an edit may apply to.
package struct EditMatch: Sendable, Equatable {
    /// How it was found.
    package let strategy: EditStrategy
    /// Offsets in the text that was searched.
    package let range: Range<Int>
    /// The text to put there: as the model wrote it, or re-indented, unescaped or trimmed as the strategy asks.
    package let replacement: [UInt8]
    /// 1 for a match that only differs in whitespace or escapes, else the similarity that was measured, 0...1.
    package let similarity: Double
}

/// Why an edit has no place. `message` is for the model.
package enum EditMatchError: Error, Sendable, Equatable {
    /// Nothing is the same or similar enough. `nearestLine` is the 1-based line that equals the first line sought.
    case notFound(nearestLine: Int?)
    /// Several places match; 1-based line numbers, at most 10, and how many there are.
    case ambiguous(lines: [Int], count: Int)
    /// The only place found is much larger than the text sought.
    case disproportionate(lines: Int, asked: Int)
    /// The file is too large for anything but an exact match.
    case tooLarge(bytes: Int)
}
