/// How JSON is laid out.
package enum JSONStyle: Sendable {
    /// No spaces and no line ends.
    case compact
    /// Two spaces a level, one member or element a line, no line end at the end.
    case pretty
}

extension JSON {
    /// The UTF-8 text. Members keep their order, or are sorted by the bytes of their keys.
    /// Slashes and non-ASCII characters are not escaped; NaN and infinities become `null`.
    package func bytes(_ style: JSONStyle = .compact, sortedKeys: Bool = false) -> [UInt8] {
        var writer = JSONWriter(style: style, sortedKeys: sortedKeys)
        writer.write(self, level: 0)
        return writer.output
    }

    /// As `bytes`, as text.
    package func text(_ style: JSONStyle = .compact, sortedKeys: Bool = false) -> String {
        String(decoding: bytes(style, sortedKeys: sortedKeys), as: UTF8.self)
    }

    /// Appends the compact text to `output`.
    package func append(to output: inout [UInt8]) {
        var writer = JSONWriter(style: .compact, sortedKeys: false)
        swap(&writer.output, &output)
        writer.write(self, level: 0)
        swap(&writer.output, &output)
    }
}

/// Appends JSON to a byte array.
struct JSONWriter {
    var output: [UInt8] = []
    let style: JSONStyle
    let sortedKeys: Bool

    init(style: JSONStyle, sortedKeys: Bool) {
        self.style = style
        self.sortedKeys = sortedKeys
    }

    mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): write(value)
        case .double(let value): output.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): write(value)
        case .array(let array): write(array, level: level)
        case .object(let object): write(object, level: level)
        }
    }

    private mutating func write(_ array: [JSON], level: Int) {
        output.append(UInt8(ascii: "["))
        var isFirst = true
        for element in array {
            separate(&isFirst, level: level + 1)
            write(element, level: level + 1)
        }
        if !isFirst { breakLine(level) }
        output.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject, level: Int) {
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        if sortedKeys {
            for entry in object.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                write(entry, &isFirst, level: level)
            }
        } else {
            for entry in object { write(entry, &isFirst, level: level) }
        }
        if !isFirst { breakLine(level) }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ entry: (key: String, value: JSON), _ isFirst: inout Bool, level: Int) {
        separate(&isFirst, level: level + 1)
        write(entry.key)
        output.append(UInt8(ascii: ":"))
        if style == .pretty { output.append(UInt8(ascii: " ")) }
        write(entry.value, level: level + 1)
    }

    private mutating func separate(_ isFirst: inout Bool, level: Int) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        breakLine(level)
    }

    private mutating func breakLine(_ level: Int) {
        guard style == .pretty else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: level * 2))
    }

    private mutating func write(_ value: Int64) {
        if value >= 0, value < 10 {
            output.append(UInt8(ascii: "0") + UInt8(value))
        } else {
            output.append(contentsOf: String(value).utf8)
        }
    }

    private mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write($0) }
    }

    private mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
        output.append(UInt8(ascii: "\""))
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            output.append(contentsOf: text[start..<index])
            writeEscape(byte)
            start = index + 1
        }
        output.append(contentsOf: text[start...])
        output.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscape(_ byte: UInt8) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x22, 0x5C: output.append(byte)
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 15
            output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
