import Support

/// The query of a request, decoded. At most 256 parameters; what is past that is ignored.
package struct QueryString: Sendable, Equatable {
    /// In the order of the URL.
    package private(set) var pairs: [(name: String, value: String)] = []

    /// - Parameter raw: what follows `?`, still encoded.
    package init(_ raw: some StringProtocol = "") {
        for part in raw.utf8.split(separator: UInt8(ascii: "&"), maxSplits: 256) where !part.isEmpty {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = sides.first else { continue }
            pairs.append(
                (
                    PercentDecoding.text(name, plusIsSpace: true),
                    sides.count == 2 ? PercentDecoding.text(sides[1], plusIsSpace: true) : ""
                ))
        }
    }

    package static func == (left: QueryString, right: QueryString) -> Bool {
        left.pairs.count == right.pairs.count && zip(left.pairs, right.pairs).allSatisfy { $0 == $1 }
    }

    /// The last value of a parameter; `null`, which 2.1 clients send for "not given", counts as not given.
    package subscript(name: String) -> String? {
        guard let value = pairs.last(where: { $0.name == name })?.value, value != "null" else { return nil }
        return value
    }
}

/// Percent-encoding as URLs have it.
package enum PercentDecoding {
    /// Decodes to bytes; a `%` without two hexadecimal digits stays as it is.
    package static func bytes(_ encoded: some Sequence<UInt8>, plusIsSpace: Bool = false) -> [UInt8] {
        let input = Array(encoded)
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            let byte = input[index]
            if byte == UInt8(ascii: "%"), index + 2 < input.count, let high = digit(input[index + 1]),
                let low = digit(input[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
                continue
            }
            output.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            index += 1
        }
        return output
    }

    /// The same as text; invalid UTF-8 becomes U+FFFD.
    package static func text(_ encoded: some Sequence<UInt8>, plusIsSpace: Bool = false) -> String {
        UTF8Text.lossy(bytes(encoded, plusIsSpace: plusIsSpace))
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
