import Support

/// Names under which models see the tools of servers: `<server>__<tool>` (CONTRACT §9).
package enum MCPToolNames {
    /// The longest name that every provider takes.
    package static let maxBytes = 64

    /// Characters but `A-Z a-z 0-9 _ -` become `_`; a name of more than 64 is cut to 55, `_` and 8 hexadecimal digits of the hash of the
    /// whole.
    package static func name(server: String, tool: String) -> String {
        let plain = "\(clean(server))__\(clean(tool))"
        guard plain.utf8.count > maxBytes else { return plain }
        return "\(plain.prefix(maxBytes - 9))_\(hash(server, tool))"
    }

    /// A unique name for each pair, whatever order they come in: of those that would get the same, all but the first by bytes of the
    /// original get a hash.
    package static func names(_ tools: [(server: String, tool: String)]) -> [String] {
        var owner: [String: (server: String, tool: String)] = [:]
        for pair in tools.sorted(by: { ($0.server, $0.tool) < ($1.server, $1.tool) }) {
            let name = name(server: pair.server, tool: pair.tool)
            if owner[name] == nil { owner[name] = pair }
        }
        return tools.map { pair in
            let name = name(server: pair.server, tool: pair.tool)
            guard let first = owner[name], first != pair else { return name }
            return "\(name.prefix(maxBytes - 9))_\(hash(pair.server, pair.tool))"
        }
    }

    private static func clean(_ text: String) -> String {
        String(
            decoding: text.unicodeScalars.map { scalar -> UInt8 in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "_", "-": UInt8(truncatingIfNeeded: scalar.value)
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }

    private static func hash(_ server: String, _ tool: String) -> String {
        String(SHA256Hash.hex(of: Array("\(server)\u{0}\(tool)".utf8)).prefix(8))
    }
}
