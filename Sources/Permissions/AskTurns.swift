/// Who has the turn and who waits for it, by key, first come first served.
struct AskTurns {
    private typealias Waiter = (ticket: Int, continuation: CheckedContinuation<Bool, Never>)
    private var waiting: [String: [Waiter]] = [:]
    private var lastTicket = 0

    /// Waiting asks of all keys.
    var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

    mutating func newTicket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    /// True when the key was free; it is taken then.
    mutating func take(_ key: String) -> Bool {
        guard waiting[key] == nil else { return false }
        waiting[key] = []
        return true
    }

    mutating func wait(
        _ key: String, _ ticket: Int, _ continuation: CheckedContinuation<Bool, Never>, isCancelled: Bool
    ) {
        guard !isCancelled else { return continuation.resume(returning: false) }
        guard waiting[key] != nil else {
            waiting[key] = []
            return continuation.resume(returning: true)
        }
        waiting[key]?.append((ticket, continuation))
    }

    mutating func cancel(_ key: String, _ ticket: Int) {
        guard let index = waiting[key]?.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting[key]?.remove(at: index).continuation.resume(returning: false)
    }

    /// Gives the turn to the next one.
    mutating func pass(_ key: String) {
        guard let queue = waiting[key], !queue.isEmpty else {
            waiting[key] = nil
            return
        }
        waiting[key]?.removeFirst().continuation.resume(returning: true)
    }
}
