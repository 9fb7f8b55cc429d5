/// What one process tells the others through PostgreSQL's NOTIFY: at most 7,999 bytes of text.
enum EventNotice: Equatable, Sendable {
    /// Events `after + 1 ... last` of a log were stored; they are read from there.
    case stored(node: String, aggregate: String, after: Int64, last: Int64)
    /// A part of an event that is not stored, as JSON; `index` of `count` parts of the node's message `number`.
    case live(node: String, number: Int64, index: Int, count: Int, part: String)

    static let channel = "codetether_events"

    var text: String {
        switch self {
        case .stored(let node, let aggregate, let after, let last): "s \(node) \(aggregate) \(after) \(last)"
        case .live(let node, let number, let index, let count, let part):
            "l \(node) \(number) \(index) \(count) \(part)"
        }
    }

    /// - Returns: nil for what a codetether of another version sends.
    init?(_ text: String) {
        let fields = text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        switch (fields.first, fields.count) {
        case ("s", 5):
            guard let after = Int64(fields[3]), let last = Int64(fields[4]), 0 <= after, after < last else {
                return nil
            }
            self = .stored(node: fields[1], aggregate: fields[2], after: after, last: last)
        case ("l", 6):
            guard let number = Int64(fields[2]), let index = Int(fields[3]), let count = Int(fields[4]), count > 0,
                (0..<count).contains(index)
            else { return nil }
            self = .live(node: fields[1], number: number, index: index, count: count, part: fields[5])
        default: return nil
        }
    }

    /// Who sent it.
    var node: String {
        switch self {
        case .stored(let node, _, _, _), .live(let node, _, _, _, _): node
        }
    }
}
