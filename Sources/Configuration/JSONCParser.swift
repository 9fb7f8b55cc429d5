import Support

/// Recursive descent over bytes; one use per document.
struct JSONCParser {
    private let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(ConfigError) -> JSONCDocument.Node {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        try skipBlank()
        guard index < bytes.count else {
            return JSONCDocument.Node(value: .object([]), range: index..<index)
        }
        let node = try value(depth: 0)
        try skipBlank()
        guard index == bytes.count else { throw error("Text follows the end of the value; remove it.") }
        return node
    }

    private func error(_ detail: String, at offset: Int? = nil) -> ConfigError {
        ConfigError(.syntax, detail, position: TextPosition(offset: offset ?? index, in: bytes))
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlank() throws(ConfigError) {
        while let byte = current {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D:
                index += 1
            case UInt8(ascii: "/"):
                let start = index
                index += 1
                if current == UInt8(ascii: "/") {
                    while let next = current, next != 0x0A { _ = next; index += 1 }
                } else if current == UInt8(ascii: "*") {
                    index += 1
                    var closed = false
                    while index + 1 < bytes.count {
                        if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") {
                            index += 2
                            closed = true
                            break
                        }
                        index += 1
                    }
                    guard closed else { throw error("This comment is not closed; add */.", at: start) }
                } else {
                    throw error("A single / is no comment; write // or /* */.", at: start)
                }
            default:
                return
            }
        }
    }

    private mutating func value(depth: Int) throws(ConfigError) -> JSONCDocument.Node {
        guard depth < JSONCDocument.maxDepth else {
            throw error("Values are nested deeper than \(JSONCDocument.maxDepth).")
        }
        guard let byte = current else { throw error("A value is missing at the end of the text.") }
        let start = index
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""):
            let text = try string()
            return JSONCDocument.Node(value: .scalar(.string(text)), range: start..<index)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "'"): throw error("Strings stand in double quotes.")
        default: throw error("A value is expected here: an object, array, string, number, true, false or null.")
        }
    }

    private mutating func word(_ text: String, _ json: JSON) throws(ConfigError) -> JSONCDocument.Node {
        let start = index
        guard bytes[index...].starts(with: text.utf8) else { throw error("A value is expected here.") }
        index += text.utf8.count
        return JSONCDocument.Node(value: .scalar(json), range: start..<index)
    }

    private mutating func number() throws(ConfigError) -> JSONCDocument.Node {
        let start = index
        var isInteger = true
        while let byte = current {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isInteger = false
            default:
                return try finishNumber(start, isInteger)
            }
            index += 1
        }
        return try finishNumber(start, isInteger)
    }

    private func finishNumber(_ start: Int, _ isInteger: Bool) throws(ConfigError) -> JSONCDocument.Node {
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        let leadingZero =
            digits.count > 1 && digits.first == 0x30 && digits.dropFirst().first.map { $0 >= 0x30 } == true
        let endsBare = text.utf8.last.map { $0 < 0x30 } ?? true
        let startsBare = digits.first.map { $0 < 0x30 || $0 > 0x39 } ?? true
        let range = start..<index
        guard !leadingZero, !endsBare, !startsBare, text.utf8.dropFirst().first != UInt8(ascii: "+") else {
            throw error("“\(text)” is not a number.", at: start)
        }
        if isInteger, let number = Int64(text) {
            return JSONCDocument.Node(value: .scalar(.int(number)), range: range)
        }
        guard let number = Double(text), number.isFinite else { throw error("“\(text)” is not a number.", at: start) }
        return JSONCDocument.Node(value: .scalar(.double(number)), range: range)
    }

    private mutating func array(depth: Int) throws(ConfigError) -> JSONCDocument.Node {
        let start = index
        index += 1
        var nodes: [JSONCDocument.Node] = []
        while true {
            try skipBlank()
            if current == UInt8(ascii: "]") { break }
            nodes.append(try value(depth: depth + 1))
            try skipBlank()
            if current == UInt8(ascii: ",") { index += 1 } else { break }
        }
        guard current == UInt8(ascii: "]") else { throw error("A comma or ] is expected here.") }
        index += 1
        return JSONCDocument.Node(value: .array(nodes), range: start..<index)
    }

    private mutating func object(depth: Int) throws(ConfigError) -> JSONCDocument.Node {
        let start = index
        index += 1
        var members: [JSONCDocument.Member] = []
        var seen: Set<String> = []
        while true {
            try skipBlank()
            if current == UInt8(ascii: "}") { break }
            guard current == UInt8(ascii: "\"") else { throw error("A key in double quotes or } is expected here.") }
            let keyOffset = index
            let key = try string()
            guard seen.insert(key).inserted else { throw error("The key “\(key)” is given twice.", at: keyOffset) }
            try skipBlank()
            guard current == UInt8(ascii: ":") else { throw error("A colon is expected after the key “\(key)”.") }
            index += 1
            try skipBlank()
            let node = try value(depth: depth + 1)
            try skipBlank()
            var comma: Int?
            if current == UInt8(ascii: ",") {
                comma = index
                index += 1
            }
            members.append(JSONCDocument.Member(key: key, keyOffset: keyOffset, node: node, comma: comma))
            if comma == nil { break }
        }
        guard current == UInt8(ascii: "}") else { throw error("A comma or } is expected here.") }
        index += 1
        return JSONCDocument.Node(value: .object(members), range: start..<index)
    }

    private mutating func string() throws(ConfigError) -> String {
        let start = index
        index += 1
        var content: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw error("This string is not valid UTF-8.", at: start)
                }
                return text
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &content)
            case 0..<0x20:
                throw error("A control character or line break in a string must be escaped; is a quote missing?")
            default:
                content.append(byte)
                index += 1
            }
        }
        throw error("This string is not closed; add a double quote.", at: start)
    }

    private mutating func escape(into content: inout [UInt8]) throws(ConfigError) {
        guard let byte = current else { throw error("An escape is cut off at the end of the text.") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try hexUnit()
            if unit >= 0xD800, unit < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                index += 2
                let low = try hexUnit()
                guard low >= 0xDC00, low < 0xE000 else { throw error("This \\u escape is half of a pair.") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw error("This \\u escape is half of a pair.") }
            content.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw error("“\\\(Character(Unicode.Scalar(byte)))” is not an escape.", at: index - 2)
        }
    }

    private mutating func hexUnit() throws(ConfigError) -> UInt32 {
        guard index + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[index..<(index + 4)], as: UTF8.self), radix: 16)
        else { throw error("\\u needs four hexadecimal digits.") }
        index += 4
        return unit
    }
}
