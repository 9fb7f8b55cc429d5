/// Makes text from models, tools, files and servers safe to show.
package enum HostileText {
    /// Control characters (C0, DEL, C1), bidirectional controls, zero-width and other invisible characters become
    /// visible
    /// `\u{…}` escapes; a carriage return becomes `\r`. With `multiline`, newline and tab stay as they are.
    package static func escaped(_ text: String, multiline: Bool) -> String {
        if text.utf8.allSatisfy({ isPlain($0, multiline: multiline) }) { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if (scalar == "\n" || scalar == "\t") && multiline {
                out.append(scalar)
            } else if scalar == "\n" {
                out.append(contentsOf: "\\n".unicodeScalars)
            } else if scalar == "\r" {
                out.append(contentsOf: "\\r".unicodeScalars)
            } else if scalar == "\t" {
                out.append(contentsOf: "\\t".unicodeScalars)
            } else if isDangerous(scalar) {
                out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }

    private static func isPlain(_ byte: UInt8, multiline: Bool) -> Bool {
        (0x20..<0x7F).contains(byte) || (multiline && (byte == 0x0A || byte == 0x09))
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: true
        case 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F: true
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0x3164, 0xFE00...0xFE0E, 0xFEFF, 0xFFA0: true
        case 0xFFF0...0xFFFB, 0xE0000...0xE0FFF: true
        default: false
        }
    }
}
