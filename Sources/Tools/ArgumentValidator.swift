package import Support

/// Checks a call's arguments against the tool's JSON Schema and repairs what weak models get wrong.
///
/// The subset: `type` (one name or several), `properties`, `required`, `additionalProperties: false`, `items`, `enum`,
/// `minimum`, `maximum`, `minItems`, `maxItems`, `minLength`, `maxLength`. Other keywords are ignored. Repairs: `"5"`
/// for a number, `"true"` for a truth value, a number or truth value for a string, a list or object written as a JSON
/// string, a single value for a list of strings, `null` for an optional argument (dropped), other names for arguments.
package enum ArgumentValidator {
    /// Arguments that do not fit.
    package struct Mismatch: Error, Equatable {
        /// Where: `edits[2].oldString`; empty for the arguments as a whole.
        package var path: String
        /// A sentence that names the value.
        package var message: String
    }

    /// Names that models, and codetether 0.1.5, use for our arguments, best first. snake_case is understood for all.
    static let aliases: [String: [String]] = [
        "filePath": ["path", "file", "filename"], "patchText": ["patch", "input", "diff"],
        "oldString": ["old_str", "old", "search"], "newString": ["new_str", "new", "replace"],
        "content": ["contents", "text"], "include": ["glob"], "workdir": ["cwd", "directory"],
        "command": ["cmd"], "query": ["q"], "subagent_type": ["agent", "subagent"],
        "tool_calls": ["calls", "invocations"],
        "parameters": ["input", "arguments", "args"], "tool": ["name", "tool_name"], "todos": ["items"],
    ]

    /// The repaired arguments. Unknown ones stay unless the schema forbids them.
    package static func validate(_ input: JSON, schema: JSON) throws(Mismatch) -> JSON {
        try check(input, schema, path: "", depth: 0)
    }

    /// A value for an error message: JSON, escaped, at most 120 bytes.
    package static func shown(_ value: JSON) -> String {
        let bytes = value.bytes()
        guard bytes.count > 120 else { return HostileText.escaped(UTF8Text.lossy(bytes), multiline: false) }
        let end = UTF8Text.boundary(bytes, atMost: 117)
        return HostileText.escaped(UTF8Text.lossy(bytes[..<end]), multiline: false) + "…"
    }

    private static func check(_ given: JSON, _ schema: JSON, path: String, depth: Int) throws(Mismatch) -> JSON {
        guard depth < 32 else { throw Mismatch(path: path, message: "is nested too deeply") }
        let types = typeNames(schema)
        var value = given
        if !types.isEmpty, !types.contains(where: { matches(value, $0) }) {
            guard let repaired = types.lazy.compactMap({ coerce(value, to: $0, schema) }).first else {
                throw Mismatch(
                    path: path, message: "must be \(types.joined(separator: " or ")), but is \(shown(value))")
            }
            value = repaired
        }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) {
            let list = allowed.map { $0.stringValue ?? $0.text() }.joined(separator: ", ")
            throw Mismatch(path: path, message: "must be one of \(list), but is \(shown(value))")
        }
        switch value {
        case .object(let object): return try checkObject(object, schema, path: path, depth: depth)
        case .array(let items): return try checkArray(items, schema, path: path, depth: depth)
        case .string(let text):
            try checkRange(text.utf8.count, schema["minLength"], schema["maxLength"], "bytes", value, path)
        case .int, .double:
            try checkNumber(value, schema, path)
        default: break
        }
        return value
    }

    private static func checkObject(
        _ given: JSONObject, _ schema: JSON, path: String, depth: Int
    ) throws(Mismatch) -> JSON {
        guard let properties = schema["properties"]?.objectValue else { return .object(given) }
        var object = renamed(given, properties)
        let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        for (name, rule) in properties {
            let place = path.isEmpty ? name : "\(path).\(name)"
            guard let value = object[name] else {
                if required.contains(name) {
                    throw Mismatch(path: place, message: "is missing; given: \(names(given))")
                }
                continue
            }
            if value.isNull, !required.contains(name), !typeNames(rule).contains("null") {
                object.removeValue(forKey: name)
                continue
            }
            object[name] = try check(value, rule, path: place, depth: depth + 1)
        }
        if schema["additionalProperties"]?.boolValue == false,
            let extra = object.keys.first(where: { properties[$0] == nil })
        {
            let place = HostileText.escaped(path.isEmpty ? extra : "\(path).\(extra)", multiline: false)
            throw Mismatch(
                path: place, message: "is not an argument; there are \(properties.keys.joined(separator: ", "))")
        }
        return .object(object)
    }

    private static func checkArray(
        _ items: [JSON], _ schema: JSON, path: String, depth: Int
    ) throws(Mismatch) -> JSON {
        try checkRange(
            items.count, schema["minItems"], schema["maxItems"], "items", .string("a list of \(items.count)"), path)
        guard let rule = schema["items"] else { return .array(items) }
        var checked: [JSON] = []
        checked.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            checked.append(try check(item, rule, path: "\(path)[\(index)]", depth: depth + 1))
        }
        return .array(checked)
    }

    private static func checkNumber(_ value: JSON, _ schema: JSON, _ path: String) throws(Mismatch) {
        guard let number = value.doubleValue else { return }
        if let minimum = schema["minimum"]?.doubleValue, number < minimum {
            throw Mismatch(
                path: path, message: "must be at least \(shown(schema["minimum"] ?? .null)), but is \(shown(value))")
        }
        if let maximum = schema["maximum"]?.doubleValue, number > maximum {
            throw Mismatch(
                path: path, message: "must be at most \(shown(schema["maximum"] ?? .null)), but is \(shown(value))")
        }
    }

    private static func checkRange(
        _ count: Int, _ minimum: JSON?, _ maximum: JSON?, _ unit: String, _ value: JSON, _ path: String
    ) throws(Mismatch) {
        if let minimum = minimum?.intValue, count < minimum {
            throw Mismatch(path: path, message: "must have at least \(minimum) \(unit), but is \(shown(value))")
        }
        if let maximum = maximum?.intValue, count > maximum {
            throw Mismatch(path: path, message: "must have at most \(maximum) \(unit), but is \(shown(value))")
        }
    }

    private static func renamed(_ given: JSONObject, _ properties: JSONObject) -> JSONObject {
        var object = given
        for name in properties.keys where object[name] == nil {
            let others = [snakeCase(name)] + (aliases[name] ?? [])
            for other in others where properties[other] == nil {
                guard let value = object.removeValue(forKey: other) else { continue }
                object[name] = value
                break
            }
        }
        return object
    }

    private static func snakeCase(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            if (0x41...0x5A).contains(byte) {
                bytes.append(0x5F)
                bytes.append(byte | 0x20)
            } else {
                bytes.append(byte)
            }
        }
        return UTF8Text.lossy(bytes)
    }

    private static func names(_ object: JSONObject) -> String {
        guard !object.isEmpty else { return "nothing" }
        return HostileText.escaped(object.keys.prefix(10).joined(separator: ", "), multiline: false)
    }

    private static func typeNames(_ schema: JSON) -> [String] {
        if let one = schema["type"]?.stringValue { return [one] }
        return (schema["type"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    private static func matches(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "integer": value.intValue != nil
        case "number": value.doubleValue != nil
        default: value.kindName == type
        }
    }

    /// The value as `type`, when it was plainly meant as one.
    private static func coerce(_ value: JSON, to type: String, _ schema: JSON) -> JSON? {
        switch (type, value) {
        case ("integer", .string(let text)): return Int64(text).map(JSON.int)
        case ("number", .string(let text)):
            if let whole = Int64(text) { return .int(whole) }
            return Double(text).flatMap { $0.isFinite ? .double($0) : nil }
        case ("boolean", .string(let text)):
            switch text {
            case "true", "True", "1", "yes": return true
            case "false", "False", "0", "no": return false
            default: return nil
            }
        case ("boolean", .int(1)): return true
        case ("boolean", .int(0)): return false
        case ("string", .int), ("string", .double), ("string", .bool): return .string(value.text())
        case ("array", .string(let text)), ("object", .string(let text)):
            if let parsed = try? JSON(parsing: text), matches(parsed, type) { return parsed }
            return type == "array" && schema["items"]?["type"]?.stringValue == "string" ? [value] : nil
        case ("array", .object): return [value]
        default: return nil
        }
    }
}
