import Support

/// A piece of an HTML page.
enum HTMLToken {
    case text(ArraySlice<UInt8>)
    case open(name: String, attributes: ArraySlice<UInt8>)
    case close(name: String)
}

/// Splits HTML into tags and text, in one pass over the bytes: linear for any input. Comments, declarations and the
/// contents of script, style and the like are left out.
struct HTMLScanner {
    private static let raw: Set<String> = [
        "script", "style", "noscript", "template", "svg", "iframe", "object", "math",
    ]

    private let bytes: [UInt8]
    private var index = 0
    /// Elements whose end was looked for in vain: not looked for again.
    private var unclosed: Set<String> = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> HTMLToken? {
        while index < bytes.count {
            if bytes[index] != 0x3C {
                let end = find(0x3C, from: index) ?? bytes.count
                defer { index = end }
                return .text(bytes[index..<end])
            }
            if starts("<!--", at: index) {
                index = end(of: "-->", from: index + 4)
                continue
            }
            guard index + 1 < bytes.count else {
                defer { index += 1 }
                return .text(bytes[index...])
            }
            let second = bytes[index + 1]
            if second == 0x21 || second == 0x3F {
                index = (find(0x3E, from: index) ?? bytes.count - 1) + 1
                continue
            }
            let isClose = second == 0x2F
            let start = index + (isClose ? 2 : 1)
            guard start < bytes.count, isLetter(bytes[start]) else {
                defer { index += 1 }
                return .text(bytes[index..<(index + 1)])
            }
            return tag(from: start, isClose: isClose)
        }
        return nil
    }

    private mutating func tag(from start: Int, isClose: Bool) -> HTMLToken {
        var end = start
        while end < bytes.count, end - start < 40, isLetter(bytes[end]) || (0x30...0x39).contains(bytes[end]) {
            end += 1
        }
        let name = UTF8Text.lossy(bytes[start..<end]).lowercased()
        var close = end
        var quote: UInt8?
        while close < bytes.count {
            let byte = bytes[close]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x22 || byte == 0x27 {
                // A quote counts only after "=": a stray one would swallow the page.
                if previousMeaningful(before: close, notBefore: end) == 0x3D { quote = byte }
            } else if byte == 0x3E {
                break
            }
            close += 1
        }
        let attributes = bytes[end..<min(close, bytes.count)]
        index = min(close + 1, bytes.count)
        if isClose { return .close(name: name) }
        if Self.raw.contains(name), attributes.last != 0x2F { skip(name) }
        return .open(name: name, attributes: attributes)
    }

    private func previousMeaningful(before position: Int, notBefore start: Int) -> UInt8? {
        var at = position - 1
        var steps = 0
        while at >= start, steps < 16 {
            if bytes[at] > 0x20 { return bytes[at] }
            at -= 1
            steps += 1
        }
        return nil
    }

    /// Goes to the end tag of a raw element; without one, the element counts as empty.
    private mutating func skip(_ name: String) {
        guard !unclosed.contains(name) else { return }
        let wanted = Array("</\(name)".utf8)
        var at = index
        while let next = find(0x3C, from: at) {
            if next + wanted.count <= bytes.count,
                zip(bytes[next..<(next + wanted.count)], wanted).allSatisfy({ lower($0) == $1 })
            {
                index = next
                return
            }
            at = next + 1
        }
        unclosed.insert(name)
    }

    private func find(_ byte: UInt8, from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes[start...].firstIndex(of: byte)
    }

    private func starts(_ text: StaticString, at position: Int) -> Bool {
        text.withUTF8Buffer { wanted in
            position + wanted.count <= bytes.count && bytes[position..<(position + wanted.count)].elementsEqual(wanted)
        }
    }

    private func end(of text: StaticString, from start: Int) -> Int {
        var at = start
        while let next = find(0x2D, from: at) {
            if starts(text, at: next) { return next + 3 }
            at = next + 1
        }
        return bytes.count
    }

    private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(lower(byte)) }

    private func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// The value of an attribute, entities not decoded.
    static func attribute(_ wanted: String, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = bytes
        while let start = rest.firstIndex(where: { $0 > 0x20 && $0 != 0x2F && $0 != 0x3D }) {
            rest = rest[start...]
            let name = rest.prefix { $0 > 0x20 && $0 != 0x3D && $0 != 0x2F }
            rest = rest[name.endIndex...].drop { $0 <= 0x20 }
            var value = rest.prefix(0)
            if rest.first == 0x3D {
                rest = rest.dropFirst().drop { $0 <= 0x20 }
                if let quote = rest.first, quote == 0x22 || quote == 0x27 {
                    value = rest.dropFirst().prefix { $0 != quote }
                    rest = rest[value.endIndex...].dropFirst()
                } else {
                    value = rest.prefix { $0 > 0x20 }
                    rest = rest[value.endIndex...]
                }
            }
            if UTF8Text.lossy(name).lowercased() == wanted { return value }
        }
        return nil
    }
}
