import Support

/// Checks a value against the JSON Schemas of this server. Strict: nothing is converted or repaired.
///
/// Understood: `$ref` to the 2.1 types, `type`, `enum`, `const`, `anyOf`, `properties`, `required`, `additionalProperties`,
/// `items`, `minimum`, `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`, and `pattern` of the one form that
/// `Shape.id` makes. At most 64 levels.
struct SchemaCheck {
    struct Mismatch: Error, Equatable {
        /// `files[2].uri`; empty for the value itself.
        var path: String
        var message: String
    }

    /// The 2.1 types.
    static let components: JSON = (try? JSON(parsing: "{" + OpenCodeSchemas.text + "}")) ?? [:]

    static func check(_ value: JSON, _ schema: JSON, path: String = "", depth: Int = 0) throws(Mismatch) {
        guard depth < 64 else { throw Mismatch(path: path, message: "is nested too deeply") }
        if let ref = schema["$ref"]?.stringValue {
            let name = ref.split(separator: "/").last.map(String.init) ?? ""
            guard let target = components[name] else { return }
            return try check(value, target, path: path, depth: depth + 1)
        }
        if let choices = schema["anyOf"]?.arrayValue { return try checkAny(value, choices, path, depth) }
        if let type = schema["type"]?.stringValue, !fits(value, type) {
            throw Mismatch(path: path, message: "must be \(article(type)), but is \(value.kindName)")
        }
        if let only = schema["const"], only != value {
            throw Mismatch(path: path, message: "must be \(only.text())")
        }
        if let words = schema["enum"]?.arrayValue, !words.contains(value) {
            let list = words.map { $0.stringValue ?? $0.text() }.joined(separator: ", ")
            throw Mismatch(path: path, message: "must be one of \(list)")
        }
        switch value {
        case .object(let object): try checkObject(object, schema, path, depth)
        case .array(let items):
            try range(items.count, schema["minItems"], schema["maxItems"], "items", path)
            guard let rule = schema["items"] else { return }
            for (index, item) in items.enumerated() {
                try check(item, rule, path: "\(path)[\(index)]", depth: depth + 1)
            }
        case .string(let text):
            try range(text.unicodeScalars.count, schema["minLength"], schema["maxLength"], "characters", path)
            if let pattern = schema["pattern"]?.stringValue { try checkPattern(text, pattern, path) }
        case .int, .double:
            let number = value.doubleValue ?? 0
            if let minimum = schema["minimum"]?.doubleValue, number < minimum {
                throw Mismatch(path: path, message: "must be at least \(schema["minimum"]?.text() ?? "")")
            }
            if let maximum = schema["maximum"]?.doubleValue, number > maximum {
                throw Mismatch(path: path, message: "must be at most \(schema["maximum"]?.text() ?? "")")
            }
        default: return
        }
    }

    private static func checkAny(_ value: JSON, _ choices: [JSON], _ path: String, _ depth: Int) throws(Mismatch) {
        var best: Mismatch?
        for choice in choices {
            do throws(Mismatch) {
                return try check(value, choice, path: path, depth: depth + 1)
            } catch {
                // The choice that got furthest says most; that it is not null says nothing.
                if choice["type"]?.stringValue == "null" { continue }
                if let known = best, known.path.utf8.count >= error.path.utf8.count { continue }
                best = error
            }
        }
        throw best ?? Mismatch(path: path, message: "has no valid form")
    }

    private static func checkObject(
        _ object: JSONObject, _ schema: JSON, _ path: String, _ depth: Int
    ) throws(Mismatch) {
        func place(_ name: String) -> String {
            let name = HostileText.escaped(name, multiline: false)
            return path.isEmpty ? name : "\(path).\(name)"
        }
        let properties = schema["properties"]?.objectValue ?? JSONObject()
        for name in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue) where object[name] == nil {
            throw Mismatch(path: place(name), message: "is missing")
        }
        let extra = schema["additionalProperties"]
        for (name, value) in object {
            if let rule = properties[name] {
                try check(value, rule, path: place(name), depth: depth + 1)
            } else if extra?.boolValue == false {
                let known = properties.keys.joined(separator: ", ")
                throw Mismatch(path: place(name), message: "is not known here; known: \(known)")
            } else if let extra, extra.objectValue != nil {
                try check(value, extra, path: place(name), depth: depth + 1)
            }
        }
    }

    private static func range(
        _ count: Int, _ minimum: JSON?, _ maximum: JSON?, _ unit: String, _ path: String
    ) throws(Mismatch) {
        if let minimum = minimum?.intValue, count < minimum {
            throw Mismatch(path: path, message: minimum == 1 ? "is empty" : "must have at least \(minimum) \(unit)")
        }
        if let maximum = maximum?.intValue, count > maximum {
            throw Mismatch(path: path, message: "must have at most \(maximum) \(unit)")
        }
    }

    /// `^prefix[A-Za-z0-9._-]+$`, read without a regular expression engine.
    private static func checkPattern(_ text: String, _ pattern: String, _ path: String) throws(Mismatch) {
        guard let open = pattern.utf8.firstIndex(of: UInt8(ascii: "[")) else { return }
        let prefix = pattern[..<open].dropFirst()
        let rest = text.utf8.dropFirst(prefix.utf8.count)
        let isFine = rest.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard text.hasPrefix(prefix), !rest.isEmpty, isFine else {
            throw Mismatch(path: path, message: "must be \(prefix) followed by letters, digits, '.', '_' or '-'")
        }
    }

    private static func fits(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "integer":
            if case .double(let number) = value { return number.rounded() == number }
            return value.intValue != nil
        case "number": return value.doubleValue != nil
        default: return value.kindName == type
        }
    }

    private static func article(_ type: String) -> String {
        switch type {
        case "integer": "a whole number"
        case "array": "a list"
        case "object": "an object"
        case "null": "null"
        default: "a \(type)"
        }
    }
}
