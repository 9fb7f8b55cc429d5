package import Support

/// One unit of a stream: an SSE event or an event-stream message, without its transport's headers.
package struct WireFrame: Sendable, Equatable {
    /// The SSE event name (empty when there is none) or Amazon's event type.
    package var name: String
    package var data: [UInt8]
    /// True for Amazon's exceptions, whose `name` is the exception's type.
    package var isException: Bool

    package init(name: String = "", data: [UInt8], isException: Bool = false) {
        self.name = name
        self.data = data
        self.isException = isException
    }
}

/// One of the wire formats, as a synchronous value: it makes a request's body and reads the frames of one reply.
///
/// A value reads one reply. Frames come in order; after an error the value is not used again.
package protocol WireProtocol: Sendable {
    /// The JSON body; equal requests give equal bytes. Throws `badRequest` for content that the protocol cannot carry.
    static func body(for request: ModelRequest) throws(ProviderError) -> JSON

    /// - Parameter names: restores the names of tools that had to be changed for the wire.
    init(names: ToolNames)

    /// Appends what a frame says. Throws the error that the frame reports, or `malformed`.
    /// - Returns: true when the frame carried data; pings and keep-alives give false.
    mutating func receive(_ frame: WireFrame, into events: inout [ModelEvent]) throws(ProviderError) -> Bool

    /// True when the reply is complete and nothing of interest can follow.
    var isComplete: Bool { get }

    /// Appends what is left at the end of the bytes. Throws `streamCut` when the reply's end was not announced.
    mutating func finish(into events: inout [ModelEvent]) throws(ProviderError)
}

extension WireAPI {
    /// The body of a request in this format.
    package func body(for request: ModelRequest) throws(ProviderError) -> JSON {
        switch self {
        case .openAIChat: try OpenAIChat.body(for: request)
        case .openAIResponses: try OpenAIResponses.body(for: request)
        case .anthropic: try AnthropicMessages.body(for: request)
        case .google: try GoogleGenerate.body(for: request)
        case .bedrock: try BedrockConverse.body(for: request)
        }
    }

    /// A value that reads one reply in this format.
    func reader(names: ToolNames) -> any WireProtocol {
        switch self {
        case .openAIChat: OpenAIChat(names: names)
        case .openAIResponses: OpenAIResponses(names: names)
        case .anthropic: AnthropicMessages(names: names)
        case .google: GoogleGenerate(names: names)
        case .bedrock: BedrockConverse(names: names)
        }
    }

    /// Names of tools that this format takes.
    func names(of request: ModelRequest) -> ToolNames {
        ToolNames(request.tools.map(\.name) + request.calledToolNames, firstMustBeLetter: self == .google)
    }
}

/// Reads the bytes of one reply: framing and protocol together. A synchronous value.
///
/// Any cutting of the same bytes into pieces gives the same events.
package struct WireDecoder: Sendable {
    private enum Framer {
        case sse(SSEParser)
        case eventStream(EventStreamParser)
    }

    private var framer: Framer
    private var reader: any WireProtocol

    package init(api: WireAPI, names: ToolNames) {
        framer = api.framing == .awsEventStream ? .eventStream(EventStreamParser()) : .sse(SSEParser())
        reader = api.reader(names: names)
    }

    /// True when the reply is complete.
    package var isComplete: Bool { reader.isComplete }

    /// - Returns: true when the bytes carried data; comments and pings give false.
    package mutating func push(_ bytes: [UInt8], into events: inout [ModelEvent]) throws(ProviderError) -> Bool {
        var progress = false
        for frame in try frames(bytes) where try reader.receive(frame, into: &events) { progress = true }
        return progress
    }

    /// The end of the bytes. Throws `streamCut` when the reply is not complete.
    package mutating func finish(into events: inout [ModelEvent]) throws(ProviderError) {
        switch framer {
        case .sse(var parser):
            for event in parser.finish() where !reader.isComplete {
                do {
                    _ = try reader.receive(WireFrame(name: event.event, data: event.data), into: &events)
                } catch {
                    // Half an event is what a cut leaves behind.
                    throw error.code == .malformed ? WireText.cut : error
                }
            }
            framer = .sse(parser)
        case .eventStream(let parser):
            if !parser.isAtBoundary, !reader.isComplete { throw WireText.cut }
        }
        try reader.finish(into: &events)
    }

    private mutating func frames(_ bytes: [UInt8]) throws(ProviderError) -> [WireFrame] {
        switch framer {
        case .sse(var parser):
            // Leave the enum empty of buffers while they are changed, or every piece would copy them.
            framer = .sse(SSEParser())
            let events: [SSEEvent]
            do {
                events = try parser.push(bytes)
            } catch {
                throw ProviderError(.malformed, "The event stream has an event that is too long to read.")
            }
            framer = .sse(parser)
            return events.map { WireFrame(name: $0.event, data: $0.data) }
        case .eventStream(var parser):
            framer = .eventStream(EventStreamParser())
            let messages = try parser.push(bytes)
            framer = .eventStream(parser)
            return messages.map { message in
                let type = message.headers[":message-type"] ?? "event"
                let name =
                    message.headers[":event-type"] ?? message.headers[":exception-type"]
                    ?? message.headers[":error-code"] ?? ""
                return WireFrame(name: name, data: message.payload, isException: type != "event")
            }
        }
    }
}

/// Sentences and small conversions that the protocols share.
enum WireText {
    static let cut = ProviderError(
        .streamCut, "The model's answer was cut off: the connection ended before the answer was complete.")

    static func malformed(_ what: String) -> ProviderError {
        ProviderError(.malformed, "The provider sent \(what), which its protocol does not allow.")
    }

    /// Parses a frame, or throws `malformed`.
    static func json(_ data: [UInt8]) throws(ProviderError) -> JSON {
        do {
            return try JSON(parsing: data)
        } catch {
            throw malformed("a stream event that is not JSON (\(error.message))")
        }
    }

    /// The `native` of reasoning when this protocol made it.
    static func native(_ native: JSON?, api: WireAPI) -> JSON? {
        native?["api"]?.stringValue == api.rawValue ? native : nil
    }

    /// `data:` URL of base64 bytes.
    static func dataURL(mime: String, base64: String) -> String { "data:\(mime);base64,\(base64)" }

    /// The parts of a `data:…;base64,…` URL, nil for anything else.
    static func parts(ofDataURL url: String) -> (mime: String, base64: String)? {
        guard url.hasPrefix("data:"), let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")) else { return nil }
        let head = url[..<comma].dropFirst(5)
        guard head.hasSuffix(";base64") else { return nil }
        return (String(head.dropLast(7)), String(url[url.utf8.index(after: comma)...]))
    }
}
