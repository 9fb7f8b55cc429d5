package import Support

/// A piece of an assistant's answer.
package enum ContentItem: Sendable, Equatable {
    /// Text for the user.
    case text(TextItem)
    /// The model's reasoning.
    case reasoning(ReasoningItem)
    /// A tool call with its result.
    case tool(ToolItem)
    /// A piece of a type that this version does not know; kept as it is.
    case unknown(JSON)

    /// The part's id; nil for pieces that other programs wrote without one.
    package var partID: String? {
        switch self {
        case .text(let item): item.partID
        case .reasoning(let item): item.partID
        case .tool(let item): item.partID
        case .unknown(let json): json["partID"]?.stringValue
        }
    }
}

/// Text for the user.
package struct TextItem: Codable, Sendable, Equatable {
    /// The discriminator.
    package private(set) var type = "text"
    /// Our id of the part (`prt_…`); nil in messages of other programs.
    package var partID: String?
    /// The text.
    package var text: String
    /// What the provider wants back in later requests: an object.
    package var native: JSON?

    /// The value with these members; nothing is checked.
    package init(partID: String? = nil, text: String, native: JSON? = nil) {
        self.partID = partID
        self.text = text
        self.native = native
    }
}

/// A model's reasoning; `native` is what the provider wants back with it.
package struct ReasoningItem: Codable, Sendable, Equatable {
    /// The discriminator.
    package private(set) var type = "reasoning"
    /// Our id of the part (`prt_…`); nil in messages of other programs.
    package var partID: String?
    /// The reasoning, as far as the provider shows it.
    package var text: String
    /// What the provider wants back in later requests (signatures, encrypted reasoning): an object.
    package var native: JSON?
    /// When it was thought.
    package var time: ReasoningTime?

    /// The value with these members; nothing is checked.
    package init(partID: String? = nil, text: String, native: JSON? = nil, time: ReasoningTime? = nil) {
        self.partID = partID
        self.text = text
        self.native = native
        self.time = time
    }
}

/// A tool call and its result.
package struct ToolItem: Codable, Sendable, Equatable {
    /// The discriminator.
    package private(set) var type = "tool"
    /// Our id of the part (`prt_…`); nil in messages of other programs.
    package var partID: String?
    /// The call id.
    package var id: String
    /// The tool's name as the model wrote it.
    package var name: String
    /// True when the provider ran the tool.
    package var executed: Bool?
    /// What the provider wants back in later requests: an object.
    package var native: JSON?
    /// How far it is.
    package var state: ToolState
    /// When things happened.
    package var time: ToolTime

    /// The value with these members; nothing is checked.
    package init(
        partID: String? = nil, id: String, name: String, executed: Bool? = nil, native: JSON? = nil, state: ToolState,
        time: ToolTime
    ) {
        self.partID = partID
        self.id = id
        self.name = name
        self.executed = executed
        self.native = native
        self.state = state
        self.time = time
    }
}

/// How far a tool call is.
package enum ToolState: Sendable, Equatable {
    /// The arguments arrive, as raw text.
    case streaming(input: String)
    /// The tool runs; `metadata` (an object) is its progress.
    case running(input: JSON, metadata: JSON)
    /// It succeeded.
    case completed(input: JSON, content: [ToolContent], metadata: JSON?)
    /// It failed, was denied or was interrupted.
    case error(input: JSON, error: StructuredError, content: [ToolContent]?, metadata: JSON?)
    /// Something of a later version; kept as it is.
    case unknown(JSON)
}

/// A piece of a tool's result.
package enum ToolContent: Sendable, Equatable {
    /// Text for the model.
    case text(String)
    /// `uri` is a data URL or the address of a file.
    case file(uri: String, mime: String, name: String?)
    /// Something of a later version; kept as it is.
    case unknown(JSON)
}

extension ContentItem: Codable {
    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        switch json["type"]?.stringValue {
        case "text": self = .text(try TextItem(from: decoder))
        case "reasoning": self = .reasoning(try ReasoningItem(from: decoder))
        case "tool": self = .tool(try ToolItem(from: decoder))
        default: self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let item): try item.encode(to: encoder)
        case .reasoning(let item): try item.encode(to: encoder)
        case .tool(let item): try item.encode(to: encoder)
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}

extension ToolState: Codable {
    private struct Body: Codable {
        var status: String
        var input: JSON?
        var content: [ToolContent]?
        var error: StructuredError?
        var metadata: JSON?
    }

    package init(from decoder: any Decoder) throws {
        let body = try Body(from: decoder)
        let input = body.input ?? .object([:])
        switch (body.status, body.error) {
        case ("streaming", _): self = .streaming(input: input.stringValue ?? "")
        case ("running", _): self = .running(input: input, metadata: body.metadata ?? .object([:]))
        case ("completed", _): self = .completed(input: input, content: body.content ?? [], metadata: body.metadata)
        case ("error", let error?):
            self = .error(input: input, error: error, content: body.content, metadata: body.metadata)
        default: self = .unknown(try JSON(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .streaming(let input): try Body(status: "streaming", input: .string(input)).encode(to: encoder)
        case .running(let input, let metadata):
            try Body(status: "running", input: input, metadata: metadata).encode(to: encoder)
        case .completed(let input, let content, let metadata):
            try Body(status: "completed", input: input, content: content, metadata: metadata).encode(to: encoder)
        case .error(let input, let error, let content, let metadata):
            try Body(status: "error", input: input, content: content, error: error, metadata: metadata)
                .encode(to: encoder)
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}

extension ToolContent: Codable {
    private struct Body: Codable {
        var type: String
        var text: String?
        var uri: String?
        var mime: String?
        var name: String?
    }

    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        if json["type"]?.stringValue == "text", let text = json["text"]?.stringValue {
            self = .text(text)
        } else if json["type"]?.stringValue == "file", let uri = json["uri"]?.stringValue,
            let mime = json["mime"]?.stringValue
        {
            self = .file(uri: uri, mime: mime, name: json["name"]?.stringValue)
        } else {
            self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text): try Body(type: "text", text: text).encode(to: encoder)
        case .file(let uri, let mime, let name):
            try Body(type: "file", uri: uri, mime: mime, name: name).encode(to: encoder)
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}
