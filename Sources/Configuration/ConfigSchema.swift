package import Support

/// The JSON Schema (2020-12) of the configuration, made from the table that also validates it.
package enum ConfigSchema {
    /// The whole schema; built anew at each call.
    package static var json: JSON {
        var schema = JSONObject()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = "codetether configuration"
        guard case .object(let body) = render(ConfigKeys.root) else { return .object(schema) }
        for (key, value) in body { schema[key] = value }
        return .object(schema)
    }

    /// Checks a whole configuration. Throws `ConfigError` with the key path for the first thing that does not fit.
    package static func validate(_ json: JSON) throws(ConfigError) {
        try ConfigKeys.root.validate(json, at: ConfigKey())
    }

    /// Whether the value at this path is text that `config set` takes literally; `nil` when there is no such key.
    package static func isText(_ key: ConfigKey) -> Bool? {
        ConfigKeys.root.shape(at: key.components[...])?.isString
    }

    /// The keys at the top.
    package static var topLevelKeys: [String] {
        guard case .object(let fields) = ConfigKeys.root else { return [] }
        return fields.map(\.name)
    }

    private static func render(_ shape: ConfigShape) -> JSON {
        switch shape {
        case .any: return true
        case .bool: return ["type": "boolean"]
        case .string: return ["type": "string"]
        case .number: return ["type": "number"]
        case .integer(let range):
            var object: JSONObject = ["type": "integer", "minimum": .int(range.lowerBound)]
            if range.upperBound != Int64.max { object["maximum"] = .int(range.upperBound) }
            return .object(object)
        case .choice(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
        case .array(let element): return ["type": "array", "items": render(element)]
        case .map(let element, let names):
            var object: JSONObject = ["type": "object", "additionalProperties": render(element)]
            if let pattern = names.pattern { object["propertyNames"] = ["pattern": .string(pattern)] }
            return .object(object)
        case .either(let shapes): return ["anyOf": .array(shapes.map(render))]
        case .object(let fields):
            var properties = JSONObject()
            for field in fields {
                var value = render(field.shape)
                if !field.help.isEmpty, case .object(var object) = value {
                    object["description"] = .string(field.help)
                    value = .object(object)
                }
                properties[field.name] = value
            }
            return ["type": "object", "properties": .object(properties), "additionalProperties": false]
        }
    }
}
