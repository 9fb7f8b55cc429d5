/// An IPv4 or IPv6 address.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Strict: four decimal numbers without leading zeros, or an IPv6 address without brackets and zone.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(bytes) else { return nil }
            var halves: [UInt64] = [0, 0]
            for (index, group) in groups.enumerated() { halves[index / 4] = halves[index / 4] << 16 | UInt64(group) }
            self = .v6(high: halves[0], low: halves[1])
        } else {
            guard let value = Self.dotted(bytes[...]) else { return nil }
            self = .v4(value)
        }
    }

    /// The text of RFC 5952, IPv6 without compression of zero groups.
    package var text: String {
        switch self {
        case .v4(let value):
            return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
        case .v6(let high, let low):
            return [high, low].flatMap { half in
                (0..<4).map { String(half >> UInt64(48 - 16 * $0) & 0xFFFF, radix: 16) }
            }.joined(separator: ":")
        }
    }

    /// Whether the address is on the public internet: not loopback, private, link-local, carrier-grade NAT, multicast,
    /// reserved or for documentation, and no IPv6 form that stands for such an IPv4 address.
    package var isPublic: Bool {
        switch self {
        case .v4(let value): Self.isPublic(value)
        case .v6(let high, let low): Self.isPublic(high, low)
        }
    }

    private static let reserved: [(UInt32, UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15),
        (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    private static func isPublic(_ value: UInt32) -> Bool {
        !reserved.contains { network, bits in (value ^ network) >> (32 - bits) == 0 }
    }

    private static func isPublic(_ high: UInt64, _ low: UInt64) -> Bool {
        if high == 0, low >> 32 == 0xFFFF { return isPublic(UInt32(truncatingIfNeeded: low)) }
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return isPublic(UInt32(truncatingIfNeeded: low)) }
        guard high >> 61 == 1 else { return false }
        let first = high >> 48
        if first == 0x2002 { return isPublic(UInt32(truncatingIfNeeded: high >> 16)) }
        // 2001::/23: Teredo, ORCHID and other protocols; 2001:db8::/32 and 3fff::/20: documentation.
        if high >> 41 == 0x2001_0000 >> 9 || high >> 32 == 0x2001_0DB8 || high >> 44 == 0x3FFF0 { return false }
        return true
    }

    private static func dotted(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != 0x30
            else { return nil }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
            guard number < 256 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func groups(_ bytes: [UInt8]) -> [UInt16]? {
        guard bytes.count <= 45 else { return nil }
        var before: [UInt16] = []
        var after: [UInt16]?
        var rest = bytes[...]
        if rest.first == 0x3A {
            guard rest.dropFirst().first == 0x3A else { return nil }
            rest = rest.dropFirst(2)
            after = []
        }
        func add(_ group: UInt16) {
            if after != nil { after?.append(group) } else { before.append(group) }
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != 0x3A }
            rest = rest.dropFirst(part.count)
            if part.contains(UInt8(ascii: ".")) {
                guard rest.isEmpty, let value = dotted(part) else { return nil }
                add(UInt16(value >> 16))
                add(UInt16(value & 0xFFFF))
                break
            }
            guard (1...4).contains(part.count), part.allSatisfy({ hexValue($0) != nil }) else { return nil }
            add(part.reduce(UInt16(0)) { $0 << 4 | UInt16(hexValue($1) ?? 0) })
            if before.count + (after?.count ?? 0) > 8 { return nil }
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.isEmpty { return nil }
            if rest.first == 0x3A {
                guard after == nil else { return nil }
                rest = rest.dropFirst()
                after = []
            }
        }
        guard let after else { return before.count == 8 ? before : nil }
        guard before.count + after.count < 8 else { return nil }
        return before + [UInt16](repeating: 0, count: 8 - before.count - after.count) + after
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
