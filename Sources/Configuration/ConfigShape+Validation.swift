import Support

extension ConfigShape {
    /// Throws `.unknownKey` or `.wrongType`, with the key path, for the first thing that does not fit.
    func validate(_ json: JSON, at key: ConfigKey) throws(ConfigError) {
        switch self {
        case .any: return
        case .bool:
            guard json.boolValue != nil else { throw wrong(json, key) }
        case .string:
            guard json.stringValue != nil else { throw wrong(json, key) }
        case .integer(let range):
            guard let value = json.intValue, range.contains(value) else { throw wrong(json, key) }
        case .number:
            guard json.intValue != nil || json.doubleValue != nil else { throw wrong(json, key) }
        case .choice(let words):
            guard let word = json.stringValue, words.contains(word) else { throw wrong(json, key) }
        case .array(let element):
            guard let values = json.arrayValue else { throw wrong(json, key) }
            for (index, value) in values.enumerated() { try element.validate(value, at: key.appending(String(index))) }
        case .map(let shape, let names):
            guard let object = json.objectValue else { throw wrong(json, key) }
            for (name, value) in object {
                guard names.accepts(name) else {
                    throw ConfigError(
                        .unknownKey,
                        "The name “\(name)” is not allowed; it must match \(names.pattern ?? "at least one character").",
                        key: key.appending(name))
                }
                try shape.validate(value, at: key.appending(name))
            }
        case .object(let fields):
            guard let object = json.objectValue else { throw wrong(json, key) }
            for (name, value) in object {
                guard let field = fields.first(where: { $0.name == name }) else { throw unknown(name, fields, key) }
                try field.shape.validate(value, at: key.appending(name))
            }
        case .either(let shapes):
            try validateEither(shapes, json, key)
        }
    }

    private func validateEither(_ shapes: [ConfigShape], _ json: JSON, _ key: ConfigKey) throws(ConfigError) {
        var explained: ConfigError?
        for shape in shapes {
            do {
                try shape.validate(json, at: key)
                return
            } catch {
                if explained == nil, error.key != key || error.kind == .unknownKey { explained = error }
            }
        }
        throw explained ?? wrong(json, key)
    }

    private func unknown(_ name: String, _ fields: [ConfigField], _ key: ConfigKey) -> ConfigError {
        let names = fields.map(\.name)
        let hint: String
        if let near = Suggestion.nearest(to: name, in: names) {
            hint = "Did you mean “\(near)”?"
        } else if names.count <= 12 {
            hint = "Known keys here: \(names.joined(separator: ", "))."
        } else {
            hint = "`codetether config schema` lists the keys."
        }
        return ConfigError(.unknownKey, "The key “\(name)” is unknown. \(hint)", key: key.appending(name))
    }

    private func wrong(_ json: JSON, _ key: ConfigKey) -> ConfigError {
        let found: String
        switch json {
        case .null: found = "null"
        case .bool(let value): found = String(value)
        case .int(let value): found = String(value)
        case .double(let value): found = String(value)
        case .string(let value): found = "the string “\(value.prefix(60))”"
        case .array: found = "an array"
        case .object: found = "an object"
        }
        return ConfigError(.wrongType, "This must be \(expectation), not \(found).", key: key)
    }

    /// What fits, as the end of “This must be …”.
    var expectation: String {
        switch self {
        case .any: "any value"
        case .bool: "true or false"
        case .string: "a string"
        case .integer(let range):
            range.upperBound == Int64.max
                ? "a whole number of at least \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number: "a number"
        case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .array(let element): "an array (each \(element.expectation))"
        case .object, .map: "an object"
        case .either(let shapes): shapes.map(\.expectation).joined(separator: " or ")
        }
    }
}
