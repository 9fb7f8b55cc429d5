package import Support

/// The YAML block between `---` lines at the start of a Markdown file, and the text after it.
package struct FrontMatter: Sendable, Equatable {
    /// Empty when the file has no block.
    package var fields: JSONObject
    /// The text after the block; the whole text without one.
    package var body: String

    package static let maxBytes = 64 << 10

    package init(fields: JSONObject, body: String) {
        self.fields = fields
        self.body = body
    }

    /// What is wrong with a block.
    package struct Failure: AppError, Equatable {
        package var code: String { "frontMatter" }
        /// A sentence with the line in the file.
        package var message: String
    }

    /// Splits and parses. Values are plain data: aliases, anchors, tags other than the core ones, duplicate keys and
    /// several documents are refused; at most 64 KiB, depth 16 and 4,096 values.
    package static func parse(_ text: String) throws(Failure) -> FrontMatter {
        let bytes = Array(text.utf8)
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard let opening = line(at: start, in: bytes), isFence(bytes[opening.content]) else {
            return FrontMatter(fields: JSONObject(), body: String(decoding: bytes[start...], as: UTF8.self))
        }
        var offset = opening.next
        while let current = line(at: offset, in: bytes) {
            if isFence(bytes[current.content]) {
                let block = Array(bytes[opening.next..<offset])
                guard block.count <= maxBytes else {
                    throw Failure(message: "The front matter has \(block.count) bytes; at most \(maxBytes) are read.")
                }
                let body = String(decoding: bytes[current.next...], as: UTF8.self)
                return FrontMatter(fields: try fields(block), body: body)
            }
            offset = current.next
        }
        throw Failure(message: "The front matter that starts in line 1 is not closed; add a line with ---.")
    }

    private static func fields(_ block: [UInt8]) throws(Failure) -> JSONObject {
        do {
            return try object(YAMLReader.read(block, firstLine: 2))
        } catch {
            // People write `description: Use this: like so`, which is no YAML; a second try quotes such values.
            guard let quoted = quotingColons(block), let second = try? object(YAMLReader.read(quoted, firstLine: 2))
            else { throw error }
            return second
        }
    }

    private static func object(_ json: JSON) throws(Failure) -> JSONObject {
        switch json {
        case .object(let object): return object
        case .null: return JSONObject()
        default: throw Failure(message: "The front matter must be a list of `key: value` lines.")
        }
    }

    private static func isFence(_ line: ArraySlice<UInt8>) -> Bool {
        var line = line
        while let last = line.last, last == 0x20 || last == 0x09 || last == 0x0D { line = line.dropLast() }
        return line.elementsEqual("---".utf8)
    }

    private static func line(at offset: Int, in bytes: [UInt8]) -> (content: Range<Int>, next: Int)? {
        guard offset < bytes.count else { return nil }
        let end = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
        return (offset..<end, min(end + 1, bytes.count))
    }

    /// Top-level `key: a: b` lines with the value in single quotes; `nil` when no line needs it.
    private static func quotingColons(_ block: [UInt8]) -> [UInt8]? {
        var changed = false
        let lines = block.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> [UInt8] in
            let text = String(decoding: line, as: UTF8.self).trimmingBlanks
            guard let first = line.first, first != 0x20, first != 0x09,
                let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
            else { return Array(line) }
            let value = (String(text.utf8[text.utf8.index(after: colon)...]) ?? "").trimmingBlanks
            guard let lead = value.utf8.first, !"\"'|>[{&*!#".utf8.contains(lead),
                value.contains(": ") || value.hasSuffix(":")
            else { return Array(line) }
            changed = true
            let quoted = value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            return Array("\(text[..<colon]): '\(quoted)'".utf8)
        }
        return changed ? Array(lines.joined(separator: [0x0A])) : nil
    }
}

extension FrontMatter {
    /// The line, from 1, in which a key of the block stands: each component is looked for after the one before it.
    /// The last line found counts when a component is written in a way that is not seen.
    static func line(of key: [String], in bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        var found = 1
        for component in key {
            let wanted = Array(component.utf8)
            let start = min(found - 1, lines.count)
            for index in start..<lines.count where index > 0 {
                if lines[index].starts(with: "---".utf8) { break }
                var text = lines[index].drop { $0 == 0x20 || $0 == 0x09 }
                if text.first == 0x22 || text.first == 0x27 { text = text.dropFirst() }
                guard text.starts(with: wanted), let next = text.dropFirst(wanted.count).first else { continue }
                if [0x3A, 0x22, 0x27, 0x20].contains(next) {
                    found = index + 1
                    break
                }
            }
        }
        return found
    }
}
