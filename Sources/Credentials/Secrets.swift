package import Support

/// Takes secrets out of text: values known to be secret, and whatever has the shape of a token.
package struct Secrets: Sendable {
    /// What stands in a secret's place.
    package static let replacement = "[redacted]"
    /// Shorter values are too common to replace.
    package static let minBytes = 8
    private let known: [UInt8: [[UInt8]]]
    /// True for bytes at which a secret or the mark of one may start.
    private let isInteresting: [Bool]

    /// - Parameter known: values to replace wherever they stand; those under 8 bytes are ignored, at most 1,024 are kept.
    package init(known: [String] = []) {
        let usable = Set(known).filter { $0.utf8.count >= Self.minBytes }.map { Array($0.utf8) }
        var byFirst: [UInt8: [[UInt8]]] = [:]
        for value in usable.sorted(by: { $0.count > $1.count }).prefix(1_024) {
            if let first = value.first { byFirst[first, default: []].append(value) }
        }
        self.known = byFirst
        isInteresting = (0...UInt8.max).map { byFirst[$0] != nil || TokenShapes.starts.contains($0) }
    }

    /// The text without secrets. Linear in the text.
    package func redact(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            guard isInteresting[Int(bytes[index])], let secret = secret(in: bytes, at: index) else {
                index += 1
                continue
            }
            output += bytes[copied..<secret.lowerBound]
            output += Self.replacement.utf8
            index = secret.upperBound
            copied = index
        }
        return copied == 0 ? text : String(decoding: output + bytes[copied...], as: UTF8.self)
    }

    private func secret(in bytes: [UInt8], at index: Int) -> Range<Int>? {
        let rest = bytes[index...]
        if let value = known[bytes[index]]?.first(where: { rest.starts(with: $0) }) {
            return index..<(index + value.count)
        }
        return TokenShapes.match(bytes, at: index)
    }

    /// The value without secrets: strings are redacted, and non-empty strings under a sensitive key are replaced whole.
    package func redact(_ json: JSON) -> JSON { redact(json, isSensitive: false) }

    private func redact(_ json: JSON, isSensitive: Bool) -> JSON {
        switch json {
        case .string(let text):
            if isSensitive && !text.isEmpty { return .string(Self.replacement) }
            return .string(redact(text))
        case .array(let values): return .array(values.map { redact($0, isSensitive: isSensitive) })
        case .object(let object):
            var result = JSONObject()
            for (name, value) in object {
                let below = name == "headers" || name == "environment" || (name == "env" && value.objectValue != nil)
                result[name] = redact(value, isSensitive: isSensitive || below || Self.isSensitive(name: name))
            }
            return .object(result)
        default: return json
        }
    }

    /// Names of keys, headers and variables whose value is a secret: `api_key`, `OPENAI_API_KEY`, `authorization`.
    package static func isSensitive(name: String) -> Bool {
        let plain = String(decoding: name.lowercased().utf8.filter { $0 != 0x2D && $0 != 0x5F }, as: UTF8.self)
        let ends = [
            "apikey", "token", "secret", "password", "passwd", "accesskey", "privatekey", "secretkey", "credential",
            "credentials",
        ]
        return ["authorization", "proxyauthorization", "cookie", "setcookie", "xapikey", "pgpassword"].contains(plain)
            || ends.contains { plain.hasSuffix($0) } || plain.hasSuffix("secretaccesskey")
            || plain.hasSuffix("clientsecret")
    }
}

/// Shapes of well-known tokens, found without regular expressions.
enum TokenShapes {
    private struct Shape: Sendable {
        var prefix: [UInt8]
        /// Fewest token characters after the prefix.
        var least: Int
    }

    private static let shapes: [Shape] = [
        ("sk-", 16), ("sk_live_", 16), ("rk_live_", 16), ("ghp_", 20), ("gho_", 20), ("ghu_", 20), ("ghs_", 20),
        ("ghr_", 20), ("github_pat_", 20), ("glpat-", 16), ("xoxb-", 10), ("xoxp-", 10), ("xoxa-", 10), ("xoxs-", 10),
        ("xapp-", 10), ("AKIA", 16), ("ASIA", 16), ("AIza", 30), ("gsk_", 20), ("xai-", 20), ("nvapi-", 20),
        ("hf_", 20),
        ("hvs.", 20), ("npm_", 30), ("pypi-", 30), ("ya29.", 20), ("r8_", 20), ("tgp_v1_", 16), ("fw_", 20),
        ("eyJ", 40),
    ].map { Shape(prefix: Array($0.0.utf8), least: $0.1) }
    private static let firstBytes = Set(shapes.compactMap(\.prefix.first))
    /// First bytes of everything `match` looks for.
    static let starts = firstBytes.union("Bb:-".utf8)
    private static let pemStart = Array("-----BEGIN ".utf8)
    private static let pemKey = Array("PRIVATE KEY-----".utf8)
    private static let pemEnd = Array("-----END ".utf8)

    /// The bytes of a secret that starts at `index`, or that a marker at `index` announces.
    static func match(_ bytes: [UInt8], at index: Int) -> Range<Int>? {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "B"), UInt8(ascii: "b"): return bearer(bytes, at: index)
        case UInt8(ascii: ":"): return password(bytes, at: index)
        case UInt8(ascii: "-"): return privateKey(bytes, at: index)
        default:
            guard firstBytes.contains(byte), index == 0 || !isWord(bytes[index - 1]) else { return nil }
            let rest = bytes[index...]
            for shape in shapes where rest.starts(with: shape.prefix) {
                let start = index + shape.prefix.count
                let end = bytes[start...].firstIndex { !isToken($0) } ?? bytes.count
                if end - start >= shape.least { return index..<end }
            }
            return nil
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        isWord(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func bearer(_ bytes: [UInt8], at index: Int) -> Range<Int>? {
        let word = Array("earer ".utf8)
        guard bytes[(index + 1)...].starts(with: word) else { return nil }
        let start = index + 1 + word.count
        let end = bytes[start...].firstIndex { !isToken($0) && !"+/=~".utf8.contains($0) } ?? bytes.count
        return end - start >= 16 ? start..<end : nil
    }

    /// The password in `scheme://user:password@host`.
    private static func password(_ bytes: [UInt8], at index: Int) -> Range<Int>? {
        guard bytes[index...].starts(with: "://".utf8) else { return nil }
        let limit = min(bytes.count, index + 3 + 512)
        let authority = bytes[(index + 3)..<limit].prefix { $0 > 0x20 && !"/?#\"'<>".utf8.contains($0) }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")),
            let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":")), colon + 1 < at
        else { return nil }
        return (colon + 1)..<at
    }

    private static func privateKey(_ bytes: [UInt8], at index: Int) -> Range<Int>? {
        guard bytes[index...].starts(with: pemStart) else { return nil }
        var cursor = index + pemStart.count
        let headerEnd = min(bytes.count, cursor + 40)
        while cursor < headerEnd, !bytes[cursor...].starts(with: pemKey) { cursor += 1 }
        guard cursor < headerEnd else { return nil }
        let start = cursor + pemKey.count
        var end = start
        while end < bytes.count, !bytes[end...].starts(with: pemEnd) { end += 1 }
        return start < end ? start..<end : nil
    }
}
