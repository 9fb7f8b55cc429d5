import Support

/// Names of tools as every provider takes them: 1…64 characters of `[A-Za-z0-9_-]`, for Google not starting with a digit or `-`.
///
/// A name that is fine stays; another one has its odd characters replaced by `_` and, if it was too long or the result is
/// taken, ends in eight hexadecimal digits of its hash. Different names stay different.
package struct ToolNames: Sendable, Equatable {
    private var toWire: [String: String] = [:]
    private var fromWire: [String: String] = [:]

    package init(_ names: [String] = [], firstMustBeLetter: Bool = false) {
        for name in names where toWire[name] == nil {
            var wire = Self.legal(name, firstMustBeLetter: firstMustBeLetter)
            if wire != name, fromWire[wire] != nil || names.contains(wire) {
                wire = String(wire.prefix(55)) + "_" + SHA256Hash.hex(of: Array(name.utf8)).prefix(8)
            }
            toWire[name] = wire
            fromWire[wire] = name
        }
    }

    /// The name to send.
    package func wire(_ name: String) -> String { toWire[name] ?? Self.legal(name, firstMustBeLetter: false) }

    /// The name as our tools have it; an unknown one stays as it is.
    package func original(_ wire: String) -> String { fromWire[wire] ?? wire }

    private static func legal(_ name: String, firstMustBeLetter: Bool) -> String {
        var bytes = name.utf8.map { WireIDs.isWordByte($0) ? $0 : UInt8(ascii: "_") }
        if bytes.isEmpty { bytes = [UInt8(ascii: "_")] }
        if firstMustBeLetter, let first = bytes.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) {
            bytes.insert(UInt8(ascii: "_"), at: 0)
        }
        if bytes.count > 64 {
            bytes = bytes.prefix(55) + Array("_\(SHA256Hash.hex(of: Array(name.utf8)).prefix(8))".utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Call ids as providers take them.
enum WireIDs {
    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// 1…64 characters of `[A-Za-z0-9_-]`; a legal id stays, so that a provider sees its own again.
    static func legal(_ id: String) -> String {
        if (1...64).contains(id.utf8.count), id.utf8.allSatisfy(isWordByte) { return id }
        let bytes = id.utf8.map { isWordByte($0) ? $0 : UInt8(ascii: "_") }.prefix(55)
        return String(decoding: bytes, as: UTF8.self) + "_" + SHA256Hash.hex(of: Array(id.utf8)).prefix(8)
    }

    /// Exactly nine letters or digits; a legal id stays.
    static func nineCharacters(_ id: String) -> String {
        let isLegal = id.utf8.count == 9 && id.utf8.allSatisfy { isWordByte($0) && $0 != 0x5F && $0 != 0x2D }
        return isLegal ? id : String(SHA256Hash.hex(of: Array(id.utf8)).prefix(9))
    }
}
