package import Support

/// Short names for the JSON Schemas of bodies and parameters.
package enum Shape {
    package static let string: JSON = ["type": "string"]
    /// A string that is not empty.
    package static let name: JSON = ["type": "string", "minLength": 1]
    package static let boolean: JSON = ["type": "boolean"]
    package static let integer: JSON = ["type": "integer"]
    package static let number: JSON = ["type": "number"]
    /// Any object.
    package static let map: JSON = ["type": "object"]
    /// Anything.
    package static let any: JSON = [:]

    /// A whole number in a range.
    package static func integer(_ range: ClosedRange<Int64>) -> JSON {
        ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    }

    /// One of some words.
    package static func word(_ words: String...) -> JSON {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }

    /// A list.
    package static func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }

    /// An object whose values have a type.
    package static func map(_ values: JSON) -> JSON { ["type": "object", "additionalProperties": values] }

    /// Also null, which counts as not given.
    package static func optional(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }

    /// A type of OpenCode 2.1, by name.
    package static func ref(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    /// An id with its prefix: `ses_…`.
    package static func id(_ prefix: String) -> JSON {
        ["type": "string", "pattern": .string("^\(prefix)[A-Za-z0-9._-]+$"), "maxLength": 200]
    }

    /// An object with exactly these members.
    package static func object(_ members: KeyValuePairs<String, JSON>, required: [String] = []) -> JSON {
        var properties = JSONObject()
        for (name, schema) in members { properties[name] = schema }
        var object: JSONObject = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        if !required.isEmpty { object["required"] = .array(required.map { .string($0) }) }
        return .object(object)
    }
}
