package import Support
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The surroundings of this process; read here once and nowhere else.
package enum ProcessEnvironment {
    /// The variables that are valid UTF-8; the first of a name counts.
    package static func read() -> Environment {
        var values: [String: String] = [:]
        let bytes = (try? FileIO.read("/proc/self/environ", limit: 16 << 20)) ?? []
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")), equals > entry.startIndex,
                let name = String(validating: entry[..<equals], as: UTF8.self),
                let value = String(validating: entry[(equals + 1)...], as: UTF8.self), values[name] == nil
            else { continue }
            values[name] = value
        }
        return Environment(values)
    }

    /// The working directory, `/` when it is gone.
    package static func directory() -> FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard getcwd(&buffer, buffer.count) != nil else { return "/" }
        return buffer.withUnsafeBufferPointer { pointer in
            pointer.baseAddress.map { FilePath(platformString: $0) } ?? "/"
        }
    }
}
