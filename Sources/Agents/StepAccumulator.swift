import Configuration
import Git
import Logging
import Permissions
package import Providers
package import Schema
import Sessions
package import Support
import SystemPackage
import Tools

/// A tool call as the model made it in one step, before anything ran.
package struct RequestedToolCall: Sendable, Equatable {
    /// Our part id (`prt_…`).
    package var partID: String
    /// The call id that goes back to the model; unique in the session.
    package var callID: String
    /// The tool's name as the model wrote it; hostile text.
    package var name: String
    /// The arguments as received, not yet parsed.
    package var arguments: String
}

/// Turns the events of one model answer into session events: the synchronous half of a step.
///
/// Feed every batch of `ModelEvent`s in order, then call `close()` once. Text, reasoning and tool-input parts are opened on
/// their first byte and closed when the next part starts. Consecutive deltas of one batch become one event, so that a
/// reply of thousands of tokens costs an event a network chunk.
package struct StepAccumulator {
    private enum Open: Equatable {
        case none
        case text(ordinal: Int, partID: String)
        case reasoning(ordinal: Int, partID: String)
    }

    private struct OpenCall {
        var providerID: String
        var call: RequestedToolCall
        var ended = false
    }

    private let sessionID: String
    private let messageID: String
    private let ids: any IDSource
    private var usedCallIDs: Set<String>
    private var open = Open.none
    private var openText = ""
    private var textCount = 0
    private var reasoningCount = 0
    private var calls: [OpenCall] = []
    private var repetition = RepetitionGuard()

    /// All text of the answer, parts joined by a blank line.
    package private(set) var text = ""
    /// The last usage the provider reported; zero when it reported none.
    package private(set) var usage = TokenUsage.zero
    /// Why the model stopped, once it said so.
    package private(set) var finish: FinishReason?
    /// The provider's own word for `finish`.
    package private(set) var rawFinish: String?
    /// The answer repeats itself endlessly; the caller should cut the stream.
    package var isRepeating: Bool { repetition.isRepeating }
    /// True once the model sent any content.
    package var hasContent: Bool { textCount > 0 || reasoningCount > 0 || !calls.isEmpty }
    /// The complete tool calls in the order the model made them.
    package var toolCalls: [RequestedToolCall] { calls.filter(\.ended).map(\.call) }

    /// - Parameters:
    ///   - usedCallIDs: the call ids that the session already has; a provider that repeats or omits ids gets fresh ones.
    package init(sessionID: String, messageID: String, ids: any IDSource, usedCallIDs: Set<String>) {
        self.sessionID = sessionID
        self.messageID = messageID
        self.ids = ids
        self.usedCallIDs = usedCallIDs
    }

    /// Takes one batch and returns the session events it causes, in order.
    package mutating func receive(_ batch: [ModelEvent]) -> [EventPayload] {
        var out: [EventPayload] = []
        var index = batch.startIndex
        while index < batch.endIndex {
            switch batch[index] {
            case .textDelta(var delta):
                while index + 1 < batch.endIndex, case .textDelta(let more) = batch[index + 1] {
                    delta += more
                    index += 1
                }
                appendText(delta, &out)
            case .reasoningStart:
                closePart(&out)
                startReasoning(&out)
            case .reasoningDelta(var delta):
                while index + 1 < batch.endIndex, case .reasoningDelta(let more) = batch[index + 1] {
                    delta += more
                    index += 1
                }
                appendReasoning(delta, &out)
            case .reasoningEnd(let native):
                if case .reasoning = open { closePart(&out, native: native) }
            case .toolCallStart(let id, let name):
                closePart(&out)
                startCall(providerID: id, name: name, &out)
            case .toolCallDelta(let id, let delta):
                appendCall(providerID: id, delta, &out)
            case .toolCallEnd(let id, let name, let arguments):
                endCall(providerID: id, name: name, arguments: arguments, &out)
            case .usage(let usage):
                self.usage = usage
            case .finish(let reason, let raw):
                finish = reason
                rawFinish = raw
            }
            index += 1
        }
        return out
    }

    /// Closes whatever is open. A tool call that never ended is dropped from `toolCalls`: it must not run.
    package mutating func close() -> [EventPayload] {
        var out: [EventPayload] = []
        closePart(&out)
        return out
    }

    private mutating func appendText(_ delta: String, _ out: inout [EventPayload]) {
        guard !delta.isEmpty else { return }
        if case .text = open {
        } else {
            closePart(&out)
            let partID = ids.next(.part)
            open = .text(ordinal: textCount, partID: partID)
            if textCount > 0 { text += "\n\n" }
            out.append(
                .sessionTextStarted(
                    .init(sessionID: sessionID, assistantMessageID: messageID, ordinal: textCount, partID: partID)))
            textCount += 1
        }
        guard case .text(let ordinal, let partID) = open else { return }
        openText += delta
        text += delta
        repetition.receive(delta)
        out.append(
            .sessionTextDelta(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, ordinal: ordinal, delta: delta,
                    partID: partID)))
    }

    private mutating func startReasoning(_ out: inout [EventPayload]) {
        let partID = ids.next(.part)
        open = .reasoning(ordinal: reasoningCount, partID: partID)
        out.append(
            .sessionReasoningStarted(
                .init(sessionID: sessionID, assistantMessageID: messageID, ordinal: reasoningCount, partID: partID)))
        reasoningCount += 1
    }

    private mutating func appendReasoning(_ delta: String, _ out: inout [EventPayload]) {
        guard !delta.isEmpty else { return }
        if case .reasoning = open {
        } else {
            closePart(&out)
            startReasoning(&out)
        }
        guard case .reasoning(let ordinal, let partID) = open else { return }
        openText += delta
        repetition.receive(delta)
        out.append(
            .sessionReasoningDelta(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, ordinal: ordinal, delta: delta,
                    partID: partID)))
    }

    private mutating func closePart(_ out: inout [EventPayload], native: JSON? = nil) {
        switch open {
        case .none:
            return
        case .text(let ordinal, let partID):
            out.append(
                .sessionTextEnded(
                    .init(
                        sessionID: sessionID, assistantMessageID: messageID, ordinal: ordinal, text: openText,
                        partID: partID)))
        case .reasoning(let ordinal, let partID):
            out.append(
                .sessionReasoningEnded(
                    .init(
                        sessionID: sessionID, assistantMessageID: messageID, ordinal: ordinal, text: openText,
                        native: native, partID: partID)))
        }
        open = .none
        openText = ""
    }

    private mutating func startCall(providerID: String, name: String, _ out: inout [EventPayload]) {
        guard !calls.contains(where: { $0.providerID == providerID && !$0.ended }) else { return }
        var callID = providerID
        if callID.isEmpty || usedCallIDs.contains(callID) { callID = ids.next(.call) }
        usedCallIDs.insert(callID)
        let call = RequestedToolCall(partID: ids.next(.part), callID: callID, name: name, arguments: "")
        calls.append(OpenCall(providerID: providerID, call: call))
        out.append(
            .sessionToolInputStarted(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, id: callID, name: name, partID: call.partID)))
    }

    private mutating func appendCall(providerID: String, _ delta: String, _ out: inout [EventPayload]) {
        guard !delta.isEmpty,
            let call = calls.last(where: { $0.providerID == providerID && !$0.ended })?.call
        else { return }
        out.append(
            .sessionToolInputDelta(
                .init(sessionID: sessionID, assistantMessageID: messageID, id: call.callID, delta: delta)))
    }

    private mutating func endCall(
        providerID: String, name: String, arguments: String, _ out: inout [EventPayload]
    ) {
        if !calls.contains(where: { $0.providerID == providerID && !$0.ended }) {
            closePart(&out)
            startCall(providerID: providerID, name: name, &out)
        }
        guard let index = calls.lastIndex(where: { $0.providerID == providerID && !$0.ended }) else { return }
        calls[index].call.arguments = arguments
        calls[index].ended = true
        out.append(
            .sessionToolInputEnded(
                .init(
                    sessionID: sessionID, assistantMessageID: messageID, id: calls[index].call.callID,
                    text: arguments)))
    }
}
