package import Support

/// JSONC text as a tree that remembers where everything stands, so that errors have positions and edits keep comments.
///
/// Comments and trailing commas are allowed, duplicate keys, lone surrogates and invalid UTF-8 are not.
/// Limits: 1 MiB of text, depth 128.
package struct JSONCDocument: Sendable {
    /// A value and the bytes it covers.
    package struct Node: Sendable {
        package enum Value: Sendable {
            case scalar(JSON)
            case array([Node])
            case object([Member])
        }
        package var value: Value
        package var range: Range<Int>

        /// The value without positions.
        package var json: JSON {
            switch value {
            case .scalar(let json): return json
            case .array(let nodes): return .array(nodes.map(\.json))
            case .object(let members):
                var object = JSONObject()
                for member in members { object[member.key] = member.node.json }
                return .object(object)
            }
        }
    }

    /// A key and its value; `comma` is the offset of the comma after the value.
    package struct Member: Sendable {
        package var key: String
        package var keyOffset: Int
        package var node: Node
        package var comma: Int?
    }

    package static let maxBytes = 1 << 20
    package static let maxDepth = 128

    package let bytes: [UInt8]
    package let root: Node

    /// Parses the text. Throws `ConfigError(.syntax)` with a position and without a file.
    package init(_ bytes: [UInt8]) throws(ConfigError) {
        guard bytes.count <= Self.maxBytes else {
            throw ConfigError(.syntax, "The text has \(bytes.count) bytes; at most \(Self.maxBytes) are read.")
        }
        var parser = JSONCParser(bytes: bytes)
        root = try parser.document()
        self.bytes = bytes
    }

    /// The tree without positions.
    package var json: JSON { root.json }

    /// The place of a key (or array element), as far as the path exists in this text.
    package func position(of key: ConfigKey) -> TextPosition {
        var node = root
        var offset = root.range.lowerBound
        for component in key.components {
            switch node.value {
            case .object(let members):
                guard let member = members.first(where: { $0.key == component }) else {
                    return TextPosition(offset: offset, in: bytes)
                }
                node = member.node
                offset = member.keyOffset
            case .array(let nodes):
                guard let index = Int(component), nodes.indices.contains(index) else {
                    return TextPosition(offset: offset, in: bytes)
                }
                node = nodes[index]
                offset = node.range.lowerBound
            case .scalar:
                return TextPosition(offset: offset, in: bytes)
            }
        }
        return TextPosition(offset: offset, in: bytes)
    }
}
