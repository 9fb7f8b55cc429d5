package import Support

/// Where a fork cuts: before a message, or after it.
package enum ForkBoundary: Sendable, Equatable {
    /// Everything before the message was copied.
    case before(messageID: String)
    /// The message was copied too.
    case through(messageID: String)
    /// Something of a later version; kept as it is.
    case unknown(JSON)
}

/// What a session does.
package enum SessionStatus: Sendable, Equatable {
    /// Nothing.
    case idle
    /// It works.
    case busy
    /// `next` is when the next attempt starts, Unix milliseconds; `action` what a person can do about it.
    case retry(attempt: Int, message: String, next: Int64, action: JSON? = nil)
    /// Something of a later version; kept as it is.
    case unknown(JSON)
}

/// What waits in a session's inbox.
package enum InboxItem: Sendable, Equatable {
    /// A prompt.
    case user(InboxUserPayload, delivery: Delivery)
    /// Text of a program.
    case synthetic(InboxSyntheticPayload, delivery: Delivery)
    /// A request to summarise.
    case compaction(delivery: Delivery)
    /// A request to go on in another directory.
    case move(InboxMovePayload, delivery: Delivery)
    /// Something of a later version; kept as it is.
    case unknown(JSON)

    /// When it is delivered; an unknown item that does not say is queued.
    package var delivery: Delivery {
        switch self {
        case .user(_, let delivery), .synthetic(_, let delivery), .compaction(let delivery), .move(_, let delivery):
            delivery
        case .unknown(let json): json["delivery"]?.stringValue.flatMap(Delivery.init) ?? .queue
        }
    }
}

/// Where an attachment comes from.
package enum PromptFileSource: Sendable, Equatable {
    /// The client sent the bytes.
    case inline
    /// It was read from here.
    case uri(String)
    /// Something of a later version; kept as it is.
    case unknown(JSON)
}

extension ForkBoundary: Codable {
    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        switch (json["type"]?.stringValue, json["messageID"]?.stringValue) {
        case ("before", let id?): self = .before(messageID: id)
        case ("through", let id?): self = .through(messageID: id)
        default: self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        let json: JSON =
            switch self {
            case .before(let id): ["type": "before", "messageID": .string(id)]
            case .through(let id): ["type": "through", "messageID": .string(id)]
            case .unknown(let json): json
            }
        try json.encode(to: encoder)
    }
}

extension SessionStatus: Codable {
    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        switch json["type"]?.stringValue {
        case "idle": self = .idle
        case "busy": self = .busy
        case "retry":
            guard let attempt = json["attempt"]?.intValue, let message = json["message"]?.stringValue,
                let next = json["next"]?.intValue
            else {
                self = .unknown(json)
                return
            }
            let action = json["action"].flatMap { $0.isNull ? nil : $0 }
            self = .retry(attempt: Int(attempt), message: message, next: next, action: action)
        default: self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var json: JSON
        switch self {
        case .idle: json = ["type": "idle"]
        case .busy: json = ["type": "busy"]
        case .retry(let attempt, let message, let next, let action):
            json = ["type": "retry", "attempt": .int(Int64(attempt)), "message": .string(message), "next": .int(next)]
            if let action { json["action"] = action }
        case .unknown(let unknown): json = unknown
        }
        try json.encode(to: encoder)
    }
}

extension InboxItem: Codable {
    private struct Body<Payload: Codable>: Codable {
        var type: String
        var payload: Payload
        var delivery: Delivery
    }

    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        switch json["type"]?.stringValue {
        case "user":
            let body = try Body<InboxUserPayload>(from: decoder)
            self = .user(body.payload, delivery: body.delivery)
        case "synthetic":
            let body = try Body<InboxSyntheticPayload>(from: decoder)
            self = .synthetic(body.payload, delivery: body.delivery)
        case "move":
            let body = try Body<InboxMovePayload>(from: decoder)
            self = .move(body.payload, delivery: body.delivery)
        case "compaction":
            self = .compaction(delivery: Delivery(rawValue: json["delivery"]?.stringValue ?? "") ?? .queue)
        default: self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .user(let payload, let delivery):
            try Body(type: "user", payload: payload, delivery: delivery).encode(to: encoder)
        case .synthetic(let payload, let delivery):
            try Body(type: "synthetic", payload: payload, delivery: delivery).encode(to: encoder)
        case .move(let payload, let delivery):
            try Body(type: "move", payload: payload, delivery: delivery).encode(to: encoder)
        case .compaction(let delivery):
            try Body(type: "compaction", payload: JSON.object([:]), delivery: delivery).encode(to: encoder)
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}

extension PromptFileSource: Codable {
    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        switch (json["type"]?.stringValue, json["uri"]?.stringValue) {
        case ("inline", _): self = .inline
        case ("uri", let uri?): self = .uri(uri)
        default: self = .unknown(json)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        let json: JSON =
            switch self {
            case .inline: ["type": "inline"]
            case .uri(let uri): ["type": "uri", "uri": .string(uri)]
            case .unknown(let json): json
            }
        try json.encode(to: encoder)
    }
}
