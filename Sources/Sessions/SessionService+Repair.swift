import Logging
package import Schema
import Storage

extension SessionService {
    /// Ends what a dead process left open: running tool calls become errors (type `interrupted`), the open step and summary
    /// fail, prompts that nobody took are delivered, and the execution gets its one terminal event. Call it only while holding
    /// the session's lock. A session that is in order is left alone.
    /// - Parameter keepsInbox: true leaves waiting prompts in the inbox for the caller to execute.
    /// - Returns: the events that were stored; empty when there was nothing to repair.
    @discardableResult
    package func repairOrphans(_ id: String, keepsInbox: Bool = false) async throws(SessionError) -> [Event] {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        // Read fresh: the dead process may have appended since we looked last.
        keep(try await current(id))
        return try await append(id, durability: .flushed) { $0.repairs(keepsInbox: keepsInbox) }
    }
}

extension SessionProjection {
    static let interruption = StructuredError(
        type: "interrupted", message: "codetether ended before this was done; it was marked at the next start.")

    /// The events that put an abandoned session in order.
    func repairs(keepsInbox: Bool) -> [EventPayload] {
        let id = info.id
        let orphans = keepsInbox ? [] : inbox
        guard running || !orphans.isEmpty else { return [] }
        var events: [EventPayload] = []
        if !running { events.append(.sessionExecutionStarted(.init(sessionID: id))) }
        for entry in entries {
            guard case .assistant(let message) = entry.message, !entry.isSuperseded else { continue }
            for case .tool(let item) in message.content where item.state.isOpen {
                events.append(
                    .sessionToolFailed(
                        .init(
                            sessionID: id, assistantMessageID: message.id, id: item.id, error: Self.interruption,
                            executed: item.executed ?? false)))
            }
            if message.time.completed == nil {
                events.append(
                    .sessionStepFailed(
                        .init(sessionID: id, assistantMessageID: message.id, error: Self.interruption)))
            }
        }
        if let compaction = runningCompaction?.message {
            events.append(
                .sessionCompactionFailed(
                    .init(sessionID: id, reason: compaction.reason, error: Self.interruption)))
        }
        for entry in orphans {
            events.append(.sessionInboxDelivered(.init(sessionID: id, inboxID: entry.id)))
        }
        events.append(.sessionExecutionInterrupted(.init(sessionID: id, reason: .shutdown)))
        return events
    }
}
