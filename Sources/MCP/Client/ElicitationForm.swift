package import Support

/// A server's question as a form of ours (2.1's `FormField`s), and the answer as the protocol wants it.
package enum ElicitationForm {
    private static let maxFields = 50

    /// The fields of `elicitation/create`; nil when they make no sense. A question with `mode: "url"` is one link.
    package static func fields(_ params: JSON) -> [JSON]? {
        if params["mode"]?.stringValue == "url" {
            guard let url = params["url"]?.stringValue, url.hasPrefix("https://") || url.hasPrefix("http://") else {
                return nil
            }
            return [
                [
                    "type": "external", "key": "url", "url": .string(HostileText.escaped(url, multiline: false)),
                    "title": "Open this address yourself, and confirm when you are done.",
                ]
            ]
        }
        guard let properties = params["requestedSchema"]?["properties"]?.objectValue, properties.count <= maxFields
        else {
            return nil
        }
        let required = Set((params["requestedSchema"]?["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        return properties.map { field($0.key, $0.value, isRequired: required.contains($0.key)) }
    }

    /// What the user is told of who asks and why; one line, escaped, the message at most 500 characters.
    package static func title(_ server: String, _ params: JSON) -> String {
        let message = String((params["message"]?.stringValue ?? "").prefix(500))
        return "'\(server)' asks: \(HostileText.escaped(message, multiline: false))"
    }

    /// What goes back for a form that was filled in.
    package static func result(_ params: JSON, _ answer: JSON) -> JSON {
        if params["mode"]?.stringValue == "url" { return ["action": "accept"] }
        let known = params["requestedSchema"]?["properties"]?.objectValue ?? [:]
        var content: JSONObject = [:]
        for (key, value) in answer.objectValue ?? [:] where known[key] != nil && !value.isNull { content[key] = value }
        for (key, schema) in known where content[key] == nil { content[key] = schema["default"] }
        return ["action": "accept", "content": .object(content)]
    }

    private static func field(_ key: String, _ schema: JSON, isRequired: Bool) -> JSON {
        func text(_ name: String) -> JSON? {
            schema[name]?.stringValue.map { .string(HostileText.escaped(String($0.prefix(500)), multiline: false)) }
        }
        var field: JSONObject = ["key": .string(key), "required": .bool(isRequired)]
        field["title"] = text("title") ?? .string(HostileText.escaped(key, multiline: false))
        field["description"] = text("description")
        switch schema["type"]?.stringValue {
        case "boolean":
            field["type"] = "boolean"
            field["default"] = schema["default"]
        case "integer", "number":
            field["type"] = schema["type"]
            for name in ["minimum", "maximum", "default"] { field[name] = schema[name] }
        case "array":
            field["type"] = "multiselect"
            field["options"] = .array(options(schema["items"] ?? .object([:])) ?? [])
            for name in ["minItems", "maxItems", "default"] { field[name] = schema[name] }
        default:
            field["type"] = "string"
            for name in ["minLength", "maxLength", "format", "default"] { field[name] = schema[name] }
            field["options"] = options(schema).map { .array($0) }
        }
        return .object(field)
    }

    /// Choices: `enum` (with `enumNames`), `oneOf` or `anyOf` of `{const,title}`.
    private static func options(_ schema: JSON) -> [JSON]? {
        if let values = schema["enum"]?.arrayValue {
            let names = schema["enumNames"]?.arrayValue ?? []
            return values.enumerated().compactMap { index, value in
                guard let text = value.stringValue else { return nil }
                let label = index < names.count ? names[index].stringValue ?? text : text
                return ["value": .string(text), "label": .string(HostileText.escaped(label, multiline: false))]
            }
        }
        guard let choices = (schema["oneOf"] ?? schema["anyOf"])?.arrayValue else { return nil }
        return choices.compactMap { choice in
            guard let text = choice["const"]?.stringValue else { return nil }
            let label = choice["title"]?.stringValue ?? text
            return ["value": .string(text), "label": .string(HostileText.escaped(label, multiline: false))]
        }
    }
}
