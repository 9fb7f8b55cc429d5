import Schema

/// The parts of messages that ended lately, so that a delta which travelled slower than the end of its part is not shown after
/// it. The last 512 of them.
struct EndedParts {
    private static let maximum = 512
    private var names: Set<String> = []
    private var order: [String] = []

    /// Takes note of an event that ends a part.
    mutating func note(_ payload: EventPayload) {
        let name: String
        switch payload {
        case .sessionTextEnded(let data): name = "t \(data.assistantMessageID) \(data.ordinal)"
        case .sessionReasoningEnded(let data): name = "r \(data.assistantMessageID) \(data.ordinal)"
        case .sessionToolInputEnded(let data): name = "i \(data.assistantMessageID) \(data.id)"
        default: return
        }
        guard names.insert(name).inserted else { return }
        order.append(name)
        if order.count > Self.maximum { names.remove(order.removeFirst()) }
    }

    /// True for a delta of a part that has ended.
    func isLate(_ payload: EventPayload) -> Bool {
        switch payload {
        case .sessionTextDelta(let data): names.contains("t \(data.assistantMessageID) \(data.ordinal)")
        case .sessionReasoningDelta(let data): names.contains("r \(data.assistantMessageID) \(data.ordinal)")
        case .sessionToolInputDelta(let data): names.contains("i \(data.assistantMessageID) \(data.id)")
        default: false
        }
    }
}
