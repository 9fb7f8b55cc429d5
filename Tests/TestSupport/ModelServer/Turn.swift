package import Support

/// Token counts a turn reports. `input` excludes what came from or went to the cache, `output` excludes reasoning;
/// each wire format adds them up as its provider does.
package struct TurnUsage: Sendable, Hashable {
    package var input = 100
    package var output = 10
    package var reasoning = 0
    package var cacheRead = 0
    package var cacheWrite = 0

    /// 100 tokens in, 10 out.
    package init(input: Int = 100, output: Int = 10, reasoning: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0) {
        self.input = input
        self.output = output
        self.reasoning = reasoning
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
    }
}

/// One answer of the scripted model, the same for every protocol.
package struct Turn: Sendable {
    /// A piece of a streamed answer.
    package enum Piece: Sendable {
        /// One text delta.
        case text(String)
        /// One reasoning delta.
        case reasoning(String)
        /// A tool call; its arguments arrive in `chunks` deltas. Without an id the server makes one.
        case call(id: String?, name: String, arguments: String, chunks: Int)
        /// The reply stops here until the gate opens.
        case gate(Gate)
    }

    /// What is sent.
    package enum Reply: Sendable {
        /// Status 200 and a stream of these pieces.
        case stream([Piece])
        /// A plain response with these bytes.
        case raw(status: Int, headers: [(name: String, value: String)], body: [UInt8])
        /// An error body in the protocol's own shape.
        case failure(status: Int, headers: [(name: String, value: String)], message: String)
        /// The connection is closed without an answer.
        case hangUp
    }

    package var reply: Reply
    package var usage: TurnUsage? = TurnUsage()
    /// Overrides the finish reason that follows from the pieces, in the protocol's own words.
    package var finish: String?
    /// The connection breaks after so many bytes of the body.
    package var cutAfterBytes: Int?
    /// Bytes of the body per HTTP chunk; nil: one chunk per event. 1 tears every event and character apart.
    package var transportChunk: Int?
    /// Only for requests that meet this; other requests take the next turn that suits them.
    package var matches: (@Sendable (RecordedRequest) -> Bool)?

    /// A turn with this reply.
    package init(_ reply: Reply) { self.reply = reply }

    // MARK: Usual turns

    /// A text answer, one delta per argument.
    package static func text(_ deltas: String...) -> Turn { Turn(.stream(deltas.map { .text($0) })) }

    /// A text answer of `count` deltas, each `word<n> `.
    package static func deltas(_ count: Int) -> Turn {
        Turn(.stream((0..<count).map { .text("word\($0 % 97) ") }))
    }

    /// Reasoning, then text.
    package static func reasoning(_ thought: String, text: String) -> Turn {
        Turn(.stream([.reasoning(thought), .text(text)]))
    }

    /// One tool call; the arguments arrive in three deltas.
    package static func call(_ name: String, _ arguments: JSON, id: String? = nil) -> Turn {
        Turn(.stream([.call(id: id, name: name, arguments: arguments.text(), chunks: 3)]))
    }

    /// Several tool calls in one answer.
    package static func calls(_ calls: [(name: String, arguments: JSON)]) -> Turn {
        Turn(.stream(calls.map { .call(id: nil, name: $0.name, arguments: $0.arguments.text(), chunks: 2) }))
    }

    /// A tool call whose arguments are no JSON: the stream ends in the middle of a string.
    package static func malformedCall(_ name: String) -> Turn {
        Turn(.stream([.call(id: nil, name: name, arguments: #"{"filePath": "a.txt", "content": "unfini"#, chunks: 2)]))
    }

    /// A call of a tool that was never offered.
    package static func unknownTool(_ name: String = "launch_rocket") -> Turn {
        .call(name, ["target": "moon"])
    }

    /// An error status with the protocol's error body.
    package static func status(
        _ status: Int, headers: [(name: String, value: String)] = [], message: String = "The scripted failure."
    ) -> Turn {
        Turn(.failure(status: status, headers: headers, message: message))
    }

    /// Exactly these bytes.
    package static func raw(status: Int = 200, headers: [(name: String, value: String)], body: [UInt8]) -> Turn {
        Turn(.raw(status: status, headers: headers, body: body))
    }

    /// The connection closes without an answer.
    package static var hangUp: Turn { Turn(.hangUp) }

    /// A text answer that stops in front of `gate` after its first words.
    package static func stalled(_ first: String, at gate: Gate, then rest: String) -> Turn {
        Turn(.stream([.text(first), .gate(gate), .text(rest)]))
    }

    // MARK: Changes

    /// The same turn, its connection broken after `bytes` bytes of the body.
    package func cut(after bytes: Int) -> Turn { with { $0.cutAfterBytes = bytes } }

    /// The same turn with other token counts; nil sends none.
    package func usage(_ usage: TurnUsage?) -> Turn { with { $0.usage = usage } }

    /// The same turn in HTTP chunks of `bytes` bytes.
    package func chunked(_ bytes: Int) -> Turn { with { $0.transportChunk = max(1, bytes) } }

    /// The same turn with another finish reason, in the protocol's words.
    package func finish(_ reason: String) -> Turn { with { $0.finish = reason } }

    /// The same turn, only for requests that meet `condition`.
    package func when(_ condition: @escaping @Sendable (RecordedRequest) -> Bool) -> Turn {
        with { $0.matches = condition }
    }

    private func with(_ change: (inout Turn) -> Void) -> Turn {
        var copy = self
        change(&copy)
        return copy
    }
}
