import Support
package import SystemPackage

extension FilePath {
    /// The bytes of the path, which need not be UTF-8.
    package var bytes: [UInt8] {
        withPlatformString { pointer in
            var bytes: [UInt8] = []
            var index = 0
            while pointer[index] != 0 {
                bytes.append(UInt8(bitPattern: pointer[index]))
                index += 1
            }
            return bytes
        }
    }

    /// A path of these bytes; a NUL ends it.
    package init(bytes: some Sequence<UInt8>) {
        var text = bytes.map { CChar(bitPattern: $0) }
        text.append(0)
        self = text.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
        }
    }

    /// For people and JSON: bytes that are not UTF-8 become U+FFFD.
    package var shown: String { UTF8Text.lossy(bytes) }

    /// True when the bytes are UTF-8, so that `shown` is the path.
    package var isUTF8: Bool { String(validating: bytes, as: UTF8.self) != nil }
}

/// Hexadecimal, lower case.
enum Hex {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil for an odd number of digits and for other characters.
    static func bytes(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case 0x30...0x39: value = character - 0x30
            case 0x61...0x66: value = character - 0x61 + 10
            default: return nil
            }
            if let first = high {
                out.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? out : nil
    }
}
