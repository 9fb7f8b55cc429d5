import Support

/// Any member name.
struct MemberKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

extension JSON {
    /// Writes the members of an object next to members that others write; anything but an object is written as it is.
    func encodeMembers(to encoder: any Encoder) throws {
        guard let object = objectValue else { return try encode(to: encoder) }
        var container = encoder.container(keyedBy: MemberKey.self)
        for (key, value) in object { try container.encode(value, forKey: MemberKey(key)) }
    }
}
