import Support

/// Header values of MCP 2026-07-28: what HTTP cannot carry is wrapped as `=?base64?…?=`.
package enum HeaderValue {
    /// The value as it may go into a header.
    package static func encoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isPlain =
            bytes.allSatisfy { (0x20...0x7E).contains($0) } && bytes.first != 0x20 && bytes.last != 0x20
            && !(text.hasPrefix("=?base64?") && text.hasSuffix("?="))
        return isPlain ? text : "=?base64?\(Base64.encode(bytes))?="
    }

    /// What a header's value stands for; nil when it is wrapped and cannot be read.
    package static func decoded(_ value: String) -> String? {
        guard value.hasPrefix("=?base64?"), value.hasSuffix("?="), value.utf8.count >= 11 else { return value }
        return Base64.decode(String(value.dropFirst(9).dropLast(2))).map { UTF8Text.lossy($0) }
    }
}

/// The `x-mcp-header` arguments of a tool (MCP 2026-07-28, HTTP only).
struct HeaderParameters: Sendable, Equatable {
    /// The header's name without `Mcp-Param-`, and the chain of property names that leads to the argument.
    private var fields: [(name: String, path: [String])] = []

    static func == (left: HeaderParameters, right: HeaderParameters) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.path == $1.path }
    }

    /// Nil when the schema breaks the rules: only string, integer and boolean properties reached by `properties`, names that are
    /// tokens and unique without case. Such a tool is not offered.
    init?(schema: JSON) {
        var seen: Set<String> = []
        var isValid = true
        func visit(_ schema: JSON, _ path: [String]) {
            guard path.count < 32, let properties = schema["properties"]?.objectValue else { return }
            for (key, value) in properties {
                if let header = value["x-mcp-header"] {
                    let type = value["type"]?.stringValue
                    if let name = header.stringValue, !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte),
                        ["string", "integer", "boolean"].contains(type), seen.insert(name.lowercased()).inserted
                    {
                        fields.append((name, path + [key]))
                    } else {
                        isValid = false
                    }
                }
                visit(value, path + [key])
            }
        }
        visit(schema, [])
        guard isValid, Self.count(in: schema, depth: 0) == fields.count else { return nil }
    }

    /// The headers of a call. Absent and null arguments have none.
    func headers(_ arguments: JSON) -> [(name: String, value: String)] {
        fields.compactMap { field in
            var value: JSON? = arguments
            for key in field.path { value = value?[key] }
            let text: String? =
                switch value {
                case .string(let text): text
                case .int(let number): String(number)
                case .bool(let flag): flag ? "true" : "false"
                default: nil
                }
            return text.map { ("Mcp-Param-\(field.name)", HeaderValue.encoded($0)) }
        }
    }

    /// How often the keyword stands anywhere in the schema: one below `items` or `anyOf` cannot be reached by `properties`.
    private static func count(in json: JSON, depth: Int) -> Int {
        guard depth < 64 else { return 0 }
        switch json {
        case .object(let object):
            return object.reduce(0) { sum, entry in
                sum + (entry.key == "x-mcp-header" ? 1 : 0) + count(in: entry.value, depth: depth + 1)
            }
        case .array(let array): return array.reduce(0) { $0 + count(in: $1, depth: depth + 1) }
        default: return 0
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
