import Schema
import Support

/// What `run` shows of an event: the answer on stdout, everything else on stderr. Pure, so that tests compare strings.
///
/// All text of models and tools is hostile: control, bidi and zero-width characters are shown escaped.
struct RunRenderer {
    /// A piece of output.
    struct Chunk: Equatable {
        enum Stream { case out, err }
        var stream: Stream
        var text: String
    }

    /// The session whose answer goes to stdout; subagents' answers are not shown.
    let sessionID: String
    /// ANSI colour on stderr.
    let color: Bool
    private var atLineStart = true
    private var calls: [String: (name: String, input: JSON)] = [:]
    private static let maximumCalls = 1_024

    init(sessionID: String, color: Bool) {
        self.sessionID = sessionID
        self.color = color
    }

    mutating func render(_ payload: EventPayload) -> [Chunk] {
        switch payload {
        case .sessionTextDelta(let delta) where delta.sessionID == sessionID:
            return answer(delta.delta)
        case .sessionTextEnded(let ended) where ended.sessionID == sessionID:
            return endLine()
        case .sessionToolInputStarted(let started):
            if calls.count >= Self.maximumCalls { calls.removeAll() }
            calls[started.id] = (started.name, .null)
            return []
        case .sessionToolCalled(let called):
            calls[called.id]?.input = called.input
            return []
        case .sessionToolSuccess(let success):
            return toolLine(success.id, failed: nil, nested: success.sessionID != sessionID)
        case .sessionToolFailed(let failed):
            return toolLine(failed.id, failed: failed.error.message, nested: failed.sessionID != sessionID)
        case .sessionRetryScheduled(let retry):
            let what = HostileText.escaped(retry.error.message, multiline: false)
            return endLine() + [err("retry \(retry.attempt): \(what)\n", style: "33")]
        case .sessionMessageContentUpdated(let updated) where updated.sessionID == sessionID && updated.content.isEmpty:
            return endLine() + [err("the answer above was cut off and is withdrawn\n", style: "33")]
        case .sessionCompactionStarted:
            return endLine() + [err("summarising the conversation to make room\n", style: "2")]
        default:
            return []
        }
    }

    /// Ends the current line of the answer, if there is one.
    mutating func endLine() -> [Chunk] {
        guard !atLineStart else { return [] }
        atLineStart = true
        return [Chunk(stream: .out, text: "\n")]
    }

    private mutating func answer(_ delta: String) -> [Chunk] {
        let text = HostileText.escaped(delta, multiline: true)
        guard let last = text.utf8.last else { return [] }
        atLineStart = last == UInt8(ascii: "\n")
        return [Chunk(stream: .out, text: text)]
    }

    private mutating func toolLine(_ id: String, failed: String?, nested: Bool) -> [Chunk] {
        let call = calls.removeValue(forKey: id)
        let name = HostileText.escaped(call?.name ?? "tool", multiline: false)
        var line = (nested ? "  " : "") + (failed == nil ? "✓ " : "✗ ") + name
        let subject = Self.subject(call?.input ?? .null)
        if !subject.isEmpty { line += " " + subject }
        if let failed {
            let first = failed.split(separator: "\n").first.map(String.init) ?? failed
            line += ": " + String(HostileText.escaped(first, multiline: false).prefix(200))
        }
        return endLine() + [err(line + "\n", style: failed == nil ? "2" : "31")]
    }

    /// The argument that says what a call is about, at most 120 characters.
    static func subject(_ input: JSON) -> String {
        for key in ["filePath", "path", "command", "pattern", "url", "query", "description", "name"] {
            if let value = input[key]?.stringValue {
                let text = HostileText.escaped(value, multiline: false)
                return text.count > 120 ? text.prefix(119) + "…" : text
            }
        }
        return ""
    }

    private func err(_ text: String, style: String) -> Chunk {
        guard color, text.hasSuffix("\n") else { return Chunk(stream: .err, text: text) }
        return Chunk(stream: .err, text: "\u{1B}[\(style)m\(text.dropLast())\u{1B}[0m\n")
    }
}
