#if canImport(Glibc)
    import Glibc
#endif

/// Arguments and variables as C wants them.
package enum CStrings {
    /// Null-terminated arrays of C strings, valid during `body`.
    package typealias List = UnsafePointer<UnsafeMutablePointer<CChar>?>

    /// Hands `body` an argument list and an environment; ENOMEM when there is no memory for them. The strings must hold no
    /// NUL.
    package static func with(
        _ arguments: [String], _ environment: [String: String], _ body: (List, List) -> Int32
    ) -> Int32 {
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        guard argv.dropLast().allSatisfy({ $0 != nil }), envp.dropLast().allSatisfy({ $0 != nil }) else {
            return ENOMEM
        }
        return argv.withUnsafeBufferPointer { argv in
            envp.withUnsafeBufferPointer { envp in
                guard let argv = argv.baseAddress, let envp = envp.baseAddress else { return ENOMEM }
                return body(argv, envp)
            }
        }
    }
}
