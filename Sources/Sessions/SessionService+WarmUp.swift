import Schema
import Storage
import Support
import Synchronization

extension SessionService {
    /// Encodes a step with a tool call that never happened, in the background, the first time it is called. The runtime looks up
    /// the conformances of each type when it is first encoded, half a millisecond for those of a step: done while the model
    /// thinks, the first call does not wait for it. Nothing is stored or published.
    package nonisolated func warmUp() {
        let isFirst = hasWarmedUp.withLock { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        Task.detached(priority: .utility) { _ = try? Self.encodeExample() }
    }

    /// Folds and encodes the example.
    /// - Returns: bytes that would have been stored.
    package static func encodeExample() throws(SessionError) -> Int {
        let (id, message, call) = ("ses_example", "msg_example", "call_example")
        let location = LocationRef(directory: "/")
        let usage = TokenUsage.zero
        let groups: [[EventPayload]] = [
            [
                .sessionStepStarted(
                    .init(
                        sessionID: id, assistantMessageID: message, agent: "build",
                        model: ModelRef(id: "m", providerID: "p"), started: 0))
            ],
            [
                .sessionTextStarted(.init(sessionID: id, assistantMessageID: message, ordinal: 0)),
                .sessionTextEnded(.init(sessionID: id, assistantMessageID: message, ordinal: 0, text: "text")),
                .sessionToolInputStarted(.init(sessionID: id, assistantMessageID: message, id: call, name: "read")),
                .sessionToolInputEnded(.init(sessionID: id, assistantMessageID: message, id: call, text: "{}")),
                .sessionStepStreamed(.init(sessionID: id, assistantMessageID: message)),
                .sessionToolCalled(
                    .init(sessionID: id, assistantMessageID: message, id: call, input: ["a": 1], executed: false)),
            ],
            [
                .sessionToolSuccess(
                    .init(
                        sessionID: id, assistantMessageID: message, id: call, content: [.text("text")],
                        metadata: ["a": 1], executed: false)),
                .sessionStepEnded(
                    .init(sessionID: id, assistantMessageID: message, finish: .toolCalls, cost: 0, tokens: usage)),
            ],
        ]
        func event(_ payload: EventPayload, _ seq: Int64) -> Event {
            Event(
                id: "evt_example", created: 0,
                durable: Durable(aggregateID: id, seq: seq, version: payload.durableVersion ?? 1),
                location: location, payload: payload)
        }
        var seq: Int64 = 1
        var projection = try SessionProjection(
            event(
                .sessionCreated(
                    .init(
                        sessionID: id, projectID: "p", location: location, slug: "s", title: "t", version: "0")), seq))
        var bytes = 0
        for group in groups {
            for payload in group {
                seq += 1
                let event = event(payload, seq)
                bytes += try SessionRecords.encode(event).count
                projection.apply(event)
            }
            bytes += try SessionRecords.puts(&projection).reduce(0) { $0 + $1.bytes.count }
        }
        return bytes
    }
}
