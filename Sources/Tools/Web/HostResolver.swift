import Support

#if canImport(Glibc)
    import Glibc
#endif

/// Finds the addresses of host names.
package protocol HostResolver: Sendable {
    /// All addresses of a name, at least one.
    /// - Throws: `failed` when there are none.
    func addresses(of name: String) async throws(ToolError) -> [IPAddress]
}

/// Asks the system (hosts file, DNS). Blocks a thread of `BlockingWork`, not the caller.
package struct SystemResolver: HostResolver {
    package init() {}

    package func addresses(of name: String) async throws(ToolError) -> [IPAddress] {
        let found: [IPAddress]
        do {
            found = try await BlockingWork.run { Self.look(name) }
        } catch {
            throw ToolError(.cancelled, "The fetch was cancelled.")
        }
        guard !found.isEmpty else {
            throw ToolError(.failed, "The host '\(name)' was not found. Check the address, or the network.")
        }
        return found
    }

    private static func look(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next, found.count < 64 {
            if let address = address(entry.pointee), !found.contains(address) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ info: addrinfo) -> IPAddress? {
        guard let pointer = info.ai_addr else { return nil }
        let raw = UnsafeRawPointer(pointer)
        switch info.ai_family {
        case AF_INET where Int(info.ai_addrlen) >= MemoryLayout<sockaddr_in>.size:
            return .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6 where Int(info.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size:
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 8
            return .v6(
                high: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
        default: return nil
        }
    }
}
