package import Support

/// The place of a durable event in its log; assigned by the store. Order never comes from ids or clocks.
package struct Durable: Codable, Sendable, Equatable {
    /// The session's id.
    package var aggregateID: String
    /// 1 for the first event, contiguous.
    package var seq: Int64
    /// The version of the event's body.
    package var version: Int

    /// The value with these members; nothing is checked.
    package init(aggregateID: String, seq: Int64, version: Int) {
        self.aggregateID = aggregateID
        self.seq = seq
        self.version = version
    }
}

/// Something that happened, as it goes to disk and to clients:
/// `{id, created, metadata?, type, durable?, location?, data}`.
package struct Event: Sendable, Equatable {
    /// `evt_…`
    package var id: String
    /// Unix milliseconds; 0 when the sender did not say (`server.connected`).
    package var created: Int64
    /// Free data: an object.
    package var metadata: JSON?
    /// Nil for an event that is only published.
    package var durable: Durable?
    /// Where it happened.
    package var location: LocationRef?
    /// What happened.
    package var payload: EventPayload

    /// The value with these members; nothing is checked.
    package init(
        id: String, created: Int64, metadata: JSON? = nil, durable: Durable? = nil, location: LocationRef? = nil,
        payload: EventPayload
    ) {
        self.id = id
        self.created = created
        self.metadata = metadata
        self.durable = durable
        self.location = location
        self.payload = payload
    }
}

extension EventPayload {
    /// True for the pieces of a stream that may be joined with the next one of the same part.
    package var isDelta: Bool {
        switch self {
        case .sessionTextDelta, .sessionReasoningDelta, .sessionToolInputDelta, .sessionCompactionDelta: true
        default: false
        }
    }
}

extension Event: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, created, metadata, type, durable, location, data
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        created = try container.decodeIfPresent(Int64.self, forKey: .created) ?? 0
        metadata = try container.decodeIfPresent(JSON.self, forKey: .metadata)
        durable = try container.decodeIfPresent(Durable.self, forKey: .durable)
        location = try container.decodeIfPresent(LocationRef.self, forKey: .location)
        payload = try EventPayload(
            type: try container.decode(String.self, forKey: .type),
            data: try container.decodeIfPresent(JSON.self, forKey: .data) ?? .object([:]))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(created, forKey: .created)
        try container.encodeIfPresent(metadata, forKey: .metadata)
        try container.encode(payload.type, forKey: .type)
        try container.encodeIfPresent(durable, forKey: .durable)
        try container.encodeIfPresent(location, forKey: .location)
        try container.encode(try payload.dataJSON(), forKey: .data)
    }
}
