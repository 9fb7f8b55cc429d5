extension JSON {
    /// The tree of an `Encodable`: members in the order in which the type encodes them, nil members left out.
    package init(encoding value: some Encodable) throws(JSONCodingError) {
        do {
            self = try JSONTreeEncoder.encode(value, codingPath: [])
        } catch let error as JSONCodingError {
            throw error
        } catch {
            throw JSONCodingError(path: "$", detail: "\(error)")
        }
    }
}

/// Writing Codable values.
package enum JSONEncoding {
    /// Compact JSON of a value.
    package static func bytes(of value: some Encodable) throws(JSONCodingError) -> [UInt8] {
        try JSON(encoding: value).bytes()
    }
}

extension JSON: Codable {
    /// Takes the tree over; only decoders of `JSON.decode` are understood.
    package init(from decoder: any Decoder) throws {
        guard let tree = decoder as? JSONTreeDecoder else {
            throw JSONCodingError(path: JSONCodingError.path(decoder.codingPath), detail: "use JSON.decode")
        }
        self = tree.value
    }

    /// Puts the tree in as it is; only encoders of `JSON(encoding:)` are understood.
    package func encode(to encoder: any Encoder) throws {
        guard let tree = encoder as? JSONTreeEncoder else {
            throw JSONCodingError(path: JSONCodingError.path(encoder.codingPath), detail: "use JSON(encoding:)")
        }
        tree.node.content = .value(self)
    }
}

/// A place in the tree that is being built. Used on one thread during one `encode` call.
private final class JSONNode {
    enum Content {
        case empty
        case value(JSON)
        case object([(String, JSONNode)])
        case array([JSONNode])
    }

    var content = Content.empty

    var json: JSON {
        switch content {
        case .empty: .object(JSONObject())
        case .value(let value): value
        case .object(let members): .object(JSONObject(uniqueKeysWithValues: members.map { ($0.0, $0.1.json) }))
        case .array(let elements): .array(elements.map(\.json))
        }
    }

    func member(_ key: String) -> JSONNode {
        let node = JSONNode()
        if case .object(var members) = content {
            content = .empty
            members.append((key, node))
            content = .object(members)
        } else {
            content = .object([(key, node)])
        }
        return node
    }

    func element() -> JSONNode {
        let node = JSONNode()
        if case .array(var elements) = content {
            content = .empty
            elements.append(node)
            content = .array(elements)
        } else {
            content = .array([node])
        }
        return node
    }

    var count: Int {
        if case .array(let elements) = content { return elements.count }
        return 0
    }
}

private struct JSONTreeEncoder: Encoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func encode(_ value: some Encodable, codingPath: [any CodingKey]) throws -> JSON {
        let node = JSONNode()
        try write(value, into: node, codingPath: codingPath)
        return node.json
    }

    static func write(_ value: some Encodable, into node: JSONNode, codingPath: [any CodingKey]) throws {
        if let json = value as? JSON {
            node.content = .value(json)
        } else {
            try value.encode(to: JSONTreeEncoder(node: node, codingPath: codingPath))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = node.content {} else { node.content = .object([]) }
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = node.content {} else { node.content = .array([]) }
        return JSONUnkeyedEncoding(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleEncoding(node: node, codingPath: codingPath)
    }
}

extension JSON {
    fileprivate init(integer value: some FixedWidthInteger) {
        self = Int64(exactly: value).map(JSON.int) ?? .double(Double(value))
    }
}

private struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONNode
    let codingPath: [any CodingKey]

    private func put(_ value: JSON, _ key: Key) { node.member(key.stringValue).content = .value(value) }

    func encodeNil(forKey key: Key) throws { put(.null, key) }
    func encode(_ value: Bool, forKey key: Key) throws { put(.bool(value), key) }
    func encode(_ value: String, forKey key: Key) throws { put(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) throws { put(.double(value), key) }
    func encode(_ value: Float, forKey key: Key) throws { put(.double(Double(value)), key) }
    func encode(_ value: Int, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: Int8, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: Int16, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: Int32, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: Int64, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: UInt, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: UInt8, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: UInt16, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: UInt32, forKey key: Key) throws { put(JSON(integer: value), key) }
    func encode(_ value: UInt64, forKey key: Key) throws { put(JSON(integer: value), key) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try JSONTreeEncoder.write(value, into: node.member(key.stringValue), codingPath: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        JSONTreeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONTreeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONTreeEncoder(node: node.member("super"), codingPath: codingPath) }

    func superEncoder(forKey key: Key) -> any Encoder {
        JSONTreeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }
}

private struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    private func put(_ value: JSON) { node.element().content = .value(value) }

    func encodeNil() throws { put(.null) }
    func encode(_ value: Bool) throws { put(.bool(value)) }
    func encode(_ value: String) throws { put(.string(value)) }
    func encode(_ value: Double) throws { put(.double(value)) }
    func encode(_ value: Float) throws { put(.double(Double(value))) }
    func encode(_ value: Int) throws { put(JSON(integer: value)) }
    func encode(_ value: Int8) throws { put(JSON(integer: value)) }
    func encode(_ value: Int16) throws { put(JSON(integer: value)) }
    func encode(_ value: Int32) throws { put(JSON(integer: value)) }
    func encode(_ value: Int64) throws { put(JSON(integer: value)) }
    func encode(_ value: UInt) throws { put(JSON(integer: value)) }
    func encode(_ value: UInt8) throws { put(JSON(integer: value)) }
    func encode(_ value: UInt16) throws { put(JSON(integer: value)) }
    func encode(_ value: UInt32) throws { put(JSON(integer: value)) }
    func encode(_ value: UInt64) throws { put(JSON(integer: value)) }

    func encode<T: Encodable>(_ value: T) throws {
        try JSONTreeEncoder.write(value, into: node.element(), codingPath: codingPath + [JSONIndexKey(count)])
    }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        JSONTreeEncoder(node: node.element(), codingPath: codingPath + [JSONIndexKey(count)])
            .container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONTreeEncoder(node: node.element(), codingPath: codingPath + [JSONIndexKey(count)]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONTreeEncoder(node: node.element(), codingPath: codingPath) }
}

private struct JSONSingleEncoding: SingleValueEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey]

    func encodeNil() throws { node.content = .value(.null) }
    func encode(_ value: Bool) throws { node.content = .value(.bool(value)) }
    func encode(_ value: String) throws { node.content = .value(.string(value)) }
    func encode(_ value: Double) throws { node.content = .value(.double(value)) }
    func encode(_ value: Float) throws { node.content = .value(.double(Double(value))) }
    func encode(_ value: Int) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: Int8) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: Int16) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: Int32) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: Int64) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: UInt) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: UInt8) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: UInt16) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: UInt32) throws { node.content = .value(JSON(integer: value)) }
    func encode(_ value: UInt64) throws { node.content = .value(JSON(integer: value)) }
    func encode<T: Encodable>(_ value: T) throws {
        try JSONTreeEncoder.write(value, into: node, codingPath: codingPath)
    }
}
