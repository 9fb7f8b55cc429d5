import Support

/// What the first bytes of a file say it is.
package enum FileKind: Sendable, Equatable {
    /// Text, in UTF-8 or something close to it.
    case text
    /// An image or PDF that models can look at.
    case attachment(mime: String)
    /// Something else; the reason is a phrase for a message.
    case binary(reason: String)

    /// Number of bytes that are looked at.
    package static let headBytes = 8_192
    /// Largest share of control characters in a text.
    package static let controlShare = 0.3

    /// Judges the first bytes of a file, never its name.
    package init(head: [UInt8]) {
        let head = head.prefix(Self.headBytes)
        if let mime = Self.mime(head) {
            self = .attachment(mime: mime)
        } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            self = .binary(reason: "it is UTF-16 text; convert it with iconv through bash")
        } else if head.contains(0) {
            self = .binary(reason: "it holds NUL bytes")
        } else {
            var controls = 0
            for byte in head where byte < 0x20 && !(0x08...0x0D).contains(byte) && byte != 0x1B { controls += 1 }
            self =
                Double(controls) > Double(head.count) * Self.controlShare
                ? .binary(reason: "more than 30% of it are control characters") : .text
        }
    }

    private static func mime(_ head: ArraySlice<UInt8>) -> String? {
        if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8) { return "image/gif" }
        if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) { return "image/webp" }
        if head.starts(with: "%PDF-".utf8) { return "application/pdf" }
        return nil
    }
}
