import Schema
import Support
import Synchronization

/// Events as JSON, made once for all streams. Keeps the last 256, and of them not more than 2 MiB.
///
/// Only durable events: they never change. A delta may be joined with others differently for each reader, under one id.
package final class EncodedEvents: Sendable {
    private struct State {
        var bytes: [String: [UInt8]] = [:]
        /// Oldest first, from `first`.
        var order: [String] = []
        var first = 0
        var size = 0
    }

    private static let maximumCount = 256
    private static let maximumSize = 2 << 20

    private let state = Mutex(State())

    package init() {}

    /// How many are kept.
    var count: Int { state.withLock { $0.bytes.count } }

    /// The event as JSON; empty when it cannot be written as such.
    func bytes(of event: Event) -> [UInt8] {
        guard event.durable != nil else { return Self.encode(event) }
        if let known = state.withLock({ $0.bytes[event.id] }) { return known }
        let bytes = Self.encode(event)
        state.withLock { state in
            guard state.bytes[event.id] == nil, bytes.count <= Self.maximumSize else { return }
            state.bytes[event.id] = bytes
            state.order.append(event.id)
            state.size += bytes.count
            while state.order.count - state.first > Self.maximumCount || state.size > Self.maximumSize {
                state.size -= state.bytes.removeValue(forKey: state.order[state.first])?.count ?? 0
                state.first += 1
            }
            if state.first > Self.maximumCount {
                state.order.removeFirst(state.first)
                state.first = 0
            }
        }
        return bytes
    }

    private static func encode(_ event: Event) -> [UInt8] { (try? JSONEncoding.bytes(of: event)) ?? [] }
}
