package import Support

/// An error as the HTTP API and clients write it: `{_tag, …, message}` with 2.1's tags, plus our `requestID`.
///
/// Make one with the factories (`TaggedError.sessionNotFound(sessionID:message:)`); a tag that is not known survives.
package struct TaggedError: AppError, Equatable {
    /// The value of `_tag`, such as `SessionNotFoundError`.
    package var tag: String
    /// Whole sentences with the offending value and the next step; never a stack.
    package var message: String
    /// What else the tag has, such as `sessionID`.
    package var fields: JSONObject

    /// An error of any tag; fields that are nil are left out.
    package init(_ tag: String, _ message: String, _ fields: KeyValuePairs<String, JSON?> = [:]) {
        self.tag = tag
        self.message = message
        self.fields = JSONObject()
        for (name, value) in fields { self.fields[name] = value }
    }

    /// The tag.
    package var code: String { tag }

    /// The id of the failed request, for the log. Ours.
    package var requestID: String? {
        get { fields["requestID"]?.stringValue }
        set { fields["requestID"] = newValue.map(JSON.string) }
    }
}

extension TaggedError: Codable {
    private static let tagKey = MemberKey("_tag")
    private static let messageKey = MemberKey("message")

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: MemberKey.self)
        tag = try container.decode(String.self, forKey: Self.tagKey)
        fields = try JSON(from: decoder).objectValue ?? JSONObject()
        fields.removeValue(forKey: "_tag")
        fields.removeValue(forKey: "message")
        message =
            try container.decodeIfPresent(String.self, forKey: Self.messageKey)
            ?? fields["data"]?["message"]?.stringValue ?? tag
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberKey.self)
        try container.encode(tag, forKey: Self.tagKey)
        for (name, value) in fields { try container.encode(value, forKey: MemberKey(name)) }
        try container.encode(message, forKey: Self.messageKey)
    }
}
