/// The path of a value in the configuration, `provider.openai.models["gpt-4.1"].name` in text.
package struct ConfigKey: Sendable, Hashable, CustomStringConvertible {
    package var components: [String]

    /// A path of these components, outermost first; none is the whole configuration.
    package init(_ components: [String] = []) { self.components = components }

    /// Reads `a.b["c.d"][0]`. Throws `ConfigError(.key)` for an empty component or an unclosed bracket.
    package init(parsing text: String) throws(ConfigError) {
        var components: [String] = []
        var current: [UInt8] = []
        var afterBracket = false
        let bytes = Array(text.utf8)
        var index = 0
        func bad() -> ConfigError {
            ConfigError(.key, "“\(text)” is not a key path; write it like provider.openai.models[\"gpt-4.1\"].name.")
        }
        func close() throws(ConfigError) {
            if afterBracket && current.isEmpty { return }
            guard !current.isEmpty else { throw bad() }
            components.append(String(decoding: current, as: UTF8.self))
            current = []
        }
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "."):
                try close()
                afterBracket = false
                index += 1
                if index == bytes.count { throw bad() }
            case UInt8(ascii: "["):
                if !current.isEmpty || (!afterBracket && index > 0) { try close() }
                guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "]")) else { throw bad() }
                var inner = bytes[(index + 1)..<end]
                if inner.count >= 2, let quote = inner.first, quote == inner.last,
                    quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
                {
                    inner = inner.dropFirst().dropLast()
                }
                guard !inner.isEmpty else { throw bad() }
                components.append(String(decoding: inner, as: UTF8.self))
                afterBracket = true
                index = end + 1
            default:
                if afterBracket { throw bad() }
                current.append(byte)
                index += 1
            }
        }
        try close()
        self.components = components
    }

    /// This path with one more component.
    package func appending(_ component: String) -> ConfigKey { ConfigKey(components + [component]) }

    /// True when this path is `other` or below it.
    package func isWithin(_ other: ConfigKey) -> Bool { components.starts(with: other.components) }

    package var description: String {
        var text = ""
        for component in components {
            let plain = component.utf8.allSatisfy {
                $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]")
            }
            if plain && !component.isEmpty {
                text += text.isEmpty ? component : ".\(component)"
            } else {
                text += "[\"\(component)\"]"
            }
        }
        return text
    }
}
