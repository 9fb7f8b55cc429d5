package import Support
import SystemPackage

/// A small JSON Schema 2020-12 validator for tests.
///
/// Knows `$ref` into the same document, `type`, `properties`, `required`, `additionalProperties`, `anyOf`, `oneOf`,
/// `allOf`, `not`, `const`, `enum`, `items`, `prefixItems` and the limits of numbers, strings and arrays. Any other
/// keyword that could refuse a value is itself a violation, so that nothing passes unchecked.
package struct JSONSchemaValidator: Sendable {
    /// How a schema is read.
    package enum Mode: Sendable {
        /// As it is written.
        case plain
        /// As CONTRACT §9 says for OpenCode's types: `Unknown*` variants, which accept anything, are dropped, and a
        /// member whose schema is a constant (a discriminator) is required.
        case discriminated
    }

    private let document: JSON
    private let mode: Mode

    /// Nested references and values beyond this are a violation.
    private static let maximumDepth = 256

    /// A validator of `document`, whose `$defs` the definitions are.
    package init(_ document: JSON, mode: Mode = .plain) {
        self.document = document
        self.mode = mode
    }

    /// Reads `Specs/<name>` beside the test file `file`. Throws when it cannot be read or is no JSON.
    package init(spec name: String, mode: Mode = .plain, file: String = #filePath) throws {
        let path = FilePath(file).removingLastComponent().appending("Specs").appending(name)
        self.init(try JSON(parsing: try TestFiles.read(path)), mode: mode)
    }

    /// The names of all definitions.
    package var definitionNames: [String] { document["$defs"]?.objectValue?.keys ?? [] }

    /// The definition `name`.
    package func definition(_ name: String) -> JSON? { document["$defs"]?[name] }

    /// What is wrong with `value` as the definition `name`: sentences that begin with the path; empty when it fits.
    package func violations(of value: JSON, as name: String) -> [String] {
        violations(of: value, against: ["$ref": .string("#/$defs/\(name)")])
    }

    /// What is wrong with `value` against any schema of the document.
    package func violations(of value: JSON, against schema: JSON) -> [String] {
        var found: [String] = []
        check(value, schema, "$", 0, &found)
        return found
    }

    private func check(_ value: JSON, _ schema: JSON, _ path: String, _ depth: Int, _ found: inout [String]) {
        guard depth < Self.maximumDepth else {
            found.append("\(path): nested deeper than \(Self.maximumDepth).")
            return
        }
        switch schema {
        case .bool(true): return
        case .bool(false): found.append("\(path): nothing is allowed here.")
        case .object(let keywords):
            for (keyword, operand) in keywords {
                check(value, keyword, operand, keywords, path, depth, &found)
            }
            if mode == .discriminated { requireConstants(value, keywords, path, &found) }
        default: found.append("\(path): the schema is a \(schema.kindName).")
        }
    }

    private func check(
        _ value: JSON, _ keyword: String, _ operand: JSON, _ schema: JSONObject, _ path: String, _ depth: Int,
        _ found: inout [String]
    ) {
        switch keyword {
        case "$ref":
            guard let target = resolve(operand.stringValue ?? "") else {
                found.append("\(path): the reference \(operand) leads nowhere.")
                return
            }
            check(value, target, path, depth + 1, &found)
        case "type":
            let names = operand.arrayValue?.compactMap(\.stringValue) ?? [operand.stringValue ?? ""]
            if !names.contains(where: { Self.isType($0, value) }) {
                let wanted = names.joined(separator: " or ")
                found.append("\(path): \(Self.shown(value)) is a \(value.kindName), not \(wanted).")
            }
        case "const":
            if !Self.same(value, operand) { found.append("\(path): \(Self.shown(value)) is not \(operand).") }
        case "enum":
            if operand.arrayValue?.contains(where: { Self.same(value, $0) }) != true {
                found.append("\(path): \(Self.shown(value)) is none of \(operand).")
            }
        case "anyOf", "oneOf": checkVariants(value, operand, exactlyOne: keyword == "oneOf", path, depth, &found)
        case "allOf": for part in operand.arrayValue ?? [] { check(value, part, path, depth + 1, &found) }
        case "not":
            var inner: [String] = []
            check(value, operand, path, depth + 1, &inner)
            if inner.isEmpty { found.append("\(path): \(Self.shown(value)) fits what it must not.") }
        case "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
            "minProperties", "maxProperties":
            checkObject(value, keyword, operand, schema, path, depth, &found)
        case "items", "prefixItems", "minItems", "maxItems", "uniqueItems":
            checkArray(value, keyword, operand, schema, path, depth, &found)
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength":
            if !Self.isWithin(value, keyword, operand) {
                found.append("\(path): \(Self.shown(value)) is beyond \(keyword) \(operand).")
            }
        case "title", "description", "default", "examples", "$schema", "$id", "$defs", "$comment", "format",
            "deprecated", "readOnly", "writeOnly":
            break
        default: found.append("\(path): this validator does not know the keyword \(keyword).")
        }
    }

    private func checkVariants(
        _ value: JSON, _ variants: JSON, exactlyOne: Bool, _ path: String, _ depth: Int, _ found: inout [String]
    ) {
        var fitting = 0
        var closest: [String]?
        let candidates = (variants.arrayValue ?? []).filter { !isDropped($0) }
        for variant in candidates {
            var inner: [String] = []
            check(value, variant, path, depth + 1, &inner)
            if inner.isEmpty { fitting += 1 } else if inner.count < closest?.count ?? .max { closest = inner }
        }
        if fitting == 0 {
            found.append("\(path): \(Self.shown(value)) fits none of \(candidates.count) variants; the closest:")
            found += closest ?? []
        } else if exactlyOne, fitting > 1 {
            found.append("\(path): \(Self.shown(value)) fits \(fitting) variants instead of one.")
        }
    }

    private func checkObject(
        _ value: JSON, _ keyword: String, _ operand: JSON, _ schema: JSONObject, _ path: String, _ depth: Int,
        _ found: inout [String]
    ) {
        guard let object = value.objectValue else { return }
        switch keyword {
        case "properties":
            for (name, part) in operand.objectValue ?? [:] {
                if let member = object[name] { check(member, part, "\(path).\(name)", depth + 1, &found) }
            }
        case "required":
            for name in operand.arrayValue?.compactMap(\.stringValue) ?? [] where object[name] == nil {
                found.append("\(path): the member \"\(name)\" is missing.")
            }
        case "additionalProperties":
            let known = schema["properties"]?.objectValue ?? [:]
            for (name, member) in object where known[name] == nil {
                check(member, operand, "\(path).\(name)", depth + 1, &found)
            }
        default: found.append("\(path): this validator does not know the keyword \(keyword).")
        }
    }

    private func checkArray(
        _ value: JSON, _ keyword: String, _ operand: JSON, _ schema: JSONObject, _ path: String, _ depth: Int,
        _ found: inout [String]
    ) {
        guard let elements = value.arrayValue else { return }
        switch keyword {
        case "items":
            let fixed = schema["prefixItems"]?.arrayValue?.count ?? 0
            for (index, element) in elements.enumerated().dropFirst(fixed) {
                check(element, operand, "\(path)[\(index)]", depth + 1, &found)
            }
        case "prefixItems":
            for (index, (element, part)) in zip(elements, operand.arrayValue ?? []).enumerated() {
                check(element, part, "\(path)[\(index)]", depth + 1, &found)
            }
        case "minItems" where elements.count < operand.intValue ?? 0,
            "maxItems" where elements.count > operand.intValue ?? .max:
            found.append("\(path): \(elements.count) elements are beyond \(keyword) \(operand).")
        case "uniqueItems" where operand.boolValue == true && Set(elements).count != elements.count:
            found.append("\(path): elements repeat.")
        default: break
        }
    }

    /// In `.discriminated` mode: members whose schema is a constant must be there.
    private func requireConstants(_ value: JSON, _ schema: JSONObject, _ path: String, _ found: inout [String]) {
        guard let object = value.objectValue else { return }
        for (name, part) in schema["properties"]?.objectValue ?? [:]
        where part["const"] != nil && object[name] == nil {
            found.append("\(path): the discriminator \"\(name)\" is missing.")
        }
    }

    /// Whether a variant is one of `Unknown*`, which have no constant and accept anything (`UnknownError` has one).
    private func isDropped(_ variant: JSON) -> Bool {
        guard mode == .discriminated, let reference = variant["$ref"]?.stringValue,
            reference.hasPrefix("#/$defs/Unknown"), let target = resolve(reference)
        else { return false }
        return !(target["properties"]?.objectValue ?? [:]).contains { $0.value["const"] != nil }
    }

    private func resolve(_ reference: String) -> JSON? {
        guard reference.hasPrefix("#") else { return nil }
        var place = document
        for step in reference.dropFirst().split(separator: "/") {
            guard let next = place[String(step)] else { return nil }
            place = next
        }
        return place
    }

    private static func isType(_ name: String, _ value: JSON) -> Bool {
        name == "integer" ? isNumber(value) && value.intValue != nil : name == value.kindName
    }

    private static func isNumber(_ value: JSON) -> Bool { value.kindName == "number" }

    /// Numbers are the same whatever they are written as.
    private static func same(_ left: JSON, _ right: JSON) -> Bool {
        if isNumber(left), isNumber(right) { return left.doubleValue == right.doubleValue }
        return left == right
    }

    private static func isWithin(_ value: JSON, _ keyword: String, _ limit: JSON) -> Bool {
        guard let limit = limit.doubleValue else { return false }
        if keyword.hasSuffix("Length") {
            guard let text = value.stringValue else { return true }
            let count = Double(text.unicodeScalars.count)
            return keyword == "minLength" ? count >= limit : count <= limit
        }
        guard let number = value.doubleValue else { return true }
        switch keyword {
        case "minimum": return number >= limit
        case "maximum": return number <= limit
        case "exclusiveMinimum": return number > limit
        default: return number < limit
        }
    }

    private static func shown(_ value: JSON) -> String {
        let text = value.text()
        return text.count > 120 ? "\(text.prefix(120))…" : text
    }
}
