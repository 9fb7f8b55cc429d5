import Support

/// An http or https address, parsed strictly: what other parsers would read differently is refused.
package struct WebURL: Sendable, Hashable {
    /// What the host is.
    package enum Host: Sendable, Hashable {
        /// A lower-case name.
        case name(String)
        case address(IPAddress)
    }

    /// https.
    package let isSecure: Bool
    /// Where it leads.
    package let host: Host
    /// 1 to 65535; 80 or 443 when the address names none.
    package let port: Int
    /// Starts with `/`; other than unreserved bytes are percent-encoded. With the query.
    package let target: String

    /// Why an address is refused.
    package struct Refusal: Error, Equatable {
        /// Completes "the address … ".
        package var reason: String
    }

    private static let limitBytes = 8_192

    /// Parses an absolute address; a missing scheme counts as https.
    package init(_ text: String) throws(Refusal) {
        var bytes = Array(text.utf8)[...]
        guard bytes.count <= Self.limitBytes else { throw Refusal(reason: "is longer than \(Self.limitBytes) bytes") }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == 0x5C }) else {
            throw Refusal(reason: "holds a space, a control character or a backslash")
        }
        let marker = Array("://".utf8)
        if let colon = bytes.firstIndex(of: 0x3A), bytes[colon...].starts(with: marker) {
            let scheme = UTF8Text.lossy(bytes[..<colon]).lowercased()
            guard scheme == "http" || scheme == "https" else {
                throw Refusal(
                    reason:
                        "has the scheme '\(ShortText.shown(scheme, bytes: 40))'; only http and https are fetched"
                )
            }
            isSecure = scheme == "https"
            bytes = bytes[(colon + 3)...]
        } else {
            if let colon = bytes.firstIndex(of: 0x3A) {
                let rest = bytes[(colon + 1)...].prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
                guard !rest.isEmpty, rest.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw Refusal(reason: "is no http or https address")
                }
            }
            isSecure = true
        }
        let authority = bytes.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        (host, port) = try Self.authority(authority, isSecure: isSecure)
        target = Self.encoded(bytes[authority.endIndex...])
    }

    private init(isSecure: Bool, host: Host, port: Int, target: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
    }

    /// The host as it stands in an address.
    package var hostText: String {
        switch host {
        case .name(let name): name
        case .address(.v4(let value)): IPAddress.v4(value).text
        case .address(let address): "[\(address.text)]"
        }
    }

    /// The whole address.
    package var text: String {
        let standard = port == (isSecure ? 443 : 80)
        return "\(isSecure ? "https" : "http")://\(hostText)\(standard ? "" : ":\(port)")\(target)"
    }

    /// Scheme, host and port are the same: credentials may go there.
    package func hasSameOrigin(as other: WebURL) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port
    }

    /// Where a `Location` header leads.
    package func resolving(_ location: String) throws(Refusal) -> WebURL {
        var bytes = Array(location.utf8)[...]
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        let text = UTF8Text.lossy(bytes)
        if bytes.starts(with: "//".utf8) { return try WebURL((isSecure ? "https:" : "http:") + text) }
        let head = bytes.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        if head.contains(0x3A) { return try WebURL(text) }
        guard bytes.count <= Self.limitBytes, !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == 0x5C }) else {
            throw Refusal(reason: "holds a space, a control character or a backslash, or is too long")
        }
        if bytes.first == 0x2F {
            return WebURL(isSecure: isSecure, host: host, port: port, target: Self.encoded(bytes))
        }
        let path = target.utf8.prefix { $0 != 0x3F }
        if bytes.isEmpty || bytes.first == 0x23 { return self }
        let base =
            bytes.first == 0x3F
            ? Array(path)
            : Array(
                path.prefix((path.lastIndex(of: 0x2F).map { path.distance(from: path.startIndex, to: $0) } ?? 0) + 1))
        return WebURL(isSecure: isSecure, host: host, port: port, target: Self.encoded((base + bytes)[...]))
    }

    private static func authority(
        _ bytes: ArraySlice<UInt8>, isSecure: Bool
    ) throws(Refusal) -> (Host, Int) {
        guard !bytes.contains(0x40) else {
            throw Refusal(reason: "holds a user name or password; leave out what is before the '@'")
        }
        var name = bytes
        var portText: ArraySlice<UInt8>?
        if bytes.first == 0x5B {
            guard let end = bytes.firstIndex(of: 0x5D) else { throw Refusal(reason: "has an unfinished IPv6 address") }
            name = bytes[(bytes.startIndex + 1)..<end]
            let rest = bytes[(end + 1)...]
            if let first = rest.first {
                guard first == 0x3A else { throw Refusal(reason: "has text after its IPv6 address") }
                portText = rest.dropFirst()
            }
            guard case .v6? = IPAddress(UTF8Text.lossy(name)), let address = IPAddress(UTF8Text.lossy(name)) else {
                throw Refusal(reason: "has an IPv6 address that is not valid")
            }
            return (.address(address), try port(portText, isSecure))
        }
        if let colon = bytes.firstIndex(of: 0x3A) {
            name = bytes[..<colon]
            portText = bytes[(colon + 1)...]
        }
        return (try hostName(name), try port(portText, isSecure))
    }

    private static func hostName(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> Host {
        var bytes = bytes
        if bytes.last == 0x2E { bytes.removeLast() }
        guard !bytes.isEmpty, bytes.count <= 253 else {
            throw Refusal(reason: "has no host name, or one that is too long")
        }
        let text = UTF8Text.lossy(bytes).lowercased()
        if let address = IPAddress(text) { return .address(address) }
        let labels = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        for label in labels {
            guard (1...63).contains(label.count), label.first != 0x2D, label.last != 0x2D,
                label.allSatisfy(isNameByte)
            else {
                throw Refusal(
                    reason: "has the host name '\(HostileText.escaped(text, multiline: false))', which is not valid "
                        + "(write names with other letters in their xn-- form)")
            }
        }
        // "127.1", "0x7f.1", "2130706433", "0177.0.0.1": other programs read these as addresses.
        let last = labels.last.map(Array.init) ?? []
        let digits = last.allSatisfy { (0x30...0x39).contains($0) }
        let hex = last.count >= 2 && last[0] == 0x30 && last[1] | 0x20 == 0x78
        guard !digits, !hex else {
            throw Refusal(reason: "has the host '\(text)', a number that is no plain IPv4 address")
        }
        return .name(text)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    private static func port(_ text: ArraySlice<UInt8>?, _ isSecure: Bool) throws(Refusal) -> Int {
        guard let text, !text.isEmpty else { return isSecure ? 443 : 80 }
        guard text.count <= 5, text.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(UTF8Text.lossy(text)),
            (1...65_535).contains(port)
        else {
            throw Refusal(
                reason:
                    "has the port '\(HostileText.escaped(UTF8Text.lossy(text), multiline: false))', which is not valid")
        }
        return port
    }

    /// Path and query without the fragment, starting with `/`.
    private static func encoded(_ bytes: ArraySlice<UInt8>) -> String {
        var out: [UInt8] = bytes.first == 0x2F ? [] : [0x2F]
        let hex = Array("0123456789ABCDEF".utf8)
        for byte in bytes.prefix(while: { $0 != 0x23 }) {
            if byte >= 0x80 || byte == 0x22 || byte == 0x3C || byte == 0x3E || byte == 0x60 || byte == 0x7B
                || byte == 0x7D || byte == 0x7C || byte == 0x5E
            {
                out += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            } else {
                out.append(byte)
            }
        }
        return UTF8Text.lossy(out)
    }
}
