import Support

/// Decodes HTML entities: numbers and the common names. What is not known stays as it is.
enum HTMLEntities {
    private static let names: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "copy": "©", "reg": "®", "trade": "™",
        "hellip": "…", "mdash": "—", "ndash": "–", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "laquo": "«",
        "raquo": "»", "bull": "•", "middot": "·", "times": "×", "divide": "÷", "deg": "°", "plusmn": "±", "euro": "€",
        "pound": "£", "yen": "¥", "cent": "¢", "sect": "§", "para": "¶", "larr": "←", "rarr": "→", "uarr": "↑",
        "darr": "↓",
        "le": "≤", "ge": "≥", "ne": "≠", "infin": "∞", "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö",
        "Uuml": "Ü", "szlig": "ß", "eacute": "é", "egrave": "è", "agrave": "à", "ccedil": "ç", "ntilde": "ñ", "zwj": "",
        "zwnj": "", "shy": "", "lrm": "", "rlm": "", "ensp": " ", "emsp": " ", "thinsp": " ", "check": "✓",
    ]

    /// The bytes with entities replaced; at most 10 bytes are looked at for each `&`.
    static func decoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard bytes.contains(0x26) else { return Array(bytes) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == 0x26 {
                let window = bytes[(index + 1)...].prefix(10)
                if let end = window.firstIndex(of: 0x3B), let text = value(window[..<end]) {
                    out.append(contentsOf: text.utf8)
                    index = end + 1
                    continue
                }
            }
            out.append(byte)
            index += 1
        }
        return out
    }

    private static func value(_ name: ArraySlice<UInt8>) -> String? {
        guard name.first == 0x23 else { return names[UTF8Text.lossy(name)] }
        let digits = UTF8Text.lossy(name.dropFirst())
        let number = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, let scalar = Unicode.Scalar(number), number == 0x0A || number == 0x09 || number >= 0x20 else {
            return nil
        }
        return String(Character(scalar))
    }
}
