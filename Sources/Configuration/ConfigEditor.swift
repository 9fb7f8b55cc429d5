package import Support
package import SystemPackage

/// Changes one value of a JSONC file and leaves everything else, comments included, as it was.
package enum ConfigEditor {
    /// Sets a value in a file, which is made (0600, with its directories 0700) when missing. The result is checked as a
    /// whole first; nothing is written when it would not load.
    package static func set(_ key: ConfigKey, to value: JSON, in file: FilePath) throws(ConfigError) {
        do {
            let bytes = try ConfigFileReader.read(file, limit: JSONCDocument.maxBytes) ?? []
            let edited: [UInt8]
            do {
                edited = try setting(key, to: value, in: bytes)
                try check(edited)
            } catch {
                throw error.located(in: file.string)
            }
            guard edited != bytes else { return }
            try FileIO.createDirectory(file.removingLastComponent(), mode: 0o700, intermediate: true)
            try AtomicFile.write(edited, to: file)
        } catch let error as FileError {
            throw ConfigError(.file, error.message, source: file.string, cause: error)
        } catch {
            throw error as? ConfigError ?? ConfigError(.file, "The file cannot be changed.", source: file.string)
        }
    }

    private static func check(_ bytes: [UInt8]) throws(ConfigError) {
        let document = try JSONCDocument(bytes)
        // A placeholder may stand where a word is expected, so only values without one are checked for their type.
        guard !ConfigSubstitution.isNeeded(in: document.json) else { return }
        do {
            try ConfigSchema.validate(document.json)
        } catch {
            throw ConfigError(
                error.kind, error.detail, key: error.key, position: error.key.map { document.position(of: $0) })
        }
    }

    /// The text with the value set; missing objects on the way are made. Throws `.key` for an empty path or when a part of
    /// it is no object.
    package static func setting(_ key: ConfigKey, to value: JSON, in bytes: [UInt8]) throws(ConfigError) -> [UInt8] {
        guard let first = key.components.first, !first.isEmpty else {
            throw ConfigError(.key, "Name the key to set, for example model.")
        }
        let document = try JSONCDocument(bytes)
        if document.root.range.isEmpty {
            return bytes + Array((nested(key.components[...], value).text(.pretty) + "\n").utf8)
        }
        var node = document.root
        var remaining = key.components[...]
        while let component = remaining.first {
            guard case .object(let members) = node.value else {
                throw ConfigError(
                    .key,
                    "Cannot set this: \(ConfigKey(Array(key.components.dropLast(remaining.count)))) is not an object.",
                    key: key)
            }
            guard let member = members.first(where: { $0.key == component }) else {
                return insert(component, nested(remaining.dropFirst(), value), into: node, members, bytes)
            }
            node = member.node
            remaining = remaining.dropFirst()
        }
        let indent = lineIndent(at: node.range.lowerBound, in: bytes)
        return replace(node.range, with: render(value, indent: indent, bytes), in: bytes)
    }

    private static func nested(_ components: ArraySlice<String>, _ value: JSON) -> JSON {
        components.reversed().reduce(value) { .object([$1: $0]) }
    }

    private static func insert(
        _ name: String, _ value: JSON, into node: JSONCDocument.Node, _ members: [JSONCDocument.Member],
        _ bytes: [UInt8]
    ) -> [UInt8] {
        let newline = bytes.contains(0x0D) ? "\r\n" : "\n"
        let label = JSON.string(name).text(.compact) + ": "
        guard let last = members.last else {
            let outer = lineIndent(at: node.range.lowerBound, in: bytes)
            let text = "\(newline)\(outer)  \(label)\(render(value, indent: outer + "  ", bytes))"
            let inside = (node.range.lowerBound + 1)..<(node.range.upperBound - 1)
            let isBlank = bytes[inside].allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
            if isBlank { return replace(inside, with: text + newline + outer, in: bytes) }
            return replace(inside.lowerBound..<inside.lowerBound, with: text, in: bytes)
        }
        let end = last.comma.map { $0 + 1 } ?? last.node.range.upperBound
        guard let lineEnd = endOfLine(after: end, in: bytes) else {
            let text = (last.comma == nil ? ", " : " ") + label + render(value, indent: "", bytes)
            return replace(end..<end, with: last.comma == nil ? text : text + ",", in: bytes)
        }
        let indent = lineIndent(at: last.keyOffset, in: bytes)
        var text = "\(newline)\(indent)\(label)\(render(value, indent: indent, bytes))"
        if last.comma != nil { text += "," }
        let edited = replace(lineEnd..<lineEnd, with: text, in: bytes)
        return last.comma == nil ? replace(end..<end, with: ",", in: edited) : edited
    }

    private static func render(_ value: JSON, indent: String, _ bytes: [UInt8]) -> String {
        let newline = bytes.contains(0x0D) ? "\r\n" : "\n"
        let lines = value.text(.pretty).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.joined(separator: newline + indent)
    }

    private static func replace(_ range: Range<Int>, with text: String, in bytes: [UInt8]) -> [UInt8] {
        Array(bytes[..<range.lowerBound]) + Array(text.utf8) + Array(bytes[range.upperBound...])
    }

    /// The blanks at the start of the line of an offset.
    private static func lineIndent(at offset: Int, in bytes: [UInt8]) -> String {
        let start = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let blanks = bytes[start..<offset].prefix { $0 == 0x20 || $0 == 0x09 }
        return String(decoding: blanks, as: UTF8.self)
    }

    /// The end of the line, before its line break, when only blanks and a comment follow; `nil` when more follows.
    private static func endOfLine(after offset: Int, in bytes: [UInt8]) -> Int? {
        var index = offset
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09: index += 1
            case 0x0A: return index
            case 0x0D: return index
            case UInt8(ascii: "/") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"):
                let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
                return end > index && bytes[end - 1] == 0x0D ? end - 1 : end
            default: return nil
            }
        }
        return index
    }
}
