package import Support

/// Notices an agent that repeats itself: the last three rounds of a cycle of one to four tool calls are identical.
///
/// One guard serves one execution. A call is identified by its tool and the canonical bytes of its input (keys sorted).
/// Only the last twelve calls are kept.
package struct DoomLoopGuard: Sendable {
    /// How often a cycle has to be seen.
    package static let repeats = 3
    /// The longest cycle that is noticed, in calls (A,B,C,D,A,B,C,D,…).
    package static let longestPeriod = 4

    private var recent: [String] = []

    package init() {}

    /// Records one call.
    /// - Returns: the period of the cycle (1…4) that this call completes for the third time, nil when there is none.
    package mutating func record(tool: String, input: JSON) -> Int? {
        let signature = SHA256Hash.hex(of: Array(tool.utf8) + [0] + input.bytes(sortedKeys: true))
        recent.append(signature)
        let limit = Self.repeats * Self.longestPeriod
        if recent.count > limit { recent.removeFirst(recent.count - limit) }
        for period in 1...Self.longestPeriod {
            let length = period * Self.repeats
            guard recent.count >= length else { break }
            let tail = recent.suffix(length)
            let matches = zip(tail, tail.dropFirst(period)).allSatisfy { $0 == $1 }
            if matches { return period }
        }
        return nil
    }
}

/// Notices a model that streams the same lines for ever: the last `window` non-trivial lines repeat with a period of up to four.
struct RepetitionGuard: Sendable {
    /// How many lines must repeat; a table or a list of equal lines below this is legitimate.
    static let window = 60

    private var lines: [String] = []
    private var partial = ""
    private(set) var isRepeating = false

    mutating func receive(_ delta: String) {
        guard !isRepeating else { return }
        guard delta.utf8.contains(UInt8(ascii: "\n")) else {
            if partial.utf8.count < 4_096 { partial += delta }
            return
        }
        var pieces = (partial + delta).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        partial = pieces.popLast() ?? ""
        for line in pieces where line.utf8.count >= 8 {
            lines.append(line)
            if lines.count > Self.window { lines.removeFirst(lines.count - Self.window) }
        }
        guard lines.count == Self.window else { return }
        isRepeating = (1...4).contains { period in
            zip(lines, lines.dropFirst(period)).allSatisfy { $0 == $1 }
        }
    }
}
