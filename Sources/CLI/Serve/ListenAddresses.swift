import Glibc
import Support

/// The addresses of this machine, for the URLs that are printed.
enum ListenAddresses {
    /// IPv4 and IPv6 addresses of interfaces that are up, loopback and link-local ones left out; IPv6 in brackets.
    static func usable() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [String] = []
        var current = list
        while let entry = current {
            current = entry.pointee.ifa_next
            let flags = entry.pointee.ifa_flags
            guard flags & UInt32(IFF_UP) != 0, flags & UInt32(IFF_LOOPBACK) == 0,
                let address = entry.pointee.ifa_addr
            else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            guard
                getnameinfo(
                    address, socklen_t(size), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let text = UTF8Text.lossy(host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
            // With a zone: link-local.
            guard !text.contains("%"), !text.hasPrefix("169.254.") else { continue }
            let shown = family == AF_INET6 ? "[\(text)]" : text
            if !found.contains(shown) { found.append(shown) }
        }
        return found
    }

    /// The URLs of a server that listens on a host: the one for this machine first.
    static func urls(host: String, port: Int, scheme: String) -> [String] {
        func url(_ name: String) -> String { "\(scheme)://\(name):\(port)" }
        switch host {
        case "0.0.0.0": return [url("127.0.0.1")] + usable().filter { !$0.hasPrefix("[") }.map(url)
        case "::", "[::]": return [url("127.0.0.1")] + usable().map(url)
        case "localhost": return [url("127.0.0.1")]
        default: return [url(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host)]
        }
    }
}
